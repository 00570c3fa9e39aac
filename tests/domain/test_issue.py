"""个人发卡, 领取, 启用 (2.2.2, 5.1.4): who may take a card, and when it comes to life."""

from __future__ import annotations

import pytest

from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, Known, card, occasion

S = CardState
SELF = Receiver(type="1", phone="13800000000")
PROXY = Receiver(type="2", name="王芳", number="410782198503140028", phone="13800000000")
IN_STOCK = card(S.SEALED, custody=COUNTER, place="1-1-1-1")
HANDED = card(S.SEALED, collected_at=NOW, receiver=SELF)


def code_of(operation: Operation, known: Known) -> str | None:
    """Return the code of the refusal, or None."""
    try:
        operation.admit(known, occasion(), RULES)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.clause("2.2.2")
@pytest.mark.parametrize("receiver", [SELF, PROXY])
def test_a_card_in_custody_is_handed_out(receiver: Receiver) -> None:
    known = Known(HOLDER, IN_STOCK)
    wish = IssueToPerson(card=CARD, receiver=receiver)
    assert code_of(wish, known) is None
    (out,) = wish.effect(known, occasion())
    assert isinstance(out, Card)
    assert (out.receiver, out.custody, out.place) == (receiver, "", "")
    assert out.collected_at == NOW
    assert out.state is S.SEALED


@pytest.mark.clause("2.2.2")
@pytest.mark.parametrize(
    ("receiver", "before", "code"),
    [
        (Receiver(type="1"), IN_STOCK, "receiver.missing"),
        (Receiver(type="2", number="x", phone="1"), IN_STOCK, "receiver.missing"),
        (Receiver(type="2", name="x", phone="1"), IN_STOCK, "receiver.missing"),
        (Receiver(type="2", name="x", number="x"), IN_STOCK, "receiver.missing"),
        (SELF, HANDED, "issue.already"),
        (SELF, card(S.SEALED, custody="somewhere else"), "issue.not_in_custody"),
        (SELF, card(S.CANCELLED, custody=COUNTER), "card.no_such_move"),
    ],
)
def test_a_card_is_not_handed_out(receiver: Receiver, before: Card, code: str) -> None:
    assert code_of(IssueToPerson(card=CARD, receiver=receiver), Known(HOLDER, before)) == code


@pytest.mark.clause("5.1.4")
def test_a_card_is_enabled_after_it_was_collected() -> None:
    wish = Enable(card=CARD)
    assert code_of(wish, Known(HOLDER, IN_STOCK)) == "card.not_collected"
    known = Known(HOLDER, HANDED)
    assert code_of(wish, known) is None
    (live,) = wish.effect(known, occasion())
    assert isinstance(live, Card)
    assert (live.state, live.enabled_at, live.social_account) == (S.ACTIVE, NOW, "1")


@pytest.mark.clause("5.1.4")
def test_a_card_is_collected_once() -> None:
    assert code_of(Collect(card=CARD, receiver=SELF), Known(HOLDER, HANDED)) == (
        "card.already_collected"
    )


@pytest.mark.clause("5.1.4", "A5")
def test_a_card_of_another_district_is_not_enabled_here() -> None:
    with pytest.raises(Refusal) as refused:
        Enable(card=CARD).admit(Known(HOLDER, HANDED), occasion(district="410725100"), RULES)
    assert refused.value.code == "card.other_district"


@pytest.mark.clause("5.1.4")
@pytest.mark.parametrize("state", [S.ACTIVE, S.LOCKED, S.TEMP_LOST, S.FORMAL_LOST])
def test_one_person_has_one_live_card(state: CardState) -> None:
    other = Card(number="C00000014", person=HOLDER.id, state=state)
    assert code_of(Enable(card=CARD), Known(HOLDER, HANDED, other)) == "card.live_exists"


@pytest.mark.clause("5.1.4")
def test_a_new_card_ends_the_old_one_in_the_same_judgement() -> None:
    old = Card(number="C00000014", person=HOLDER.id, state=S.FORMAL_LOST)
    new = card(S.SEALED, collected_at=NOW, replaces=old.number)
    known = Known(HOLDER, new, old)
    county = occasion(level="C", district="410782")
    Enable(card=CARD).admit(known, county, RULES)
    live, dead = Enable(card=CARD).effect(known, county)
    assert isinstance(live, Card)
    assert isinstance(dead, Card)
    assert (live.state, dead.state, dead.cancel_reason) == (S.ACTIVE, S.CANCELLED, "06")
