"""Cards that a caller may have meant whose number the city does not know: one character differs."""

from __future__ import annotations

from collections.abc import Iterator

from sbk_tui.domain.identity import card_check, mod11_2
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.world import World

_MOST = 9
_DIGITS = "0123456789"
_LETTERS = f"{_DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def near_cards(operation: BlindLoss, world: World) -> tuple[str, ...]:
    """Return the numbers of cards that may be meant, at most nine.

    Of a number all but the check character is compared; a near number has a valid one.
    """
    found: dict[str, None] = {}
    for body in _one_off(operation.card[:-1], _LETTERS):
        card = world.card(body + card_check(body))
        if card is not None:
            found[card.number] = None
    for body in _one_off(operation.number[:-1], _DIGITS):
        if not body.isdigit():  # a permit's letters have no neighbours
            continue
        person = world.person_by_number(body + mod11_2(body))
        if person is not None:
            found |= dict.fromkeys(card.number for card in world.cards_of(person.id))
    return tuple(found)[:_MOST]


def _one_off(body: str, letters: str) -> Iterator[str]:
    if body:
        yield body  # the check character itself may be the one that is wrong
    for place, own in enumerate(body):
        for letter in letters:
            if letter != own:
                yield body[:place] + letter + body[place + 1 :]
