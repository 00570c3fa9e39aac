"""全市挂失、注销名单: what the city's list says more of a card than the records here (3.1–3.4).

The list holds numbers and states of all the city's lost and cancelled cards, also of those whose
records this counter has not got.
"""

from __future__ import annotations

from collections.abc import Callable

from sbk_tui.domain.card import BLOCKED, Card, CardState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Enable
from sbk_tui.domain.operations.loss import Release
from sbk_tui.domain.world import World
from sbk_tui.errors import Refusal

Listed = Callable[[str], str | None]
"""Returns the state under which a card is listed, None when it is not, or is known as such."""


def says_more(listed: str, here: CardState) -> bool:
    """Return whether a card listed as `listed` is not known to be so here."""
    if here not in BLOCKED:
        return True
    return listed == CardState.CANCELLED and here is not CardState.CANCELLED


def refuse_listed(operation: Operation, world: World, listed: Listed) -> None:
    """Return unless `operation` would make a card usable that the city has blocked.

    Raises:
        Refusal: `card.listed`.
    """
    if not isinstance(operation, Enable | Release):
        return
    card = world.card(operation.card)
    state = listed(operation.card)
    if card is not None and state is not None and says_more(state, card.state):
        clause = "3.3" if isinstance(operation, Release) else "5.1.4"
        raise Refusal("card.listed", clause=clause, card=card.number, card_state=state)


def worth_a_warning(card: Card, listed: Listed) -> str | None:
    """Return the state of the list that a clerk must be told of before `card` is given away."""
    state = listed(card.number)
    return state if state is not None and says_more(state, card.state) else None
