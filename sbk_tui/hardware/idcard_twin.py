"""The simulated 身份证阅读器: the same bytes over a pty and over TCP, with faults by name.

Part of the product: the training counter reads its invented people from it. `SimulatedReader`
is the reader itself, bytes in and bytes out; `IdCardReaderTwin` puts it behind real lines.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sbk_tui.errors import BadUsage
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.idcard_layout import encode_newest
from sbk_tui.hardware.ports import IdCard
from sbk_tui.hardware.twin_lines import Reply, TwinLines

_CARD_REQUESTS = frozenset(
    {codec.SELECT.code, codec.READ.code, codec.READ_FINGERPRINT.code, codec.NEWEST.code}
)
_READS = frozenset({codec.READ.code, codec.READ_FINGERPRINT.code})
_FIND, _SELECT = frozenset({codec.FIND.code}), frozenset({codec.SELECT.code})
_ANY = _CARD_REQUESTS | _FIND | frozenset({codec.SAM_ID.code, codec.STATUS.code, codec.RESET.code})
_IN_USE = b"Port already in use\r\n"  # as a terminal server says it [1] ser2net(8)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong: at which requests, and what the reader does then."""

    at: frozenset[bytes]
    sw: int = 0
    """The status word it answers with instead; 0: the answer is spoilt on its way."""
    spoil: Callable[[bytes], Reply] = Reply


FAULTS: Mapping[str, Fault] = {
    "no_card": Fault(_FIND, codec.NO_CARD),
    "card_lifted": Fault(_READS, codec.NO_CARD),  # between select and read
    "read_failed": Fault(_READS, 0x41),
    "select_failed": Fault(_SELECT, 0x81),
    "chip_refuses": Fault(_READS, 0x31),
    "wrong_card": Fault(_SELECT, 0x40),
    "random_number": Fault(_READS, 0x47),
    "unknown_error": Fault(_ANY, 0x24),
    "self_test": Fault(_ANY, 0x60),
    "not_authorised": Fault(_ANY, 0x66),
    "no_newest_address": Fault(frozenset({codec.NEWEST.code}), codec.WRONG_COMMAND),
    "wrong_checksum": Fault(_ANY, spoil=lambda data: Reply(data[:-1] + bytes([data[-1] ^ 0x55]))),
    # As a public log has it [1] I5: a byte lost in the preamble, something else in its place.
    "stray_bytes": Fault(_ANY, spoil=lambda data: Reply(b"\xaa\x00\x13\xaa" + data[1:] + b"\x00")),
    "text_before": Fault(_ANY, spoil=lambda data: Reply(b"ready\r\n" + data)),
    # The end of a read that was broken off, when the next one begins.
    "late_answer": Fault(
        _FIND | _SELECT,
        spoil=lambda data: Reply(codec.answer_frame(codec.DONE, bytes(1284)) + data),
    ),
    "one_byte_pieces": Fault(_ANY, spoil=lambda data: Reply(data, in_pieces=True)),
    "silence": Fault(_ANY, spoil=lambda _data: Reply(b"")),
    "silence_in_the_middle": Fault(_READS, spoil=lambda data: Reply(data[: len(data) // 2])),
    "port_closed": Fault(_ANY, spoil=lambda data: Reply(data[: len(data) // 2], hang_up=True)),
    "only_text": Fault(_ANY, spoil=lambda _data: Reply(_IN_USE)),
}
"""What a test or a drill can ask for, by name."""


def _look_away(_request: bytes) -> None:
    """Nobody watches."""


class SimulatedReader:
    """A reader without a line: the payload of a request in, the bytes of the answer out."""

    def __init__(self, sam_id: str = "05.01-20170830-0000012345-0987654321") -> None:
        """Start as a reader that was just switched on, nothing laid on it."""
        self._lock = threading.Lock()
        self._sam_id = codec.pack_sam_id(sam_id)
        self._card: IdCard | None = None
        self._selected = False
        self._spent = False
        self._fault: Fault | None = None
        self._times = 0
        self.baud = codec.SPEEDS[0]
        """The speed last asked for."""
        self.on_request: Callable[[bytes], object] = _look_away
        """Called with each request before its answer, in the thread of the line."""

    def lay(self, card: IdCard) -> None:
        """Lay `card` on the reader, taking away what lay there."""
        with self._lock:
            self._card, self._selected, self._spent = card, False, False

    def lift(self) -> None:
        """Take the card away."""
        with self._lock:
            self._card, self._selected, self._spent = None, False, False

    def fault(self, name: str, times: int = 0) -> None:
        """Fail as `FAULTS` describes, at the next `times` requests concerned; 0: until `mend`.

        Raises:
            BadUsage: `idcard.unknown_fault`.
        """
        if name not in FAULTS:
            raise BadUsage("idcard.unknown_fault", name=name)
        with self._lock:
            self._fault, self._times = FAULTS[name], times or -1

    def mend(self) -> None:
        """Be a sound reader again."""
        with self._lock:
            self._fault = None

    def answer(self, request: bytes) -> Reply:
        """Return what goes over the line after `request` (CMD, PARA)."""
        self.on_request(request)
        with self._lock:
            fault = self._fault_at(request)
            if fault is None:
                return Reply(self._sound(request))
            if fault.sw:
                # After a failed read the card must be lifted and laid again [1] I5.
                self._spent = self._spent or request in _CARD_REQUESTS
                return Reply(codec.answer_frame(fault.sw))
            return fault.spoil(self._sound(request))

    def _fault_at(self, request: bytes) -> Fault | None:
        fault = self._fault
        if fault is None or request not in fault.at:
            return None
        self._times -= 1
        if self._times == 0:
            self._fault = None
        return fault

    def _sound(self, request: bytes) -> bytes:
        if request[:1] == b"\x60" and request[1] in codec.SPEEDS:
            self.baud = codec.SPEEDS[request[1]]  # the answer itself goes at the old speed [A]
            return codec.answer_frame(codec.DONE)
        if request == codec.FIND.code:
            return self._find()
        if request in _CARD_REQUESTS:
            return self._about_card(request)
        if request == codec.SAM_ID.code:
            return codec.answer_frame(codec.DONE, self._sam_id)
        if request == codec.RESET.code:
            self._selected = False
            return codec.answer_frame(codec.DONE)
        known = request == codec.STATUS.code
        return codec.answer_frame(codec.DONE if known else codec.WRONG_COMMAND)

    def _find(self) -> bytes:
        self._selected = False
        if self._card is None or self._spent:  # once read, lift it first [A]
            return codec.answer_frame(codec.NO_CARD)
        return codec.answer_frame(codec.FOUND, bytes(4))

    def _about_card(self, request: bytes) -> bytes:
        card = self._card
        if request == codec.SELECT.code:
            self._selected = card is not None and not self._spent
            data = bytes(8) if self._selected else b""
            return codec.answer_frame(codec.DONE if self._selected else 0x81, data)
        if card is None:
            return codec.answer_frame(codec.NO_CARD)
        if not self._selected:
            return codec.answer_frame(0x41)
        if request == codec.NEWEST.code:
            if not card.newest_address:
                return codec.answer_frame(codec.NOTHING_STORED)
            return codec.answer_frame(codec.DONE, encode_newest(card.newest_address))
        self._spent = True
        finger = b"" if request == codec.READ_FINGERPRINT.code else None
        data = codec.pack_read(card.raw_text, card.photo_wlt, finger)
        return codec.answer_frame(codec.DONE, data)


class IdCardReaderTwin(SimulatedReader):
    """The simulated reader behind real lines, served by its own thread while in a `with` block.

    `device` is the path of a pty, `url` a TCP port on 127.0.0.1; a second client of the port
    is told that it is in use, as a terminal server does.
    """

    def __init__(self, sam_id: str = "05.01-20170830-0000012345-0987654321") -> None:
        super().__init__(sam_id)
        self._lines = TwinLines(self.answer, lambda: codec.FrameHunter(shortest=3).feed, _IN_USE)
        self._open = ExitStack()

    @property
    def device(self) -> str:
        """The path of the pty, for a driver to open."""
        return self._lines.device

    @property
    def url(self) -> str:
        """The `socket://127.0.0.1:port` of the TCP port."""
        return f"socket://127.0.0.1:{self._lines.port}"

    def __enter__(self) -> Self:
        self._open.enter_context(self._lines)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
