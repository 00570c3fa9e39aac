"""`sbk read id|card`: read what lies on the reader once and say it; masked unless JSON."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sbk_tui import config as configuration
from sbk_tui.commands.output import emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.documents import plain_document
from sbk_tui.domain import mask
from sbk_tui.errors import DeviceAbsent
from sbk_tui.hardware.ports import IdCard, SocialCard
from sbk_tui.texts import name_of, word, words_for

_WAIT_S = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=["id", "card"], help=word("reading.what"))
    parser.add_argument("--url", metavar="URL", help=word("reading.url"))
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=_WAIT_S, help=word("reading.wait")
    )
    parser.add_argument("--json", action="store_true", help=word("reading.json"))


def run(args: argparse.Namespace) -> int:
    """Wait as long as asked, then print what was read."""
    devices = configuration.load(home_folder(args.home)).devices
    show: Callable[[], None]
    with _limited(args.wait) as cancel:
        if args.what == "card":
            card = _social_card(args.url or devices.social_card_reader, cancel)
            document, show = _plain(card), partial(_say_card, card)
        else:
            paper = _id_card(args.url or devices.id_card_reader, cancel)
            document, show = _plain(paper), partial(_say_document, paper)
    if args.json:
        emit(document)
    else:
        show()
    return 0


@contextmanager
def _limited(wait_s: float) -> Iterator[threading.Event]:
    cancel = threading.Event()
    timer = threading.Timer(wait_s, cancel.set)
    timer.daemon = True
    timer.start()
    try:
        yield cancel
    finally:
        timer.cancel()


def _id_card(url: str, cancel: threading.Event) -> IdCard:
    if not url:
        raise DeviceAbsent("idcard.none_configured")
    # Late: only who reads a device pays for the serial library.
    from sbk_tui.hardware.idcard_driver import SerialIdCardReader

    note(word("reading.lay_card"))
    return SerialIdCardReader(url, os.environ).read(cancel)


def _social_card(url: str, cancel: threading.Event) -> SocialCard:
    if not url:
        raise DeviceAbsent("chip.none_configured")
    # Late: the smart card library.
    from sbk_tui.hardware.chip.driver import PcscSocialCardReader

    note(word("reading.insert_card"))
    return PcscSocialCardReader(url, os.environ).read(cancel, bank=True)


def _say_document(card: IdCard) -> None:
    validity = word("reading.long_term") if card.long_term else ""
    if card.valid_to is not None:
        validity = card.valid_to.isoformat()
    say(word("reading.name", name=card.name, sex=name_of("sex", card.sex)))
    say(word("reading.number", number=mask.number(card.number)))
    say(word("reading.valid", issuer=card.issuer, end=validity))


def _say_card(card: SocialCard) -> None:
    end = card.valid_to.isoformat() if card.valid_to else ""
    say(word("reading.card", number=card.number, version=card.version, end=end))
    if card.holder is not None:
        say(word("reading.name", name=card.holder.name, sex=name_of("sex", card.holder.sex)))
        say(word("reading.number", number=mask.number(card.holder.number)))
    bank = card.bank_number
    masked = f"{bank[:6]}{'*' * (len(bank) - 10)}{bank[-4:]}"
    say(word("reading.bank", number=masked) if bank else word("reading.no_bank"))
    for code in card.notes:
        words = words_for(code, {})
        say(f"{words.message}{words.remedy}")


def _plain(card: IdCard | SocialCard) -> dict[str, object]:
    held = {name: getattr(card, name) for name in card.__dataclass_fields__}
    if isinstance(card, SocialCard) and card.holder is not None:
        of_holder = {n: getattr(card.holder, n) for n in card.holder.__dataclass_fields__}
        held["holder"] = plain_document(of_holder)
    document: dict[str, object] = plain_document(held)
    return document
