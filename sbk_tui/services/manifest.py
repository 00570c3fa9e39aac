"""交接清单 as a file (2.1): a first line that says what was sent, below it the cards' list.

The first line is `交接清单, 批次, …, 交出单位, …, 交至, …, 张数, …, 校验码, …`: a mark, then
names and values in turn. Below it stands what `sbk import cards` takes, headings first. Count and
check number are held against the lines before anything is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from sbk_tui.data.stock import Shelved
from sbk_tui.domain.handover import Handover, check_number, handover_id
from sbk_tui.domain.identity import DivisionCode
from sbk_tui.domain.operations.batch import Line
from sbk_tui.domain.operations.handover import CLAUSE, MOST_CARDS
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.domain.text import bounded, narrow
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.card_columns import COLUMNS, heading
from sbk_tui.services.card_list import CardList
from sbk_tui.services.sheets import Row, Sheet

_MARK = "交接清单"
_KEYS = {"批次": "batch", "交出单位": "from_office", "交至": "to", "张数": "count",
         "校验码": "check"}  # fmt: skip
_MOST_TEXT = 50
_CHECK = re.compile(r"[0-9A-F]{4}-?[0-9A-F]{4}")


class Manifest(NamedTuple):
    """A list that is whole: its lines are as many, and the ones, that its first line says."""

    batch: str
    from_office: str
    to: str
    check: str
    lines: tuple[Line, ...]

    @property
    def id(self) -> str:
        """The id of the hand-over that it announces."""
        return handover_id(self.batch, self.to, self.check)


class _Below:
    """The rows of a sheet without the first."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def rows(self) -> Iterator[Row]:
        return islice(self._sheet.rows(), 1, None)


def read_manifest(sheet: Sheet, rules: Rules) -> Manifest:
    """Return the list in an open sheet.

    Raises:
        BadUsage: as `Sheet` and `CardList`; `manifest.head` (no such first line),
            `manifest.key_missing`.
        Refusal: `manifest.cut` when there are fewer or more lines than it says, `manifest.bad_row`
            with the first row that cannot be read, `handover.check` when they are others,
            `handover.size`, or as the parsers of the first line.
    """
    head = _head(next(sheet.rows(), None))
    count = _count(head["count"])
    lines: list[Line] = []
    for judged in CardList(_Below(sheet), rules, batch=head["batch"], batch_if_none="").judged():
        if judged.line is None:
            row = judged.row.number
            if judged.twin:
                raise Refusal("manifest.twin", clause=CLAUSE, row=row, first=judged.twin)
            raise _bad_row(row, judged.problems)
        lines.append(judged.line)
    if len(lines) != count:
        raise Refusal("manifest.cut", clause=CLAUSE, count=count, found=len(lines))
    batch, to = bounded(head["batch"], _MOST_TEXT), str(DivisionCode.parse(head["to"]))
    check = _check(head["check"])
    if check_number(batch, to, (line.card for line in lines)) != check:
        raise Refusal("handover.check", clause=CLAUSE)
    return Manifest(batch, bounded(head["from_office"], _MOST_TEXT), to, check, tuple(lines))


def manifest_rows(handover: Handover, held: Mapping[str, Shelved]) -> Iterator[tuple[str, ...]]:
    """Yield a hand-over as the list that `read_manifest` reads: first line, headings, cards.

    Args:
        held: the cards of the list with their holders, by number; whole numbers are written.
    """
    said = {
        "batch": handover.batch,
        "from_office": handover.from_office,
        "to": handover.to,
        "count": str(handover.count),
        "check": handover.check,
    }
    yield (_MARK, *(cell for name, key in _KEYS.items() for cell in (name, said[key])))
    columns = [column for column in COLUMNS if column.field != "batch"]
    yield tuple(column.names[0] for column in columns)
    for number in handover.expected:
        if number in held:
            yield tuple(_cell(held[number], column.field) for column in columns)


def _cell(shelved: Shelved, field: str) -> str:
    person, card = shelved.person, shelved.card
    owner = person if field in _OF_PERSON else card
    value = getattr(owner, {"card": "number"}.get(field, field))
    return "" if value is None else str(value)


_OF_PERSON = frozenset({
    "number", "name", "mobile", "village_code", "village_name", "unit_code", "unit_name", "sex",
    "birth", "address",
})  # fmt: skip


def _head(row: Row | None) -> dict[str, str]:
    cells = [narrow(cell).strip() for cell in row.cells] if row else []
    if not cells or heading(cells[0]) != _MARK:
        raise BadUsage("manifest.head")
    pairs = zip(cells[1::2], cells[2::2], strict=False)
    found = {_KEYS[name]: value for name, value in pairs if name in _KEYS and value}
    for name, key in _KEYS.items():
        if key not in found:
            raise BadUsage("manifest.key_missing", key=name)
    return found


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadUsage("manifest.key_missing", key="张数")
    count = int(text[:9])
    if not 0 < count <= MOST_CARDS:
        raise Refusal("handover.size", clause=CLAUSE, most=MOST_CARDS)
    return count


def _check(text: str) -> str:
    tidy = "".join(text.upper().split())
    if not _CHECK.fullmatch(tidy):
        raise BadUsage("manifest.key_missing", key="校验码")
    plain = tidy.replace("-", "")
    return f"{plain[:4]}-{plain[4:]}"


def _bad_row(row: int, problems: tuple[Problem, ...]) -> Refusal:
    problem = next(each for each in problems if not each.warning)
    facts = {**problem.facts, "row": row, "problem": problem.code}
    return Refusal("manifest.bad_row", clause=CLAUSE, **facts)
