"""密码键盘 on a serial line: the port `PinPad`. The pad is dark again on every way out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import monotonic

from sbk_tui.domain.pin import collect
from sbk_tui.errors import BadUsage, Cancelled, DeviceFault
from sbk_tui.hardware.device_url import parse_serial_url
from sbk_tui.hardware.pinpad_codec import ENCRYPTING, STYLES, Key, keys_of
from sbk_tui.hardware.ports import Prompt
from sbk_tui.hardware.serial_line import SerialLine

_DEVICE = "pin_pad"
_BAUD = {"baud": "9600"}  # [2+] K2 K3
_OPEN_S, _IDENTIFY_S = 5.0, 1.5
SILENT_S, WHOLE_S = 30.0, 60.0
"""Without a key, and in all [A]."""


class SerialPinPad:
    """A pad of one of the `STYLES`; nothing is opened before it is asked."""

    def __init__(
        self,
        url: str,
        style: str = "star",
        variables: Mapping[str, str] | None = None,
        *,
        silent_s: float = SILENT_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        """Take the place and the make of the pad.

        Raises:
            BadUsage: as `parse_serial_url`; `pinpad.encrypting`, `pinpad.unknown_style`.
        """
        if style in ENCRYPTING:
            raise BadUsage("pinpad.encrypting", style=style)
        if style not in STYLES:
            raise BadUsage("pinpad.unknown_style", style=style, known=" ".join(STYLES))
        parsed = parse_serial_url(url, variables)
        self._url = replace(parsed, options={**_BAUD, **parsed.options})
        self._style = STYLES[style]
        self._silent_s, self._whole_s = silent_s, whole_s

    def enter(self, cancel: threading.Event, prompt: Prompt) -> bytearray:
        """Return six digits; see the port."""
        ask = self._style.again if prompt is Prompt.AGAIN else self._style.start
        with SerialLine(self._url, _DEVICE, cancel, _OPEN_S) as line:
            line.drain()  # keys pressed while nobody asked
            line.send(ask)
            try:
                return collect(self._keys(line, cancel), lambda: line.send(ask))
            finally:
                if self._style.close:
                    line.send(self._style.close)

    def identify(self) -> str:
        """Return the pad's place once its line opens; a pad itself says nothing unasked.

        Raises:
            DeviceAbsent, DeviceBusy: as the line's.
        """
        with SerialLine(self._url, _DEVICE, threading.Event(), _IDENTIFY_S):
            return str(self._url)

    def _keys(self, line: SerialLine, cancel: threading.Event) -> Iterator[int]:
        begun = last = monotonic()
        while True:
            if cancel.is_set():
                raise Cancelled("device.cancelled", device=_DEVICE)
            data = line.receive(1)
            now = monotonic()
            for key in keys_of(data):
                last = now
                if isinstance(key, Key):
                    raise DeviceFault("pinpad.cancelled")
                yield key
            if now - last > self._silent_s:
                raise DeviceFault("pinpad.silent", seconds=round(self._silent_s))
            if now - begun > self._whole_s:
                raise DeviceFault("pinpad.too_long", seconds=round(self._whole_s))
