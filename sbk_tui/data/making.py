"""What a counter makes and of what: productions by state, blanks by bank and serial, ribbons.

Lists come page by page behind a key; every question begins at an index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data.day import day_hlc
from sbk_tui.data.store import Store
from sbk_tui.domain.operations.make import FailProduction, PrintFace, SpoilBlank
from sbk_tui.domain.people import Application, Person
from sbk_tui.domain.production import Blank, BlankState, Production, ProductionState, Ribbons

_production = msgspec.msgpack.Decoder(Production).decode
_blank = msgspec.msgpack.Decoder(Blank).decode
_ribbons = msgspec.msgpack.Decoder(Ribbons).decode
_person = msgspec.msgpack.Decoder(Person).decode
_application = msgspec.msgpack.Decoder(Application).decode
S, B = ProductionState, BlankState
AT_WORK = frozenset({S.MARKED, S.FETCHED, S.FED, S.WRITTEN, S.RETURNED})
"""States of a card that somebody here must go on with."""
_FAILURES = (FailProduction.kind, SpoilBlank.kind)
_LAST = "\U0010ffff"


class Listed(NamedTuple):
    """A production in a list, and whose card it becomes."""

    production: Production
    person: Person | None

    @property
    def key(self) -> tuple[str, str]:
        """What the next page begins behind."""
        return (self.production.moved_at.isoformat(), self.production.application)


class BankStock(NamedTuple):
    """The blanks of one bank at one counter."""

    bank: str
    stock: int
    at_work: int
    """In the machine, or written and not a card yet."""
    made: int
    spoiled: int
    next: str
    """The lowest serial in stock, or empty."""


class Made(NamedTuple):
    """What a day close counts of production (C19, C22)."""

    open: int
    """Marked here and not printed yet."""
    failed: int
    """Waiting for 恢复申请 (5.1.3.4)."""
    unprinted: int
    """Cards that exist and have no face yet."""
    unfetched: int
    """Printed cards that lie here and nobody has fetched."""


class Making:
    """The reading side of one counter's production."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self.counter = counter

    # ------------------------------------------------------------------ productions

    def production(self, application: str) -> Production | None:
        """Return the production of an application."""
        return self._one("SELECT body FROM production WHERE application = ?", application)

    def productions_of(self, person: str) -> tuple[Production, ...]:
        """Return a person's productions, the one that moved last first."""
        sql = "SELECT body FROM production WHERE person = ? ORDER BY moved DESC, application"
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (person,)).fetchall()
        return tuple(_production(row[0]) for row in rows)

    def application(self, application: str) -> Application | None:
        """Return an application."""
        sql = "SELECT body FROM application WHERE id = ?"
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, (application,)).fetchone()
        return _application(row[0]) if row else None

    def listed_after(
        self,
        states: Collection[ProductionState],
        key: tuple[int, str] | None,
        name: str,
        limit: int,
    ) -> list[Listed]:
        """Return up to `limit` of this counter's productions in `states`, oldest first.

        Args:
            key: (moved, Unix ms; application) of the last row of the page before.
            name: the beginning of the holder's name; empty: all.
        """
        found: list[Any] = []
        with self._store.session() as db:
            for state in states:  # each begins at the index; together they are a page at most
                found += db.execute_sql(
                    "SELECT r.moved, r.application, r.body, p.body FROM production r"
                    " LEFT JOIN person p ON p.id = r.person WHERE r.counter = ? AND r.state = ?"
                    " AND (r.moved, r.application) > (?, ?) AND p.name >= ? AND p.name < ?"
                    " ORDER BY r.moved, r.application LIMIT ?",
                    (self.counter, state.value, *(key or (0, "")), name, name + _LAST, limit),
                ).fetchall()
        found.sort(key=lambda row: (row[0], row[1]))
        return [
            Listed(_production(body), _person(person) if person else None)
            for _, _, body, person in found[:limit]
        ]

    def made(self) -> Made:
        """Return what is left undone here."""
        by_state = self._counts(
            "SELECT state, count(*) FROM production WHERE counter = ? GROUP BY state",
            self.counter,
        )
        sql = (
            "SELECT count(*) FROM production r JOIN card c ON c.number = r.card"
            " WHERE r.counter = ? AND r.state = ? AND c.custody = ? AND c.state = '0'"
        )
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, (self.counter, S.PRINTED.value, self.counter)).fetchone()
        return Made(
            open=sum(by_state.get(state.value, 0) for state in AT_WORK),
            failed=by_state.get(S.FAILED.value, 0),
            unprinted=by_state.get(S.RETURNED.value, 0),
            unfetched=int(row[0]),
        )

    def failures_in_a_row(self, day: date, most: int) -> int:
        """Return how many of the newest productions of `day` here failed, one after the other."""
        kinds = (*_FAILURES, PrintFace.kind)
        sql = (
            "SELECT kind FROM operation WHERE hlc >= ? AND hlc < ? AND kind IN (?, ?, ?)"
            " ORDER BY hlc DESC LIMIT ?"
        )
        values = (day_hlc(day), day_hlc(day + timedelta(days=1)), *kinds, most)
        with self._store.session() as db:
            newest = [row[0] for row in db.execute_sql(sql, values).fetchall()]
        return next((n for n, kind in enumerate(newest) if kind not in _FAILURES), len(newest))

    # ------------------------------------------------------------------ blanks and ribbons

    def blank(self, serial: str) -> Blank | None:
        """Return a blank."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM blank WHERE serial = ?", (serial,)
            ).fetchone()
        return _blank(row[0]) if row else None

    def next_blank(self, bank: str) -> str:
        """Return the lowest serial of a bank that is in stock here, or an empty text."""
        sql = "SELECT min(serial) FROM blank WHERE custody = ? AND bank = ? AND state = ?"
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, (self.counter, bank, B.STOCK.value)).fetchone()
        return row[0] or ""

    def stock(self) -> tuple[BankStock, ...]:
        """Return what became of this counter's blanks, by bank."""
        sql = (
            "SELECT bank, state, count(*), min(serial) FROM blank WHERE custody = ?"
            " GROUP BY bank, state ORDER BY bank"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (self.counter,)).fetchall()
        banks: dict[str, dict[str, tuple[int, str]]] = {}
        for bank, state, count, first in rows:
            banks.setdefault(bank, {})[state] = (int(count), first)
        return tuple(_stock_of(bank, states) for bank, states in banks.items())

    def blanks_after(
        self, bank: str, states: Sequence[BlankState], key: str, limit: int
    ) -> list[Blank]:
        """Return up to `limit` blanks of a bank here behind the serial `key`, by serial."""
        marks = ", ".join("?" * len(states))
        sql = (
            "SELECT body FROM blank WHERE custody = ? AND bank = ?"  # noqa: S608 -- marks only
            f" AND state IN ({marks}) AND serial > ? ORDER BY serial LIMIT ?"
        )
        values = (self.counter, bank, *(state.value for state in states), key, limit)
        with self._store.session() as db:
            return [_blank(row[0]) for row in db.execute_sql(sql, values).fetchall()]

    def ribbons(self) -> Ribbons:
        """Return the ribbons in stock here."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM ribbons WHERE counter = ?", (self.counter,)
            ).fetchone()
        return _ribbons(row[0]) if row else Ribbons(counter=self.counter)

    def _one(self, sql: str, *values: str) -> Production | None:
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, values).fetchone()
        return _production(row[0]) if row else None

    def _counts(self, sql: str, *values: str) -> dict[str, int]:
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, values).fetchall()
        return {state: int(count) for state, count in rows}


def _stock_of(bank: str, states: dict[str, tuple[int, str]]) -> BankStock:
    count = {state: states.get(state.value, (0, ""))[0] for state in BlankState}
    return BankStock(
        bank=bank,
        stock=count[B.STOCK],
        at_work=count[B.FED] + count[B.WRITTEN],
        made=count[B.MADE],
        spoiled=count[B.SPOILED],
        next=states.get(B.STOCK.value, (0, ""))[1],
    )
