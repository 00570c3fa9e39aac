"""Receiving: a batch's records are verified and stored as the bytes they came in, durably.

Whoever brings them (a request, later a stick) calls `receive`; nothing is judged here. Chain
and both seals are checked before a record is stored, so a forged one never takes the place of
the genuine one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Record, flaw_of
from sbk_tui.errors import IntegrityFault, Refusal
from sbk_tui.hub import attach, registry
from sbk_tui.hub.cases import RED, open_case
from sbk_tui.hub.registry import Member
from sbk_tui.sync import wire


class Gap(Refusal):
    """A record came before its predecessor; nothing was stored."""

    def __init__(self, expect: int) -> None:
        super().__init__("hub.gap", expect=expect)
        self.expect = expect


class Received(NamedTuple):
    """How far a batch was taken."""

    ack: wire.Mark
    taken: int
    """Records of the batch that the hub holds, counted from its first."""
    stopped: wire.Stop | None = None
    """The record that breaks the chain; its predecessors are stored."""
    fork: wire.Mark | None = None
    """What the hub holds where the batch has something else."""


def ack_of(db: SqliteDatabase, who: Member) -> wire.Mark:
    """Return the highest record of `who` up to which nothing is missing."""
    row = db.execute_sql(
        "SELECT seq, hash FROM inbox WHERE counter = ? AND inc = ? ORDER BY seq DESC LIMIT 1",
        (who.counter, who.inc),
    ).fetchone()
    if row is None:
        return wire.Mark(seq=0, hash=who.anchor)
    return wire.Mark(seq=row[0], hash=bytes(row[1]))


def receive(
    db: SqliteDatabase, who: Member, first: int, records: Sequence[Record], now_ms: int
) -> Received:
    """Store a batch inside the caller's transaction; records known already are passed over.

    Raises:
        Gap: the hub has to get other records first.
    """
    ack = ack_of(db, who)
    if not records:
        return Received(ack, 0)
    if first > ack.seq + 1 or first < 1:
        raise Gap(ack.seq + 1)
    for taken, record in enumerate(records):
        seq = first + taken
        if seq <= ack.seq:
            held = _held(db, who, seq)
            if not _same(held, record):
                return _forked(db, who, ack, taken, wire.Mark(seq=seq, hash=held.hash), now_ms)
            continue
        code = _flaw(db, who, record, ack)
        if code:
            open_case(
                db, f"{who.inc}/{seq}/{code}", op="", severity=RED, code=code,
                facts={"counter": who.counter, "seq": seq}, now_ms=now_ms,
            )  # fmt: skip
            return Received(ack, taken, stopped=wire.Stop(seq=seq, code=code))
        reused = _hash_under(db, record.read().op)
        if reused is not None:
            return _forked(db, who, ack, taken, wire.Mark(seq=seq, hash=reused), now_ms)
        _store(db, who, record, now_ms)
        ack = wire.Mark(seq=seq, hash=record.hash)
    return Received(ack, len(records))


def receive_aside(
    db: SqliteDatabase, who: Member, aside: str, records: Sequence[Record], now_ms: int
) -> Received:
    """Store what a frozen incarnation hands in, under the name `aside`, in whatever branch.

    Each record is genuine and follows one that is held; what is held already is passed over.
    """
    ack = ack_of(db, who)
    count = db.execute_sql(
        "SELECT count(*) FROM inbox WHERE counter = ? AND inc = ?", (who.counter, aside)
    ).fetchone()[0]
    for taken, record in enumerate(records):
        envelope = record.read()
        held = _hash_under(db, envelope.op)
        if held == record.hash:
            continue
        before = wire.Mark(seq=envelope.seq - 1, hash=record.prev)
        code = "hub.fork" if held is not None else _flaw(db, who, record, before)
        if not code and not _is_held(db, who, record.prev):
            code = "record.chain"
        if code:
            return Received(ack, taken, stopped=wire.Stop(seq=envelope.seq, code=code))
        count += 1
        _store(db, who, record, now_ms, place=(aside, count))
    return Received(ack, len(records))


def _is_held(db: SqliteDatabase, who: Member, hashed: bytes) -> bool:
    if hashed == who.anchor:
        return True
    row = db.execute_sql(
        "SELECT 1 FROM inbox WHERE counter = ? AND hash = ?", (who.counter, hashed)
    ).fetchone()
    return row is not None


def of_records(db: SqliteDatabase, records: Iterable[Record]) -> Iterable[Row]:
    """Yield what was decided of records, whatever name they are stored under."""
    for record in records:
        envelope = record.read()
        received, receipt = db.execute_sql(
            "SELECT i.received, coalesce(d.receipt, i.receipt) FROM inbox i"
            " LEFT JOIN decision d ON d.op = i.op AND d.receipt IS NOT NULL WHERE i.op = ?"
            " ORDER BY coalesce(d.pos, 0) DESC LIMIT 1",
            (envelope.op,),
        ).fetchone()
        kept = None if receipt is None else bytes(receipt)
        yield Row(envelope.seq, envelope.op, record.hash, received, kept)


def own(
    db: SqliteDatabase, who: Member, after: wire.Mark, most: int
) -> tuple[tuple[Record, ...], Iterable[Row]]:
    """Return what follows a mark in the log that the hub holds, with what was decided of it.

    Nothing follows where the hub holds another record at the mark.
    """
    held = _held_hash(db, who, after.seq)
    if held != after.hash:
        return (), ()
    rows = db.execute_sql(
        "SELECT record FROM inbox WHERE counter = ? AND inc = ? AND seq > ? ORDER BY seq LIMIT ?",
        (who.counter, who.inc, after.seq, most),
    ).fetchall()
    records = tuple(msgspec.msgpack.decode(row[0], type=Record) for row in rows)
    return records, of_records(db, records)


def _held_hash(db: SqliteDatabase, who: Member, seq: int) -> bytes | None:
    if seq == 0:
        return who.anchor
    row = db.execute_sql(
        "SELECT hash FROM inbox WHERE counter = ? AND inc = ? AND seq = ?",
        (who.counter, who.inc, seq),
    ).fetchone()
    return bytes(row[0]) if row else None


def _held(db: SqliteDatabase, who: Member, seq: int) -> Record:
    row = db.execute_sql(
        "SELECT record FROM inbox WHERE counter = ? AND inc = ? AND seq = ?",
        (who.counter, who.inc, seq),
    ).fetchone()
    return msgspec.msgpack.decode(row[0], type=Record)


def _same(held: Record, sent: Record) -> bool:
    """Whether the sender has this very record, its payload perhaps erased meanwhile."""
    if sent.payload is None:
        held = msgspec.structs.replace(held, payload=None, salt=None)
    return held == sent


def _forked(
    db: SqliteDatabase, who: Member, ack: wire.Mark, taken: int, fork: wire.Mark, now_ms: int
) -> Received:
    open_case(
        db, f"{who.inc}/{fork.seq}/fork", op="", severity=RED, code="hub.fork",
        facts={"counter": who.counter, "seq": fork.seq}, now_ms=now_ms,
    )  # fmt: skip
    return Received(ack, taken, fork=fork)


def _flaw(db: SqliteDatabase, who: Member, record: Record, head: wire.Mark) -> str | None:
    """Return the code of what is wrong with a record as the next of its chain, or None."""
    try:
        envelope = record.read()
        clerk_key = registry.clerk_key(db, who.counter, envelope.clerk)
        flaw = flaw_of(
            record, envelope, prev=head.hash, counter_key=who.public, clerk_key=clerk_key
        )
    except IntegrityFault as fault:
        return fault.code
    if flaw:
        return flaw
    if (envelope.counter, envelope.inc, envelope.seq) != (who.counter, who.inc, head.seq + 1):
        return "record.columns"
    return None


def _hash_under(db: SqliteDatabase, op: str) -> bytes | None:
    """Return the hash of what the hub holds under an operation's id."""
    row = db.execute_sql("SELECT hash FROM inbox WHERE op = ?", (op,)).fetchone()
    return bytes(row[0]) if row else None


def _store(
    db: SqliteDatabase,
    who: Member,
    record: Record,
    now_ms: int,
    place: tuple[str, int] | None = None,
) -> None:
    envelope = record.read()
    inc, seq = place or (who.inc, envelope.seq)
    db.execute_sql(
        "INSERT INTO inbox (counter, inc, seq, op, hash, record, received, state, verdict, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '')",
        (
            who.counter, inc, seq, envelope.op, record.hash,
            msgspec.msgpack.encode(record), now_ms, wire.State.RECEIVED.value,
        ),
    )  # fmt: skip
    attach.name(db, envelope.blobs, envelope.op, who.counter, now_ms)


class Row(NamedTuple):
    """A stored record with what was decided of it."""

    seq: int
    op: str
    hash: bytes
    received: int
    receipt: bytes | None


def next_unjudged(db: SqliteDatabase, who: Member) -> Record | None:
    """Return the oldest record of `who` that waits for its verdict."""
    row = db.execute_sql(
        "SELECT record FROM inbox WHERE counter = ? AND inc = ? AND state = 'received'"
        " ORDER BY seq LIMIT 1",
        (who.counter, who.inc),
    ).fetchone()
    return msgspec.msgpack.decode(row[0], type=Record) if row else None


def left_unjudged(db: SqliteDatabase, before: int) -> list[tuple[str, str]]:
    """Return (counter, incarnation) of which a record was received before and is not judged.

    What was set aside is named by the incarnation that handed it in.
    """
    rows = db.execute_sql(
        "SELECT counter, inc, min(received) FROM inbox WHERE state = 'received'"
        " GROUP BY counter, inc HAVING min(received) < ? ORDER BY 3",
        (before,),
    ).fetchall()
    return list(dict.fromkeys((counter, inc.partition("/")[0]) for counter, inc, _ in rows))


def judged_to(db: SqliteDatabase, who: Member) -> int:
    """Return the number of the last record of `who` that has its verdict, all before it too."""
    row = db.execute_sql(
        "SELECT max(seq) FROM inbox WHERE counter = ? AND inc = ? AND state <> 'received'",
        (who.counter, who.inc),
    ).fetchone()
    return row[0] or 0
