"""Where a virtual card is put: into the virtual PC/SC reader, or beside the caller.

`VirtualReaderSlot` speaks the protocol of the vpcd driver: 2 bytes of length, then a control
byte or a command; pcscd and everything above it are the real ones.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sbk_tui.errors import CardRemoved, DeviceAbsent, DeviceFault
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_pad import ReaderPadTwin

PORT = 35963
"""The first virtual reader of vpcd."""
_OFF, _ON, _RESET, _ATR = b"\x00", b"\x01", b"\x02", b"\x04"
_CONNECT_S = 5.0


class CardBeside:
    """A `CardLine` to a card in the same process: the many cases are tested so."""

    def __init__(self, card: VirtualCard, pad: ReaderPadTwin | None = None) -> None:
        """Power the card up, in a reader that may have a pad."""
        self._card = card
        self._pad = pad
        self.gone = False
        """Whether the card was pulled in the middle."""
        card.power_off()

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._card.atr

    def transmit(self, command: bytes | bytearray) -> bytes:
        """Send `command`; a mute card is told at once instead of after the time limit."""
        if self.gone:
            raise CardRemoved("chip.card_removed")
        wire = self._card.exchange(bytes(command))
        self.gone = wire.hang_up
        if wire.hang_up:
            raise CardRemoved("chip.card_removed")
        if wire.data is None:
            raise DeviceFault("chip.silent")
        return wire.data

    def control(self, code: int, data: bytes, _limit_s: float) -> bytes:
        """Tell the reader something; without a pad it knows nothing."""
        return b"" if self._pad is None else self._pad.control(code, data, self.transmit)


class VirtualReaderSlot:
    """The slot of the virtual reader: `insert` and `pull` cards; a thread serves the one in it."""

    def __init__(self, host: str = "127.0.0.1", port: int = PORT) -> None:
        """Take the place where the vpcd driver listens; nothing is opened yet."""
        self._address = (host, port)
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pull()

    def insert(self, card: VirtualCard) -> None:
        """Put `card` in, pulling what was there; the reader sees it within half a second.

        Raises:
            DeviceAbsent: `chip.no_slot`, nobody listens: pcscd or vpcd is not running.
        """
        self.pull()
        try:
            line = socket.create_connection(self._address, _CONNECT_S)
        except OSError as error:
            raise DeviceAbsent("chip.no_slot", port=self._address[1]) from error
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        card.power_off()
        self._line = line
        self._thread = threading.Thread(
            target=_serve, args=(line, card), name="virtual-card", daemon=True
        )
        self._thread.start()

    def pull(self) -> None:
        """Take the card out, also in the middle of an exchange."""
        if self._line is not None and self._thread is not None:
            # Wakes the thread, which closes the line itself.
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        self._line = self._thread = None


def _serve(line: socket.socket, card: VirtualCard) -> None:
    with line, suppress(OSError):
        while body := _message(line):
            if body in {_OFF, _RESET}:
                card.power_off()
            elif body == _ATR:
                _send(line, card.atr)
            elif body != _ON:
                wire = card.exchange(body)
                if wire.hang_up:
                    return
                # No answer at all is a mute card; the daemon waits without limit.
                if wire.data is not None:
                    _send(line, wire.data)
    card.power_off()


def _send(line: socket.socket, data: bytes) -> None:
    line.sendall(len(data).to_bytes(2, "big") + data)


def _message(line: socket.socket) -> bytes:
    """Return the next message; empty when the far side is gone."""
    return _exactly(line, int.from_bytes(_exactly(line, 2), "big"))


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        # The driver sends length and body apart; unless each is acknowledged at once, every
        # command takes 44 ms instead of 0.1 ms. The option lasts for one receive only.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = line.recv(size - len(data))
        if not piece:
            return b""
        data += piece
    return data
