"""Drafts of forms: what was typed is kept until it is handed in or thrown away on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from sbk_tui.data.drafts import Draft, Drafts


class FormDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a job's screen needs to stand where it stood."""

    id: str
    op: str
    """The operation's id: made when the form opened, so that a repeat after a crash is known."""
    step: str
    person: str = ""
    card: str = ""
    values: dict[str, str] = {}


class Kept(NamedTuple):
    """A draft of anybody's at this counter."""

    draft: FormDraft
    own: bool
    name: str
    """The clerk's; empty for a kiosk."""
    at_ms: int


class DraftDesk:
    """The signed-in clerk's drafts."""

    def __init__(self, drafts: Drafts, clerk: str, now_ms: Callable[[], int]) -> None:
        self._drafts = drafts
        self._clerk = clerk
        self._now_ms = now_ms

    def save(self, job: str, draft: FormDraft) -> None:
        """Keep `draft` of a job; on return it is on disk."""
        body = msgspec.msgpack.encode(draft)
        self._drafts.save(Draft(draft.id, self._clerk, job, body, self._now_ms()))

    def newest(self, job: str) -> FormDraft | None:
        """Return the newest draft of a job; one that no longer reads is passed over."""
        found = self._drafts.newest(self._clerk, job)
        return None if found is None else _read(found)

    def everybodys(self, job: str) -> tuple[Kept, ...]:
        """Return every clerk's drafts of a job, newest first; those that read."""
        return tuple(
            Kept(draft, found.clerk == self._clerk, name, found.at_ms)
            for found, name in self._drafts.everybodys(job)
            if (draft := _read(found)) is not None
        )

    def one(self, job: str, draft_id: str) -> FormDraft | None:
        """Return a draft of a job by its id; one that no longer reads is passed over."""
        for found in self._drafts.of(self._clerk, job):
            if found.id == draft_id:
                return _read(found)
        return None

    def jobs(self) -> tuple[str, ...]:
        """Return the jobs that have a draft, newest first, each once."""
        return tuple(dict.fromkeys(draft.job for draft in self._drafts.of(self._clerk)))

    def drop(self, draft_id: str) -> None:
        """Throw a draft away."""
        self._drafts.drop(draft_id)


def _read(draft: Draft) -> FormDraft | None:
    try:
        return msgspec.msgpack.decode(draft.body, type=FormDraft)
    except msgspec.DecodeError:
        return None
