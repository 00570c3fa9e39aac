"""POS 清单: the list of a day that a bank's terminal exports, read by a table of headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import msgspec

from sbk_tui.domain.operations.refund import PosLine
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.resources import toml
from sbk_tui.services.card_columns import heading
from sbk_tui.services.forms import parse_date
from sbk_tui.services.sheets import Row

_DATE, _TIME = 8, 6
_YUAN = re.compile(r"(\d+)(?:\.(\d{1,2}))?")


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the columns may be called, and what their words mean."""

    reference: tuple[str, ...]
    amount: tuple[str, ...]
    date: tuple[str, ...]
    time: tuple[str, ...]
    kind: tuple[str, ...]
    voucher: tuple[str, ...]
    outcome: tuple[str, ...]
    sales: tuple[str, ...]
    backs: tuple[str, ...]
    good: tuple[str, ...]


class Listed(NamedTuple):
    """One transaction on the list that moved money."""

    day: date
    line: PosLine
    """Its amount is negative where money went back."""


@cache
def layout() -> Layout:
    """Return the office's table."""
    return msgspec.convert(toml("pos_list.toml"), Layout)


def read_list(rows: Iterable[Row]) -> tuple[Listed, ...]:
    """Return what moved money, in the list's order; lines without money are left out.

    Raises:
        BadUsage: `import.columns_missing`, there is no 参考号, 金额 or 日期.
        Refusal: `pos_list.row` with the row that cannot be understood.
    """
    table, given = layout(), iter(rows)
    first = next(given, Row(0, ()))
    found = [heading(cell) for cell in first.cells]
    places = {
        name: next((at for at, cell in enumerate(found) if cell in map(heading, names)), None)
        for name, names in msgspec.structs.asdict(table).items()
    }
    for name in ("reference", "amount", "date"):
        if places[name] is None:
            raise BadUsage("import.columns_missing", columns=getattr(table, name)[0])
    lines = (_listed(row, places, table) for row in given)
    return tuple(line for line in lines if line is not None)


def _listed(row: Row, places: dict[str, int | None], table: Layout) -> Listed | None:
    def cell(name: str) -> str:
        place = places[name]
        return row.cells[place].strip() if place is not None and place < len(row.cells) else ""

    kind, outcome, written = cell("kind"), cell("outcome"), cell("amount")
    is_back = _names(kind, table.backs) or written.startswith("-")
    moves = is_back or not kind or _names(kind, table.sales)
    if not moves or (outcome and not _names(outcome, table.good)):
        return None
    day, amount_fen = _day(cell("date")), _fen(written.lstrip("-"))
    if amount_fen is None or day is None or not cell("reference"):
        raise Refusal("pos_list.row", clause="B6", row=row.number)
    at = "".join(char for char in cell("time") if char.isdigit())
    line = PosLine(
        reference=cell("reference"),
        amount_fen=-amount_fen if is_back else amount_fen,
        voucher=cell("voucher"),
        time=at[_DATE:] if len(at) > _TIME else at,
    )
    return Listed(day, line)


def _names(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def _fen(text: str) -> int | None:
    """Return the fen of `25`, `25.00`, `1,025.00`, `￥25.00`; None when it is no amount."""
    plain = text.upper().removeprefix("RMB").strip(" ￥¥元").replace(",", "")
    parts = _YUAN.fullmatch(plain)
    return int(parts[1]) * 100 + int((parts[2] or "").ljust(2, "0")) if parts else None


def _day(text: str) -> date | None:
    """Return the day at the beginning of a date, or of a date and time."""
    try:
        return parse_date(text.replace("T", " ").split(" ")[0][: _DATE + 2])
    except Refusal:
        digits = "".join(char for char in text if char.isdigit())[:_DATE]
        try:
            return parse_date(digits)
        except Refusal:
            return None
