"""What the sender and the screen tell each other through the database: how the line is, send now.

The sender is a process of its own; the two meet here only.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sbk_tui.data.outbox import peer, remember_peer
from sbk_tui.data.store import Store

_STATE, _SEND_NOW = "line", "send_now"
FRESH_MS = 10 * 60_000
"""An answer of the city that is older says nothing of the line now [A]."""


class LineState(msgspec.Struct, frozen=True, kw_only=True):
    """The last attempt to reach the city, and the last that did; times are Unix ms, 0: never."""

    tried: int = 0
    reached: int = 0
    code: str = ""
    """Why the last attempt failed; empty when it did not."""
    rate: int = 0
    """Bytes a second, as measured; 0: not yet."""
    offset: int = 0
    """How far the city's clock is ahead of ours, ms."""


class Waiting(msgspec.Struct, frozen=True):
    """Operations of one kind that the city has not received."""

    kind: str
    count: int
    size: int
    """Bytes on the wire, about."""


def line_state(store: Store) -> LineState:
    """Return how the line was at the last attempt."""
    held = peer(store).get(_STATE)
    return msgspec.json.decode(held, type=LineState) if held else LineState()


def note_line(store: Store, state: LineState) -> None:
    """Keep how the line is."""
    remember_peer(store, {_STATE: msgspec.json.encode(state)})


def is_up(db: Any, now_ms: int) -> bool:
    """Return whether the city has answered lately, inside an open session."""
    known = dict(
        db.execute_sql("SELECT name, value FROM peer WHERE name IN (?, 'hub_public')", (_STATE,))
    )
    if len(known) < 2:
        return False
    state = msgspec.json.decode(known[_STATE], type=LineState)
    return not state.code and now_ms - state.reached < FRESH_MS


def is_enrolled(store: Store) -> bool:
    """Return whether this counter belongs to a city."""
    return "hub_public" in peer(store)


def ask_to_send(store: Store, now_ms: int) -> None:
    """Ask the sender to call the city at once."""
    remember_peer(store, {_SEND_NOW: str(now_ms).encode()})


def asked_to_send(store: Store) -> int:
    """Return when somebody last asked to send at once; Unix ms, 0: never."""
    return int(peer(store).get(_SEND_NOW, b"0"))


def waiting(store: Store) -> tuple[Waiting, ...]:
    """Return what waits to be sent, by kind."""
    with store.session() as db:
        rows = db.execute_sql(
            "SELECT o.kind, count(*), sum(length(o.envelope) + coalesce(length(o.payload), 0)"
            " + length(o.prev) + length(o.hash) + length(o.counter_sig) + length(o.clerk_sig))"
            " FROM operation o LEFT JOIN receipt r ON r.op = o.op WHERE r.op IS NULL"
            " GROUP BY o.kind ORDER BY o.kind"
        ).fetchall()
    return tuple(Waiting(kind, int(count), int(size)) for kind, count, size in rows)
