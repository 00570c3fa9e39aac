"""一家代领 (B17): one proxy, several members; an operation for each card, one sheet for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import OwedPaper, Performed
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.stock import Shelved, Stock
from sbk_tui.domain.card import CardState, Receiver
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.card_jobs import PROXY, receiver_of
from sbk_tui.services.forms import Values, problems
from sbk_tui.services.lots import perform_lots
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.round_desk import fields_of
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import word

__all__ = ["FIELDS", "PROXY", "Gathered", "HouseholdDesk", "Shelved"]
CLAUSE = "2.2.2"
FIELDS = fields_of(PROXY)
MOST = 20
"""Cards one proxy collects at most in one go [A]: a household, not a village."""


class Gathered(NamedTuple):
    """What was collected."""

    done: tuple[Done, ...]
    paper: str
    """Id of the sheet that is owed."""


class HouseholdDesk:
    """A household's cards, for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        stock: Stock,
        rules: Rules,
        desk: Desk,
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._stock = stock
        self._rules = rules
        self._desk = desk
        self._new_id = new_id

    def card_of(self, seen: Dossier) -> Shelved:
        """Return the card that waits here for a person.

        Raises:
            Refusal: `household.no_card`.
        """
        for card in seen.cards:
            found = self._stock.get(card.number) if card.state is CardState.SEALED else None
            if found is not None:
                return found
        raise Refusal("household.no_card", clause=CLAUSE, name=seen.person.name)

    def hand_over(self, basket: Sequence[Shelved], values: Values, *, op: str) -> Gathered:
        """Hand the cards of `basket` to the proxy of the form, in one transaction.

        Args:
            op: the form's id; each card is an operation whose id follows from it.

        Raises:
            Refusal: a field, `household.empty`, `household.too_many`, or as `IssueToPerson`:
                then no card was handed out.
        """
        if not basket:
            raise Refusal("household.empty", clause=CLAUSE)
        if len(basket) > MOST:
            raise Refusal("household.too_many", clause=CLAUSE, most=MOST)
        values = {**values, "receiver": PROXY}
        for problem in problems(FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        receiver = receiver_of(values)
        paper = self._new_id()

        def build(one: Sequence[Shelved]) -> IssueToPerson:
            return IssueToPerson(card=one[0].card.number, receiver=receiver)

        def record(done: Performed) -> bytes:
            return msgspec.msgpack.encode(self._sheet(basket, receiver, done))

        owed = OwedPaper(paper, "household_sheet", record)
        return Gathered(tuple(perform_lots(self._ledger, op, basket, 1, build, (owed,))), paper)

    def _sheet(
        self, basket: Sequence[Shelved], receiver: Receiver, done: Performed
    ) -> Mapping[str, object]:
        at = words.moment(done.at_ms)
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "done_at": at,
            "receiver_name": str(receiver.name),
            "receiver_number": str(receiver.number),
            "phone": receiver.phone,
            "count": str(len(basket)),
            "standing": word("standing.slip"),
            "cards": [
                {
                    "place": str(place),
                    "name": each.person.name,
                    "number": each.person.number,
                    "card": each.card.number,
                }
                for place, each in enumerate(basket, 1)
            ],
        }
