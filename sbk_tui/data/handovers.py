"""Hand-overs (2.1) of one store: which lists are being counted, and the cases of what is wrong.

Counter and hub settle the cases alike, each in its own table, from the same record (B7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.beside import Performed
from sbk_tui.data.stock import Shelved
from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.people import Person

_LEAST_ID = 6
_CHUNK = 500
"""Question marks of one statement."""


class Handovers:
    """The reading side."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, handover_id: str) -> Handover | None:
        """Return a hand-over by id."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM handover WHERE id = ?", (handover_id,)
            ).fetchone()
        return msgspec.msgpack.decode(row[0], type=Handover) if row else None

    def beginning(self, text: str) -> Handover | None:
        """Return the one hand-over whose id begins with `text` (at least six characters)."""
        if len(text) < _LEAST_ID:
            return None
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM handover WHERE id >= ? AND id < ? LIMIT 2", (text, text + "g")
            ).fetchall()
        return msgspec.msgpack.decode(rows[0][0], type=Handover) if len(rows) == 1 else None

    def unfinished(self, place: str) -> tuple[Handover, ...]:
        """Return what came to `place` and is not counted in or lacks cards, by batch."""
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM handover WHERE state IN ('sent', 'open', 'short') AND place = ?"
                " ORDER BY batch, id",
                (place,),
            ).fetchall()
        return tuple(msgspec.msgpack.decode(row[0], type=Handover) for row in rows)

    def cards(self, numbers: Sequence[str]) -> dict[str, Shelved]:
        """Return cards with their holders, by number."""
        found: dict[str, Shelved] = {}
        with self._store.session() as db:
            for start in range(0, len(numbers), _CHUNK):
                some = tuple(numbers[start : start + _CHUNK])
                marks = ", ".join("?" * len(some))
                sql = (
                    "SELECT p.body, c.body FROM card c CROSS JOIN person p ON p.id = c.person"  # noqa: S608 -- only question marks are added
                    f" WHERE c.number IN ({marks})"
                )
                rows: Any = db.execute_sql(sql, some).fetchall()
                for person, card in rows:
                    held = msgspec.msgpack.decode(card, type=Card)
                    holder = msgspec.msgpack.decode(person, type=Person)
                    found[held.number] = Shelved(person=holder, card=held)
        return found


class SettledCases(NamedTuple):
    """The cases of a count, to be written beside its last operation."""

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """Open what is wrong, close what was found."""
        for entity in done.changed:
            if isinstance(entity, Handover):
                settle_cases(db, entity, op=done.op, at_ms=done.at_ms)


def settle_told(db: SqliteDatabase, subjects: Iterable[str], *, at_ms: int) -> None:
    """Settle the cases of hand-overs of which the city has told: those that this counter is in.

    Inside the caller's transaction, once the records are as they are to be.
    """
    told = [name.partition("/")[2] for name in subjects if name.startswith("handover/")]
    if not told:
        return
    (own,) = db.execute_sql("SELECT counter FROM incarnation ORDER BY opened DESC").fetchone()
    for handover_id in told:
        row: Any = db.execute_sql(
            "SELECT body FROM handover WHERE id = ?", (handover_id,)
        ).fetchone()
        if row is None:
            continue
        handover = msgspec.msgpack.decode(row[0], type=Handover)
        if own in (handover.sender, handover.counter):
            settle_cases(db, handover, op=handover.request, at_ms=at_ms)


def settle_cases(db: SqliteDatabase, handover: Handover, *, op: str, at_ms: int) -> None:
    """Open a case for each difference of `handover`, and close those that are none any more.

    Inside the caller's transaction; the same record again changes nothing.
    """
    wrong = {f"{handover.subject}/{each.code}/{each.card}": each for each in handover.differences()}
    low, high = f"{handover.subject}/", f"{handover.subject}0"  # "0" follows "/"
    rows: Any = db.execute_sql(
        "SELECT id FROM case_item WHERE id >= ? AND id < ? AND closed IS NULL", (low, high)
    ).fetchall()
    for (case,) in rows:
        if case not in wrong:
            db.execute_sql(
                "UPDATE case_item SET closed = ?, closed_by_op = ? WHERE id = ?", (at_ms, op, case)
            )
    for case, each in wrong.items():
        facts = {"batch": handover.batch, "card": each.card, "handover": handover.id}
        db.execute_sql(
            "INSERT INTO case_item (id, op, severity, code, facts, opened)"
            " VALUES (?, ?, 'yellow', ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (case, op, each.code, msgspec.json.encode(facts).decode(), at_ms),
        )
