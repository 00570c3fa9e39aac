"""`sbk import cards FILE`: finished cards from a list, all of them or none (`--skip-bad`).

`sbk import handover FILE` takes a 交接清单 in, whose cards are then counted in one by one (2.1);
`sbk import units FILE` the city's list of units, for the look-ups of 1.2 and 2.2.1.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.units import Taken, Units
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.rules import Problem
from sbk_tui.domain.text import escaped
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.pinyin import initials
from sbk_tui.services.card_import import CardImport, Survey, Told
from sbk_tui.services.card_list import CardList, Judged
from sbk_tui.services.exports import neutral
from sbk_tui.services.sheets import Sheet
from sbk_tui.services.unit_list import read_units
from sbk_tui.texts import explain, word, words_for
from sbk_tui.wiring import Counter, now_ms, sign_in

_SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=["cards", "handover", "units"], help=word("import.what"))
    parser.add_argument("file", metavar="FILE", type=Path, help=word("import.file"))
    parser.add_argument("--batch", metavar="NAME", default="", help=word("import.batch"))
    parser.add_argument("--dry-run", action="store_true", help=word("import.dry_run"))
    parser.add_argument("--skip-bad", action="store_true", help=word("import.skip_bad"))
    parser.add_argument("--json", action="store_true", help=word("import.json"))


def run(args: argparse.Namespace) -> int:
    """Survey the file, and take it in when nothing stands in the way."""
    if args.what != "cards" and (args.batch or args.skip_bad):
        raise BadUsage("import.whole_list")
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        if args.what == "handover":
            return _announce(counter, args)
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
            document["rejected"] = _rejected_path(args.file).name
    _report(document, cards, survey, as_json=args.json)
    return 0


def _announce(counter: Counter, args: argparse.Namespace) -> int:
    desk = counter.desks.handovers
    offered = desk.read(args.file)
    if not (args.dry_run or offered.known):
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
            "known": offered.known is not None,
            "issued_before": offered.out,
        })  # fmt: skip
        return 0
    known = "import.handover_known" if offered.known else "import.handover"
    say(word("import.handover_dry" if args.dry_run else known, **facts))
    if offered.out:
        say(word("import.handover_out", count=offered.out))
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
    with _Rejected(_rejected_path(args.file), cards) as rejected:
        return desk.take_in(cards, survey, rejected.write, advance)


def _rejected_path(file: Path) -> Path:
    return file.with_name(f"{file.name}.rejected.csv")


class _Rejected:
    """The file of the rows that were left out, to be put right and imported by itself."""

    def __init__(self, path: Path, cards: CardList) -> None:
        self._path = path
        self._cards = cards

    def __enter__(self) -> _Rejected:
        try:
            self._path.touch(mode=0o600)  # it holds numbers of people
            self._path.chmod(0o600)
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        except OSError as error:
            raise BadUsage("import.rejected_unwritable", place=escaped(str(self._path))) from error
        self._csv = csv.writer(self._file)
        headings = [*self._cards.heading.cells, word("import.row"), word("import.why")]
        self._csv.writerow([_harmless(cell) for cell in headings])
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def write(self, judged: Judged) -> None:
        """Write one row with its number and its problems."""
        width = len(self._cards.heading.cells)
        cells = [*judged.row.cells, *[""] * (width - len(judged.row.cells))][:width]
        why = " ".join(_sentence(p, self._cards) for p in judged.problems if not p.warning)
        self._csv.writerow([_harmless(cell) for cell in [*cells, str(judged.row.number), why]])


def _harmless(cell: str) -> str:
    """Return a cell that neither a terminal nor a spreadsheet acts upon."""
    return neutral(escaped(cell))


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
        "problems": [_problem(told, cards) for told in survey.told],
    }


def _problem(told: Told, cards: CardList) -> dict[str, Any]:
    problem = told.problem
    words = words_for(problem.code, problem.facts)
    return {
        "row": told.row,
        "column": cards.heading.name_of(problem.field),
        "code": problem.code,
        "warning": problem.warning,
        "message": words.message,
        "remedy": words.remedy,
        "facts": dict(problem.facts),
    }


def _refuse(
    refusal: Refusal, document: dict[str, Any], cards: CardList, survey: Survey, *, as_json: bool
) -> int:
    words = explain(refusal)
    if as_json:
        head = {"error": refusal.code, "clause": refusal.clause}
        emit({**head, "message": words.message, "remedy": words.remedy, **document})
    else:
        _say_problems(cards, survey)
    note(f"{words.message}{words.remedy}")
    return refusal.exit_code


def _report(document: dict[str, Any], cards: CardList, survey: Survey, *, as_json: bool) -> None:
    if as_json:
        emit(document)
        return
    _say_problems(cards, survey)
    if cards.heading.ignored:
        say(word("import.ignored", columns="、".join(cards.heading.ignored)))
    say(word("import.planned" if document["dry_run"] else "import.done", **_counts(document)))
    if "rejected" in document:
        say(word("import.rejected", file=document["rejected"]))


def _counts(document: dict[str, Any]) -> dict[str, int]:
    return {name: document[name] for name in ("rows", "new", "known", "duplicates", "bad")}


def _say_problems(cards: CardList, survey: Survey) -> None:
    for told in survey.told[:_SHOWN]:
        say(word("import.problem", row=told.row, what=_sentence(told.problem, cards)))
    if len(survey.told) > _SHOWN:
        say(word("import.more", count=len(survey.told) - _SHOWN))


def _sentence(problem: Problem, cards: CardList) -> str:
    column = word("import.whole_row") if problem.field == "row" else None
    column = column or cards.heading.name_of(problem.field)
    return f"{column}：{words_for(problem.code, problem.facts).message}"
