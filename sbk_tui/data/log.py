"""The log read back: records in their order, and what a replay of one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Certificate, Envelope, Record, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.operations.base import Nature
from sbk_tui.domain.world import Entity, Occasion, Seat, World, from_ms


class StoredRecord(NamedTuple):
    """A record with the columns it is filed under."""

    op: str
    inc: str
    seq: int
    record: Record


_COLUMNS = (
    # As bytes whatever somebody has stored there: text that is no UTF-8 must be a finding.
    "op, inc, seq, CAST(envelope AS BLOB), CAST(payload AS BLOB), CAST(salt AS BLOB),"
    " prev, hash, counter_sig, clerk_sig"
)


def records_of(db: SqliteDatabase, inc: str, after: int = 0) -> Iterator[StoredRecord]:
    """Yield the records of an incarnation behind number `after`, in order."""
    cursor = db.execute_sql(
        f"SELECT {_COLUMNS} FROM operation WHERE inc = ? AND seq > ? ORDER BY seq",  # noqa: S608
        (inc, after),
    )
    yield from map(_stored, cursor)


def find(db: SqliteDatabase, op: str) -> StoredRecord | None:
    """Return an operation as it is filed, None when it is not ours."""
    row = db.execute_sql(f"SELECT {_COLUMNS} FROM operation WHERE op = ?", (op,))  # noqa: S608
    found = row.fetchone()
    return _stored(found) if found else None


def _stored(row: tuple[Any, ...]) -> StoredRecord:
    op, inc, seq, envelope, payload, salt, prev, hashed, counter_sig, clerk_sig = row
    return StoredRecord(
        op,
        inc,
        seq,
        Record(
            envelope=bytes(envelope),
            payload=None if payload is None else bytes(payload),
            salt=None if salt is None else bytes(salt),
            prev=bytes(prev),
            hash=bytes(hashed),
            counter_sig=bytes(counter_sig),
            clerk_sig=bytes(clerk_sig),
        ),
    )


def seat_of(certificate: bytes) -> Seat:
    """Return the seat that a certificate gives."""
    held = msgspec.msgpack.decode(certificate, type=Certificate)
    authority = Authority(level=CounterLevel(held.level), removed=held.removed)
    return Seat(counter=held.counter, district=held.district, authority=authority, bank=held.bank)


def effect_of(
    world: World, stored: Record, envelope: Envelope, seat: Seat, approvers: Sequence[str] = ()
) -> tuple[Entity, ...]:
    """Return what one record changes in `world`; what needs the city's word first, nothing.

    That comes with the verdict, as the city's row.

    Raises:
        Refusal: the world is not the one in which it was done.
        IntegrityFault: `record.erased`, `record.payload`.
    """
    if envelope.nature == Nature.HUB_FIRST:
        return ()
    occasion = Occasion(
        at=from_ms(hlc_ms(envelope.hlc)),
        op=envelope.op,
        seat=seat,
        clerk=envelope.clerk,
        approvers=tuple(approvers),
    )
    return stored.operation(envelope).effect(world, occasion)


def fold(
    records: Records, stored: Record, envelope: Envelope, seat: Seat, approvers: Sequence[str] = ()
) -> None:
    """Apply one record's effect to `records`: the whole of a replay."""
    for entity in effect_of(records, stored, envelope, seat, approvers):
        records.put(entity)


def subjects_of(changed: tuple[Entity, ...]) -> Iterator[str]:
    """Yield the subjects an operation is about: what it changed, and whose it is."""
    for entity in changed:
        yield entity.subject
    for entity in changed:
        holder = getattr(entity, "person", None)
        if holder:
            yield f"person/{holder}"
