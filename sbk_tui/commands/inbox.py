"""`sbk inbox`: what came back from the city and waits for a clerk; `sbk inbox ID ANSWER …` answers.

The same cases, answers and record as the screen 0.6 (B16).
"""

from __future__ import annotations

import argparse
from typing import Any

from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.domain.capability import Capability
from sbk_tui.errors import BadUsage
from sbk_tui.services import words
from sbk_tui.services.cases_desk import CaseItem, CasesDesk
from sbk_tui.texts import word
from sbk_tui.wiring import sign_in

_SHORTEST = 6


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("case", metavar="ID", nargs="?", default="", help=word("inbox.case"))
    parser.add_argument("answers", metavar="ANSWER", nargs="*", help=word("inbox.answers"))
    parser.add_argument("--json", action="store_true", help=word("inbox.json"))


def run(args: argparse.Namespace) -> int:
    """List the cases, or answer one."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        counter.seat.authority.require(Capability.QUERY)
        desk = counter.desks.cases
        if args.case:
            return _answer(desk, args)
        _list(desk, as_json=args.json)
    finally:
        counter.close()
    return 0


def _list(desk: CasesDesk, *, as_json: bool) -> None:
    cases = desk.waiting()
    if as_json:
        emit([_document(desk, case) for case in cases])
        return
    for case in cases:
        said = desk.words(case)
        urgency = word("cases.late") if desk.is_late(case) else word(f"cases.{case.severity}")
        head = word("inbox.line", id=case.id, urgency=urgency, opened=words.moment(case.opened))
        say(head + (word("inbox.due", due=case.due) if case.due else ""))
        say(f"  {said.message}{said.remedy}")
        for question in desk.questions(case):
            answers = " · ".join(f"{key} {text}" for key, text in question.answers)
            say(f"  {answers}")
    note(word("inbox.count", count=len(cases)))


def _document(desk: CasesDesk, case: CaseItem) -> dict[str, Any]:
    said = desk.words(case)
    return {
        "case": case.id,
        "op": case.op,
        "code": case.code,
        "severity": case.severity,
        "opened": words.moment(case.opened),
        "due": case.due,
        "late": desk.is_late(case),
        "message": said.message,
        "remedy": said.remedy,
        "facts": case.facts,
        "questions": [[key for key, _text in q.answers] for q in desk.questions(case)],
        "standard": case.standard,
    }


def _answer(desk: CasesDesk, args: argparse.Namespace) -> int:
    """Close one case with an answer to each of its questions.

    Raises:
        BadUsage: `inbox.unknown`, `inbox.answer`.
    """
    found = [c for c in desk.waiting() if c.id == args.case or _begins(c.id, args.case)]
    if len(found) != 1:
        raise BadUsage("inbox.unknown", case=args.case)
    case = found[0]
    questions = desk.questions(case)
    offered = [[key for key, _text in question.answers] for question in questions]
    given = tuple(args.answers)
    if len(given) != len(offered) or any(a not in o for a, o in zip(given, offered, strict=True)):
        wanted = " ".join("|".join(keys) for keys in offered)
        raise BadUsage("inbox.answer", wanted=wanted)
    op = desk.new_id()
    desk.settle(case, given, op)
    if args.json:
        emit({"case": case.id, "op": op, "answers": given})
    else:
        say(word("cases.settled"))
    return 0


def _begins(case: str, typed: str) -> bool:
    return len(typed) >= _SHORTEST and case.startswith(typed)
