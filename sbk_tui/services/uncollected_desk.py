"""滞留清单 (2.3.3): cards nobody fetched by age and village, who to call, marking many of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sbk_tui.data.access import AccessLog
from sbk_tui.data.ledger import Done
from sbk_tui.data.uncollected import Asked, Uncollected, Waited, WaitingOrder
from sbk_tui.data.unit_cards import UnitCards
from sbk_tui.domain.operations.uncollected import CLAUSE, markable
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.text import clean, narrow
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.pinyin import matches
from sbk_tui.services.stats_desk import age_limits
from sbk_tui.services.stock_desk import MOST_AT_ONCE, StockDesk
from sbk_tui.texts import word

__all__ = ["Done", "Group", "ToMark", "UncollectedDesk", "Waited", "WaitingOrder"]
_DAY_MS = 86_400_000
_FEWEST = 2
"""Letters from which a name's initials are searched: one letter is a tenth of a township."""
_MOST_GROUPS = 1000


class Group(NamedTuple):
    """A unit or village with cards that wait."""

    code: str
    name: str
    cards: int


class ToMark(NamedTuple):
    """What "all" means for the 滞留标记."""

    cards: tuple[str, ...]
    left_out: int
    """Found too, but marked today, marked often enough, or faulty."""


class UncollectedDesk:
    """The cards that wait, for the clerk who is signed in."""

    def __init__(
        self,
        waiting: Uncollected,
        cards: UnitCards,
        stock: StockDesk,
        access: AccessLog,
        *,
        counter: str,
        settings: Settings,
        now_ms: Callable[[], int],
    ) -> None:
        self._waiting = waiting
        self._cards = cards
        self._stock = stock
        self._access = access
        self._counter = counter
        self._settings = settings
        self._now_ms = now_ms
        self._groups: tuple[Group, ...] = ()

    # ------------------------------------------------------------------ the list

    @property
    def ages(self) -> tuple[int, ...]:
        """Least ages in days to choose from, all cards first."""
        return (0, *age_limits(self._settings))

    def groups(self) -> tuple[Group, ...]:
        """Return the units and villages with cards that wait, most first; takes its time.

        What is typed afterwards is understood as one of their names, too.
        """
        found = self._cards.waiting(_MOST_GROUPS)
        self._groups = tuple(Group(each.code, each.name, each.cards) for each in found)
        return self._groups

    def asked(self, typed: str, days: int = 0) -> Asked:
        """Return the question of a line: a village's number, name or initials, or a person's.

        Args:
            days: least age of a card.
        """
        until = self._now_ms() - days * _DAY_MS
        text = clean(narrow(typed)).strip()
        if not text:
            return Asked(known_until_ms=until)
        if text.isdigit():
            of_unit = tuple(g.code for g in self._groups if g.code == text)
            return Asked(known_until_ms=until, codes=of_unit, region=text)
        letters = text.isascii()
        if letters and len(text) < _FEWEST:
            return Asked(known_until_ms=until)
        codes = tuple(
            g.code for g in self._groups if (matches(text, g.name) if letters else text in g.name)
        )
        if codes:
            return Asked(known_until_ms=until, codes=codes)
        if letters:
            return Asked(known_until_ms=until, initials=text.lower())
        return Asked(known_until_ms=until, name=text)

    def page(
        self, asked: Asked, order: WaitingOrder, after: Waited | None, limit: int
    ) -> Sequence[Waited]:
        """Return cards behind `after`."""
        return self._waiting.page(asked, order, after, limit)

    def count(self, asked: Asked) -> int:
        """Return how many cards a question finds."""
        return self._waiting.count(asked)

    def days(self, waited: Waited) -> int:
        """Return how many whole days a card has waited."""
        return (self._now_ms() - waited.known_ms) // _DAY_MS

    # ------------------------------------------------------------------ who to call

    def call(self, waited: Waited, purpose: str) -> str:
        """Return whom to call about a card, with numbers; it is noted who looked and why."""
        person = waited.person
        self._access.note(
            at_ms=self._now_ms(), person=person.id, command=CLAUSE, purpose=purpose,
            revealed="phone", rows=1,
        )  # fmt: skip
        own = " ".join(filter(None, (person.mobile, person.fixed_phone)))
        said = word("uncollected.call", name=person.name, phone=own or word("uncollected.no_phone"))
        if person.guardian_name:
            guardian = " ".join(filter(None, (person.guardian_name, person.guardian_phone)))
            said += word("uncollected.guardian", guardian=guardian)
        return said

    # ------------------------------------------------------------------ marking

    def to_mark(self, asked: Asked, order: WaitingOrder) -> ToMark:
        """Return the cards a question finds that may be marked today, in order.

        Raises:
            Refusal: `store.too_many`.
        """
        found = self._waiting.page(asked, order, None, MOST_AT_ONCE + 1)
        if len(found) > MOST_AT_ONCE:
            raise Refusal("store.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        cards = tuple(each.card.number for each in found if self.may_mark(each))
        return ToMark(cards, len(found) - len(cards))

    def may_mark(self, waited: Waited) -> bool:
        """Return whether a card may be marked today."""
        today = from_ms(self._now_ms()).astimezone(CHINA).date()
        try:
            markable(waited.card, counter=self._counter, today=today)
        except Refusal:
            return False
        return True

    def mark(self, cards: Sequence[str], *, op: str) -> Done:
        """Note that nobody fetched these cards (滞留标记), in one transaction.

        Raises:
            Refusal: as `StockDesk.mark_uncollected`; none was marked.
        """
        return self._stock.mark_uncollected(cards, op=op)
