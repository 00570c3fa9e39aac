"""A 成品卡清单 judged row by row: each row becomes a line to take in, or its problems."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import msgspec

from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.domain.operations.batch import Line
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.domain.text import bounded, escaped
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.card_columns import COLUMNS, Column, heading
from sbk_tui.services.sheets import Row

_MOST_BATCH = 50


class Judged(NamedTuple):
    """One row and what came of it; a row with problems that are no warnings has no line."""

    row: Row
    batch: str
    line: Line | None
    problems: tuple[Problem, ...]
    twin: int = 0
    """The row that says the same already, or 0."""

    @property
    def bad(self) -> bool:
        """Whether the row cannot be taken in."""
        return any(not problem.warning for problem in self.problems)


class Told(NamedTuple):
    """One problem at one row."""

    row: int
    problem: Problem


class Heading(NamedTuple):
    """The first row: which column is what."""

    cells: tuple[str, ...]
    columns: dict[int, Column]
    """Place → column."""
    ignored: tuple[str, ...]
    """Headings that are not understood, escaped."""
    known: tuple[Column, ...]
    """All columns that such a list may have."""

    def name_of(self, field: str) -> str:
        """Return how the file itself calls the column of a field; ours when it has none."""
        for place, column in self.columns.items():
            if column.field == field:
                return escaped(self.cells[place].strip())
        return next((c.names[0] for c in self.known if c.field == field), field)


class Rows(Protocol):
    """Where a list comes from: a sheet, or a part of one."""

    def rows(self) -> Iterator[Row]: ...


class CardList:
    """The rows of one sheet; can be walked any number of times, each walk judges afresh."""

    def __init__(self, sheet: Rows, rules: Rules, *, batch: str, batch_if_none: str) -> None:
        """Take the sheet.

        Args:
            batch: the batch of all rows, whatever the file says; empty: as the file says.
            batch_if_none: the batch of rows that name none.

        Raises:
            BadUsage: as `Sheet.rows`; `import.no_rows`, `import.columns_missing`,
                `import.column_twice`.
            Refusal: `text.…`, a batch that cannot be one.
        """
        self._sheet = sheet
        self._rules = rules
        self._batch = bounded(batch, _MOST_BATCH)
        self._batch_if_none = bounded(batch_if_none, _MOST_BATCH)
        first = next(sheet.rows(), None)
        if first is None:
            raise BadUsage("import.no_rows")
        self.heading = read_heading(first, COLUMNS)

    def judged(self) -> Iterator[Judged]:
        """Yield every row below the heading with what came of it."""
        rows = self._sheet.rows()
        next(rows)
        seen: dict[str, tuple[int, bytes]] = {}
        names: dict[str, str] = {}
        for row in rows:
            yield self._judge(row, seen, names)

    def _judge(self, row: Row, seen: dict[str, tuple[int, bytes]], names: dict[str, str]) -> Judged:
        problems: list[Problem] = []
        values = read_values(row, self.heading, self._rules, problems)
        batch = self._batch or values.pop("batch", "") or self._batch_if_none
        values.pop("batch", None)
        line = None if problems else _line(values)
        if line is None:
            return Judged(row, batch, None, tuple(problems))
        digest = hashlib.sha256(msgspec.msgpack.encode((batch, line))).digest()[:8]
        first, same = seen.setdefault(line.card, (row.number, digest))
        if first != row.number and same == digest:
            return Judged(row, batch, None, (), twin=first)
        if first != row.number:
            problems.append(Problem("card", "import.card_twice", {"first": first}))
        if names.setdefault(line.number, line.name) != line.name:
            problems.append(Problem("name", "import.name_differs"))
        if problems:
            return Judged(row, batch, None, tuple(problems))
        if not CardNumber(line.card).check_ok:
            problems.append(Problem("card", "card_number.check", warning=True))
        return Judged(row, batch, line, tuple(problems))


def read_values(
    row: Row, heading: Heading, rules: Rules, problems: list[Problem]
) -> dict[str, Any]:
    """Return the parsed cells of a row by field, and add what is wrong with the others."""
    width = len(heading.cells)
    if len(row.cells) < width:
        facts = {"found": len(row.cells), "wanted": width}
        problems.append(Problem("row", "import.short_row", facts))
    if any(cell.strip() for cell in row.cells[width:]):
        problems.append(Problem("row", "import.long_row", {"wanted": width}))
    values: dict[str, Any] = {}
    for place, column in heading.columns.items():
        cell = row.cells[place] if place < len(row.cells) else ""
        if cell.strip():
            try:
                values[column.field] = column.parse(cell, rules)
            except Refusal as refusal:
                problems.append(Problem(column.field, refusal.code, refusal.facts))
        elif column.required:
            problems.append(Problem(column.field, "field.required"))
    return values


def _line(values: dict[str, Any]) -> Line:
    number = SocialNumber(values["number"])
    return Line(**{"person": "", "sex": number.sex, "birth": number.birth} | values)


def read_heading(row: Row, known: tuple[Column, ...]) -> Heading:
    """Return which column of a list is what, by its first row.

    Raises:
        BadUsage: `import.columns_missing`, `import.column_twice`.
    """
    by_name = {heading(name): column for column in known for name in column.names}
    columns: dict[int, Column] = {}
    ignored: list[str] = []
    for place, cell in enumerate(row.cells):
        column = by_name.get(heading(cell))
        if column is None:
            if cell.strip():
                ignored.append(escaped(cell.strip()))
        elif column in columns.values():
            raise BadUsage("import.column_twice", column=column.names[0])
        else:
            columns[place] = column
    fields = {column.field for column in columns.values()}
    missing = [c.names[0] for c in known if c.required and c.field not in fields]
    if missing:
        raise BadUsage("import.columns_missing", columns="、".join(missing))
    return Heading(row.cells, columns, tuple(ignored), known)
