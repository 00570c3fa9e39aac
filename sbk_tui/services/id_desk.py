"""Reading an identity document at the counter: the device behind one call, and its numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sbk_tui.errors import DeviceAbsent
from sbk_tui.hardware.ports import IdCard, IdCardReader

__all__ = ["IdCard", "IdDesk"]


class IdDesk:
    """The ID-card reader, opened for each reading: it may be unplugged between two."""

    def __init__(self, reader: Callable[[], IdCardReader] | None) -> None:
        """Take what makes a driver, or None when no reader is configured."""
        self._reader = reader

    @property
    def present(self) -> bool:
        """Whether a reader is configured."""
        return self._reader is not None

    def read(self, cancel: threading.Event) -> IdCard:
        """Wait for a document and return what it says.

        Raises:
            DeviceFault: as the driver says; `idcard.none_configured` when there is no reader.
        """
        return self._driver().read(cancel)

    def identify(self) -> str:
        """Return the reader's own number."""
        return self._driver().identify()

    def _driver(self) -> IdCardReader:
        if self._reader is None:
            raise DeviceAbsent("idcard.none_configured")
        return self._reader()
