"""What went through the card terminal in a day, by this counter's own log (B6, C23)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.day import day_hlc
from sbk_tui.data.record import decode_payload, hlc_ms
from sbk_tui.data.store import Store
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import Charge, Pay
from sbk_tui.domain.operations.refund import AT_TERMINAL, GiveBack, MatchPosList
from sbk_tui.domain.payment import Payment

_payment = msgspec.msgpack.Decoder(Payment).decode
_DAYS_LATER = 40
"""A charge that hung may be settled by the bank's books a month after."""


class Booked(NamedTuple):
    """One movement of money that the terminal's list must show, too."""

    payment: str
    payer: str
    references: tuple[str, ...]
    """Any of which the list may name it by."""
    amount_fen: int
    """Negative: it went back."""


class Matched(NamedTuple):
    """The newest match of a day's list."""

    at_ms: int
    match: MatchPosList


class PosBook:
    """The terminal's movements by the records."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_day(self, day: date) -> tuple[Booked, ...]:
        """Return what was paid and given back through the terminal on a day, in order."""
        found = []
        with self._store.session() as db:
            for _, operation in _told(db, Pay.kind, day, day + timedelta(days=_DAYS_LATER)):
                if isinstance(operation, Pay) and not operation.slip.bank:
                    if operation.slip.paid_on != day:
                        continue
                    payer, amount = _bill(db, operation.payment)
                    named = (operation.slip.reference,)
                    found.append(Booked(operation.payment, payer, named, amount))
            for _, operation in _told(db, GiveBack.kind, day, day):
                if isinstance(operation, GiveBack) and operation.way in AT_TERMINAL:
                    payer, amount = _bill(db, operation.payment)
                    back = (operation.reference, operation.of)
                    found.append(Booked(operation.payment, payer, back, -amount))
        return tuple(found)

    def charges(self) -> int:
        """Return how often the terminal was asked, ever."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT count(*) FROM operation WHERE kind = ?", (Charge.kind,)
            ).fetchone()
        return int(row[0])

    def matched(self, day: date) -> Matched | None:
        """Return the newest match of a day's list, or None."""
        with self._store.session() as db:
            told = [
                Matched(at_ms, match)
                for at_ms, match in _told(db, MatchPosList.kind, day, day + timedelta(_DAYS_LATER))
                if isinstance(match, MatchPosList) and match.day == day
            ]
        return told[-1] if told else None


def _told(
    db: SqliteDatabase, kind: str, first: date, last: date
) -> Iterator[tuple[int, Operation]]:
    rows: Any = db.execute_sql(
        "SELECT hlc, payload FROM operation WHERE hlc >= ? AND hlc < ? AND kind = ?"
        " AND payload IS NOT NULL ORDER BY hlc",
        (day_hlc(first), day_hlc(last + timedelta(days=1)), kind),
    ).fetchall()
    for hlc, payload in rows:
        yield hlc_ms(hlc), decode_payload(kind, bytes(payload))


def _bill(db: SqliteDatabase, payment: str) -> tuple[str, int]:
    row: Any = db.execute_sql("SELECT body FROM payment WHERE id = ?", (payment,)).fetchone()
    if row is None:
        return "", 0
    known = _payment(row[0])
    return known.payer, known.amount_fen
