"""Cases that wait for a clerk (table `case_item`), and the paper that goes with one.

Cases are no part of the log: a replay does not make them. What they are about is named by codes
and ids; facts never hold a full number of a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data import models
from sbk_tui.data.store import Store
from sbk_tui.errors import Fact


class Case(NamedTuple):
    """One case."""

    id: str
    op: str
    severity: str
    """"red": call now; "yellow": today; "green": when there is time."""
    code: str
    facts: Mapping[str, Fact]
    opened: int
    """Unix ms."""
    closed: int | None


class Cases:
    """The cases of one counter."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, case_id: str) -> Case | None:
        """Return a case by id."""
        with self._store.session() as db:
            query = models.CaseItem.select().where(models.CaseItem.id == case_id).bind(db)
            return next((_case(row) for row in query), None)

    def open_now(self, code: str) -> tuple[Case, ...]:
        """Return the open cases of a kind, oldest first."""
        query = models.CaseItem.select().where(
            models.CaseItem.code == code, models.CaseItem.closed.is_null()
        )
        with self._store.session() as db:
            return tuple(_case(row) for row in query.order_by(models.CaseItem.opened).bind(db))

    def open_with_paper(self, case: Case, *, paper: str, layout: str, record: bytes) -> bool:
        """Open `case` and owe its paper, both or neither; False when it was there before.

        A case that was closed is opened again, and its paper is owed once more.
        """
        with self._store.write() as db:
            found: Any = db.execute_sql(
                "SELECT closed FROM case_item WHERE id = ?", (case.id,)
            ).fetchone()
            if found is not None and found[0] is None:
                return False
            db.execute_sql(
                "INSERT INTO case_item (id, op, severity, code, facts, opened)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET closed = NULL,"
                " opened = excluded.opened, facts = excluded.facts",
                (
                    case.id, case.op, case.severity, case.code,
                    msgspec.json.encode(dict(case.facts)).decode(), case.opened,
                ),
            )  # fmt: skip
            models.Paper.insert(
                id=paper, op=case.op, layout=layout, record=record, state="owed", copies=0,
                job="", at=case.opened,
            ).execute(db)  # fmt: skip
        return True

    def close(self, case_id: str, at_ms: int) -> None:
        """Close a case; one that is closed stays as it was."""
        with self._store.write() as db:
            models.CaseItem.update(closed=at_ms).where(
                models.CaseItem.id == case_id, models.CaseItem.closed.is_null()
            ).execute(db)


def _case(row: models.CaseItem) -> Case:
    facts = msgspec.json.decode(row.facts, type=dict[str, str | int])
    return Case(row.id, row.op, row.severity, row.code, facts, row.opened, row.closed)
