"""回执管理 (2.3.1): of which cards a unit may tell what, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Issuing, Receiver
from sbk_tui.domain.operations.receipt import OWED, RecordReceipts, receipt_state
from sbk_tui.domain.operations.store import Slot, StoreCards
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, TODAY, Known, card, occasion
from tests.people import WANG_XIUYING

S = CardState
VILLAGE = "410782103201"
VILLAGER = replace(HOLDER, village_code=VILLAGE)
OFFICIAL = Receiver(type="4", name="王秀英", number=WANG_XIUYING.number, phone="13800000000")
OUT = card(
    S.SEALED, collected_at=NOW - timedelta(days=5), receiver=OFFICIAL,
    issuing=Issuing(op="f" * 32, counter=COUNTER, clerk="1001"),
)  # fmt: skip
WISH = RecordReceipts(codes=(VILLAGE,), cards=(CARD,), reason="03", on=TODAY)


def code_of(wish: RecordReceipts, held: Card) -> str | None:
    try:
        wish.admit(Known(VILLAGER, held), occasion(), RULES)
    except Refusal as refusal:
        return f"{refusal.clause} {refusal.code}".removeprefix("2.3.1 ")
    return None


def after(wish: RecordReceipts, held: Card) -> Card:
    assert code_of(wish, held) is None
    (changed,) = wish.effect(Known(VILLAGER, held), occasion())
    assert isinstance(changed, Card)
    return changed


@pytest.mark.clause("2.3.1")
def test_a_card_that_was_signed_for_stays_with_its_holder() -> None:
    told = after(replace(WISH, reason="01"), OUT)
    assert (told.receipt_reason, told.receipt_on) == ("01", TODAY)
    assert (told.custody, told.receiver, told.issuing) == ("", OFFICIAL, OUT.issuing)


@pytest.mark.clause("2.3.1", "2.3.3")
def test_a_returned_card_lies_here_and_can_be_stored() -> None:
    back = after(WISH, OUT)
    assert (back.custody, back.place, back.collected_at, back.issuing) == (COUNTER, "", None, None)
    assert (back.receipt_reason, back.receipt_on) == ("03", TODAY)
    world = Known(VILLAGER, back)
    StoreCards(slots=(Slot(card=CARD, place="1-1-1-1"),)).admit(world, occasion(), RULES)


@pytest.mark.clause("2.3.1")
@pytest.mark.parametrize("state", [S.ACTIVE, S.LOCKED, S.TEMP_LOST, S.FORMAL_LOST])
def test_a_card_in_use_is_only_noted(state: CardState) -> None:
    noted = after(WISH, replace(OUT, state=state))
    assert (noted.state, noted.custody, noted.receipt_reason) == (state, "", "03")


@pytest.mark.clause("2.3.1")
@pytest.mark.parametrize(("wish", "held", "code"), [
    (replace(WISH, cards=()), OUT, "receipt.size"),
    (replace(WISH, cards=tuple(map(str, range(201)))), OUT, "receipt.size"),
    (replace(WISH, cards=(CARD, CARD)), OUT, "receipt.twice"),
    (replace(WISH, cards=("C00000014",)), OUT, "card.unknown"),
    (replace(WISH, reason="77"), OUT, "receipt.reason"),
    (replace(WISH, on=TODAY + timedelta(days=1)), OUT, "receipt.future"),
    (replace(WISH, on=TODAY - timedelta(days=6)), OUT, "receipt.before"),
    (replace(WISH, on=TODAY - timedelta(days=5)), OUT, None),
    (replace(WISH, codes=("410782103202",)), OUT, "unit.of_another"),
    (replace(WISH, codes=("410782103202", VILLAGE)), OUT, None),
    (WISH, card(S.SEALED, custody=COUNTER), "receipt.not_out"),
    (WISH, replace(OUT, receipt_reason="01"), "receipt.recorded"),
    (WISH, replace(OUT, receiver=Receiver(type="1")), "receipt.of_holder"),
    (WISH, replace(OUT, receiver=Receiver(type="2")), "receipt.of_holder"),
    (WISH, replace(OUT, state=S.CANCELLED), "card.no_such_move"),
])  # fmt: skip
def test_what_may_be_told(wish: RecordReceipts, held: Card, code: str | None) -> None:
    assert code_of(wish, held) == code


@pytest.mark.clause("2.3.1")
@pytest.mark.parametrize(("held", "state"), [
    (OUT, OWED),
    (replace(OUT, receiver=replace(OFFICIAL, type="3")), OWED),
    (replace(OUT, receiver=Receiver(type="1")), ""),
    (replace(OUT, receipt_reason="01"), "01"),
    (card(S.SEALED, custody=COUNTER), ""),
    (card(S.SEALED, custody=COUNTER, receipt_reason="05"), "05"),
])  # fmt: skip
def test_who_still_has_to_tell(held: Card, state: str) -> None:
    assert receipt_state(held) == state


@pytest.mark.clause("P6")
@pytest.mark.parametrize("state", S)
def test_an_effect_never_refuses(state: CardState) -> None:
    assert WISH.effect(Known(VILLAGER, card(state)), occasion())
    assert WISH.effect(Known(), occasion()) == ()
