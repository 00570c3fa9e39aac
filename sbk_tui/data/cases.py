"""Cases that wait for a clerk (table `case_item`), and the paper that goes with one.

Cases are no part of the log: a replay does not make them. What they are about is named by codes
and ids; facts never hold a full number of a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data import models
from sbk_tui.data.store import Store
from sbk_tui.errors import Fact


class CaseItem(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the city files it and as it travels in the feed to the counter it is for."""

    id: str
    op: str
    """The operation that opened it."""
    counter: str = ""
    """Whose in-tray it lies in; empty: the city's own."""
    subject: str = ""
    severity: str
    code: str
    facts: dict[str, Fact] = {}
    opened: int
    """Unix ms."""
    due: str | None = None
    """The day, ISO, at whose end the standard answer is taken."""
    choices: tuple[str, ...] = ()
    standard: str = ""
    duty: bool = False
    """告知持卡人: whether the holder must be told."""
    answer: str = ""
    closed: int | None = None


def file_case(db: SqliteDatabase, item: CaseItem) -> None:
    """File what the city says of a case, inside the caller's transaction.

    What a clerk has closed here stays closed; what the city closes is closed here too.
    """
    db.execute_sql(
        "INSERT INTO case_item (id, op, counter, subject, severity, code, facts, opened, due,"
        " choices, standard, duty, answer, closed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " ?, ?) ON CONFLICT (id) DO UPDATE SET counter = excluded.counter,"
        " subject = excluded.subject, severity = excluded.severity, code = excluded.code,"
        " facts = excluded.facts, due = excluded.due, choices = excluded.choices,"
        " standard = excluded.standard, duty = excluded.duty,"
        " answer = CASE case_item.answer WHEN '' THEN excluded.answer ELSE case_item.answer END,"
        " closed = coalesce(case_item.closed, excluded.closed)",
        (
            item.id, item.op, item.counter, item.subject, item.severity, item.code,
            msgspec.json.encode(item.facts).decode(), item.opened, item.due,
            " ".join(item.choices), item.standard, int(item.duty), item.answer, item.closed,
        ),
    )  # fmt: skip


def close_case(db: SqliteDatabase, case_id: str, *, answer: str, op: str, at_ms: int) -> None:
    """Close a case with its answer; one that is closed stays as it was."""
    db.execute_sql(
        "UPDATE case_item SET closed = ?, answer = ?, closed_by_op = ?"
        " WHERE id = ? AND closed IS NULL",
        (at_ms, answer, op, case_id),
    )


def case_rows(db: SqliteDatabase, where: str, *values: object) -> tuple[CaseItem, ...]:
    """Return the cases that a condition of ours finds, the most urgent and oldest first."""
    rows = db.execute_sql(
        "SELECT id, op, counter, subject, severity, code, facts, opened, due,"  # noqa: S608 -- ours
        " choices, standard,"
        f" duty, answer, closed FROM case_item WHERE {where} ORDER BY"
        " CASE severity WHEN 'red' THEN 0 WHEN 'yellow' THEN 1 ELSE 2 END, opened, id",
        values,
    )
    return tuple(_item(row) for row in rows)


def _item(row: Sequence[Any]) -> CaseItem:
    named = dict(zip(CaseItem.__struct_fields__, _in_order(row), strict=True))
    return msgspec.convert(named, CaseItem, strict=False)


def _in_order(row: Sequence[Any]) -> tuple[Any, ...]:
    one, op, counter, subject, severity, code, facts, opened, due, choices, standard = row[:11]
    decoded, split = msgspec.json.decode(facts), choices.split()
    return (
        one, op, counter, subject, severity, code, decoded, opened, due, split, standard,
        bool(row[11]), row[12], row[13],
    )  # fmt: skip


def close_referrals(db: SqliteDatabase, subjects: Collection[str], at_ms: int) -> None:
    """Close the referrals (B4) of people for whom an application among `subjects` was made since.

    A county's clock may be behind ours by a part of a day; what was made before does not count.
    """
    for subject in subjects:
        kind, _, wish = subject.partition("/")
        if kind == "application":
            db.execute_sql(
                "UPDATE case_item SET closed = ? WHERE code = 'referral.open' AND closed IS NULL"
                " AND EXISTS (SELECT 1 FROM application a WHERE a.id = ? AND a.state != '01'"
                " AND a.person = json_extract(case_item.facts, '$.person')"
                " AND CAST(strftime('%s', a.made) AS INTEGER) >= case_item.opened / 1000 - 43200)",
                (at_ms, wish),
            )


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

    def waiting(self) -> tuple[CaseItem, ...]:
        """Return all open cases, the most urgent and oldest first."""
        with self._store.session() as db:
            return case_rows(db, "closed IS NULL")

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
