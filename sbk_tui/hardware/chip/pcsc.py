"""One card in one PC/SC reader, by pyscard's plain calls; its results become our errors here.

There is no time limit in PC/SC: a card that does not answer blocks the call until it is pulled.
So each powering of a card has a thread of its own, and the one who waits gives up on it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Any, Self, TypeVar

from sbk_tui.errors import Cancelled, CardRemoved, DeviceAbsent, DeviceBusy, DeviceFault
from sbk_tui.hardware.chip import direct

_POLL_MS = 200
_SHORTEST = 2  # a status word
_FINISH_S = 1.0
Result = TypeVar("Result")


class Context:
    """The connection to the card service (pcscd), and the reader in it."""

    def __init__(self, reader: str) -> None:
        """Connect; `reader` is a PC/SC name, "" for the first one.

        Raises:
            DeviceAbsent: `chip.no_service`, `chip.no_reader`.
        """
        # Late: only who reads a card pays for the smart card library.
        from smartcard import scard

        self.scard: Any = scard
        result, self.handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if result != scard.SCARD_S_SUCCESS:
            raise DeviceAbsent("chip.no_service")
        try:
            self.reader = self._named(reader)
        except DeviceAbsent:
            self.close()
            raise

    def close(self) -> None:
        """Leave the service."""
        self.scard.SCardReleaseContext(self.handle)

    def card_present(self) -> bool:
        """Return whether a card is there now; looks only, also while another call hangs.

        Raises:
            DeviceAbsent: `chip.no_reader`, it was unplugged.
        """
        return bool(self._state(0, self.scard.SCARD_STATE_UNAWARE) & self.scard.SCARD_STATE_PRESENT)

    def control(self, code: int, data: bytes) -> bytes:
        """Tell the reader something, with or without a card in it; empty: it knows no such thing.

        Raises:
            DeviceAbsent: `chip.no_reader`; DeviceBusy: `device.busy`.
        """
        scard = self.scard
        result, handle, _ = scard.SCardConnect(
            self.handle, self.reader, scard.SCARD_SHARE_DIRECT, scard.SCARD_PROTOCOL_UNDEFINED
        )
        if result != scard.SCARD_S_SUCCESS:
            raise _error(scard, result, self.reader)
        try:
            return _controlled(scard, handle, code, data, self.reader)
        finally:
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)

    def await_presence(self, cancel: threading.Event, *, present: bool) -> None:
        """Wait until a card is there, or until none is.

        Raises:
            Cancelled: `device.cancelled`.
            DeviceAbsent: `chip.no_reader`.
        """
        known = self.scard.SCARD_STATE_UNAWARE
        while not cancel.is_set():
            known = self._state(_POLL_MS, known)
            if bool(known & self.scard.SCARD_STATE_PRESENT) == present:
                return
        raise Cancelled("device.cancelled", device="card_reader")

    def _state(self, wait_ms: int, known: int) -> int:
        result, states = self.scard.SCardGetStatusChange(
            self.handle, wait_ms, [(self.reader, known)]
        )
        if result not in {self.scard.SCARD_S_SUCCESS, self.scard.SCARD_E_TIMEOUT}:
            raise _error(self.scard, result, self.reader)
        state: int = states[0][1]
        if state & (self.scard.SCARD_STATE_UNKNOWN | self.scard.SCARD_STATE_UNAVAILABLE):
            raise DeviceAbsent("chip.no_reader", place=self.reader)
        # The high half counts events; it is given back as it came.
        changed: int = self.scard.SCARD_STATE_CHANGED
        return state & ~changed

    def _named(self, wanted: str) -> str:
        _result, readers = self.scard.SCardListReaders(self.handle, [])
        if (wanted and wanted not in readers) or not readers:
            raise DeviceAbsent("chip.no_reader", place=wanted or "pcsc://")
        return wanted or str(readers[0])


class PcscCard:
    """A powered card, a `CardLine`; leaving its `with` block powers it down."""

    def __init__(self, reader: str, limit_s: float) -> None:
        """Take the reader's name and the time limit of one command, in seconds."""
        self._reader = reader
        self._limit_s = limit_s
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._work, name="chip", daemon=True)
        self._context: Context | None = None
        self._scard: Any = None
        self._handle: Any = None
        self._protocol = 0
        self.atr = b""

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._connect)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    @property
    def hangs(self) -> bool:
        """Whether a call still waits for a card that does not answer."""
        return self._thread.is_alive()

    def transmit(self, command: bytes | bytearray) -> bytes:
        """Send `command` once.

        Raises:
            CardRemoved: `chip.card_removed`; DeviceFault: `chip.silent`.
        """
        return self._call(lambda: self._transmit(command))

    def control(self, code: int, data: bytes, limit_s: float) -> bytes:
        """Tell the reader something; see `CardLine`."""
        return self._call(lambda: self._control(code, data), limit_s)

    def _leave(self) -> None:
        self._jobs.put(None)
        self._thread.join(_FINISH_S)  # a hanging one is left to end by itself

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, action = job
            try:
                future.set_result(action())
            except Exception as error:
                future.set_exception(error)
        if self._context is not None:
            if self._handle is not None:
                # Unpowered, so that nobody works under the holder's PIN [O] S1-7 5.8.
                scard = self._context.scard
                scard.SCardDisconnect(self._handle, scard.SCARD_UNPOWER_CARD)
            self._context.close()

    def _call(self, action: Callable[[], Result], limit_s: float | None = None) -> Result:
        future: Future[Result] = Future()
        self._jobs.put((future, action))
        try:
            return future.result(self._limit_s if limit_s is None else limit_s)
        except FutureTimeout as error:
            raise DeviceFault("chip.silent") from error

    def _connect(self) -> None:
        self._context = context = Context(self._reader)
        scard = self._scard = context.scard
        result, handle, protocol = scard.SCardConnect(
            context.handle,
            context.reader,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if result != scard.SCARD_S_SUCCESS:
            raise _error(scard, result, context.reader)
        self._handle, self._protocol = handle, protocol
        result, _reader, _state, _protocol, atr = scard.SCardStatus(handle)
        if result != scard.SCARD_S_SUCCESS:
            raise _error(scard, result, context.reader)
        self.atr = bytes(atr)

    def _transmit(self, command: bytes | bytearray) -> bytes:
        scard = self._scard
        if isinstance(command, bytearray) and direct.available():
            result, answer = direct.transmit(self._handle, self._protocol, command)
        else:
            t1 = self._protocol == scard.SCARD_PROTOCOL_T1
            header = scard.SCARD_PCI_T1 if t1 else scard.SCARD_PCI_T0
            result, signed = scard.SCardTransmit(self._handle, header, list(command))
            answer = bytes(byte & 0xFF for byte in signed)  # signed in some builds
        if result != scard.SCARD_S_SUCCESS:
            raise _error(scard, result, self._reader)
        if len(answer) < _SHORTEST:
            # PC/SC calls it success when the card goes in the middle of an answer.
            raise CardRemoved("chip.card_removed")
        return answer

    def _control(self, code: int, data: bytes) -> bytes:
        return _controlled(self._scard, self._handle, code, data, self._reader)


def _controlled(scard: Any, handle: Any, code: int, data: bytes, reader: str) -> bytes:
    """Return a reader's answer to a control code; empty: it knows no such thing."""
    result, answer = scard.SCardControl(handle, code, list(data))
    if result in {
        scard.SCARD_E_UNSUPPORTED_FEATURE,
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_INVALID_PARAMETER,
    }:
        return b""
    if result != scard.SCARD_S_SUCCESS:
        raise _error(scard, result, reader)
    return bytes(byte & 0xFF for byte in answer)


def _error(scard: Any, result: int, reader: str) -> DeviceFault:
    """Return our error for a result of PC/SC."""
    if result in {scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED}:
        return DeviceAbsent("chip.no_service")
    if result in {scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE}:
        return DeviceAbsent("chip.no_reader", place=reader)
    if result == scard.SCARD_E_SHARING_VIOLATION:
        return DeviceBusy("device.busy", device="card_reader", place=reader)
    if result in {
        scard.SCARD_E_PROTO_MISMATCH,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
    }:
        return DeviceFault("chip.unpowered")
    # Everything else in the middle of a talk has one cause in practice: the card went.
    return CardRemoved("chip.card_removed")
