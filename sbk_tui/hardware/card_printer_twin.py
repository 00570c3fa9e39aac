"""The simulated 制卡机: hopper, chip unit, ribbon and bins, behind real lines, with faults by name.

Part of the product: the training counter makes its cards with it. The blanks are chips of the
chip twin; the one in the chip unit is reached by the real chip driver under `coupler`.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from sbk_tui.domain.identity import luhn_ok
from sbk_tui.errors import BadUsage, DeviceAbsent
from sbk_tui.hardware import card_printer_codec as codec
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_profiles import blank_card
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.twin_lines import Reply, TwinLines

PANELS = 200
"""Cards that a new ribbon prints."""
CONDITIONS = frozenset({
    "absent", "ribbon_chip", "ribbon_out", "cover_open", "hopper_empty", "chip_unit",
})  # fmt: skip
"""Faults that last until `mend`; all others happen once."""
FAULTS = (
    "absent", "ribbon_chip", "ribbon_out", "cover_open", "hopper_empty", "jam", "chip_unit",
    "dead_chip", "blank_of_other_bank", "unclear_face", "slow", "lose_feed", "lose_print",
    "lose_print_before", "lose_eject", "repeat_answer", "wrong_check",
    "line_cut",
)  # fmt: skip
"""What a test or a drill can ask for, by name. `lose_…`: done, and the answer is lost;
`lose_print_before`: the command is lost, too; `line_cut`: done, and the line breaks, a pty for
good."""
_STOPS = {  # action: the conditions under which the printer refuses it, first to last
    "feed": ("cover_open", "chip_unit"),
    "print": ("cover_open", "ribbon_chip", "ribbon_out"),
    "eject": ("cover_open",),
    "reject": ("cover_open",),
}
_CONCERNS = {  # fault that happens once: the actions at which it does
    "jam": {"feed", "print"},
    "dead_chip": {"feed"},
    "blank_of_other_bank": {"feed"},
    "unclear_face": {"print"},
    "slow": {"feed", "print", "eject", "reject"},
    "lose_feed": {"feed"},
    "lose_print": {"print"},
    "lose_print_before": {"print"},
    "lose_eject": {"eject", "reject"},
    "repeat_answer": {"feed", "print", "eject", "reject"},
    "wrong_check": {"feed", "print", "eject", "reject"},
    "line_cut": {"feed", "print", "eject", "reject"},
}


class Slot(Protocol):
    """The chip unit: `SocialCardReaderTwin`, or `VirtualReaderSlot` under a real pcscd."""

    def insert(self, card: VirtualCard) -> None:
        """Put `card` in."""

    def pull(self) -> None:
        """Take out what is in."""


class ChipUnit(NamedTuple):
    """A slot, and the URL under which the chip driver finds it."""

    slot: Slot
    url: str


@dataclass(slots=True, kw_only=True, eq=False)
class Blank:
    """A pre-made card: the bank's account is on it already, nobody's name is."""

    serial: str
    bank: str
    """A row of the code table `bank`."""
    bank_card: str
    """银行卡号 that the bank assigned before."""
    chip: VirtualCard
    face: bytes = b""
    """What was printed on it last, a PNG; empty: nothing."""
    unclear: bool = False
    """The colours of the face are off (F4)."""


def blanks(
    bank: str, count: int, *, first: int = 1, random: Callable[[int], bytes] = secrets.token_bytes
) -> list[Blank]:
    """Return `count` blanks of a bank, running numbers from `first`; each its own chip."""
    made = []
    for running in range(first, first + count):
        serial = f"{bank}{running:07d}"
        body = f"62{bank[-4:]}9{running:011d}"
        number = next(body + str(last) for last in range(10) if luhn_ok(f"{body}{last}"))
        chip = VirtualCard(blank_card(number, bytes.fromhex(f"{int(serial):016d}")), random)
        made.append(Blank(serial=serial, bank=bank, bank_card=number, chip=chip))
    return made


class SimulatedCardPrinter:
    """A printer without a line: the message of a request in, the bytes of the answer out."""

    def __init__(
        self, name: str, hopper: Iterable[Blank], unit: ChipUnit, *, slow_s: float = 6.0
    ) -> None:
        """Load the hopper; its first blank is fed first. The fault `slow` takes `slow_s`."""
        self.hopper = deque(hopper)
        self.output: list[Blank] = []
        self.rejected: list[Blank] = []
        self.last_out: Blank | None = None
        """The card that came into a bin last, while it lies there."""
        self.panels = PANELS
        self.printed = 0
        """Faces printed in its life."""
        self.name = name
        self._unit = unit
        self._inside: Blank | None = None
        self._job = ""
        self._jammed = False
        self._fault = ""
        self._done: dict[tuple[str, str], codec.Done] = {}
        self._face = bytearray()
        self._lock = threading.Lock()
        self._slow_s, self._released = slow_s, threading.Event()

    @property
    def inside(self) -> Blank | None:
        """The card in the chip unit, or jammed on its way."""
        return self._inside

    def fault(self, name: str) -> None:
        """Have this fault, and no other: conditions until `mend`, the rest once.

        Raises:
            BadUsage: `cardprinter.unknown_fault`.
        """
        if name not in FAULTS:
            raise BadUsage("cardprinter.unknown_fault", name=name)
        with self._lock:
            self._fault = name

    def mend(self) -> None:
        """Be a sound printer again: cover shut, ribbon new, hopper seated, a jammed card out."""
        with self._lock:
            if self._fault == "ribbon_out" or not self.panels:
                self.panels = PANELS
            self._fault = ""
            if self._jammed and self._inside is not None:
                self._drop(self._inside, self.rejected)
                self._jammed = False

    def put_on_top(self, bank: str) -> None:
        """Lay the blanks of a bank on top of the hopper, the others below as they lie."""
        with self._lock:
            self.hopper = deque(sorted(self.hopper, key=lambda card: card.bank != bank))

    def put_back(self, card: Blank) -> None:
        """Lay a card from a bin on top of the hopper: its face is printed anew (5.1.3.3)."""
        with self._lock:
            for bin_ in (self.output, self.rejected):
                if card in bin_:
                    bin_.remove(card)
            if card is self.last_out:
                self.last_out = None
            self.hopper.appendleft(card)

    def answer(self, body: bytes) -> Reply:
        """Return what goes over the line after the body of a frame; empty: a garbled one."""
        tag, wish = int.from_bytes(body[: codec.TAG], "big"), codec.request_in(body[codec.TAG :])
        if wish is None:
            return Reply(codec.frame(0, codec.Again()))
        if isinstance(wish, codec.Do) and self._fault == "slow":
            self._released.wait(self._slow_s)  # without the lock: a tray may look meanwhile
        with self._lock:
            if self._fault == "absent":
                return Reply(b"")
            match wish:
                case codec.Ask():
                    return Reply(codec.frame(tag, self._state()))
                case codec.Load():
                    return Reply(codec.frame(tag, self._loaded(wish)))
                case codec.Do():
                    return self._acted(tag, wish)

    def _state(self) -> codec.State:
        empty = not self.hopper or self._fault == "hopper_empty"
        place: codec.Place = "none" if empty else "hopper"
        if self._inside is not None:
            place = "unknown" if self._jammed else "chip_unit"
        panels = 0 if self._fault == "ribbon_out" else self.panels
        return codec.State(
            name=self.name, place=place, printed=self.printed, panels=panels,
            trouble=self._trouble(empty=empty, panels=panels), coupler=self._unit.url,
        )  # fmt: skip

    def _trouble(self, *, empty: bool, panels: int) -> str:
        if self._jammed:
            return "jam"
        if self._fault in CONDITIONS:
            return self._fault
        if not panels:
            return "ribbon_out"
        return "hopper_empty" if empty and self._inside is None else ""

    def _loaded(self, piece: codec.Load) -> codec.Answer:
        if piece.offset == 0:
            self._face.clear()
        if piece.offset != len(self._face):  # a piece that is asked for again
            del self._face[piece.offset :]
        self._face += piece.data
        return codec.Done()

    def _acted(self, tag: int, wish: codec.Do) -> Reply:
        fault = self._fault_at(wish.action)
        if fault == "lose_print_before":
            return Reply(b"")
        data = codec.frame(tag, self._outcome(wish, fault))
        if fault.startswith("lose_") or fault == "line_cut":
            return Reply(b"", hang_up=fault == "line_cut")
        if fault == "wrong_check":
            data = data[:-1] + bytes([data[-1] ^ 0x0F])
        return Reply(data * 2 if fault == "repeat_answer" else data)

    def _fault_at(self, action: str) -> str:
        """Return the fault that happens at `action`, and have it no more."""
        fault = self._fault
        if action not in _CONCERNS.get(fault, ()):
            return ""
        self._fault = ""
        return fault

    def _outcome(self, wish: codec.Do, fault: str) -> codec.Answer:
        key = (wish.job, wish.action)
        if key in self._done:
            return self._done[key]
        trouble = self._refusal(wish)
        if trouble:
            return codec.Failed(trouble=trouble)
        answer = self._feed(wish.job, fault) if wish.action == "feed" else self._work(wish, fault)
        if isinstance(answer, codec.Done):
            self._done[key] = answer
        return answer

    def _refusal(self, wish: codec.Do) -> str:
        if self._jammed:
            return "jam"
        stop = next((name for name in _STOPS[wish.action] if name == self._fault), "")
        if wish.action == "feed":
            if self._inside is not None:
                return "" if self._job == wish.job else "occupied"
            if not self.hopper or self._fault == "hopper_empty":
                return "hopper_empty"
            return "" if stop == "chip_unit" else stop
        if self._inside is None or self._job != wish.job:
            return "no_card"
        if wish.action == "print" and not self.panels:
            return "ribbon_out"
        return stop

    def _feed(self, job: str, fault: str) -> codec.Answer:
        if fault == "blank_of_other_bank":
            self._other_bank_on_top()
        # Inside already: it had no contact when it was fed, and is tried again.
        card = self._inside or self.hopper.popleft()
        self._inside, self._job = card, job
        if fault == "jam":
            self._jammed = True
            return codec.Failed(trouble="jam")
        if fault == "dead_chip":
            card.chip.profile.atr = b""
        if self._fault == "chip_unit":
            return codec.Failed(trouble="chip_unit")  # inside, but no contact: nothing inserted
        self._unit.slot.insert(card.chip)
        return codec.Done()

    def _other_bank_on_top(self) -> None:
        top = self.hopper[0]
        other = next((card for card in self.hopper if card.bank != top.bank), None)
        if other is None:
            bank = "95588" if top.bank != "95588" else "95599"
            [other] = blanks(bank, 1, first=9_000_001)
        else:
            self.hopper.remove(other)
        self.hopper.appendleft(other)

    def _work(self, wish: codec.Do, fault: str) -> codec.Answer:
        card = self._inside
        assert card is not None  # noqa: S101 -- `_refusal` has looked
        if wish.action == "print":
            return self._print(card, wish, fault)
        self._unit.slot.pull()
        self._drop(card, self.output if wish.action == "eject" else self.rejected)
        return codec.Done()

    def _drop(self, card: Blank, bin_: list[Blank]) -> None:
        bin_.append(card)
        self.last_out = card
        self._inside, self._job = None, ""

    def _print(self, card: Blank, wish: codec.Do, fault: str) -> codec.Answer:
        face = bytes(self._face)
        if hashlib.sha256(face).hexdigest() != wish.digest:
            return codec.Failed(trouble="face_incomplete")
        self.panels -= 1
        if fault == "jam":
            self._unit.slot.pull()
            self._jammed = True
            return codec.Failed(trouble="jam")
        self.printed += 1
        card.face, card.unclear = face, fault == "unclear_face"
        return codec.Done(text=f"{self.printed:06d}")


_running: dict[str, CardPrinterTwin] = {}


class CardPrinterTwin(SimulatedCardPrinter):
    """The simulated printer behind real lines, served by its own thread while in a `with` block.

    `device` is the path of a pty, `url` a TCP port on 127.0.0.1; in this process `sim://NAME`
    finds it, too. Its chip unit is `sim://NAME` as a `SocialCardReader`, unless another slot is
    given.
    """

    def __init__(
        self,
        name: str,
        hopper: Iterable[Blank],
        *,
        unit: ChipUnit | None = None,
        slow_s: float = 6.0,
    ) -> None:
        """Take the name, the blanks, and the chip unit if it is not our own."""
        own = SocialCardReaderTwin(name)
        super().__init__(name, hopper, unit or ChipUnit(own, f"sim://{name}"), slow_s=slow_s)
        self.chip_unit = own
        """The chip unit of our own, with its key service; not used when another was given."""
        self._lines = TwinLines(self.answer, _new_cutter, b"")
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
        self._open.enter_context(self.chip_unit)
        _running[self.name] = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _running.pop(self.name, None)
        self._released.set()
        self._open.close()


def running(name: str) -> CardPrinterTwin:
    """Return the twin of that name in this process.

    Raises:
        DeviceAbsent: `cardprinter.no_twin`.
    """
    if name not in _running:
        raise DeviceAbsent("cardprinter.no_twin", name=name)
    return _running[name]


def _new_cutter() -> Callable[[bytes], list[bytes]]:
    cutter = codec.Cutter()

    def cut(data: bytes) -> list[bytes]:
        return [p.body if isinstance(p, codec.Frame) else b"" for p in cutter.feed(data)]

    return cut
