"""Which driver the URL of the 制卡机 means; nothing is opened before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.device_url import SERIAL_SCHEMES, DeviceUrl, parse_device_url
from sbk_tui.hardware.ports import CardPrinter, CardSheet

if TYPE_CHECKING:
    from sbk_tui.hardware.card_printer_by_hand import Encoding

SHEET = CardSheet()
_KNOWN = ("sim", *SERIAL_SCHEMES, "cups", "file")


def open_card_printer(
    url: str,
    variables: Mapping[str, str] | None = None,
    *,
    sheet: CardSheet = SHEET,
    encoding: Encoding = "gb18030",
) -> CardPrinter:
    """Return the printer at `url`; nothing is opened before it is asked.

    `sim://NAME`, `socket://HOST:PORT`, `serial:///dev/…`, `rfc2217://HOST:PORT`: our own wire;
    `cups://QUEUE`, `cups://QUEUE?media=CR80`: a queue; `file:///FOLDER`: a Windows program.

    Args:
        sheet: what the faces will be like (`cups://`).
        encoding: how the Windows program reads Chinese (`file://`).

    Raises:
        BadUsage: as `parse_device_url`; `device.unknown_scheme`, `print.bad_target`.
        DeviceAbsent: `cardprinter.no_twin`.
    """
    place = parse_device_url(url, variables)
    if place.scheme in {"cups", "file"}:
        return _by_hand(place, sheet=sheet, encoding=encoding)
    if place.scheme not in _KNOWN:
        raise BadUsage("device.unknown_scheme", url=str(place), known=" ".join(_KNOWN))
    from sbk_tui.hardware.card_printer_driver import LineCardPrinter

    if place.scheme == "sim":
        # Late: no counter of an office loads a simulated printer.
        from sbk_tui.hardware.card_printer_twin import running

        # The pty: closing a socket takes the serial library 0.3 s.
        return LineCardPrinter(running(place.place).device)
    return LineCardPrinter(url, variables)


def _by_hand(place: DeviceUrl, *, sheet: CardSheet, encoding: Encoding) -> CardPrinter:
    from sbk_tui.hardware.card_printer_by_hand import FolderCardPrinter, QueueCardPrinter

    if place.scheme == "file":
        return FolderCardPrinter(Path(place.place), encoding=encoding)
    queue, _, options = place.place.partition("?")
    media = parse_qs(options).get("media", [""])[0]
    return QueueCardPrinter(queue, media=media, sheet=sheet)
