"""Work of programs newer than this hub: kept, held, and judged once the hub is brought up to date.

A kind or a version of a kind that the hub does not know is nobody's fault and no alarm. It is
held without effect, and so is what its counter does afterwards to the same people and cards: it
may rest on it. A loss never waits; the chain goes on; at the counter all of it stays in force.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.cases import close_case
from sbk_tui.data.record import Envelope, Record
from sbk_tui.domain.kinds import Kind, kind_named
from sbk_tui.errors import BadUsage
from sbk_tui.hub.cases import YELLOW, open_case
from sbk_tui.hub.registry import Member
from sbk_tui.sync.wire import State

NEWER, BEHIND = "kind.newer", "kind.behind"
CODES = frozenset({NEWER, BEHIND})
DECISION = "/newer"
"""How the name of the second verdict on a held operation ends."""


def known_kind(envelope: Envelope) -> Kind | None:
    """Return the kind of an operation, None when only a newer program knows it."""
    try:
        kind = kind_named(envelope.kind)
    except BadUsage:
        return None
    return kind if envelope.kv <= kind.version else None


class Waiting(NamedTuple):
    """An operation that is held."""

    inc: str
    """Of its counter's lives the one that handed it in."""
    record: Record


def waiting(db: SqliteDatabase, counter: str) -> tuple[Waiting, ...]:
    """Return what of a counter is held for a newer program, in the order it came."""
    rows = db.execute_sql(
        "SELECT inc, record FROM inbox WHERE counter = ? AND state = 'held'"
        " AND code IN (?, ?) ORDER BY received, inc, seq",
        (counter, NEWER, BEHIND),
    ).fetchall()
    return tuple(
        Waiting(inc.partition("/")[0], msgspec.msgpack.decode(body, type=Record))
        for inc, body in rows
    )


def about_waiting(db: SqliteDatabase, counter: str) -> set[str]:
    """Return what the held operations of a counter are about."""
    return {name for held in waiting(db, counter) for name in held.record.read().about}


def is_ripe(db: SqliteDatabase, counter: str) -> bool:
    """Return whether something that was held because of its kind is understood by now."""
    rows = db.execute_sql(
        "SELECT record FROM inbox WHERE counter = ? AND state = 'held' AND code = ?",
        (counter, NEWER),
    )
    held = (msgspec.msgpack.decode(row[0], type=Record) for row in rows)
    return any(known_kind(record.read()) is not None for record in held)


def is_held(db: SqliteDatabase, op: str) -> bool:
    """Return whether an operation is still held for a newer program."""
    row = db.execute_sql("SELECT state, code FROM inbox WHERE op = ?", (op,)).fetchone()
    return row is not None and row[0] == State.HELD and row[1] in CODES


def ring(db: SqliteDatabase, who: Member, envelope: Envelope, now_ms: int) -> None:
    """Tell the city, once a kind and version, that its program is behind."""
    open_case(
        db, _case(envelope), op="", severity=YELLOW, code=NEWER,
        facts={"kind": envelope.kind, "counter": who.counter}, now_ms=now_ms,
    )  # fmt: skip


def settled(db: SqliteDatabase, envelope: Envelope, now_ms: int) -> None:
    """Close the city's case of a kind that is understood now."""
    close_case(db, _case(envelope), answer="judged", op="", at_ms=now_ms)


def _case(envelope: Envelope) -> str:
    return f"{NEWER}/{envelope.kind}/{envelope.kv}"
