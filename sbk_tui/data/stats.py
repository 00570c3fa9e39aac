"""Figures of one counter, each one SQL statement: issued by day, states, cards nobody fetches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data.store import Store
from sbk_tui.domain.people import Person
from sbk_tui.domain.world import CHINA

_DAY_MS = 86_400_000


class Waiting(NamedTuple):
    """Cards of one village that lie here uncollected, by age."""

    village: str
    """Division code; empty when it is not known."""
    name: str
    ages: tuple[int, ...]
    """Cards by age, youngest first, one more than there are limits."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.ages)


class Stats:
    """The figures of one store."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def issued(self, first: date) -> dict[date, int]:
        """Return how many cards were handed out on each day from `first` on, and are still out.

        A day without any is not in the result. Days are the counter's (UTC+8).
        """
        begin = datetime.combine(first, time(), CHINA)
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT date(collected, '+8 hours') AS day, count(*) FROM card"
                " WHERE collected >= ? GROUP BY day ORDER BY day",
                (_utc(begin),),
            )
            return {date.fromisoformat(day): int(count) for day, count in rows}

    def states(self) -> dict[tuple[str, bool], int]:
        """Return how many cards are in each state; with each, whether it was handed out."""
        with self._store.session() as db:
            rows = db.execute_sql(
                "SELECT state, collected IS NOT NULL, count(*) FROM card"
                " GROUP BY 1, 2 ORDER BY 1, 2"
            )
            return {(state, bool(out)): int(count) for state, out, count in rows}

    def uncollected(self, marks: int) -> int:
        """Return how many cards here were marked as uncollected at least `marks` times."""
        sql = "SELECT count(*) FROM card WHERE custody = ? AND state = '0' AND marks >= ?"
        with self._store.session() as db:
            return int(db.execute_sql(sql, (self._counter, marks)).fetchone()[0])

    def waiting(self, now_ms: int, limits: Sequence[int]) -> tuple[Waiting, ...]:
        """Return the cards in this counter's custody that nobody fetched, by village.

        Args:
            limits: ages in days, rising: 30, 90 make three groups. A card is as old as its first
                record here.
        """
        steps = " ".join(f"WHEN c.known > ? THEN {at:d}" for at in range(len(limits)))
        sql = (
            f"SELECT p.village_code, CASE {steps} ELSE {len(limits):d} END, count(*), max(p.id)"  # noqa: S608
            " FROM card c JOIN person p ON p.id = c.person"
            " WHERE c.custody = ? AND c.collected IS NULL AND c.state = '0' GROUP BY 1, 2"
        )
        begins = [now_ms - days * _DAY_MS for days in limits]
        found: dict[str, list[int]] = {}
        holders: dict[str, str] = {}
        with self._store.session() as db:
            for village, group, count, holder in db.execute_sql(sql, (*begins, self._counter)):
                found.setdefault(village, [0] * (len(limits) + 1))[group] = int(count)
                holders[village] = holder
            names = {}
            for village, holder in holders.items():
                body: Any = db.execute_sql(
                    "SELECT body FROM person WHERE id = ?", (holder,)
                ).fetchone()
                names[village] = msgspec.msgpack.decode(body[0], type=Person).village_name
        groups = (Waiting(code, names[code], tuple(ages)) for code, ages in found.items())
        return tuple(sorted(groups, key=lambda each: (-each.total, each.village)))


def _utc(at: datetime) -> str:
    """Return a time as the column `collected` begins: UTC, without fraction and offset."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
