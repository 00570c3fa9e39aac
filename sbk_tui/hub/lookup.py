"""A counter's question for one person (A5): by a whole number, for a purpose, a clerk's own.

Each question is filed; one that comes twice (a lost answer) gets the same answer and counts once.
"""

from __future__ import annotations

from peewee import SqliteDatabase

from sbk_tui.data.city_asks import PURPOSES, Question, Signed, whole
from sbk_tui.data.records import Records
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.people import Person
from sbk_tui.errors import Refusal
from sbk_tui.hub import feed, registry
from sbk_tui.hub.registry import Member
from sbk_tui.sync.lookup import Found

_HOUR_MS = 60 * 60 * 1000
_LONGEST_CLAUSE = 16


def look_up(
    db: SqliteDatabase,
    records: Records,
    who: Member,
    signed: Signed,
    *,
    hourly: int,
    now_ms: int,
) -> Found:
    """Answer a question inside the caller's transaction; who is found is told to the counter.

    Args:
        hourly: how many questions a clerk may put in an hour.

    Raises:
        Refusal: `hub.request`, `lookup.clerk`, `lookup.number`, `lookup.often`.
        NotPermitted: the counter may not query.
    """
    question = signed.read()
    _check(db, who, signed, question)
    before = db.execute_sql(
        "SELECT person FROM lookup WHERE id = ? AND counter = ?", (question.id, who.counter)
    ).fetchone()
    if before is not None:
        return _told(db, records, who, question, records.person(before[0]), now_ms)
    asked = db.execute_sql(
        "SELECT count(*) FROM lookup WHERE counter = ? AND clerk = ? AND at > ?",
        (who.counter, question.clerk, now_ms - _HOUR_MS),
    ).fetchone()[0]
    if asked >= hourly:
        raise Refusal("lookup.often", clause="A5")
    person = _sought(records, question.sought)
    db.execute_sql(
        "INSERT INTO lookup (id, counter, clerk, at, purpose, clause, person)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            question.id, who.counter, question.clerk, now_ms, question.purpose, question.clause,
            person.id if person else "",
        ),
    )  # fmt: skip
    return _told(db, records, who, question, person, now_ms)


def _check(db: SqliteDatabase, who: Member, signed: Signed, question: Question) -> None:
    whole = question.purpose in PURPOSES and 0 < len(question.clause) <= _LONGEST_CLAUSE
    if (question.counter, question.inc) != (who.counter, who.inc) or not whole:
        raise Refusal("hub.request")
    who.seat.authority.require(Capability.QUERY)
    key = registry.clerk_key(db, who.counter, question.clerk)
    if key is None or not signed.is_by(key):
        raise Refusal("lookup.clerk", clause="A5")


def _sought(records: Records, sought: str) -> Person | None:
    number = whole(sought)
    if isinstance(number, SocialNumber):
        return records.person_by_number(number)
    card = records.card(number)
    return records.person(card.person) if card else None


def _told(
    db: SqliteDatabase,
    records: Records,
    who: Member,
    question: Question,
    person: Person | None,
    now_ms: int,
) -> Found:
    if person is None:
        return Found(person="", until=0)
    if feed.region_of(person, who).startswith(who.grant.district):
        return Found(person=person.id, until=0)
    until = feed.follow(
        db, records, person.id, who.counter, op=f"lookup/{question.id}", now_ms=now_ms
    )
    return Found(person=person.id, until=until)
