"""单位发卡 (2.2.1): which cards may go to whose receiver, and what becomes of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Issuing, Receiver
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.roll_back import undoable
from sbk_tui.domain.stock import house_key
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, TODAY, Known, card, occasion
from tests.people import WANG_XIUYING

VILLAGE = "410782103201"
OFFICIAL = Receiver(type="4", name="王秀英", number=WANG_XIUYING.number, phone="13800000000")
WISH = IssueToUnit(codes=(VILLAGE,), cards=(CARD,), receiver=OFFICIAL)
VILLAGER = replace(HOLDER, village_code=VILLAGE)
HERE = card(CardState.SEALED, custody=COUNTER, place="1-1-1-1")
STEP = Issuing(op="e" * 32, counter=COUNTER, clerk="1002")


def refused(wish: IssueToUnit, held: Card = HERE, holder: object = VILLAGER) -> Refusal | None:
    try:
        wish.admit(Known(holder, held), occasion(), RULES)  # type: ignore[arg-type]
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.clause("2.2.1", "2.5")
def test_the_cards_are_in_the_receivers_hands_and_can_be_taken_back() -> None:
    assert refused(WISH) is None
    (after,) = WISH.effect(Known(VILLAGER, HERE), occasion())
    assert isinstance(after, Card)
    assert (after.receiver, after.custody, after.place) == (OFFICIAL, "", "")
    assert (after.state, after.collected_at) == (CardState.SEALED, NOW)
    assert undoable(after, counter=COUNTER, today=TODAY, days=7) == after.issuing


@pytest.mark.clause("2.2.1")
def test_a_unit_and_a_village_are_both_asked_for_by_their_number() -> None:
    worker = replace(HOLDER, unit_code="41078200123")
    assert refused(replace(WISH, codes=("41078200123",)), holder=worker) is None
    other = refused(replace(WISH, codes=("41078200124",)), holder=worker)
    assert other is not None
    assert other.code == "unit.of_another"


@pytest.mark.clause("2.2.1")
@pytest.mark.parametrize(("wish", "held", "code"), [
    (replace(WISH, cards=()), HERE, "unit.size"),
    (replace(WISH, cards=tuple(map(str, range(201)))), HERE, "unit.size"),
    (replace(WISH, cards=(CARD, CARD)), HERE, "unit.twice"),
    (replace(WISH, cards=("C00000014",)), HERE, "card.unknown"),
    (replace(WISH, receiver=replace(OFFICIAL, type="1")), HERE, "unit.receiver"),
    (replace(WISH, receiver=replace(OFFICIAL, type="2")), HERE, "unit.receiver"),
    (replace(WISH, receiver=replace(OFFICIAL, name="")), HERE, "receiver.missing"),
    (replace(WISH, receiver=replace(OFFICIAL, number="")), HERE, "receiver.missing"),
    (replace(WISH, receiver=replace(OFFICIAL, phone="")), HERE, "receiver.missing"),
    (WISH, replace(HERE, custody="410782104-b2"), "unit.not_here"),
    (WISH, replace(HERE, state=CardState.CANCELLED), "card.no_such_move"),
    (WISH, replace(HERE, custody="", collected_at=NOW, issuing=STEP), "unit.taken"),
])  # fmt: skip
def test_a_lot_is_refused_whole_with_its_reason(wish: IssueToUnit, held: Card, code: str) -> None:
    refusal = refused(wish, held)
    assert refusal is not None
    assert (refusal.code, refusal.clause in {"2.2.1"}) == (code, True)


@pytest.mark.clause("2.2.1")
def test_who_comes_second_hears_who_was_first_and_when() -> None:
    refusal = refused(WISH, replace(HERE, custody="", collected_at=NOW, issuing=STEP))
    assert refusal is not None
    assert refusal.facts == {"card": CARD, "clerk": "1002", "at": "2026-11-24 10:00"}


@pytest.mark.clause("B10")
def test_houses_are_in_the_order_of_their_numbers() -> None:
    houses = ["常东村10号", "常东村９号", "常东村9号附2", "常东村100号", "常东村"]
    assert sorted(houses, key=house_key) == [
        "常东村", "常东村９号", "常东村9号附2", "常东村10号", "常东村100号",
    ]  # fmt: skip
