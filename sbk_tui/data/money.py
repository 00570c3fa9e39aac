"""The reading side of fees: stock of pre-printed numbers, payments by person and by what is open.

Lists come page by page behind a key.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data.day import day_hlc
from sbk_tui.data.open_fees import counts_of
from sbk_tui.data.record import decode_payload
from sbk_tui.data.store import Store
from sbk_tui.domain.operations.fee import Pay
from sbk_tui.domain.paper_number import FormKind, NumberBatch, NumberState, SpentNumber, in_use
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.people import Person

_batch = msgspec.msgpack.Decoder(NumberBatch).decode
_spent = msgspec.msgpack.Decoder(SpentNumber).decode
_payment = msgspec.msgpack.Decoder(Payment).decode
_person = msgspec.msgpack.Decoder(Person).decode
MOST_MISSING = 50
"""Missing numbers that a report names."""


class BatchCount(NamedTuple):
    """A batch and what became of its numbers."""

    batch: NumberBatch
    used: int
    void: int

    @property
    def missing(self) -> int:
        """Numbers that are neither used, nor void, nor left: there must be none."""
        return self.batch.spent - self.used - self.void


class Top(NamedTuple):
    """The paper on top of a stock."""

    next: str
    """Its number, or empty when the stock is empty."""
    left: int
    """How many are left in all batches of this counter."""


class Takings(NamedTuple):
    """What a counter took in a day, and what is left open."""

    pos: int
    pos_fen: int
    """Through the terminal; its own settlement must say the same."""
    bank: int
    bank_fen: int
    """Paid at the bank, by the receipts that were brought."""
    hanging: int
    """Charges of which nobody knows the outcome yet."""
    unregistered: int
    """Paid, and not registered for an application yet (交费登记)."""
    unseen: int
    """Papers that were sent to the printer and not looked at."""


class Money:
    """Numbers and payments as one counter knows them."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    # ------------------------------------------------------------------ numbers

    def batches(self) -> tuple[BatchCount, ...]:
        """Return this counter's batches with their counts, by paper and in order of arrival."""
        sql = (
            "SELECT b.body, (SELECT count(*) FROM spent_number s WHERE s.batch = b.id"
            " AND s.state = ?), (SELECT count(*) FROM spent_number s WHERE s.batch = b.id"
            " AND s.state = ?) FROM number_batch b WHERE b.counter = ? ORDER BY b.form, b.id"
        )
        states = (NumberState.USED.value, NumberState.VOID.value)
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (*states, self._counter)).fetchall()
        return tuple(BatchCount(_batch(body), used, void) for body, used, void in rows)

    def top(self, form: FormKind) -> Top:
        """Return the paper of `form` that lies on top here."""
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM number_batch WHERE form = ? AND counter = ?",
                (form.value, self._counter),
            ).fetchall()
        batches = [_batch(row[0]) for row in rows]
        current = in_use(batches, self._counter)
        return Top(current.next if current else "", sum(max(0, each.left) for each in batches))

    def spent(self, form: FormKind, number: str) -> SpentNumber | None:
        """Return what became of a number; None while it is in stock or was never here."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM spent_number WHERE id = ?", (f"{form.value}/{number}",)
            ).fetchone()
        return _spent(row[0]) if row else None

    def void_of(self, batch: str) -> tuple[SpentNumber, ...]:
        """Return the void numbers of a batch, in order."""
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM spent_number WHERE batch = ? AND state = ? ORDER BY id",
                (batch, NumberState.VOID.value),
            ).fetchall()
        return tuple(_spent(row[0]) for row in rows)

    def missing_of(self, count: BatchCount) -> tuple[str, ...]:
        """Return the first numbers of a batch that are neither used, nor void, nor left."""
        if not count.missing:
            return ()
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM spent_number WHERE batch = ?", (count.batch.id,)
            ).fetchall()
        there = {count.batch.place_of(_spent(row[0]).number) for row in rows}
        gone = [place for place in range(count.batch.spent) if place not in there]
        return tuple(count.batch.number_at(place) for place in gone[:MOST_MISSING])

    # ------------------------------------------------------------------ payments

    def payment(self, payment_id: str) -> Payment | None:
        """Return a payment by its id."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM payment WHERE id = ?", (payment_id,)
            ).fetchone()
        return _payment(row[0]) if row else None

    def payments_of(self, person: str) -> tuple[Payment, ...]:
        """Return a person's payments, the newest first."""
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT body FROM payment WHERE person = ? ORDER BY made DESC, id DESC", (person,)
            ).fetchall()
        return tuple(_payment(row[0]) for row in rows)

    def takings(self, day: date) -> Takings:
        """Return what was paid on a day by this counter's own log, and what is open now."""
        paid: dict[bool, list[int]] = {True: [], False: []}
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT payload FROM operation WHERE hlc >= ? AND hlc < ? AND kind = ?"
                " AND payload IS NOT NULL",
                (day_hlc(day), day_hlc(day + timedelta(days=1)), Pay.kind),
            ).fetchall()
            for (payload,) in rows:
                pay = decode_payload(Pay.kind, bytes(payload))
                assert isinstance(pay, Pay)  # noqa: S101 -- what the kind says
                row: Any = db.execute_sql(
                    "SELECT amount_fen FROM payment WHERE id = ?", (pay.payment,)
                ).fetchone()
                paid[bool(pay.slip.bank)].append(int(row[0]) if row else 0)
            left = counts_of(db, self._counter, long_ago_ms=0)
        return Takings(
            len(paid[False]), sum(paid[False]), len(paid[True]), sum(paid[True]), left.hanging,
            left.unregistered, left.unseen,
        )  # fmt: skip

    def holder_of(self, payment: Payment) -> Person | None:
        """Return whose fee it is."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT body FROM person WHERE id = ?", (payment.person,)
            ).fetchone()
        return _person(row[0]) if row else None
