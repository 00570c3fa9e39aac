"""走村发卡 (B10): a village's cards in house order, each handed over by an operation of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.unit_cards import UnitCards
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.operations.visit import NotAtHome
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.card_jobs import PROXY, RECEIVER_FIELDS, SELF, receiver_of
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.slips import Desk, head
from sbk_tui.services.unit_desk import Shelved, Unit
from sbk_tui.texts import word

__all__ = ["PROXY", "SELF", "Counts", "Done", "RoundDesk", "Shelved", "fields_of"]
_MOST_ON_A_SHEET = 2000


class Counts(NamedTuple):
    """How far a round is."""

    waiting: int
    done: int
    """Handed out today."""


class RoundDesk:
    """A round through a village, for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        cards: UnitCards,
        rules: Rules,
        desk: Desk,
        today: Callable[[], date],
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._cards = cards
        self._rules = rules
        self._desk = desk
        self._today = today
        self._new_id = new_id

    def page(self, unit: Unit, after: Shelved | None, limit: int) -> Sequence[Shelved]:
        """Return cards behind `after` in house order: those here and those handed out today."""
        return self._cards.page(unit.codes, "house", after, limit, since=self._since())

    def counts(self, unit: Unit) -> Counts:
        """Return how many cards wait, and how many went out today."""
        waiting = self._cards.count(unit.codes)
        return Counts(waiting, self._cards.count(unit.codes, since=self._since()) - waiting)

    def hand_over(self, shelved: Shelved, values: Values, *, op: str) -> Done:
        """Record that one card went to its holder or a proxy; on return it is on disk.

        Raises:
            Refusal: a field, or as `IssueToPerson` (`Outdated`: somebody was faster).
        """
        fields = fields_of(values["receiver"])
        for problem in problems(fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        card = shelved.card.number
        return self._perform(IssueToPerson(card=card, receiver=receiver_of(values)), op)

    def not_at_home(self, shelved: Shelved) -> Done:
        """Note that nobody was at home today; on return it is on disk.

        Raises:
            Refusal: `visit.noted` when it is noted already today, or as `NotAtHome`.
        """
        return self._perform(NotAtHome(card=shelved.card.number), self._new_id())

    def sheet(self, unit: Unit) -> Printable:
        """Return the signature sheet: the round's cards in house order, as they stand."""
        counts = self.counts(unit)
        listed = self._cards.page(unit.codes, "house", None, _MOST_ON_A_SHEET, since=self._since())
        return Printable(
            "round_sheet",
            {
                **head(self._desk, self._today().isoformat(), self._new_id()),
                "unit": f"{unit.name}（{unit.code}）",
                "day": self._today().isoformat(),
                "count": word("round.counts_paper", waiting=counts.waiting, done=counts.done),
            },
            tables={"cards": [_line(place, each) for place, each in enumerate(listed, 1)]},
        )

    def _perform(self, operation: Operation, op: str) -> Done:
        return self._ledger.perform(self._ledger.intend(operation, op=op))

    def _since(self) -> str:
        """Return where the day at the counter begins, as the column of hand-outs has it."""
        begins = datetime.combine(self._today(), time(), CHINA).astimezone(UTC)
        return begins.isoformat()[:19]


def fields_of(receiver: str) -> tuple[Field, ...]:
    """Return what is asked when the holder or a proxy stands at the door."""
    asked = (f for f in RECEIVER_FIELDS if f.asked({"receiver": receiver}))
    return tuple(field for field in asked if field.name != "receiver")


def outcome(person_name: str, card: Card) -> str:
    """Return in words what came of a card at the door; empty while nothing did."""
    if card.collected_at is not None:
        at = words.moment(card.collected_at)[-5:]
        return word("round.collected", receiver=words.receiver(card, person_name), time=at)
    if card.not_home_on is not None:
        return word("round.not_home", day=card.not_home_on.isoformat()[5:])
    return ""


def _line(place: int, shelved: Shelved) -> Mapping[str, str]:
    person, card = shelved.person, shelved.card
    return {
        "place": str(place),
        "address": person.address,
        "name": person.name,
        "number": person.number,
        "card": card.number,
        "outcome": outcome(person.name, card),
        "signed": "",
    }
