"""发卡记录 (2.4.1): cards with their holders by place and state, page by page, and their counts.

A page begins behind the last card number of the page before (no OFFSET). Without a narrow place
the cards are read in the order of their key; within a village or a unit its people come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.people import Person
from sbk_tui.domain.world import CHINA

State = Literal["", "stock", "handed", "live", "cancelled"]
STATES: tuple[State, ...] = ("stock", "handed", "live", "cancelled")
_CHUNK = 500
_NARROW = 12
"""Digits of a village: its people are fewer than all cards."""

# SQL of a state, of the whole life of a card: each card is in exactly one.
_SQL: dict[str, str] = {
    "stock": "(c.state = '0' AND c.collected IS NULL)",
    "handed": "(c.state = '0' AND c.collected IS NOT NULL)",
    "live": "(c.state IN ('1', '2', '3', '4'))",
    "cancelled": "(c.state = '9')",
}
_TOTALS = ", ".join(f"coalesce(sum({_SQL[state]}), 0)" for state in STATES)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; empty fields ask for nothing in particular."""

    region: str = ""
    """Division code, 6 to 12 digits: people of this place."""
    unit: str = ""
    number: str = ""
    """社会保障号码 of one person."""
    card: str = ""
    state: State = ""
    since: date | None = None
    """First day of issue, at the counter's clock."""
    until: date | None = None
    """Last day of issue."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One issuing record: a card and whose it is."""

    person: Person
    card: Card


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How many cards a question finds, by state; `all` is their sum."""

    stock: int = 0
    handed: int = 0
    live: int = 0
    cancelled: int = 0

    @property
    def all(self) -> int:
        """Every card found."""
        return self.stock + self.handed + self.live + self.cancelled


class Issues:
    """The issuing records of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, wanted: Wanted, after: str = "", limit: int = 50) -> tuple[Issue, ...]:
        """Return up to `limit` records behind the card number `after`, by card number."""
        conditions, values = _conditions(wanted)
        sql = (
            f"SELECT p.body, c.body FROM {_tables(wanted)}"  # noqa: S608 -- our own constants
            f" WHERE c.number > ? AND {conditions} ORDER BY c.number LIMIT ?"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (after, *values, limit)).fetchall()
        return tuple(
            Issue(
                person=msgspec.msgpack.decode(person, type=Person),
                card=msgspec.msgpack.decode(card, type=Card),
            )
            for person, card in rows
        )

    def all(self, wanted: Wanted) -> Iterator[Issue]:
        """Yield every record, a page in memory at a time."""
        after = ""
        while page := self.page(wanted, after, _CHUNK):
            yield from page
            after = page[-1].card.number

    def totals(self, wanted: Wanted) -> Totals:
        """Return the counts by state."""
        conditions, values = _conditions(wanted)
        tables = _tables(wanted) if wanted.region or wanted.unit or wanted.number else "card c"
        sql = f"SELECT {_TOTALS} FROM {tables} WHERE {conditions}"  # noqa: S608 -- our constants
        with self._store.session() as db:
            row = db.execute_sql(sql, tuple(values)).fetchone()
        return Totals(**dict(zip(STATES, map(int, row), strict=True)))


def _tables(wanted: Wanted) -> str:
    # CROSS JOIN fixes the order: people of a narrow place first, else cards in their own order.
    narrow = wanted.unit or wanted.number or len(wanted.region) >= _NARROW
    if narrow:
        return "person p CROSS JOIN card c ON c.person = p.id"
    return "card c CROSS JOIN person p ON p.id = c.person"


def _conditions(wanted: Wanted) -> tuple[str, list[str]]:
    found: list[tuple[str, str]] = []
    if wanted.region:
        found += [("p.village_code >= ?", wanted.region), ("p.village_code < ?", _end(wanted))]
    for column, value in (
        ("p.unit_code = ?", wanted.unit),
        ("p.number = ?", wanted.number),
        ("c.number = ?", wanted.card),
        ("c.collected >= ?", _begin(wanted.since) if wanted.since else ""),
        ("c.collected < ?", _begin(wanted.until + timedelta(days=1)) if wanted.until else ""),
    ):
        if value:
            found.append((column, value))
    parts = [column for column, _ in found]
    if wanted.state:
        parts.append(_SQL[wanted.state])
    return " AND ".join(parts) or "1", [value for _, value in found]


def _end(wanted: Wanted) -> str:
    return wanted.region + ":"  # the character behind "9"


def _begin(day: date) -> str:
    """Return where a day at the counter begins in the column `collected` (ISO, UTC)."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
