"""`sbk rejoin --code CODE`: a new life for a counter that was frozen or put back by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from sbk_tui import __version__, own_hub, sender
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.commands.sync import caller_of
from sbk_tui.config import home_folder
from sbk_tui.data.cases import CaseItem, file_case
from sbk_tui.data.counter_file import OpenCounter, in_former_life
from sbk_tui.data.restore import End, end_of_life
from sbk_tui.errors import BadUsage, Fact
from sbk_tui.pinyin import initials
from sbk_tui.services import words
from sbk_tui.sync.enrolment_code import split_code
from sbk_tui.sync.rejoin import rejoin
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--code", required=True, help=word("rejoin.code"))
    parser.add_argument("--json", action="store_true", help=word("sync.json_option"))


def run(args: argparse.Namespace) -> int:
    """Hand in, fetch back, begin anew, and call the city once in the new life."""
    found = rejoin_at(home_folder(args.home), args.code, *credentials())
    if args.json:
        emit(found)
    else:
        say_rejoined(found)
    return 0


class Rejoined(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a rejoin."""

    back: int
    """How many records the city gave back."""
    waiting: int
    quarantined: int
    end: End | None
    """The last record of the former life, after a restore."""


def rejoin_at(home: Path, code: str, clerk: str, password: str) -> Rejoined:
    """As the command, for a counter whose clerk is known; a restored one is told what it lacks.

    Raises:
        BadUsage: `sync.in_use`, `sync.not_enrolled`; and as `sync.rejoin`.
    """
    secret, _ = split_code(code)
    if sender.is_at_work(home):
        raise BadUsage("sync.in_use")
    counter = sign_in(home, clerk, password)
    try:
        caller, former = caller_of(counter), in_former_life(counter.opened)
        with own_hub.running(home, caller.url), sender.one_contact(home):
            back = rejoin(
                counter.opened, caller.client_of, secret=secret, version=__version__,
                now_ms=now_ms, initials=initials,
            )  # fmt: skip
        end = tell_gap(counter, former) if former else None
    finally:
        counter.close()
    counter = sign_in(home, clerk, password)  # in its new life
    try:
        caller = caller_of(counter)
        with own_hub.running(home, caller.url):
            tally = caller.call()
    finally:
        counter.close()
    return Rejoined(
        back=back, waiting=tally.waiting, quarantined=tally.quarantined, end=end
    )  # fmt: skip


def say_rejoined(found: Rejoined) -> None:
    """Say what came of it."""
    say(word("rejoin.done", back=found.back, quarantined=found.quarantined))
    if found.end is not None:
        say(word("restore.gap", **_facts(found.end)))


def tell_gap(counter: Counter, former: OpenCounter) -> End:
    """Open the case of a restored counter: what its log ends with, what may be missing behind it.

    How many records were lost with the disk nobody knows; their slips bear codes.
    """
    end = end_of_life(former)
    case = CaseItem(
        id=f"{former.incarnation.inc}/restored/{end.seq}", op="", counter=counter.seat.counter,
        severity="red", code="restore.gap", opened=now_ms(),
        facts=_facts(end),
    )  # fmt: skip
    with counter.opened.store.write() as db:
        file_case(db, case)
    return end


def _facts(end: End) -> dict[str, Fact]:
    nothing = word("restore.nothing")
    at = words.moment(end.at_ms) if end.seq else nothing
    return {"seq": end.seq, "code": end.code or nothing, "at": at}
