"""The stock room (2.3.3, B13): finding cards in the drawers, free positions, putting cards away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sbk_tui.data.beside import Beside, DroppedDraft
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.stock import Box, Order, Shelved, Sought, Stock
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.operations.store import CLAUSE, MOST, Slot, StoreCards
from sbk_tui.domain.operations.uncollected import MarkUncollected
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.stock import Place
from sbk_tui.domain.text import clean, narrow
from sbk_tui.errors import Refusal
from sbk_tui.services.forms import Field
from sbk_tui.services.lots import perform_lots

__all__ = ["FIELDS", "Box", "Done", "Order", "Shelved", "Slot", "StockDesk", "Stored"]
MOST_AT_ONCE = 5000
"""Cards put away in one go: a transaction of well under a second."""
_INITIALS = re.compile(r"([a-z]+)([0-9]{1,4}|[0-9]{1,3}x)?")
_DIGITS = re.compile(r"[0-9]+[Xx]?")
_PLACE = re.compile(r"[0-9]+(-[0-9]*)+")
_FEWEST = 2
_NO_PLACE_YET = "1-1-1"
FIELDS = (Field("place", parse=Place.parse), Field("one_by_one", "tick"))


class Stored(NamedTuple):
    """What was put away."""

    done: Done
    cards: int
    first: str
    """The place of the first card."""
    last: str


class StockDesk:
    """The drawers of this counter, for the clerk who is signed in."""

    def __init__(self, ledger: Ledger, stock: Stock, rules: Rules) -> None:
        self._ledger = ledger
        self._stock = stock
        self._rules = rules

    # ------------------------------------------------------------------ finding

    def page(self, text: str, order: Order, after: Shelved | None, limit: int) -> Sequence[Shelved]:
        """Return the cards that `text` may mean, behind `after`."""
        return self._stock.page(sought(text), order, after, limit)

    def count(self, text: str) -> int:
        """Return how many cards `text` finds."""
        return self._stock.count(sought(text))

    def numbers(self, text: str, order: Order) -> tuple[str, ...]:
        """Return the numbers of all cards that `text` finds, in order.

        Raises:
            Refusal: `store.too_many`.
        """
        found = self._stock.numbers(sought(text), order, MOST_AT_ONCE + 1)
        if len(found) > MOST_AT_ONCE:
            raise Refusal("store.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        return found

    def card(self, text: str) -> Shelved:
        """Return the card of this counter whose whole number was typed or scanned.

        Raises:
            Refusal: `store.not_here`, `card_number.form`.
        """
        number = str(CardNumber.parse(text))
        found = self._stock.get(number)
        if found is None:
            raise Refusal("store.not_here", clause=CLAUSE, card=number)
        return found

    def box(self, place: str) -> Box:
        """Return what lies in the box of a place."""
        return self._stock.box(Place.parse(place).box)

    @property
    def box_slots(self) -> int:
        """How many positions a box has."""
        return self._rules.settings.box_slots

    # ------------------------------------------------------------------ putting away

    def next_free(self, text: str) -> Place:
        """Return the next free position: of the box that was typed, else of the last one in use."""
        box = Place.parse(text).box if text.strip() else self._stock.last_box()
        return next(self._free_from(box or Place(_NO_PLACE_YET)))

    def plan(self, cards: Sequence[str], text: str, *, one_by_one: bool) -> tuple[Slot, ...]:
        """Return where each card goes: all to one place, or each to the next free position.

        Raises:
            Refusal: `store.nothing`, `store.too_many`, `place.…`; `store.no_box` when positions
                are wanted of a place that is no box.
        """
        if not cards:
            raise Refusal("store.nothing", clause=CLAUSE)
        if len(cards) > MOST_AT_ONCE:
            raise Refusal("store.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        place = Place.parse(text)
        if not one_by_one:
            return tuple(Slot(card=card, place=str(place)) for card in cards)
        places = self._free_from(place, leaving=frozenset(cards))
        return tuple(Slot(card=card, place=str(next(places))) for card in cards)

    def store(self, slots: Sequence[Slot], *, op: str, draft: str = "") -> Stored:
        """Put cards away, in one transaction; on return it is on disk.

        Args:
            op: the form's id, made when it opened.
            draft: the draft whose work this is.

        Raises:
            Refusal: as `StoreCards`; no card was put away.
        """
        beside: list[Beside] = [DroppedDraft(draft)] if draft else []
        done = perform_lots(
            self._ledger, op, slots, MOST, lambda lot: StoreCards(slots=tuple(lot)), beside
        )
        return Stored(done[-1], len(slots), slots[0].place, slots[-1].place)

    def mark_uncollected(self, cards: Sequence[str], *, op: str) -> Done:
        """Note that nobody fetched these cards (滞留标记), in one transaction.

        Raises:
            Refusal: `store.nothing`, `store.too_many`, or as `MarkUncollected`; none was marked.
        """
        if not cards:
            raise Refusal("store.nothing", clause=CLAUSE)
        if len(cards) > MOST_AT_ONCE:
            raise Refusal("store.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        lots = perform_lots(
            self._ledger, op, cards, MOST, lambda lot: MarkUncollected(cards=tuple(lot))
        )
        return lots[-1]

    def _free_from(self, start: Place, leaving: frozenset[str] = frozenset()) -> Iterator[Place]:
        """Yield free positions from `start` on, box after box.

        Args:
            leaving: cards that are being put away: where they lie now becomes free.
        """
        box, first = start.box, start.numbers[-1] if start.is_slot else 1
        if not box.is_box:
            raise Refusal("store.no_box", clause=CLAUSE, place=str(start))
        while True:
            taken = self._stock.taken(box, leaving)
            for position in range(first, max(self.box_slots, first) + 1):
                if position not in taken:
                    yield box.slot(position)
            box, first = box.next_box(), 1


def sought(text: str) -> Sought:
    """Return what a line of the search box looks for.

    Initials and last digits together (`ly0028`) are the shortest way to one card (B13).
    """
    text = clean(narrow(text)).strip()
    if not text or (text.isascii() and len(text) < _FEWEST):
        return Sought()  # one letter is a tenth of a township: a long list that helps nobody
    if _PLACE.fullmatch(text):
        return Sought(place=text.rstrip("-"))
    if _DIGITS.fullmatch(text):
        return Sought(tail=text.upper())
    found = _INITIALS.fullmatch(text.lower())
    if found:
        return Sought(initials=found[1], tail=(found[2] or "").upper())
    if text.isascii():
        return Sought(card=text.upper())
    return Sought(name=text)


def is_whole_card(text: str) -> bool:
    """Return whether `text` is a whole card number, as a scanner sends it."""
    try:
        return CardNumber.parse(text).check_ok
    except Refusal:
        return False
