"""Who saw whose data, why, and what was revealed; searches that reveal nobody are not here."""

from __future__ import annotations

from sbk_tui.data import models
from sbk_tui.data.store import Store


class AccessLog:
    """The log of looks at personal data at one counter."""

    def __init__(self, store: Store, clerk: str) -> None:
        self._store = store
        self._clerk = clerk

    def note(
        self, *, at_ms: int, person: str, command: str, purpose: str, revealed: str, rows: int = 1
    ) -> None:
        """Write one line; on return it is on disk."""
        with self._store.write() as db:
            models.AccessLog.insert(
                at=at_ms, clerk=self._clerk, person=person, command=command, purpose=purpose,
                revealed=revealed, rows=rows,
            ).execute(db)  # fmt: skip

    def of(self, person: str) -> tuple[tuple[int, str, str, str], ...]:
        """Return (time, clerk, command, revealed) of every look at a person, newest first."""
        query = models.AccessLog.select().where(models.AccessLog.person == person)
        with self._store.session() as db:
            rows = list(query.order_by(models.AccessLog.at.desc()).bind(db))
        return tuple((r.at, r.clerk, r.command, r.revealed) for r in rows)
