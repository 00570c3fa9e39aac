"""The life of a temporary card: every cell of state × operation, and who may have one (6, A6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.people import Application
from sbk_tui.domain.temp_card import (
    TEMP_CLAUSE_OF,
    TempCard,
    TempCardNumber,
    TempCardState,
    check_eligible,
    numbers_from,
    temp_move,
)
from sbk_tui.errors import Refusal
from sbk_tui.texts import name_of

T, S = TempCardState, CardState
HERE = "410782105-a1"
ALLOWED = {
    "temp.issue": {T.BLANK, T.TAKEN_BACK},
    "temp.enable": {T.ISSUED},
    "temp.rewrite": {T.ISSUED},
    "temp.take_back": {T.ISSUED},
    "temp.cancel": {T.BLANK, T.TAKEN_BACK, T.ISSUED},
}


@pytest.mark.clause("6.1.1.1", "6.1.1.2", "6.2", "6.3")
@pytest.mark.parametrize("kind", ALLOWED)
@pytest.mark.parametrize("state", TempCardState)
def test_every_cell_of_the_table(state: TempCardState, kind: str) -> None:
    if state in ALLOWED[kind]:
        temp_move(state, kind)
        return
    with pytest.raises(Refusal) as refused:
        temp_move(state, kind)
    assert refused.value.clause == TEMP_CLAUSE_OF[kind]
    assert refused.value.facts["temp_card_state"] == state.value


def test_the_table_knows_no_other_kind_and_every_state_has_a_name() -> None:
    assert set(TEMP_CLAUSE_OF) == set(ALLOWED)
    assert all(name_of("temp_card_state", state.value) != state.value for state in TempCardState)


def card(state: CardState, *, number: str = "B00000019", custody: str = "") -> Card:
    return Card(number=number, person="p", state=state, custody=custody)


def wish(state: str = "00", old_card: str = "", kind: str = "1") -> Application:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Application(
        id="a", person="p", type=kind, state=state, old_card=old_card, made_at=at, counter=HERE
    )


OUT = TempCard(number="LS0001", state=T.ISSUED, person="p")


@pytest.mark.clause("A6", "6.1.1.1")
@pytest.mark.parametrize(("cards", "wishes", "temps", "outcome"), [
    ([], [wish()], [], ""),  # (a) applied for, not yet made
    ([card(S.FORMAL_LOST)], [], [], ""),  # (b)
    ([card(S.CANCELLED)], [], [], ""),
    ([card(S.FORMAL_LOST)], [wish(old_card="B00000019", kind="5")], [], ""),
    ([card(S.ACTIVE)], [wish(old_card="B00000019", kind="6")], [], ""),  # 换卡, old one handed in
    ([card(S.FORMAL_LOST), card(S.SEALED, number="B2")], [], [], ""),  # the new one is on its way
    ([card(S.FORMAL_LOST)], [], [TempCard(number="LS2", state=T.TAKEN_BACK, person="p")], ""),
    ([card(S.FORMAL_LOST)], [], [TempCard(number="LS2", state=T.LOST, person="p")], ""),
    ([], [], [], "temp.no_ground"),
    ([], [wish("03")], [], "temp.no_ground"),
    ([card(S.ACTIVE)], [], [], "temp.live_card"),
    ([card(S.LOCKED)], [wish()], [], "temp.live_card"),
    ([card(S.TEMP_LOST)], [], [], "temp.live_card"),
    ([card(S.CANCELLED), card(S.ACTIVE, number="B2")], [], [], "temp.live_card"),
    ([card(S.SEALED)], [wish()], [], "temp.card_waits"),
    ([card(S.FORMAL_LOST), card(S.SEALED, number="B2", custody=HERE)], [], [], "temp.card_waits"),
    ([card(S.FORMAL_LOST)], [], [OUT], "temp.one_per_person"),
])  # fmt: skip
def test_who_may_have_one(
    cards: list[Card], wishes: list[Application], temps: list[TempCard], outcome: str
) -> None:
    if not outcome:
        check_eligible(cards, wishes, temps, HERE)
        return
    with pytest.raises(Refusal) as refused:
        check_eligible(cards, wishes, temps, HERE)
    assert (refused.value.code, refused.value.clause) == (outcome, "第六条")


@pytest.mark.parametrize(("first", "last", "numbers"), [
    ("ls0098", "LS0101", ("LS0098", "LS0099", "LS0100", "LS0101")),
    ("LS 0098", "", ("LS0098",)),
    ("0007", "0007", ("0007",)),
])  # fmt: skip
def test_a_box_is_taken_in_from_first_to_last(
    first: str, last: str, numbers: tuple[str, ...]
) -> None:
    assert numbers_from(first, last) == numbers


@pytest.mark.parametrize(("first", "last", "code"), [
    ("LS0098", "LS0097", "temp.range"),
    ("LS0098", "LT0099", "temp.range"),
    ("LS0098", "LS10000", "temp.range"),
    ("LSAB", "LSAC", "temp.range"),
    ("LS0001", "LS0201", "temp.stock_size"),
    ("L-1", "", "temp_card_number.form"),
    ("LS1", "", "temp_card_number.form"),
    ("临时卡一号", "", "temp_card_number.form"),
])  # fmt: skip
def test_what_is_no_box_is_refused(first: str, last: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        numbers_from(first, last)
    assert refused.value.code == code


def test_a_number_is_stored_in_capitals_without_blanks() -> None:
    assert TempCardNumber.parse(" ls00 01 ") == "LS0001"
