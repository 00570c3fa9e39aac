"""What a counter needs to speak to its city (B2): its number, the shared key, the next report."""

from __future__ import annotations

import msgspec

from sbk_tui.data.outbox import peer
from sbk_tui.data.store import Store
from sbk_tui.domain.spoken import MOST_NUMBERS

KEY, _NEXT = "spoken", "spoken_next"


class SpokenKey(msgspec.Struct, frozen=True, kw_only=True):
    """What counter and city have agreed on."""

    counter: int
    """The number that the city gave to the counter for speaking."""
    key: bytes


def spoken_key(store: Store) -> SpokenKey | None:
    """Return what was agreed on, None before the first contact."""
    held = peer(store).get(KEY)
    return msgspec.msgpack.decode(held, type=SpokenKey) if held else None


def next_number(store: Store) -> int:
    """Return the number of the next report, and use it up; on return that is on disk."""
    with store.write() as db:
        row = db.execute_sql("SELECT value FROM peer WHERE name = ?", (_NEXT,)).fetchone()
        number = int(row[0]) if row else 0
        following = str((number + 1) % MOST_NUMBERS).encode()
        db.execute_sql(
            "INSERT INTO peer (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_NEXT, following),
        )
    return number
