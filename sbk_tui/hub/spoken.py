"""Losses that are read over the telephone (B2): in force at once, known when they sync later.

All functions take an open write transaction of the hub's database.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from msgspec.structs import replace
from peewee import SqliteDatabase

from sbk_tui.data.records import Records
from sbk_tui.data.spoken import SpokenKey
from sbk_tui.domain.card import USABLE, CardState
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.loss import FormalLoss, term_end
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.settle import Subjects
from sbk_tui.domain.spoken import MOST_COUNTERS, Spoken, hear
from sbk_tui.domain.world import CHINA, World, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.hub import feed, registry, unseen
from sbk_tui.hub.registry import Member

PREFIX = "spoken/"
"""How the id of what was spoken begins, where others have an operation's."""
MOST_WRONG, _HOUR_MS = 5, 60 * 60 * 1000
_KEY_BYTES = 32


class Taken(NamedTuple):
    """What came of a report."""

    office: str
    cards: tuple[str, ...]
    """Those that are lost now because of it."""
    known: bool
    """It was said before, or there was no usable card: nothing has changed."""


def agree(db: SqliteDatabase, counter: str) -> SpokenKey | None:
    """Return the number and key of a counter, made the first time; None: all numbers are given."""
    row = db.execute_sql(
        'SELECT "no", "key" FROM spoken_line WHERE counter = ?', (counter,)
    ).fetchone()
    if row is not None:
        return SpokenKey(counter=row[0], key=bytes(row[1]))
    number = db.execute_sql('SELECT coalesce(max("no"), 0) + 1 FROM spoken_line').fetchone()[0]
    if number >= MOST_COUNTERS:
        return None
    made = SpokenKey(counter=int(number), key=secrets.token_bytes(_KEY_BYTES))
    db.execute_sql(
        'INSERT INTO spoken_line (counter, "no", "key") VALUES (?, ?, ?)',
        (counter, made.counter, made.key),
    )
    return made


def take(
    db: SqliteDatabase,
    records: Records,
    code: str,
    number: str,
    *,
    by: str,
    settings: Settings,
    now_ms: int,
) -> Taken | Refusal:
    """Record a loss that was read out, for the number that was asked for beside it.

    A refusal is returned, not raised: the wrong try must be counted by the same transaction.
    Codes: `spoken.…`, those of `SocialNumber.parse`.
    """
    try:
        said, person_number = hear(code), SocialNumber.parse(number)
        counter, key = _line(db, said)
        _refuse_wrong(db, said, person_number, counter, key, now_ms)
    except Refusal as refusal:
        return refusal
    office = registry.office_of(db, counter)
    if _is_filed(db, counter, said):
        return Taken(office, (), known=True)
    person = records.person_by_number(person_number)
    if person is None:
        return Refusal("spoken.nobody", clause="B2")
    until = term_end(from_ms(now_ms).astimezone(CHINA).date(), settings)
    lost = [
        replace(
            card,
            state=CardState.TEMP_LOST,
            lost_at=from_ms(now_ms),
            lost_until=until,
            social_account="2",
        )
        for card in records.cards_of(person.id)
        if card.state in USABLE
    ]
    op = f"{PREFIX}{counter}/{said.number:04}"
    if lost:
        who = newest_member(db, counter)
        feed.publish(db, records, lost, op=op, who=who, now_ms=now_ms)
        subjects = [person.subject, *(card.subject for card in lost)]
        unseen.note(db, subjects, pos=feed.head_of(db), op=op, counter=counter)
    db.execute_sql(
        'INSERT INTO spoken_loss (id, counter, number, action, person, card, until, at, "by")'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            op, counter, said.number, int(said.action), person.id,
            lost[0].number if lost else "", until.isoformat(), now_ms, by,
        ),
    )  # fmt: skip
    return Taken(office, tuple(card.number for card in lost), known=not lost)


def _line(db: SqliteDatabase, said: Spoken) -> tuple[str, bytes]:
    row = db.execute_sql(
        'SELECT counter, "key" FROM spoken_line WHERE "no" = ?', (said.counter,)
    ).fetchone()
    if row is None:
        raise Refusal("spoken.counter", clause="B2", counter=said.counter)
    return str(row[0]), bytes(row[1])


def _refuse_wrong(
    db: SqliteDatabase, said: Spoken, number: SocialNumber, counter: str, key: bytes, now_ms: int
) -> None:
    wrong = db.execute_sql(
        "SELECT count(*) FROM spoken_wrong WHERE counter = ? AND at > ?",
        (counter, now_ms - _HOUR_MS),
    ).fetchone()[0]
    if wrong >= MOST_WRONG:
        raise Refusal("spoken.locked", clause="B2", most=MOST_WRONG)
    if not said.is_by(key, number):
        db.execute_sql("INSERT INTO spoken_wrong (counter, at) VALUES (?, ?)", (counter, now_ms))
        raise Refusal("spoken.wrong", clause="B2", left=MOST_WRONG - wrong - 1)


def _is_filed(db: SqliteDatabase, counter: str, said: Spoken) -> bool:
    row = db.execute_sql(
        "SELECT 1 FROM spoken_loss WHERE counter = ? AND number = ?", (counter, said.number)
    ).fetchone()
    return row is not None


def newest_member(db: SqliteDatabase, counter: str) -> Member:
    """Return a counter by its newest certificate."""
    row = db.execute_sql(
        "SELECT inc FROM counter_cert WHERE counter = ? ORDER BY enrolled DESC LIMIT 1", (counter,)
    ).fetchone()
    return registry.member(db, counter, row[0])


def is_known(
    db: SqliteDatabase,
    world: World,
    operation: object,
    subjects: Subjects,
    *,
    counter: str,
    op: str,
) -> bool:
    """Return whether a loss was spoken by its counter before it came: it changes nothing then.

    Each report answers for one operation. A formal loss still makes more of a temporary one.
    """
    for name in (*subjects.cards, *subjects.persons):
        kind, _, key = name.partition("/")
        card = world.card(key) if kind == "card" else None
        person = card.person if card else key
        row = db.execute_sql(
            "SELECT id FROM spoken_loss WHERE counter = ? AND person = ? AND op IS NULL"
            " ORDER BY at LIMIT 1",
            (counter, person),
        ).fetchone()
        if row is None:
            continue
        db.execute_sql("UPDATE spoken_loss SET op = ? WHERE id = ?", (op, row[0]))
        cards = (card,) if card else world.cards_of(person)
        waits = any(each is not None and each.state is CardState.TEMP_LOST for each in cards)
        formal = isinstance(operation, FormalLoss) or getattr(operation, "until", True) is None
        return not (formal and waits)
    return False
