"""Papers owed and printed: nothing counts as printed before the spooler took it (B18)."""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.data import models
from sbk_tui.data.beside import OwedPaper, Performed
from sbk_tui.data.store import Store


class Paper(NamedTuple):
    """One paper of one operation."""

    id: str
    op: str
    layout: str
    record: bytes
    """MessagePack mapping of texts: what the layout prints."""
    state: str
    """"owed" or "printed"."""
    copies: int
    job: str
    """What the spooler called the last copy."""
    at_ms: int


class Papers:
    """The papers of one counter."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, paper_id: str) -> Paper | None:
        """Return a paper."""
        with self._store.session() as db:
            query = models.Paper.select().where(models.Paper.id == paper_id).bind(db)
            return next((_paper(row) for row in query), None)

    def owed(self) -> tuple[Paper, ...]:
        """Return the papers that were never printed, oldest first."""
        query = models.Paper.select().where(models.Paper.state == "owed")
        with self._store.session() as db:
            return tuple(_paper(row) for row in query.order_by(models.Paper.at).bind(db))

    def of(self, op: str) -> tuple[Paper, ...]:
        """Return the papers of an operation."""
        query = models.Paper.select().where(models.Paper.op == op)
        with self._store.session() as db:
            return tuple(_paper(row) for row in query.order_by(models.Paper.at).bind(db))

    def owe(self, paper: OwedPaper, done: Performed) -> None:
        """File a paper once the city has said yes; one that is filed already stays as it is."""
        with self._store.write() as db:
            if models.Paper.select().where(models.Paper.id == paper.id).bind(db).first() is None:
                paper.write(db, done)

    def printed(self, paper_id: str, job: str) -> None:
        """Note that the spooler took one more copy, as `job`."""
        with self._store.write() as db:
            models.Paper.update(state="printed", copies=models.Paper.copies + 1, job=job).where(
                models.Paper.id == paper_id
            ).execute(db)


def _paper(row: models.Paper) -> Paper:
    return Paper(
        row.id, row.op, row.layout, bytes(row.record), row.state, row.copies, row.job, row.at
    )
