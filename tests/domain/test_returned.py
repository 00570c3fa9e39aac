"""回执验卡 and 零星重发 (2.3.2, 2.3.4): what comes back, and how it goes out again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Issuing, Receiver
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.returned import CheckCard, IssueAgain
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, Known, card, occasion

S = CardState
STORED = card(S.SEALED, custody=COUNTER, place="1-2-3-4", stored_at=NOW, receipt_reason="03")
OUT = card(
    S.SEALED, collected_at=NOW, receiver=Receiver(type="4", name="村主任", number="x", phone="1"),
    issuing=Issuing(op="f" * 32, counter=COUNTER, clerk="1001"),
)  # fmt: skip
CHECK = CheckCard(card=CARD, reason="03", result="2", manual=True)
AGAIN = IssueAgain(card=CARD, receiver=Receiver())


def code_of(wish: Operation, held: Card) -> str | None:
    try:
        wish.admit(Known(HOLDER, held), occasion(), RULES)
    except Refusal as refusal:
        return refusal.code
    return None


def after(wish: Operation, held: Card) -> Card:
    assert code_of(wish, held) is None
    (changed,) = wish.effect(Known(HOLDER, held), occasion())
    assert isinstance(changed, Card)
    return changed


@pytest.mark.clause("2.3.2")
def test_a_card_that_did_not_reach_its_holder_lies_here_again() -> None:
    back = after(CHECK, OUT)
    assert (back.custody, back.collected_at, back.receiver, back.issuing) == (
        COUNTER, None, None, None,
    )  # fmt: skip
    assert (back.receipt_reason, back.check_result, back.checked_at) == ("03", "2", NOW)


@pytest.mark.clause("2.3.2")
def test_a_card_that_was_signed_for_or_lies_here_stays_where_it_is() -> None:
    signed = after(replace(CHECK, reason="01"), OUT)
    assert (signed.receiver, signed.custody) == (OUT.receiver, "")
    assert after(CHECK, STORED).place == "1-2-3-4"


@pytest.mark.clause("2.3.2")
@pytest.mark.parametrize("state", [S.ACTIVE, S.LOCKED, S.TEMP_LOST, S.FORMAL_LOST])
def test_a_card_in_use_is_only_noted(state: CardState) -> None:
    noted = after(CHECK, card(state, collected_at=NOW))
    assert (noted.state, noted.custody, noted.collected_at) == (state, "", NOW)


@pytest.mark.clause("2.3.2")
@pytest.mark.parametrize(
    ("wish", "held", "code"),
    [
        (replace(CHECK, result="1"), OUT, "check.manual"),
        (replace(CHECK, result="1", manual=False), OUT, None),
        (replace(CHECK, result="7"), OUT, "check.result"),
        (replace(CHECK, reason="77"), OUT, "check.reason"),
        (CHECK, card(S.SEALED, custody="elsewhere"), "check.elsewhere"),
        (CHECK, card(S.CANCELLED), "card.no_such_move"),
    ],
)
def test_a_check_has_a_reason_and_a_result(wish: CheckCard, held: Card, code: str | None) -> None:
    assert code_of(wish, held) == code


@pytest.mark.clause("2.3.4")
def test_a_stored_card_is_handed_out_without_a_phone() -> None:
    out = after(AGAIN, STORED)
    assert (out.custody, out.place, out.stored_at, out.receipt_reason) == ("", "", None, "")
    assert (out.collected_at, out.receiver) == (NOW, Receiver())
    assert out.issuing is not None


@pytest.mark.clause("2.3.4")
@pytest.mark.parametrize(
    ("receiver", "held", "code"),
    [
        (Receiver(), replace(STORED, stored_at=None), "again.not_stored"),
        (Receiver(), replace(STORED, check_result="4"), "again.faulty"),
        (Receiver(), replace(STORED, check_result="1"), None),
        (Receiver(), replace(STORED, custody="elsewhere"), "issue.not_in_custody"),
        (Receiver(), OUT, "issue.already"),
        (Receiver(), card(S.ACTIVE), "card.no_such_move"),
        (Receiver(type="2", name="张三"), STORED, "receiver.missing"),
        (Receiver(type="2", name="张三", number="x"), STORED, None),
    ],
)
def test_what_is_handed_out_again(receiver: Receiver, held: Card, code: str | None) -> None:
    assert code_of(replace(AGAIN, receiver=receiver), held) == code


@pytest.mark.clause("P6")
@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("wish", [CHECK, AGAIN])
def test_an_effect_never_refuses(wish: Operation, state: CardState) -> None:
    assert wish.effect(Known(HOLDER, card(state)), occasion())
