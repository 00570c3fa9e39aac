"""What a counter had not seen when it acted, and which cards wait for a person (tables
`settled`, `hold`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Record, hlc_ms
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.loss import TemporaryLoss
from sbk_tui.domain.settle import Subjects, Unseen
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import BadUsage, IntegrityFault


def unseen(
    db: SqliteDatabase, subjects: Subjects, *, counter: str, seen: int
) -> tuple[Unseen, ...]:
    """Return what other counters did to `subjects` behind the feed position `seen`, in order."""
    names = (*subjects.cards, *subjects.persons, *subjects.temp_cards)
    found: dict[int, str] = {}
    for name in names:
        rows = db.execute_sql(
            "SELECT pos, op FROM settled WHERE subject = ? AND pos > ? AND counter <> ?",
            (name, seen, counter),
        )
        found |= {int(pos): str(op) for pos, op in rows}
    return tuple(_met(db, found[pos]) for pos in sorted(found))


def _met(db: SqliteDatabase, op: str) -> Unseen:
    if op.startswith("spoken/"):
        return _met_spoken(db, op)
    counter, body = db.execute_sql(
        "SELECT counter, record FROM inbox WHERE op = ?", (op,)
    ).fetchone()
    record = msgspec.msgpack.decode(body, type=Record)
    envelope = record.read()
    try:
        operation = record.operation(envelope)
    except (BadUsage, IntegrityFault):  # erased after its term: the envelope tells the kind
        operation = None
    return Unseen(op, counter, envelope.kind, from_ms(hlc_ms(envelope.hlc)), operation)


def _met_spoken(db: SqliteDatabase, op: str) -> Unseen:
    """Return a loss that was read over the telephone as the operation that it stands for (B2)."""
    counter, card, until, at = db.execute_sql(
        "SELECT counter, card, until, at FROM spoken_loss WHERE id = ?", (op,)
    ).fetchone()
    loss = TemporaryLoss(
        card=card, caller_name="", caller_phone="", until=date.fromisoformat(until)
    )
    return Unseen(op, counter, TemporaryLoss.kind, from_ms(at), loss)


def note(db: SqliteDatabase, subjects: Iterable[str], *, pos: int, op: str, counter: str) -> None:
    """Note that `op` was accepted at `pos` and what it concerns, changed or not."""
    for subject in dict.fromkeys(subjects):
        db.execute_sql(
            "INSERT INTO settled (subject, pos, op, counter) VALUES (?, ?, ?, ?)",
            (subject, pos, op, counter),
        )


def blocks(db: SqliteDatabase, cards: Iterable[str]) -> frozenset[str]:
    """Return the rulings that wait for a person and stop one of `cards` meanwhile."""
    found: set[str] = set()
    for card in cards:
        rows = db.execute_sql("SELECT code FROM hold WHERE subject = ? AND ended IS NULL", (card,))
        found |= {str(code) for (code,) in rows}
    return frozenset(found)


def hold(
    db: SqliteDatabase,
    case: str,
    *,
    op: str,
    subject: str,
    code: str,
    before: Card | None,
    pos: int,
    due: str | None,
) -> None:
    """File that `subject` waits; a card that is blocked already keeps how it was before that."""
    earlier = db.execute_sql(
        "SELECT before FROM hold WHERE subject = ? AND code = ? AND ended IS NULL"
        " ORDER BY pos LIMIT 1",
        (subject, code),
    ).fetchone()
    state = earlier[0] if earlier else msgspec.msgpack.encode(before) if before else None
    db.execute_sql(
        'INSERT INTO hold ("case", op, subject, code, before, pos, due)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (case, op, subject, code, state, pos, due),
    )
