"""Which driver the URL of the 制卡机 means; nothing is opened before it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.device_url import SERIAL_SCHEMES, parse_device_url
from sbk_tui.hardware.ports import CardPrinter

_KNOWN = ("sim", *SERIAL_SCHEMES)


def open_card_printer(url: str, variables: Mapping[str, str] | None = None) -> CardPrinter:
    """Return the printer at `url`: `sim://NAME`, `socket://HOST:PORT`, `serial:///dev/…`.

    Raises:
        BadUsage: as `parse_device_url`; `device.unknown_scheme` for another kind of line.
        DeviceAbsent: `cardprinter.no_twin`.
    """
    place = parse_device_url(url, variables)
    if place.scheme not in _KNOWN:
        raise BadUsage("device.unknown_scheme", url=str(place), known=" ".join(_KNOWN))
    from sbk_tui.hardware.card_printer_driver import LineCardPrinter

    if place.scheme == "sim":
        # Late: no counter of an office loads a simulated printer.
        from sbk_tui.hardware.card_printer_twin import running

        return LineCardPrinter(running(place.place).device)
    return LineCardPrinter(url, variables)
