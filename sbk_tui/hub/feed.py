"""The hub's list of everything it decided, in commit order, and who may read which entry.

An entry is for one counter (its verdicts, people it begins to follow), or for every counter whose
district its region begins with; a blocked card is for all. A decision's entries stand together,
its verdict last: a page never ends among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.records import Records
from sbk_tui.domain.card import BLOCKED, Card
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.paper_number import NumberBatch, SpentNumber
from sbk_tui.domain.people import Person
from sbk_tui.domain.production import Blank, Ribbons
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.domain.text import plain
from sbk_tui.domain.world import Entity
from sbk_tui.hub.registry import Member
from sbk_tui.sync.pages import Entry

EVERYWHERE = "*"
"""The region of what every counter of the city is told."""
INTEREST_DAYS = 30
"""How long a counter is told of a person outside its district on whom it worked [A]."""
MOST_ENTRIES, MOST_BYTES, _WINDOW = 500, 256 * 1024, 5000
"""Of one page; the last decision on it may go beyond."""
_DAY_MS = 24 * 60 * 60 * 1000
_encode = msgspec.msgpack.Encoder(enc_hook=plain).encode


class Audience(NamedTuple):
    """Who is told: one counter, or a region and whoever follows a person."""

    region: str = ""
    counter: str = ""
    person: str = ""


def append(
    db: SqliteDatabase,
    entry: str,
    audience: Audience,
    *,
    op: str,
    subject: str,
    version: int = 0,
    body: bytes = b"",
) -> int:
    """Append an entry inside the caller's transaction; return its position."""
    pos = next_position(db)
    insert(db, pos, entry, audience, op=op, subject=subject, version=version, body=body)
    return pos


def next_position(db: SqliteDatabase) -> int:
    """Take the next position; under one row, so that positions are in commit order."""
    row = db.execute_sql("UPDATE feed_head SET pos = pos + 1 RETURNING pos").fetchone()
    return int(row[0])


def insert(
    db: SqliteDatabase,
    pos: int,
    entry: str,
    audience: Audience,
    *,
    op: str,
    subject: str,
    version: int = 0,
    body: bytes = b"",
) -> None:
    """Insert an entry at a position that was taken before (a verdict names its own)."""
    db.execute_sql(
        "INSERT INTO feed (pos, type, op, subject, version, body, region, counter, person)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (pos, entry, op, subject, version, body, *audience),
    )


def publish(
    db: SqliteDatabase,
    records: Records,
    changed: Iterable[Entity],
    *,
    op: str,
    who: Member,
    now_ms: int,
) -> None:
    """Write changed records and tell of them, inside the judging transaction."""
    changed = tuple(changed)
    holders = {entity.id: entity for entity in changed if isinstance(entity, Person)}
    moved: dict[str, str] = {}
    touched: dict[tuple[str, str], None] = {}
    for entity in changed:
        person = _person_of(entity)
        holder = holders.get(person) or records.person(person)
        region = entity.to if isinstance(entity, Handover) else region_of(holder, who)
        if isinstance(entity, Person):
            before = records.person(entity.id)
            if before is not None and region_of(before, who) != region:
                moved[person] = region_of(before, who)
        if isinstance(entity, Card):
            _tell_of_block(db, records.card(entity.number), entity, op)
        if isinstance(entity, Handover):
            touched |= _expected_at(records, entity)
        records.put(entity)
        _tell(db, records, entity, Audience(region=region, person=person), op)
        touched[person, who.counter] = None
        if isinstance(entity, Card | TempCard) and entity.custody:
            touched[person, entity.custody] = None
    for person, left in moved.items():
        _move(db, records, person, left, op, who)
    for person, counter in touched:
        if person:
            _follow_if_outside(db, records, person, counter, op=op, who=who, now_ms=now_ms)


def _expected_at(records: Records, handover: Handover) -> dict[tuple[str, str], None]:
    """Return the holders of cards that a counter begins to wait for, each with that counter."""
    before = records.handover(handover.id)
    known = frozenset(before.expected) if before is not None and before.counter else frozenset()
    if not handover.counter or known.issuperset(handover.expected):
        return {}
    cards = (records.card(card) for card in handover.expected if card not in known)
    return {(card.person, handover.counter): None for card in cards if card is not None}


def _person_of(entity: Entity) -> str:
    """Return whose record it is; empty: nobody's (a hand-over of many cards, a stock)."""
    if isinstance(entity, Handover | NumberBatch | SpentNumber | Blank | Ribbons):
        return ""
    return entity.id if isinstance(entity, Person) else entity.person


def region_of(person: Person | None, who: Member) -> str:
    """Return where a person belongs; not known: where the counter stands that acts."""
    return _place_of(person) or who.grant.district


def _place_of(person: Person | None) -> str:
    return (person.district or person.village_code) if person else ""


def _tell(
    db: SqliteDatabase, records: Records, entity: Entity, audience: Audience, op: str
) -> None:
    append(
        db, "row", audience, op=op, subject=entity.subject,
        version=records.version(entity.subject), body=_encode(entity),
    )  # fmt: skip


def _tell_of_block(db: SqliteDatabase, before: Card | None, card: Card, op: str) -> None:
    """Tell the whole city when a card is lost or cancelled, or no longer so."""
    was = before is not None and before.state in BLOCKED
    if was or card.state in BLOCKED:
        body = _encode({"state": card.state.value})
        append(
            db, "block", Audience(region=EVERYWHERE), op=op, subject=f"block/{card.number}",
            body=body,
        )  # fmt: skip


def _all_of(records: Records, person: str) -> Iterator[Entity]:
    """Yield everything of a person; former names first, as a reader wants them."""
    yield from records.formers_of(person)
    holder = records.person(person)
    if holder is not None:
        yield holder
    yield from records.cards_of(person)
    yield from records.applications_of(person)
    yield from records.temp_cards_of(person)
    yield from records.payments_of(person)
    yield from records.productions_of(person)


def _move(
    db: SqliteDatabase, records: Records, person: str, left: str, op: str, who: Member
) -> None:
    """Take a person out of the region that was left, and tell all to the new one."""
    region = region_of(records.person(person), who)
    everything = tuple(_all_of(records, person))
    for entity in everything:
        append(db, "tombstone", Audience(region=left), op=op, subject=entity.subject)
    for entity in everything:
        _tell(db, records, entity, Audience(region=region, person=person), op)


def _follow_if_outside(
    db: SqliteDatabase,
    records: Records,
    person: str,
    counter: str,
    *,
    op: str,
    who: Member,
    now_ms: int,
) -> None:
    district = who.grant.district if counter == who.counter else _district(db, counter)
    # Of whom no place is known belongs to no counter: whoever works on them is told of them.
    if district and not _place_of(records.person(person)).startswith(district):
        follow(db, records, person, counter, op=op, now_ms=now_ms)


def follow(
    db: SqliteDatabase, records: Records, person: str, counter: str, *, op: str, now_ms: int
) -> int:
    """Let a counter be told of a person outside its district; return until when (Unix ms).

    Everything of the person is told to it at once, unless it followed before.
    """
    until = now_ms + INTEREST_DAYS * _DAY_MS
    changed = db.execute_sql(
        "UPDATE interest SET until = ? WHERE counter = ? AND person = ?", (until, counter, person)
    ).rowcount
    if not changed:
        db.execute_sql(
            "INSERT INTO interest (counter, person, until) VALUES (?, ?, ?)",
            (counter, person, until),
        )
        for entity in _all_of(records, person):
            _tell(db, records, entity, Audience(counter=counter), op)
    return until


def has_expired(db: SqliteDatabase, who: Member, now_ms: int) -> bool:
    """Return whether a counter has followed somebody for the whole term."""
    row = db.execute_sql(
        "SELECT 1 FROM interest WHERE counter = ? AND until < ? LIMIT 1", (who.counter, now_ms)
    ).fetchone()
    return row is not None


def forget_expired(db: SqliteDatabase, records: Records, who: Member, now_ms: int) -> None:
    """End what a counter followed for its term, unless a card of that person lies there."""
    expired = db.execute_sql(
        "SELECT person FROM interest WHERE counter = ? AND until < ? ORDER BY person",
        (who.counter, now_ms),
    ).fetchall()
    for (person,) in expired:
        cards = (*records.cards_of(person), *records.temp_cards_of(person))
        if any(card.custody == who.counter for card in cards):
            db.execute_sql(
                "UPDATE interest SET until = ? WHERE counter = ? AND person = ?",
                (now_ms + INTEREST_DAYS * _DAY_MS, who.counter, person),
            )
            continue
        db.execute_sql(
            "DELETE FROM interest WHERE counter = ? AND person = ?", (who.counter, person)
        )
        for entity in _all_of(records, person):
            append(
                db, "tombstone", Audience(counter=who.counter), op=f"expiry/{person}",
                subject=entity.subject,
            )  # fmt: skip


def _district(db: SqliteDatabase, counter: str) -> str:
    row = db.execute_sql(
        "SELECT district FROM counter_cert WHERE counter = ? ORDER BY enrolled DESC LIMIT 1",
        (counter,),
    ).fetchone()
    return str(row[0]) if row else ""


def head_of(db: SqliteDatabase) -> int:
    """Return the newest position."""
    return int(db.execute_sql("SELECT pos FROM feed_head").fetchone()[0])


_FOR = (
    "(f.counter = ? OR (f.counter = '' AND (f.region = '*' OR substr(f.region, 1, ?) = ?"
    " OR f.person IN (SELECT person FROM interest WHERE counter = ?))))"
)
_NOT_OVERTAKEN = (
    " AND NOT EXISTS (SELECT 1 FROM feed n WHERE n.subject = f.subject AND n.pos > f.pos"
    " AND n.type IN ('row', 'tombstone', 'block') AND n.counter = f.counter"
    " AND n.region = f.region AND n.person = f.person AND f.type <> 'verdict')"
)


def page(
    db: SqliteDatabase, who: Member, after: int, most: int, *, newest_only: bool
) -> tuple[tuple[Entry, ...], int]:
    """Return the entries behind `after` that are for `who`, and the position they reach.

    Args:
        newest_only: leave out what a later entry for the same readers has overtaken: for a
            counter that fetches everything and shows nothing before it has all.
    """
    until = end_of_decision(db, after + _WINDOW)
    district = who.grant.region
    rows = db.execute_sql(
        "SELECT f.pos, f.type, f.op, f.subject, f.version, f.body FROM feed f"  # noqa: S608
        f" WHERE f.pos > ? AND f.pos <= ? AND {_FOR}{_NOT_OVERTAKEN if newest_only else ''}"
        " ORDER BY f.pos",
        (after, until, who.counter, len(district), district, who.counter),
    )
    entries: list[Entry] = []
    weight = 0
    for pos, kind, op, subject, version, body in rows:
        full = len(entries) >= min(most, MOST_ENTRIES) or weight >= MOST_BYTES
        if full and op != entries[-1].op:
            return tuple(entries), entries[-1].pos
        entries.append(Entry(pos, kind, op, subject, version, bytes(body)))
        weight += len(body) + len(subject) + len(op)
    return tuple(entries), until


def end_of_decision(db: SqliteDatabase, pos: int) -> int:
    """Return the last position of the decision that has an entry at `pos`."""
    head = head_of(db)
    if pos >= head:
        return head
    row = db.execute_sql(
        "SELECT min(pos) - 1 FROM feed WHERE pos > ? AND op <> (SELECT op FROM feed WHERE pos = ?)",
        (pos, pos),
    ).fetchone()
    return head if row[0] is None else int(row[0])
