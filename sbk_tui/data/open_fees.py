"""Fees that somebody began and nobody finished, page by page, oldest first (sync page 18, C22).

One row a payment: where a paper went to the printer and nobody looked, that comes first, as it
does at the counter. Rows come behind a key (begun, id); every list is read in an index's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.sagas import OPEN
from sbk_tui.data.store import Store
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.domain.world import from_ms, to_ms

_payment = msgspec.msgpack.Decoder(Payment).decode
_OPEN_STEPS = ", ".join(f"'{state.value}'" for state in OPEN)
_FEE = "fee"
Key = tuple[int, str]
"""Unix ms at which it was begun, and its id."""
BEGINNING: Key = (0, "")


class Stage(StrEnum):
    """What an unfinished fee waits for."""

    HANGING = "hanging"
    """刷卡未定: whether the card was charged is not known."""
    PAPER = "paper"
    """A notice or note was sent to the printer and not looked at."""
    PAID = "paid"
    """Paid; its note or its registration is missing."""
    DUE = "due"
    """A notice was given long ago and nobody has paid."""


class OpenFee(NamedTuple):
    """One unfinished fee."""

    payment: Payment
    stage: Stage
    paper: str
    """The step whose paper nobody looked at: `notice` or `note`; else empty."""
    name: str
    """The holder's name."""
    clerk: str
    """Who began it, or who printed last."""

    @property
    def key(self) -> Key:
        """Its place in the list."""
        return (to_ms(self.payment.made_at), self.payment.id)


class OpenCounts(NamedTuple):
    """How many fees wait for what."""

    hanging: int
    unseen: int
    """Papers."""
    unregistered: int
    """Paid and not registered, whether a paper waits as well or not."""
    listed: int
    """All of the list, each payment once."""


_LOOKED = (
    "NOT EXISTS (SELECT 1 FROM saga s WHERE s.id = p.id"  # noqa: S608 -- ours
    f" AND s.state IN ({_OPEN_STEPS}))"
)
_BY_STATE = (
    "SELECT p.body, '', h.name, coalesce(c.name, o.clerk) FROM payment p"
    " LEFT JOIN person h ON h.id = p.person"
    " LEFT JOIN operation o ON o.op = p.id LEFT JOIN clerk c ON c.id = o.clerk"
    " WHERE p.state = ? AND p.application = '' AND (p.made, p.id) > (?, ?) AND p.made < ?"
    " AND p.counter = ? AND {also} ORDER BY p.made, p.id LIMIT ?"
)
_PAPERS = (
    "SELECT p.body, (SELECT t.name FROM saga_step t WHERE t.saga = s.id"  # noqa: S608 -- ours
    f" AND t.state IN ({_OPEN_STEPS}) ORDER BY t.n DESC LIMIT 1),"
    " h.name, coalesce(c.name, s.clerk) FROM saga s JOIN payment p ON p.id = s.id"
    " LEFT JOIN person h ON h.id = p.person LEFT JOIN clerk c ON c.id = s.clerk"
    f" WHERE s.state IN ({_OPEN_STEPS}) AND s.kind = ? AND p.state <> ?"
    " AND (p.made, p.id) > (?, ?) ORDER BY p.made, p.id LIMIT ?"
)
_COUNTS = (
    "SELECT (SELECT count(*) FROM payment p WHERE p.state = :hanging AND p.application = ''"  # noqa: S608
    " AND p.counter = :counter),"
    f" (SELECT count(*) FROM saga s JOIN payment p ON p.id = s.id WHERE s.state IN ({_OPEN_STEPS})"
    " AND s.kind = :fee AND p.state <> :hanging),"
    " (SELECT count(*) FROM payment p WHERE p.state = :paid AND p.application = ''"
    " AND p.counter = :counter),"
    " (SELECT count(*) FROM payment p WHERE p.application = '' AND p.counter = :counter AND"
    f" {_LOOKED} AND (p.state = :paid OR (p.state = :due AND p.made < :long_ago)))"
)
_STATES = {
    Stage.HANGING: PaymentState.CHARGING,
    Stage.PAID: PaymentState.PAID,
    Stage.DUE: PaymentState.DUE,
}
_EVER = "9"
"""Behind every date."""


def page_of(
    db: SqliteDatabase, stage: Stage, counter: str, after: Key, limit: int, *, long_ago_ms: int
) -> Sequence[OpenFee]:
    """Return up to `limit` fees of one stage behind `after`.

    Args:
        long_ago_ms: a notice that was given before is late.
    """
    begun, last = _text(after[0]), after[1]
    values: tuple[object, ...]
    if stage is Stage.PAPER:
        sql = _PAPERS
        values = (_FEE, PaymentState.CHARGING.value, begun, last, limit)
    else:
        sql = _BY_STATE.format(also="1" if stage is Stage.HANGING else _LOOKED)
        before = _text(long_ago_ms) if stage is Stage.DUE else _EVER
        values = (_STATES[stage].value, begun, last, before, counter, limit)
    rows: Any = db.execute_sql(sql, values).fetchall()
    return [
        OpenFee(_payment(body), stage, paper or "", name or "", clerk or "")
        for body, paper, name, clerk in rows
    ]


def counts_of(db: SqliteDatabase, counter: str, *, long_ago_ms: int) -> OpenCounts:
    """Return how many fees of a counter wait for what."""
    facts = {
        "hanging": PaymentState.CHARGING.value,
        "paid": PaymentState.PAID.value,
        "due": PaymentState.DUE.value,
        "fee": _FEE,
        "counter": counter,
        "long_ago": _text(long_ago_ms),
    }
    hanging, unseen, unregistered, others = db.execute_sql(_COUNTS, facts).fetchone()
    return OpenCounts(hanging, unseen, unregistered, hanging + unseen + others)


class OpenFees:
    """The unfinished fees of one counter."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def page(
        self, stage: Stage, after: Key | None, limit: int, *, long_ago_ms: int
    ) -> Sequence[OpenFee]:
        """Return up to `limit` fees of one stage behind `after`, oldest first; as `page_of`."""
        with self._store.session() as db:
            return page_of(
                db, stage, self._counter, after or BEGINNING, limit, long_ago_ms=long_ago_ms
            )

    def counts(self, *, long_ago_ms: int) -> OpenCounts:
        """Return how many wait; as `counts_of`."""
        with self._store.session() as db:
            return counts_of(db, self._counter, long_ago_ms=long_ago_ms)


def _text(at_ms: int) -> str:
    return from_ms(at_ms).isoformat()
