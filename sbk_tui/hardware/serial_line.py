"""One open serial line, local or over the network, with its foreign errors turned into ours.

Shared by the drivers of serial devices. Reads come in slices of a tenth of a second, so that a
driver can look at its `cancel` between them.
"""

from __future__ import annotations

import errno
import os
import socket
import termios
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceBusy, DeviceFault
from sbk_tui.hardware.device_url import DeviceUrl

SLICE_S = 0.1  # cancel is looked at five times a second at least
_WRITE_LIMIT_S = 1.0
_DRAIN_LIMIT = 8192  # a device that talks without end must not hold the drain for ever
_HELD = frozenset({errno.EAGAIN, errno.EBUSY})  # somebody's flock, somebody's TIOCEXCL
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
# termios.error is no OSError, and pyserial lets it through when it flushes a vanished terminal.
_LINE_ERRORS = (OSError, termios.error)


class SerialLine:
    """An open line, 8N1, exclusively ours; close it by leaving its `with` block."""

    def __init__(self, url: DeviceUrl, device: str, cancel: threading.Event, open_s: float) -> None:
        """Open `url` for `device` (a code for the words) within `open_s` seconds.

        Raises:
            DeviceBusy: `device.busy`, somebody else has it open.
            DeviceAbsent: `device.absent`, `device.no_permission`.
            Cancelled: `device.cancelled`.
        """
        self._url = url
        self._device = device
        self._port: Any = self._opened(cancel, open_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _close(self._port)

    def send(self, data: bytes) -> None:
        """Write `data`.

        Raises:
            DeviceAbsent: `device.lost`.
        """
        try:
            self._port.write(data)
        except _LINE_ERRORS as error:
            raise self._lost() from error

    def receive(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer when a slice of time passes without the rest.

        Raises:
            DeviceAbsent: `device.lost`.
        """
        try:
            return bytes(self._port.read(size))
        except _LINE_ERRORS as error:
            raise self._lost() from error

    def drain(self) -> bytes:
        """Take away and return what waits unread. A lost line shows at the next `send`."""
        old = bytearray()
        # Sized by in_waiting, which is 1 at most on a socket: read() waits for the whole size.
        with suppress(*_LINE_ERRORS):
            while len(old) < _DRAIN_LIMIT and (size := self._port.in_waiting):
                old += self._port.read(min(size, _DRAIN_LIMIT))
        return bytes(old)

    def _lost(self) -> DeviceAbsent:
        return DeviceAbsent("device.lost", device=self._device, place=str(self._url))

    def _opened(self, cancel: threading.Event, open_s: float) -> Any:
        """Open in a thread: a network that swallows everything blocks pyserial for 5 s."""
        pool = ThreadPoolExecutor(1, "open-line")
        opening = pool.submit(_open, self._url)
        pool.shutdown(wait=False)
        slices = max(1, round(open_s / SLICE_S))
        for _ in range(slices):
            if wait([opening], timeout=SLICE_S).done:
                break
            if cancel.is_set():
                break
        if opening.done() and not cancel.is_set():
            return self._result(opening)
        opening.add_done_callback(_close_late)
        if cancel.is_set():
            raise Cancelled("device.cancelled", device=self._device)
        raise DeviceAbsent("device.absent", device=self._device, place=str(self._url))

    def _result(self, opening: Future[Any]) -> Any:
        try:
            return opening.result()
        except _LINE_ERRORS as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> DeviceFault:
        facts = {"device": self._device, "place": str(self._url)}
        number = error.errno if isinstance(error, OSError) else None
        if number in _HELD:
            return DeviceBusy("device.busy", **facts)
        if number in _FORBIDDEN:
            return DeviceAbsent("device.no_permission", **facts)
        return DeviceAbsent("device.absent", **facts)


def _open(url: DeviceUrl) -> Any:
    if url.scheme == "bridge":
        from sbk_tui.hardware.bridge import BridgePort

        return BridgePort(url.place, os.environ)
    import serial  # late: a counter without a serial device never loads it

    port = serial.serial_for_url(
        str(url),
        do_not_open=True,
        baudrate=url.baud,
        timeout=SLICE_S,
        # pyserial's rfc2217 knows no time limit for writing.
        write_timeout=None if url.scheme == "rfc2217" else _WRITE_LIMIT_S,
        exclusive=True if url.scheme == "serial" else None,
    )
    if url.scheme == "socket":
        # On opening a socket pyserial throws away what came already, and with it the sentence by
        # which a terminal server says that the port is in use.
        port.reset_input_buffer = lambda: None
    port.open()
    return port


def _close(port: Any) -> None:
    """Close `port` for certain: pyserial forgets a socket whose far side went away first."""
    far: socket.socket | None = getattr(port, "_socket", None)
    with suppress(*_LINE_ERRORS):
        port.close()
    if far is not None:
        far.close()


def _close_late(opening: Future[Any]) -> None:
    if opening.exception() is None:
        _close(opening.result())
