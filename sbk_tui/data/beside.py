"""What is written beside an operation, in its own transaction: a paper owed, a draft dropped.

So a crash right after the commit finds the slip in the list of papers owed (B18), and never a
draft of work that is already done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from peewee import SqliteDatabase

from sbk_tui.data import models
from sbk_tui.domain.world import Entity


class Performed(Protocol):
    """What of a finished operation others may need to know."""

    @property
    def op(self) -> str: ...

    @property
    def at_ms(self) -> int: ...

    @property
    def code(self) -> str: ...

    @property
    def changed(self) -> tuple[Entity, ...]: ...


class Beside(Protocol):
    """Something to be written in an operation's transaction."""

    def write(self, db: SqliteDatabase, done: Performed) -> None: ...


class OwedPaper(NamedTuple):
    """A paper that the operation owes: filed at once, printed afterwards."""

    id: str
    layout: str
    record: Callable[[Performed], bytes]
    """What the paper says, once time and code of the operation are known."""

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """File it as owed."""
        models.Paper.insert(
            id=self.id, op=done.op, layout=self.layout, record=self.record(done),
            state="owed", copies=0, job="", at=done.at_ms,
        ).execute(db)  # fmt: skip


class DroppedDraft(NamedTuple):
    """A draft whose work this operation is."""

    id: str

    def write(self, db: SqliteDatabase, done: Performed) -> None:  # noqa: ARG002 -- Beside
        """Delete it."""
        models.Draft.delete().where(models.Draft.id == self.id).execute(db)


class ClosedCase(NamedTuple):
    """A case that the operation answers (B16)."""

    id: str
    answer: str
    told: str

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """Close it; one that is closed stays as it was."""
        models.CaseItem.update(
            closed=done.at_ms, closed_by_op=done.op, answer=self.answer, told=self.told
        ).where(models.CaseItem.id == self.id, models.CaseItem.closed.is_null()).execute(db)
