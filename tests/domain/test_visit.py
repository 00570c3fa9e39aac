"""走村发卡 (B10): not at home is noted once a day, and forgotten when the card is handed over."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.operations.visit import NotAtHome
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, TODAY, Known, card, occasion

HERE = card(CardState.SEALED, custody=COUNTER, place="1-1-1-1")
WISH = NotAtHome(card=CARD)


@pytest.mark.clause("B10", "2.2.1")
def test_the_day_is_noted_and_the_card_stays_until_it_is_handed_over() -> None:
    WISH.admit(Known(HOLDER, HERE), occasion(), RULES)
    (noted,) = WISH.effect(Known(HOLDER, HERE), occasion())
    assert noted == replace(HERE, not_home_on=TODAY)
    issue = IssueToPerson(card=CARD, receiver=Receiver(phone="13800000000"))
    (out,) = issue.effect(Known(HOLDER, noted), occasion())
    assert isinstance(out, Card)
    assert out.not_home_on is None


@pytest.mark.clause("B10")
@pytest.mark.parametrize(("held", "code"), [
    (replace(HERE, not_home_on=TODAY), "visit.noted"),
    (replace(HERE, custody="410782104-b2"), "unit.not_here"),
    (replace(HERE, custody="", collected_at=NOW), "unit.not_here"),
    (replace(HERE, state=CardState.ACTIVE), "card.no_such_move"),
])  # fmt: skip
def test_a_visit_is_noted_of_a_card_that_waits_here(held: Card, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        WISH.admit(Known(HOLDER, held), occasion(), RULES)
    assert refused.value.code == code
