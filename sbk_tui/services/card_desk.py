"""What a clerk does to one card: an act of `card_jobs` becomes an operation and an owed paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.ledger import Done, Ledger, Session
from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.card import Card
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Refusal
from sbk_tui.services.card_jobs import Act, CardJob
from sbk_tui.services.forms import Values, problems
from sbk_tui.services.slips import Desk, slip_record
from sbk_tui.services.spoken_desk import SpokenDesk


class Handled(NamedTuple):
    """What came of an act."""

    done: Done
    card: Card
    """The card as it stands now."""
    paper: str
    """Id of the paper that is owed."""
    spoken: str = ""
    """The digits to read to the city while the line is down (B2)."""


class CardDesk:
    """Acts on cards for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        rules: Rules,
        desk: Desk,
        today: Callable[[], date],
        new_id: Callable[[], str],
        unlock: Callable[[str, str], Session],
        spoken: SpokenDesk,
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._desk = desk
        self._today = today
        self._new_id = new_id
        self._unlock = unlock
        self._spoken = spoken

    def why_not(self, job: CardJob, card: Card) -> Refusal | None:
        """Return what the job's own rule says against beginning with `card`, or None."""
        try:
            job.guard(card, self._desk.counter, self._today(), self._rules)
        except Refusal as refusal:
            return refusal
        return None

    def carry_out(
        self,
        act: Act,
        seen: Dossier,
        card: Card,
        values: Values,
        *,
        op: str,
        approver: tuple[str, str] | None = None,
        draft: str | None = None,
    ) -> Handled:
        """Do `act` to `card` as it was shown in `seen`; on return it is on disk.

        Args:
            op: the operation's id, made when the form was opened.
            approver: a second clerk's id and password, where the act needs one.
            draft: the draft whose work this is; dropped in the same transaction.

        Raises:
            Refusal: a field, a rule or the capability says no (`Outdated`: look again).
        """
        for problem in problems(act.fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        operation = act.build(card, values, self._today(), self._rules)
        base = {card.subject: seen.versions[card.subject]}
        intent = self._ledger.intend(operation, op=op, base=base)
        approvals = []
        if approver is not None:
            approvals.append(self._ledger.approve(intent, self._unlock(*approver)))
        paper = self._new_id()
        code = self._spoken.code(operation, seen.person.number)

        def record(done: Performed) -> bytes:
            slip = slip_record(operation, done, seen.person, card, self._desk)
            return msgspec.msgpack.encode({**slip, "spoken": code})

        beside: list[Beside] = [OwedPaper(paper, act.layout, record)]
        if draft is not None:
            beside.append(DroppedDraft(draft))
        done = self._ledger.perform(intent, approvals, beside)
        changed = next((e for e in done.changed if isinstance(e, Card)), card)
        return Handled(done, changed, paper, code)
