"""`sbk export issues FILE.csv|xlsx`: the issuing records as a table; masked without a purpose.

`sbk export handover ID FILE` writes the 交接清单 of cards that have left for a township (2.1.2),
`sbk export receipt ID FILE` the township's count of them, for a sender without a line.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.domain.capability import Capability
from sbk_tui.errors import BadUsage
from sbk_tui.services.issues_desk import PURPOSES, STATE_OF, totals_of
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=["issues", "handover", "receipt"], help=word("export.what"))
    parser.add_argument("id", metavar="ID", nargs="?", default="", help=word("export.id"))
    parser.add_argument("file", metavar="FILE", type=Path, help=word("export.file"))
    parser.add_argument("--place", metavar="CODE", default="", help=word("export.place"))
    parser.add_argument("--state", choices=tuple(STATE_OF.values()), help=word("export.state"))
    parser.add_argument("--since", metavar="DATE", default="", help=word("export.since"))
    parser.add_argument("--until", metavar="DATE", default="", help=word("export.until"))
    parser.add_argument("--purpose", choices=PURPOSES, default="", help=word("export.purpose"))
    parser.add_argument("--json", action="store_true", help=word("export.json"))


def run(args: argparse.Namespace) -> int:
    """Write the file and say how many records it holds."""
    if bool(args.id) == (args.what == "issues"):
        raise BadUsage("export.id")
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        if args.what == "issues":
            return _issues(counter, args)
        return _of_handover(counter, args)
    finally:
        counter.close()


def _issues(counter: Counter, args: argparse.Namespace) -> int:
    codes = {state: code for code, state in STATE_OF.items()}
    counter.seat.authority.require(Capability.QUERY)
    desk = counter.desks.issues
    wanted = desk.wanted(
        {
            "issue_place": args.place,
            "issue_state": codes.get(args.state or "", ""),
            "since": args.since,
            "until": args.until,
        }
    )
    rows = desk.export(wanted, args.file.absolute(), args.purpose)
    totals = totals_of(desk.totals(wanted))
    if args.json:
        emit({"file": str(args.file), "rows": rows, "masked": not args.purpose, "totals": totals})
    else:
        say(word("export.done", file=args.file.name, rows=rows))
    return 0


def _of_handover(counter: Counter, args: argparse.Namespace) -> int:
    path = args.file.absolute()
    if args.what == "handover":
        counter.seat.authority.require(Capability.HANDOVER)
        desk = counter.desks.outgoing
        rows = desk.export(desk.get(args.id), path)
    else:
        counter.seat.authority.require(Capability.ISSUE)
        rows = counter.desks.handovers.export_receipt(args.id, path)
    if args.json:
        emit({"file": str(args.file), "rows": rows})
    else:
        say(word("export.done", file=args.file.name, rows=rows))
    return 0
