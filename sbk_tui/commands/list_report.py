"""What commands that read lists say of their rows: problems by row and column, rejected rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sbk_tui.commands.output import say
from sbk_tui.domain.rules import Problem
from sbk_tui.domain.text import escaped
from sbk_tui.errors import BadUsage
from sbk_tui.services.card_list import Heading, Told
from sbk_tui.services.exports import neutral
from sbk_tui.services.sheets import Row
from sbk_tui.texts import word, words_for

_SHOWN = 20


def rejected_path(file: Path) -> Path:
    """Return where the rows of `file` go that were left out."""
    return file.with_name(f"{file.name}.rejected.csv")


class Rejected:
    """The file of the rows that were left out, to be put right and imported by itself."""

    def __init__(self, path: Path, heading: Heading) -> None:
        self._path = path
        self._heading = heading

    def __enter__(self) -> Rejected:
        try:
            self._path.touch(mode=0o600)  # it holds numbers of people
            self._path.chmod(0o600)
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        except OSError as error:
            raise BadUsage("import.rejected_unwritable", place=escaped(str(self._path))) from error
        self._csv = csv.writer(self._file)
        headings = [*self._heading.cells, word("import.row"), word("import.why")]
        self._csv.writerow([_harmless(cell) for cell in headings])
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def write(self, row: Row, problems: Iterable[Problem]) -> None:
        """Write one row with its number and its problems."""
        width = len(self._heading.cells)
        cells = [*row.cells, *[""] * (width - len(row.cells))][:width]
        why = " ".join(_sentence(p, self._heading) for p in problems if not p.warning)
        self._csv.writerow([_harmless(cell) for cell in [*cells, str(row.number), why]])


def problem_document(told: Told, heading: Heading) -> dict[str, Any]:
    """Return one problem as JSON tells it."""
    problem = told.problem
    words = words_for(problem.code, problem.facts)
    return {
        "row": told.row,
        "column": heading.name_of(problem.field),
        "code": problem.code,
        "warning": problem.warning,
        "message": words.message,
        "remedy": words.remedy,
        "facts": dict(problem.facts),
    }


def say_problems(heading: Heading, told: Sequence[Told]) -> None:
    """Print the first problems, and how many more there are."""
    for each in told[:_SHOWN]:
        say(word("import.problem", row=each.row, what=_sentence(each.problem, heading)))
    if len(told) > _SHOWN:
        say(word("import.more", count=len(told) - _SHOWN))


def _harmless(cell: str) -> str:
    """Return a cell that neither a terminal nor a spreadsheet acts upon."""
    return neutral(escaped(cell))


def _sentence(problem: Problem, heading: Heading) -> str:
    column = word("import.whole_row") if problem.field == "row" else None
    column = column or heading.name_of(problem.field)
    return f"{column}：{words_for(problem.code, problem.facts).message}"
