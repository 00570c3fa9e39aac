"""Hand-overs that go out of a counter (2.1.1, 2.1.2): what lies here for whom, and what was asked.

The cards of a township are found by its people (their village's code begins with its own), so a
question costs what one township has, not what the county holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.store import Store
from sbk_tui.domain.handover import Handover

_HERE = "+c.custody = ? AND +c.state = '0' AND c.collected IS NULL"
_OF_PLACE = (
    "person p CROSS JOIN card c ON c.person = p.id WHERE p.village_code >= ? AND p.village_code < ?"
)
_BEHIND_DIGITS = ":"
"""The character behind 9: a place's code and this bound everything below it."""


class Stocked(NamedTuple):
    """Part of a batch that lies here, in the order in which it lies."""

    batch: str
    cards: tuple[str, ...]


class Outgoing:
    """The reading side of one counter's hand-overs to others."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def batches_for(self, place: str) -> tuple[Stocked, ...]:
        """Return the batches with cards here of people of `place` (6 to 9 digits), by name."""
        sql = (
            f"SELECT c.batch, c.number FROM {_OF_PLACE} AND {_HERE}"  # noqa: S608 -- our constants
            " ORDER BY c.batch, c.shelf, c.number"
        )
        return self._grouped(sql, place, place + _BEHIND_DIGITS, self._counter)

    def whole(self, batch: str) -> Stocked:
        """Return all cards of a batch that lie here, whoever they are for."""
        sql = (
            "SELECT c.batch, c.number FROM card c WHERE c.batch = ? AND +c.custody = ?"
            " AND c.state = '0' AND c.collected IS NULL ORDER BY c.shelf, c.number"
        )
        found = self._grouped(sql, batch, self._counter)
        return found[0] if found else Stocked(batch, ())

    def names(self) -> tuple[str, ...]:
        """Return the batches that have cards here."""
        sql = (
            "SELECT DISTINCT batch FROM card WHERE custody = ? AND state = '0'"
            " AND collected IS NULL ORDER BY batch"
        )
        with self._store.session() as db:
            return tuple(row[0] for row in db.execute_sql(sql, (self._counter,)).fetchall())

    def page(
        self, place: str, *, waiting: bool, after: Handover | None, limit: int
    ) -> tuple[Handover, ...]:
        """Return hand-overs of this counter behind `after`, newest first.

        Args:
            place: only those to it or below it; empty: all.
            waiting: only those that nobody has decided.
        """
        condition, values = self._condition(place, waiting=waiting)
        if after is not None:
            made = after.requested_at.isoformat() if after.requested_at else ""
            condition += " AND (made, id) < (?, ?)"
            values += [made, after.id]
        sql = (
            f"SELECT body FROM handover WHERE {condition}"  # noqa: S608 -- our own constants
            " ORDER BY made DESC, id DESC LIMIT ?"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        return tuple(msgspec.msgpack.decode(row[0], type=Handover) for row in rows)

    def count(self, place: str, *, waiting: bool) -> int:
        """Return how many `page` would give in all."""
        condition, values = self._condition(place, waiting=waiting)
        sql = f"SELECT count(*) FROM handover WHERE {condition}"  # noqa: S608 -- our own constants
        with self._store.session() as db:
            return int(db.execute_sql(sql, tuple(values)).fetchone()[0])

    def reserved(self) -> frozenset[str]:
        """Return the cards that are asked for and have not left yet."""
        sql = "SELECT body FROM handover WHERE sender = ? AND state IN ('requested', 'sending')"
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (self._counter,)).fetchall()
        held = (msgspec.msgpack.decode(row[0], type=Handover) for row in rows)
        return frozenset(card for each in held for card in each.expected)

    def refused_by_city(self, operation: str) -> tuple[str, str] | None:
        """Return code and facts (JSON) of the city's refusal of an operation, if it refused it."""
        sql = "SELECT code, facts FROM receipt WHERE op = ? AND verdict = 'refused'"
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, (operation,)).fetchone()
        return (row[0], row[1]) if row else None

    def _condition(self, place: str, *, waiting: bool) -> tuple[str, list[str]]:
        condition, values = "sender = ?", [self._counter]
        if waiting:
            condition += " AND state IN ('requested', 'sending')"
        if place:
            condition += " AND place >= ? AND place < ?"
            values += [place, place + _BEHIND_DIGITS]
        return condition, values

    def _grouped(self, sql: str, *values: str) -> tuple[Stocked, ...]:
        with self._store.session() as db:
            return _by_batch(db, sql, values)


def _by_batch(db: SqliteDatabase, sql: str, values: Iterable[str]) -> tuple[Stocked, ...]:
    found: dict[str, list[str]] = {}
    for batch, number in db.execute_sql(sql, tuple(values)):
        found.setdefault(batch, []).append(number)
    return tuple(Stocked(batch, tuple(cards)) for batch, cards in found.items())
