"""The devices of one counter as its configuration names them; drivers are imported when used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui.data.blobs import MOST_BYTES
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hardware.ports import (
    CardPrinter,
    CardSheet,
    DocumentPrinter,
    IdCardReader,
    PictureSource,
)
from sbk_tui.resources import toml


def reader_of(config: configuration.Config) -> Callable[[], IdCardReader] | None:
    """Return what opens the reader of documents, None when there is none."""
    url = config.devices.id_card_reader
    if not url:
        return None

    def driver() -> IdCardReader:
        from sbk_tui.hardware.idcard_driver import SerialIdCardReader

        return SerialIdCardReader(url, os.environ)

    return driver


def document_camera_of(config: configuration.Config) -> Callable[[], PictureSource] | None:
    """Return what makes the folder of the document camera, None: 未配备高拍仪 (2.2.1)."""
    if not config.devices.document_folder:
        return None
    folder = Path(config.devices.document_folder).expanduser()

    def driver() -> PictureSource:
        from msgspec.structs import replace

        from sbk_tui.hardware.folder_drop import FolderDrop
        from sbk_tui.hardware.portrait.values import limits_from

        limits = replace(limits_from(toml("portrait.toml")), most_bytes=MOST_BYTES)
        return FolderDrop(folder, limits, accepts=frozenset({"JPEG", "PNG", "TIFF", "PDF"}))

    return driver


def folder_of(config: configuration.Config) -> Path | None:
    """Return the folder into which portraits are saved, None when there is none."""
    folder = config.devices.portrait_folder
    return Path(folder).expanduser() if folder else None


def printer(home: Path, config: configuration.Config, now_ms: Callable[[], int]) -> DocumentPrinter:
    """Return the configured printer, else a folder of PDF files."""
    from sbk_tui.hardware.paper_out import open_printer

    url = config.devices.printer
    if not url:
        (home / "papers").mkdir(mode=0o700, exist_ok=True)
        url = f"file://{home}/papers/%Y%m%d-%H%M%S-{{title}}.pdf"
    return open_printer(url, lambda: from_ms(now_ms()).astimezone(CHINA))


def card_sheet_of(config: configuration.Config) -> CardSheet:
    """Return the picture that the card printer wants, for `card_face.render`."""
    return CardSheet(config.devices.card_dots, config.devices.card_bleed)


def card_printer_of(config: configuration.Config) -> Callable[[], CardPrinter] | None:
    """Return what makes the driver of the card printer, None when there is none."""
    devices = config.devices
    if not devices.card_printer:
        return None
    made: list[CardPrinter] = []

    def driver() -> CardPrinter:
        from sbk_tui.hardware.card_printer_opening import open_card_printer

        # One for the whole sign-in: a queue remembers which faces it was handed.
        if not made:
            made.append(
                open_card_printer(
                    devices.card_printer, os.environ, sheet=card_sheet_of(config),
                    encoding=devices.card_record_encoding,
                )
            )  # fmt: skip
        return made[0]

    return driver
