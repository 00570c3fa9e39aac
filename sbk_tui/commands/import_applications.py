"""`sbk import applications FILE --photos DIR`: applications of many, from a list (1.2)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sbk_tui.commands.list_report import Rejected, problem_document, rejected_path, say_problems
from sbk_tui.commands.output import emit, note, say
from sbk_tui.counter_around import BLOBS
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.pseudonym import pseudonyms
from sbk_tui.domain.text import escaped
from sbk_tui.errors import Refusal
from sbk_tui.services.application_import import ApplicationImport, Survey, Taken
from sbk_tui.services.application_list import ApplicationList, Judged
from sbk_tui.services.sheets import Sheet
from sbk_tui.texts import explain, word
from sbk_tui.wiring import Counter


def run(counter: Counter, args: argparse.Namespace) -> int:
    """Survey the list, and take it in when nothing stands in the way."""
    store = counter.opened.store
    desk = ApplicationImport(
        counter.ledger, Blobs(store, counter.home / BLOBS, counter.key), pseudonyms(store)
    )
    with Sheet(args.file) as sheet:
        wanted = ApplicationList(
            sheet,
            counter.rules,
            photos=args.photos or args.file.parent,
            portraits=counter.desks.portraits,
            derived=counter.desks.apply.derived,
            today=counter.ledger.today(),
        )
        survey = desk.survey(wanted)
        if survey.bad and not args.skip_bad:
            return _refuse(wanted, survey, args)
        taken = Taken(0, 0, survey.bad)
        if not args.dry_run:
            taken = _take_in(desk, wanted, survey, args.file)
    _report(wanted, survey, taken, args)
    return 0


def _take_in(desk: ApplicationImport, wanted: ApplicationList, survey: Survey, file: Path) -> Taken:
    if not survey.bad:
        return desk.take_in(wanted, lambda _judged: None)
    with Rejected(rejected_path(file), wanted.heading) as rejected:

        def reject(judged: Judged) -> None:
            rejected.write(judged.row, judged.problems)

        return desk.take_in(wanted, reject)


def _document(wanted: ApplicationList, survey: Survey, args: argparse.Namespace) -> dict[str, Any]:
    return {
        "file": escaped(args.file.name),
        "dry_run": args.dry_run,
        "rows": survey.rows,
        "bad": survey.bad,
        "ignored_columns": wanted.heading.ignored,
        "problems": [problem_document(told, wanted.heading) for told in survey.told],
    }


def _refuse(wanted: ApplicationList, survey: Survey, args: argparse.Namespace) -> int:
    refusal = Refusal("import.bad_rows", clause="1.2", bad=survey.bad, rows=survey.rows)
    words = explain(refusal)
    if args.json:
        head = {"error": refusal.code, "clause": refusal.clause}
        said = {"message": words.message, "remedy": words.remedy}
        emit({**head, **said, **_document(wanted, survey, args)})
    else:
        say_problems(wanted.heading, survey.told)
    note(f"{words.message}{words.remedy}")
    return refusal.exit_code


def _report(
    wanted: ApplicationList, survey: Survey, taken: Taken, args: argparse.Namespace
) -> None:
    counts = {"new": taken.new, "known": taken.known}
    if args.json:
        emit({**_document(wanted, survey, args), **counts})
        return
    say_problems(wanted.heading, survey.told)
    if wanted.heading.ignored:
        say(word("import.ignored", columns="、".join(wanted.heading.ignored)))
    key = "import.applications_dry" if args.dry_run else "import.applications"
    say(word(key, rows=survey.rows, fit=survey.rows - survey.bad, bad=survey.bad, **counts))
    if survey.bad and not args.dry_run:
        say(word("import.rejected", file=rejected_path(args.file).name))
