"""`sbk rejoin --code CODE`: a new life for a counter that was frozen or put back by hand."""

from __future__ import annotations

import argparse

from sbk_tui import __version__, own_hub, sender
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.commands.sync import caller_of
from sbk_tui.config import home_folder
from sbk_tui.errors import BadUsage
from sbk_tui.pinyin import initials
from sbk_tui.sync.enrolment_code import split_code
from sbk_tui.sync.rejoin import rejoin
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--code", required=True, help=word("rejoin.code"))
    parser.add_argument("--json", action="store_true", help=word("sync.json_option"))


def run(args: argparse.Namespace) -> int:
    """Hand in, fetch back, begin anew, and call the city once in the new life."""
    home = home_folder(args.home)
    secret, _ = split_code(args.code)
    if sender.is_at_work(home):
        raise BadUsage("sync.in_use")
    counter = sign_in(home, *credentials())
    try:
        caller = caller_of(counter)
        with own_hub.running(home, caller.url), sender.one_contact(home):
            back = rejoin(
                counter.opened, caller.client_of, secret=secret, version=__version__,
                now_ms=now_ms, initials=initials,
            )  # fmt: skip
    finally:
        counter.close()
    counter = sign_in(home, *credentials())  # in its new life
    try:
        caller = caller_of(counter)
        with own_hub.running(home, caller.url):
            tally = caller.call()
    finally:
        counter.close()
    if args.json:
        emit({"back": back, "waiting": tally.waiting, "quarantined": tally.quarantined})
    else:
        say(word("rejoin.done", back=back, quarantined=tally.quarantined))
    return 0
