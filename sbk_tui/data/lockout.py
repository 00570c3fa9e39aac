"""Wrong passwords: five in a row lock for a quarter of an hour, then twice as long each time."""

from __future__ import annotations

import msgspec

from sbk_tui.errors import Refusal

MOST = 5
_FIRST_LOCK_MS = 15 * 60 * 1000
_LONGEST_LOCK_MS = 24 * 60 * 60 * 1000


class Tries(msgspec.Struct, frozen=True):
    """What is remembered of one name's wrong tries; times are Unix ms."""

    wrong: int = 0
    locked_until: int = 0
    last_lock: int = 0

    def refuse_locked(self, now_ms: int) -> None:
        """Return when a try may be made.

        Raises:
            Refusal: `auth.locked` with the minutes left.
        """
        if self.locked_until > now_ms:
            minutes = -(-(self.locked_until - now_ms) // 60_000)
            raise Refusal("auth.locked", minutes=minutes)

    @property
    def left(self) -> int:
        """How many tries are left."""
        return MOST - self.wrong

    def after_wrong(self, now_ms: int) -> Tries:
        """Return the tries after one more wrong one; the last one locks."""
        if self.left > 1:
            return msgspec.structs.replace(self, wrong=self.wrong + 1)
        lock = min(max(_FIRST_LOCK_MS, 2 * self.last_lock), _LONGEST_LOCK_MS)
        return Tries(locked_until=now_ms + lock, last_lock=lock)
