"""What was typed and not yet handed in: it survives a killed terminal, an idle lock, a crash."""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.data import models
from sbk_tui.data.store import Store


class Draft(NamedTuple):
    """One unfinished form."""

    id: str
    clerk: str
    job: str
    body: bytes
    """MessagePack, the screen's own."""
    at_ms: int


class Drafts:
    """The drafts of one counter; a clerk sees their own, and what was begun at a device."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, draft: Draft) -> None:
        """Keep `draft`, in place of an earlier state of it."""
        with self._store.write() as db:
            models.Draft.replace(
                id=draft.id, clerk=draft.clerk, job=draft.job, body=draft.body, at=draft.at_ms
            ).execute(db)

    def newest(self, clerk: str, job: str) -> Draft | None:
        """Return the clerk's newest draft of a job."""
        return next(iter(self.of(clerk, job)), None)

    def of(self, clerk: str, job: str | None = None) -> tuple[Draft, ...]:
        """Return the clerk's drafts, newest first."""
        query = models.Draft.select().where(models.Draft.clerk == clerk)
        if job is not None:
            query = query.where(models.Draft.job == job)
        with self._store.session() as db:
            rows = list(query.order_by(models.Draft.at.desc()).bind(db))
        return tuple(Draft(r.id, r.clerk, r.job, bytes(r.body), r.at) for r in rows)

    def everybodys(self, job: str) -> tuple[tuple[Draft, str], ...]:
        """Return every clerk's drafts of a job with the clerk's name, newest first.

        For work that was begun at a device: whoever sits there next may have to end it.
        """
        with self._store.session() as db:
            rows = db.execute_sql(
                "SELECT d.id, d.clerk, d.job, d.body, d.at, coalesce(c.name, '')"
                " FROM draft d LEFT JOIN clerk c ON c.id = d.clerk WHERE d.job = ?"
                " ORDER BY d.at DESC",
                (job,),
            ).fetchall()
        return tuple(
            (Draft(key, clerk, of, bytes(body), at), name)
            for key, clerk, of, body, at, name in rows
        )

    def drop(self, draft_id: str) -> None:
        """Forget a draft."""
        with self._store.write() as db:
            models.Draft.delete().where(models.Draft.id == draft_id).execute(db)
