"""Temporary cards at the counter: the acts of `temp_jobs`, the stock of blanks, who has one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Dossier
from sbk_tui.data.planned_sagas import ConfirmedStep, DroppedSagas, PlannedSagas
from sbk_tui.data.temp_cards import Counts, Out, TempCards
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.temp import (
    CancelTempCard,
    EnableTempCard,
    IssueTempCard,
    RewriteTempCard,
    StockTempCards,
    TakeBackTempCard,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import TEMP_CLAUSE_OF, TempCard, TempCardNumber, held, numbers_from
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.slips import Desk, head
from sbk_tui.services.temp_chip import TempChips, Unfinished, Work, unfinished
from sbk_tui.services.temp_jobs import TempAct, TempJob
from sbk_tui.texts import word

__all__ = ["Counts", "Handled", "Out", "TempCard", "TempDesk", "Unfinished", "held"]

STOCK_FIELDS = (
    Field("box", required=True),
    Field("temp_first", parse=TempCardNumber.parse, required=True),
    Field("temp_last", parse=TempCardNumber.parse),
)
"""The form with which a box of blanks is taken in."""
End = Literal["02", "03", "05"]
ENDS: tuple[End, ...] = ("02", "03", "05")
"""How a temporary card may end: 遗失, 损坏, 不再使用."""


class Handled(NamedTuple):
    """What came of an act."""

    done: Done
    paper: str
    """Id of the paper that is owed, or empty."""


class TempDesk:
    """Temporary cards for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        cards: TempCards,
        sagas: PlannedSagas,
        chips: TempChips | None,
        rules: Rules,
        desk: Desk,
        today: Callable[[], date],
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._cards = cards
        self._sagas = sagas
        self._chips = chips
        self._rules = rules
        self._desk = desk
        self._today = today
        self._new_id = new_id

    # ------------------------------------------------------------------ with a person

    def refuse(self, job: TempJob, seen: Dossier) -> None:
        """Return when `job` may begin with the person.

        Raises:
            Refusal: `temp.…`, the rule that says no.
        """
        job.guard(seen, self._desk.counter)

    def first_values(self, act: TempAct) -> dict[str, str]:
        """Return what stands in the fresh form of an act."""
        return act.first(self._today(), self._rules)

    def on_chip(self, act: TempAct) -> bool:
        """Return whether `act` writes a chip at this counter."""
        return self._chips is not None and bool(act.writes)

    def unfinished(self, person: str = "") -> tuple[Unfinished, ...]:
        """Return the cards whose writing was cut short (写卡未完成), of `person` if given."""
        found = unfinished(self._sagas)
        return tuple(each for each in found if person in {"", each.person})

    def carry_out(
        self,
        act: TempAct,
        seen: Dossier,
        values: Values,
        *,
        op: str,
        draft: str,
        cancel: threading.Event,
    ) -> Handled:
        """Do `act` with the person as shown in `seen`; on return it is on disk.

        With a reader the chip comes first: only what was read back whole is recorded.

        Args:
            op: the operation's id, made when the form was opened.
            draft: the draft whose work this is; dropped in the same transaction.
            cancel: breaks off waiting for the card, not writing it.

        Raises:
            Refusal: a field, a rule or the capability says no (`Outdated`: look again).
            OutcomeUnknown, DeviceFault, Cancelled: as `TempChips.write`; nothing is recorded.
        """
        for problem in problems(act.fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        operation = act.build(seen, values)
        card = held(seen.temp_cards)
        base = {card.subject: seen.versions[card.subject]} if card else {}
        intent = self._ledger.intend(operation, op=op, base=base)
        beside: list[Beside] = [DroppedDraft(draft)]
        if self._chips is not None and act.writes:
            # The rules first: no chip is written for what may not be.
            self._ledger.refuse(intent)
            operation, written = self._write(self._chips, act, seen, operation, values, cancel)
            intent = self._ledger.intend(operation, op=op, base=base)
            beside.append(written)
        else:
            self._refuse_unfinished(operation)
        paper = self._new_id() if act.layout else ""
        if paper:

            def record(done: Performed) -> bytes:
                return msgspec.msgpack.encode(self._slip(operation, done, seen))

            beside.append(OwedPaper(paper, act.layout, record))
        return Handled(self._ledger.perform(intent, beside=beside), paper)

    def _write(
        self,
        chips: TempChips,
        act: TempAct,
        seen: Dossier,
        operation: Operation,
        values: Values,
        cancel: threading.Event,
    ) -> tuple[Operation, ConfirmedStep]:
        """Write the chip; return the operation that says which chip it was, and the saga's end."""
        clause = TEMP_CLAUSE_OF[operation.kind]
        card = self._cards.one(_number_of(operation))
        if card is None:
            raise Refusal("temp.unknown", clause=clause, card=_number_of(operation))
        chip = chips.read(cancel, card, clause)
        work = Work(operation.kind, clause, act.writes, seen.person, card, dict(values))
        written = chips.write(cancel, work, chip)
        if isinstance(operation, IssueTempCard | RewriteTempCard):
            operation = replace(operation, chip=chip.identification)
        return operation, written

    def _refuse_unfinished(self, operation: Operation) -> None:
        """A card whose chip is half written is neither given out nor enabled (chip 6.1)."""
        number = _number_of(operation)
        left = next((each for each in self.unfinished() if each.temp_card == number), None)
        if left is not None:
            begun = next(kind for kind, of in TEMP_CLAUSE_OF.items() if of == left.clause)
            raise Refusal(
                "temp.unfinished", clause=TEMP_CLAUSE_OF[operation.kind], card=number,
                kind=words.kind(begun),
            )  # fmt: skip

    def _slip(self, operation: Operation, done: Performed, seen: Dossier) -> dict[str, str]:
        """Return what 临时卡领用单 says (6.1.1.1): whose, until when, who took it."""
        if not isinstance(operation, IssueTempCard):
            raise TypeError(operation.kind)
        at = words.moment(done.at_ms)
        receiver = operation.receiver
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "kind": words.kind(operation.kind),
            "done_at": at,
            "name": seen.person.name,
            "number": str(seen.person.number),
            "temp_card": str(operation.temp_card),
            "valid_to": operation.valid_to.isoformat(),
            "phone": str(receiver.phone),
            "proxy_name": str(receiver.name),
            "proxy_number": str(receiver.number),
            "standing": word("standing.slip"),
        }

    # ------------------------------------------------------------------ the stock

    def stock(self, values: Values, *, op: str) -> int:
        """Take the blanks of a box in and return how many; on return it is on disk.

        Raises:
            Refusal: a field's problem, `temp.range`, `temp.stock_size`, `temp.known`.
        """
        for problem in problems(STOCK_FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        numbers = numbers_from(values["temp_first"], values.get("temp_last", ""))
        operation = StockTempCards(box=values["box"].strip(), numbers=tuple(map(str, numbers)))
        self._ledger.perform(self._ledger.intend(operation, op=op))
        return len(numbers)

    def cancel(self, card: str, end: End, *, op: str) -> Done:
        """End a temporary card as lost, spoiled or no longer used; on return it is on disk.

        Raises:
            Refusal: `temp.unknown`, `temp.no_such_move`, `temp.still_out`, `temp.not_in_custody`.
        """
        operation = CancelTempCard(temp_card=card, end=end)
        beside = [DroppedSagas(TempCard(number=card).subject)]
        return self._ledger.perform(self._ledger.intend(operation, op=op), beside=beside)

    # ------------------------------------------------------------------ the list

    def out_after(self, key: tuple[str, str] | None, text: str, limit: int) -> list[Out]:
        """Return a page of the cards that are out, the first due first."""
        return self._cards.out_after(key, text, limit)

    def blanks_after(self, key: tuple[str, str] | None, text: str, limit: int) -> list[TempCard]:
        """Return a page of this counter's blanks, by box."""
        return self._cards.blanks_after(key, text, limit)

    def counts(self) -> Counts:
        """Return how many are out, overdue and blank."""
        return self._cards.counts(self._today().isoformat())

    def days_left(self, card: TempCard) -> int:
        """Return the days until a card is due back; negative once it is overdue."""
        return (card.valid_to - self._today()).days if card.valid_to else 0


def _number_of(operation: Operation) -> str:
    match operation:
        case IssueTempCard() | EnableTempCard() | RewriteTempCard() | TakeBackTempCard():
            return operation.temp_card
    raise TypeError(operation.kind)
