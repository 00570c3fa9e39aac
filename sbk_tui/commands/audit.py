"""`sbk audit verify`: does the log hold together, and do the tables equal what it says? (P8)"""

from __future__ import annotations

import argparse

from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.audit import Report, verify
from sbk_tui.errors import IntegrityFault
from sbk_tui.pinyin import initials
from sbk_tui.texts import word, words_for
from sbk_tui.wiring import sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=["verify"], help=word("audit.what"))
    parser.add_argument("--json", action="store_true", help=word("audit.json"))


def run(args: argparse.Namespace) -> int:
    """Check everything; exit as for an integrity fault when anything is found."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        report = verify(counter.opened.store, key=counter.key, initials=initials)
    finally:
        counter.close()
    if args.json:
        emit(_document(report))
    else:
        for flaw in report.flaws:
            words = words_for(flaw.code, flaw.facts)
            say(word("audit.flaw", place=flaw.place, what=words.message))
    summary = "audit.sound" if report.sound else "audit.unsound"
    note(word(summary, operations=report.operations, flaws=len(report.flaws)))
    return 0 if report.sound else IntegrityFault.exit_code


def _document(report: Report) -> dict[str, object]:
    return {
        "sound": report.sound,
        "operations": report.operations,
        "flaws": [
            {
                "code": flaw.code,
                "place": flaw.place,
                "facts": flaw.facts,
                "message": words_for(flaw.code, flaw.facts).message,
            }
            for flaw in report.flaws
        ],
    }
