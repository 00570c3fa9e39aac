"""业务回退 in the log: the last issuing step is undone by an operation of its own (2.5)."""

from __future__ import annotations

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.errors import Refusal
from tests.data.conftest import KEY, Office, letters
from tests.data.days import CARDS, SELF, stock

CARD = CARDS[0]
UNDO = RollBack(card=CARD, reason="01", card_back=True)


def refusal(office: Office, operation: Operation) -> str:
    with pytest.raises(Refusal) as refused:
        office.do(operation)
    return refused.value.code


@pytest.mark.clause("2.5")
@pytest.mark.parametrize("step", [
    IssueToPerson(card=CARD, receiver=SELF), Collect(card=CARD, receiver=SELF),
])  # fmt: skip
def test_the_card_is_back_at_the_counter_and_nothing_is_deleted(
    office: Office, step: Operation
) -> None:
    office.do(stock())
    office.do(step)
    office.do(UNDO)
    card = office.lookup.card(CARD)
    assert card is not None
    assert (card.custody, card.place, card.collected_at) == ("410782105-a1", "", None)
    seen = office.lookup.dossier(CARD)
    assert seen is not None
    assert [e.kind for e in seen.timeline] == ["issue.roll_back", step.kind, "batch.take_in"]
    assert verify(office.opened.store, key=KEY, initials=letters).sound
    office.do(step)


@pytest.mark.clause("2.5")
def test_a_step_is_taken_back_once_and_only_as_it_was_shown(office: Office) -> None:
    office.do(stock())
    first = office.do(IssueToPerson(card=CARD, receiver=SELF))
    office.do(UNDO)
    assert refusal(office, UNDO) == "rollback.nothing"
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    shown = RollBack(card=CARD, reason="01", card_back=True, step=first.op)
    assert refusal(office, shown) == "rollback.not_last"


@pytest.mark.clause("2.5")
def test_after_enabling_it_is_refused_with_the_reason(office: Office) -> None:
    office.do(stock())
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    office.do(Enable(card=CARD))
    assert refusal(office, UNDO) == "rollback.enabled"


@pytest.mark.clause("2.5")
@pytest.mark.parametrize(("wish", "code"), [
    (RollBack(card=CARD, reason="77", card_back=True), "rollback.reason"),
    (RollBack(card=CARD, reason="01", card_back=False), "rollback.card_not_back"),
    (RollBack(card=CARD, reason="99", card_back=True), "rollback.note"),
])  # fmt: skip
def test_reason_and_card_are_asked_for(office: Office, wish: RollBack, code: str) -> None:
    office.do(stock())
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    assert refusal(office, wish) == code


@pytest.mark.clause("2.5")
def test_a_week_later_it_is_too_late(office: Office) -> None:
    office.do(stock())
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    office.clock[0] += 8 * 86_400_000
    assert refusal(office, UNDO) == "rollback.too_late"
