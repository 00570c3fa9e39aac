"""`sbk import cards FILE`: finished cards from a list, all of them or none (`--skip-bad`).

`sbk import handover FILE` takes a 交接清单 in, whose cards are then counted in one by one (2.1);
`sbk import receipt FILE` what a township counted of cards that were sent to it (2.1.2);
`sbk import units FILE` the city's list of units, for the look-ups of 1.2 and 2.2.1;
`sbk import applications FILE --photos DIR` what a school or unit has collected (1.2).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sbk_tui.commands.list_report import (
    Rejected,
    problem_document,
    rejected_path,
    say_problems,
)
from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.units import Taken, Units
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.text import escaped
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.pinyin import initials
from sbk_tui.services.card_import import CardImport, Survey
from sbk_tui.services.card_list import CardList
from sbk_tui.services.sheets import Sheet
from sbk_tui.services.unit_list import read_units
from sbk_tui.texts import explain, word
from sbk_tui.wiring import Counter, now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument(
        "what", choices=["cards", "applications", "handover", "receipt", "units"],
        help=word("import.what"),
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE", type=Path, help=word("import.file"))
    parser.add_argument("--batch", metavar="NAME", default="", help=word("import.batch"))
    parser.add_argument("--photos", metavar="DIR", type=Path, help=word("import.photos"))
    parser.add_argument("--dry-run", action="store_true", help=word("import.dry_run"))
    parser.add_argument("--skip-bad", action="store_true", help=word("import.skip_bad"))
    parser.add_argument("--json", action="store_true", help=word("import.json"))


def run(args: argparse.Namespace) -> int:
    """Survey the file, and take it in when nothing stands in the way."""
    if args.what != "cards" and args.batch:
        raise BadUsage("import.whole_list")
    if args.what not in {"cards", "applications"} and args.skip_bad:
        raise BadUsage("import.whole_list")
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        if args.what == "handover":
            return _announce(counter, args)
        if args.what == "receipt":
            return _take_answer(counter, args)
        if args.what == "applications":
            from sbk_tui.commands import import_applications

            return import_applications.run(counter, args)
        if args.what == "units":
            return _take_in_units(counter, args)
        with Sheet(args.file) as sheet:
            return _import(counter, sheet, args)
    finally:
        counter.close()


def _import(counter: Counter, sheet: Sheet, args: argparse.Namespace) -> int:
    desk = CardImport(
        ledger=counter.ledger,
        store=counter.opened.store,
        initials=initials,
        rules=counter.rules,
        seat=counter.seat,
        now_ms=now_ms,
    )
    stem = escaped(args.file.stem)
    cards = CardList(sheet, counter.rules, batch=args.batch, batch_if_none=stem)
    survey = desk.survey(cards)
    document = _document(args, cards, survey)
    refusal = Refusal("import.bad_rows", clause="2.1", bad=survey.bad, rows=survey.rows)
    if survey.bad and not args.skip_bad:
        return _refuse(refusal, document, cards, survey, as_json=args.json)
    if not args.dry_run and (survey.fresh or survey.bad):
        document["new"] = _take_in(desk, cards, survey, args)
        if survey.bad:
            document["rejected"] = rejected_path(args.file).name
    _report(document, cards, survey, as_json=args.json)
    return 0


def _announce(counter: Counter, args: argparse.Namespace) -> int:
    desk = counter.desks.handovers
    offered = desk.read(args.file)
    if not (args.dry_run or offered.is_taken):
        desk.announce(offered.manifest, op=counter.new_id())
    manifest = offered.manifest
    facts: dict[str, str | int] = {
        "batch": manifest.batch,
        "from_office": manifest.from_office,
        "count": len(manifest.lines),
        "check": manifest.check,
    }
    if args.json:
        emit({
            "file": escaped(args.file.name),
            "dry_run": args.dry_run,
            "handover": manifest.id,
            **facts,
            "known": offered.is_taken,
            "issued_before": offered.out,
        })  # fmt: skip
        return 0
    known = "import.handover_known" if offered.is_taken else "import.handover"
    say(word("import.handover_dry" if args.dry_run else known, **facts))
    if offered.out:
        say(word("import.handover_out", count=offered.out))
    return 0


def _take_answer(counter: Counter, args: argparse.Namespace) -> int:
    if args.dry_run:
        raise BadUsage("import.no_dry_run")
    settled = counter.desks.outgoing.take_answer(args.file, op=counter.new_id())
    handover = settled.handover
    wrong = [{"code": each.code, "card": each.card} for each in handover.differences()]
    facts: dict[str, str | int] = {
        "batch": handover.batch,
        "received": len(handover.received),
        "wrong": len(wrong),
    }
    if args.json:
        head = {"handover": handover.id, "state": handover.state}
        emit({**head, **facts, "differences": wrong, "op": settled.done.op})
    else:
        say(word("import.receipt", **facts))
    return 0


def _take_in_units(counter: Counter, args: argparse.Namespace) -> int:
    counter.seat.authority.require(Capability.APPLY)
    with Sheet(args.file) as sheet:
        units = read_units(sheet)
    taken = Taken(0, 0)
    if not args.dry_run:
        taken = Units(counter.opened.store, initials).put(units)
    facts = {"rows": len(units), "new": taken.new, "changed": taken.changed}
    if args.json:
        emit({"file": escaped(args.file.name), "dry_run": args.dry_run, **facts})
        return 0
    say(word("import.units_dry" if args.dry_run else "import.units", **facts))
    return 0


def _take_in(desk: CardImport, cards: CardList, survey: Survey, args: argparse.Namespace) -> int:
    advance = _progress(survey.fresh + survey.known)
    if not survey.bad:
        return desk.take_in(cards, survey, lambda _judged: None, advance)
    with Rejected(rejected_path(args.file), cards.heading) as rejected:
        return desk.take_in(
            cards, survey, lambda judged: rejected.write(judged.row, judged.problems), advance
        )


def _progress(cards: int) -> Callable[[int], None]:
    """Return what says on a terminal how far the import is, every ten thousand cards."""
    step, done = 10_000, 0

    def advance(more: int) -> None:
        nonlocal done
        before, done = done, done + more
        if sys.stderr.isatty() and done // step > before // step:
            note(word("import.progress", done=done, cards=cards))

    return advance


def _document(args: argparse.Namespace, cards: CardList, survey: Survey) -> dict[str, Any]:
    return {
        "file": escaped(args.file.name),
        "dry_run": args.dry_run,
        "rows": survey.rows,
        "new": survey.fresh if args.dry_run else 0,
        "known": survey.known,
        "duplicates": survey.twins,
        "bad": survey.bad,
        "ignored_columns": cards.heading.ignored,
        "problems": [problem_document(told, cards.heading) for told in survey.told],
    }


def _refuse(
    refusal: Refusal, document: dict[str, Any], cards: CardList, survey: Survey, *, as_json: bool
) -> int:
    words = explain(refusal)
    if as_json:
        head = {"error": refusal.code, "clause": refusal.clause}
        emit({**head, "message": words.message, "remedy": words.remedy, **document})
    else:
        say_problems(cards.heading, survey.told)
    note(f"{words.message}{words.remedy}")
    return refusal.exit_code


def _report(document: dict[str, Any], cards: CardList, survey: Survey, *, as_json: bool) -> None:
    if as_json:
        emit(document)
        return
    say_problems(cards.heading, survey.told)
    if cards.heading.ignored:
        say(word("import.ignored", columns="、".join(cards.heading.ignored)))
    say(word("import.planned" if document["dry_run"] else "import.done", **_counts(document)))
    if "rejected" in document:
        say(word("import.rejected", file=document["rejected"]))


def _counts(document: dict[str, Any]) -> dict[str, int]:
    return {name: document[name] for name in ("rows", "new", "known", "duplicates", "bad")}
