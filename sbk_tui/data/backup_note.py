"""What a counter remembers of its backups: the last good one, and how the last attempt went."""

from __future__ import annotations

import msgspec

from sbk_tui.data.outbox import peer, remember_peer
from sbk_tui.data.store import Store

_KEPT = "backup"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The last good backup of a counter, and how the last attempt went; times are Unix ms."""

    at: int = 0
    """0: none yet."""
    place: str = ""
    seq: int = 0
    tried: int = 0
    code: str = ""
    """Why the last attempt failed; empty when it did not."""


def last_backup(store: Store) -> Kept:
    """Return what is known of this counter's backups."""
    held = peer(store).get(_KEPT)
    return msgspec.json.decode(held, type=Kept) if held else Kept()


def note_backup(store: Store, kept: Kept) -> None:
    """Keep what became of a backup."""
    remember_peer(store, {_KEPT: msgspec.json.encode(kept)})
