"""PIN work that was begun at a chip and whose outcome is not known (B3): a draft says so.

It is written before the chip is touched and goes in the transaction that records the fact. What is
found of it later may be settled by any clerk of the counter: the card alone can tell.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.data.lookup import Lookup
from sbk_tui.domain.pin import Presence
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import SocialCard
from sbk_tui.services import words
from sbk_tui.services.draft_desk import DraftDesk, FormDraft, Kept
from sbk_tui.services.pin_work import JOBS, Work
from sbk_tui.texts import word

SENT = "sent"
"""The step of a draft whose work was begun at the chip."""


class Pending(NamedTuple):
    """Work whose outcome is not known: only the card can tell."""

    work: Work
    tries_before: int | None
    own: bool
    """Whether the signed-in clerk began it."""
    clerk: str
    """The name of who did."""
    at: str
    """When, as shown."""

    def refusal(self) -> Refusal:
        """Return why nothing else is done with this card."""
        return Refusal(
            "pin.begun_by", clause=self.work.job.clause, clerk=self.clerk, at=self.at,
            job=words.kind(self.work.job.kind), where=self.work.job.clause,
        )  # fmt: skip


class BegunWork:
    """The unsettled PIN work of one counter, as one clerk sees it."""

    def __init__(self, drafts: DraftDesk, lookup: Lookup) -> None:
        self._drafts = drafts
        self._lookup = lookup

    def note(self, work: Work, left: int | None) -> None:
        """Say that the chip is about to be told; on return it is on disk."""
        values = {
            "identification": work.chip.identification,
            "historical": work.chip.historical,
            "presence": work.presence.value,
            "tries": "" if left is None else str(left),
        }
        draft = FormDraft(
            id=work.draft, op=work.op, step=SENT, person=work.seen.person.id,
            card=work.card.number, values=values,
        )  # fmt: skip
        self._drafts.save(work.job.clause, draft)

    def drop(self, work: Work) -> None:
        """Forget it: the chip did nothing."""
        self._drafts.drop(work.draft)

    def all(self) -> tuple[Pending, ...]:
        """Return whatever any clerk, or a kiosk on this store, has begun; newest first a job."""
        return tuple(
            pending
            for clause in JOBS
            for kept in self._drafts.everybodys(clause)
            if (pending := self._pending(clause, kept)) is not None
        )

    def own(self, clause: str) -> Pending | None:
        """Return the signed-in clerk's work of a job."""
        return next((p for p in self.all() if p.own and p.work.job.clause == clause), None)

    def with_card(self, number: str) -> Pending | None:
        """Return the work that was begun with a card, of whatever job."""
        return next((p for p in self.all() if p.work.card.number == number), None)

    def refuse_settled(self, pending: Pending) -> None:
        """Return while it is unsettled.

        Raises:
            Refusal: `pin.settled_meanwhile`, by another clerk.
        """
        if all(found.work.draft != pending.work.draft for found in self.all()):
            raise Refusal("pin.settled_meanwhile", clause=pending.work.job.clause)

    def _pending(self, clause: str, kept: Kept) -> Pending | None:
        draft = kept.draft
        seen = self._lookup.dossier(draft.person) if draft.step == SENT else None
        card = next((c for c in seen.cards if c.number == draft.card), None) if seen else None
        if seen is None or card is None:
            return None
        values = draft.values
        chip = SocialCard(
            identification=values["identification"],
            historical=values["historical"],
            algorithm="",
            version="",
            number=draft.card,
        )
        work = Work(
            JOBS[clause], seen, card, chip, Presence(values["presence"]), draft.op, draft.id
        )
        tries = int(values["tries"]) if values["tries"] else None
        who = kept.name or word("pin.kiosk")
        return Pending(work, tries, kept.own, who, words.moment(kept.at_ms))
