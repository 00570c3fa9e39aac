"""`sbk read id`: read the document on the reader once and say what it says; masked unless JSON."""

from __future__ import annotations

import argparse
import os
import threading

from sbk_tui import config as configuration
from sbk_tui.commands.output import emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.documents import plain_document
from sbk_tui.domain import mask
from sbk_tui.errors import DeviceAbsent
from sbk_tui.hardware.ports import IdCard
from sbk_tui.texts import name_of, word

_WAIT_S = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=["id"], help=word("reading.what"))
    parser.add_argument("--url", metavar="URL", help=word("reading.url"))
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=_WAIT_S, help=word("reading.wait")
    )
    parser.add_argument("--json", action="store_true", help=word("reading.json"))


def run(args: argparse.Namespace) -> int:
    """Wait for a document as long as asked, then print it."""
    url = args.url or configuration.load(home_folder(args.home)).devices.id_card_reader
    if not url:
        raise DeviceAbsent("idcard.none_configured")
    card = _read(url, args.wait)
    if args.json:
        emit(_document(card))
        return 0
    validity = word("reading.long_term") if card.long_term else ""
    if card.valid_to is not None:
        validity = card.valid_to.isoformat()
    say(word("reading.name", name=card.name, sex=name_of("sex", card.sex)))
    say(word("reading.number", number=mask.number(card.number)))
    say(word("reading.valid", issuer=card.issuer, end=validity))
    return 0


def _read(url: str, wait_s: float) -> IdCard:
    # Late: only who reads a device pays for the serial library.
    from sbk_tui.hardware.idcard_driver import SerialIdCardReader

    cancel = threading.Event()
    timer = threading.Timer(wait_s, cancel.set)
    timer.daemon = True
    timer.start()
    note(word("reading.lay_card"))
    try:
        return SerialIdCardReader(url, os.environ).read(cancel)
    finally:
        timer.cancel()


def _document(card: IdCard) -> dict[str, object]:
    held = {name: getattr(card, name) for name in card.__dataclass_fields__}
    document: dict[str, object] = plain_document(held)
    return document
