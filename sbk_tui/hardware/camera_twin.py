"""摄像头的孪生: a `PictureSource` that shows the pictures of a folder one after the other.

For training and for tests, with the faults of a real one by name.
"""

from __future__ import annotations

import io
import itertools
import threading
from pathlib import Path
from typing import Literal

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceBusy
from sbk_tui.hardware.portrait.opening import kind_of
from sbk_tui.hardware.ports import Captured

Fault = Literal["", "absent", "busy", "black", "blurred"]


class CameraTwin:
    """A camera in front of which the people of `folder` sit down in turn."""

    def __init__(self, folder: Path) -> None:
        self.fault: Fault = ""
        """What goes wrong from now on; empty: nothing."""
        self._pictures = itertools.cycle(sorted(p for p in folder.iterdir() if p.is_file()))

    def capture(self, cancel: threading.Event) -> Captured:
        """Return the next picture, as JPEG when a fault of the lens was asked for.

        Raises:
            DeviceAbsent: `camera.absent`, also when the folder is empty.
            DeviceBusy: `camera.busy`.
            Cancelled: `folder.cancelled`.
        """
        if cancel.is_set():
            raise Cancelled("folder.cancelled")
        if self.fault == "busy":
            raise DeviceBusy("camera.busy")
        path = None if self.fault == "absent" else next(self._pictures, None)
        if path is None:
            raise DeviceAbsent("camera.absent")
        data = path.read_bytes()
        if self.fault:
            data = _spoilt(data, self.fault)
        return Captured(data=data, kind=kind_of(data), origin=path.name)


def _spoilt(data: bytes, fault: Fault) -> bytes:
    from PIL import Image, ImageEnhance, ImageFilter

    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    if fault == "black":
        image = ImageEnhance.Brightness(image).enhance(0.02)
    else:
        image = image.filter(ImageFilter.GaussianBlur(image.height / 60))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()
