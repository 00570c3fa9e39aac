"""回执管理 (2.3.1): what became of the cards that a unit or village took for its people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.stock import Shelved
from sbk_tui.data.unit_cards import Receipts, UnitCards, UnitOrder
from sbk_tui.domain.card import CardState
from sbk_tui.domain.identity import Phone
from sbk_tui.domain.operations.receipt import CLAUSE, MOST, RecordReceipts
from sbk_tui.domain.operations.returned import SIGNED
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.forms import Field, Values, parse_date, problems
from sbk_tui.services.lots import perform_lots
from sbk_tui.services.slips import Desk, head
from sbk_tui.services.unit_desk import MOST_AT_ONCE, Unit
from sbk_tui.texts import name_of, word

__all__ = ["FIELDS", "ReceiptDesk", "Receipts", "Saved", "Shelved"]
_MOST_LISTED = 200
FIELDS = (
    Field("receipt_reason", "choice", table="receipt_reason", quiet=True, required=True),
    Field("receipt_on", "date", required=True),
    Field("bearer_name", parse=PersonName.parse),
    Field("bearer_phone", parse=Phone.parse),
)


class Saved(NamedTuple):
    """What was saved."""

    done: Done
    cards: int
    reason: str
    paper: str
    """Id of the 领卡回执 that is owed."""


class ReceiptDesk:
    """Receipts of units and villages, for the clerk who is signed in."""

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

    def beginning(self) -> dict[str, str]:
        """Return what a form begins with: signed for, today."""
        return {"receipt_reason": SIGNED, "receipt_on": self._today().isoformat()}

    def waiting(self) -> tuple[tuple[str, str], ...]:
        """Return (number, name and cards) of those that owe receipts; takes its time."""
        return tuple(
            (each.code, word("unit.waiting", name=each.name, cards=each.cards))
            for each in self._cards.waiting(_MOST_LISTED, which="owed")
        )

    def page(
        self, unit: Unit, order: UnitOrder, after: Shelved | None, limit: int
    ) -> Sequence[Shelved]:
        """Return cards that a unit took and of which nobody has told yet, behind `after`."""
        return self._cards.page(unit.codes, order, after, limit, which="owed")

    def count(self, unit: Unit) -> int:
        """Return how many receipts a unit owes."""
        return self._cards.count(unit.codes, which="owed")

    def numbers(self, unit: Unit, order: UnitOrder) -> tuple[str, ...]:
        """Return the numbers of all cards for which a unit owes receipts, in order.

        Raises:
            Refusal: `receipt.too_many`.
        """
        found = self._cards.numbers(unit.codes, order, MOST_AT_ONCE + 1, which="owed")
        if len(found) > MOST_AT_ONCE:
            raise Refusal("receipt.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        return found

    def figures(self, unit: Unit) -> Receipts:
        """Return what became of all cards of a unit."""
        return self._cards.receipts(unit.codes)

    def save(
        self, unit: Unit, cards: Sequence[str], values: Values, *, op: str, draft: str = ""
    ) -> Saved:
        """Record the receipts of `cards` in one transaction; on return it is on disk.

        Args:
            op: the form's id, made when it opened.
            draft: the draft whose work this is.

        Raises:
            Refusal: a field, or as `RecordReceipts`; no receipt was recorded.
        """
        for problem in problems(FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        if not cards:
            raise Refusal("receipt.nothing", clause=CLAUSE)
        if len(cards) > MOST_AT_ONCE:
            raise Refusal("receipt.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        reason, on = values["receipt_reason"], parse_date(values["receipt_on"])
        bearer, phone = values.get("bearer_name", ""), values.get("bearer_phone", "")

        def build(lot: Sequence[str]) -> RecordReceipts:
            return RecordReceipts(
                codes=unit.codes, cards=tuple(lot), reason=reason, on=on,
                bearer=bearer, phone=phone,
            )  # fmt: skip

        listed = tuple(self._cards.each(cards))
        figures = after(self.figures(unit), reason, listed)
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            told = {
                **_figures(figures),
                "bearer": " ".join(filter(None, (bearer, phone))),
                "outcome": name_of("receipt_reason", reason),
                "day": on.isoformat(),
                "cards": [_line(place, each, reason) for place, each in enumerate(listed, 1)],
            }
            return msgspec.msgpack.encode({**self._head(unit, done), **told})

        beside: list[Beside] = [OwedPaper(paper, "unit_receipt", record)]
        if draft:
            beside.append(DroppedDraft(draft))
        done = perform_lots(self._ledger, op, cards, MOST, build, beside)
        return Saved(done[-1], len(cards), reason, paper)

    def _head(self, unit: Unit, done: Performed) -> Mapping[str, object]:
        at = words.moment(done.at_ms)
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "done_at": at,
            "unit": f"{unit.name}（{unit.code}）",
            "standing": word("standing.slip"),
        }


def after(figures: Receipts, reason: str, cards: Sequence[Shelved]) -> Receipts:
    """Return the figures once `cards` have their receipt; a card in use stays its holder's."""
    back = 0
    if reason != SIGNED:
        back = sum(each.card.state is CardState.SEALED for each in cards)
    returned = figures.returned
    if back:
        returned = dict(sorted({**returned, reason: returned.get(reason, 0) + back}.items()))
    return figures._replace(
        owed=figures.owed - len(cards),
        issued=figures.issued + len(cards) - back,
        returned=returned,
    )


def by_reason(figures: Receipts) -> str:
    """Return the returned cards in words: `拒领 2 张，死亡 1 张`."""
    return "，".join(
        word("receipt.of_reason", reason=name_of("receipt_reason", reason), count=count)
        for reason, count in figures.returned.items()
    )


def _figures(figures: Receipts) -> dict[str, str]:
    sheets = {
        "due": figures.due,
        "issued": figures.issued,
        "returned": sum(figures.returned.values()),
        "owed": figures.owed,
        "here": figures.here,
    }
    told = {key: word("receipt.sheets", count=count) for key, count in sheets.items()}
    return {**told, "reasons": by_reason(figures)}


def _line(place: int, shelved: Shelved, reason: str) -> dict[str, str]:
    person, card = shelved.person, shelved.card
    return {
        "place": str(place),
        "name": person.name,
        "number": person.number,
        "card": card.number,
        "outcome": name_of("receipt_reason", reason),
        "signed": "",
    }
