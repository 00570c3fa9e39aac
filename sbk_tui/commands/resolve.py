"""Which card or person is meant: by a number of their own, or by the holder's."""

from __future__ import annotations

from sbk_tui.data.lookup import Lookup
from sbk_tui.domain.card import CardState
from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.errors import Refusal


def card_named(lookup: Lookup, given: str) -> str:
    """Return the 社保卡号 that `given` names: itself, or the one card of a 社会保障号码.

    Raises:
        Refusal: `card_number.form`, `person.unknown`, `card.none_of_person`, `card.several`.
    """
    try:
        return str(CardNumber.parse(given))
    except Refusal as refusal:
        number = _social_number(given)
        if number is None:
            raise refusal from None
    held = lookup.dossier(number)
    if held is None:
        raise Refusal("person.unknown")
    cards = [card.number for card in held.cards if card.state is not CardState.CANCELLED]
    if not cards:
        raise Refusal("card.none_of_person")
    if len(cards) > 1:
        raise Refusal("card.several", cards=" ".join(cards))
    return cards[0]


def person_named(lookup: Lookup, given: str) -> str:
    """Return the id of the person that `given` names: the id itself, or a 社会保障号码.

    Raises:
        Refusal: `person.unknown`.
    """
    held = lookup.dossier(_social_number(given) or given)
    if held is None:
        raise Refusal("person.unknown")
    return held.person.id


def _social_number(given: str) -> str | None:
    try:
        return str(SocialNumber.parse(given))
    except Refusal:
        return None
