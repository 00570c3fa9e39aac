"""The leash that bends (B21), as a table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sbk_tui.domain.card import CardState
from sbk_tui.domain.leash import Step, alone_for, refuse_too_far
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.leash import ExtendLeash
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.operations.temp import IssueTempCard
from sbk_tui.domain.rules import Settings
from sbk_tui.errors import Refusal
from tests.data.days import SELF
from tests.domain.known import CARD, HOLDER, RULES, TODAY, Known, card, occasion

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LOST = Known(HOLDER, card(CardState.FORMAL_LOST))
CALLED = Known(HOLDER, card(CardState.TEMP_LOST))
CANCEL = Cancel(card=CARD, reason="01", proof="死亡证明")
RELEASE = Release(card=CARD, in_person=True, id_shown=True)
TEMP = IssueTempCard(temp_card="L000017", person=HOLDER.id, receiver=SELF, valid_to=TODAY)
FORMAL = FormalLoss(card=CARD, id_shown=True)
CALL = TemporaryLoss(card=CARD, caller_name="刘洋", caller_phone="13800001111", until=date.max)


@pytest.mark.clause("B21")
@pytest.mark.parametrize(
    ("age", "step"),
    [
        (timedelta(0), Step.FREE),
        (24 * HOUR - timedelta(seconds=1), Step.FREE),
        (24 * HOUR, Step.WARN),
        (3 * DAY, Step.REMIND),
        (7 * DAY - timedelta(seconds=1), Step.REMIND),
        (7 * DAY, Step.SHORT),
        (15 * DAY, Step.LOSS_ONLY),
        (400 * DAY, Step.LOSS_ONLY),
    ],
)
def test_each_limit_begins_its_step_and_an_extension_moves_it(age: timedelta, step: Step) -> None:
    settings = Settings()
    assert alone_for(age, settings, extended=False).step is step
    moved = alone_for(age + 7 * DAY, settings, extended=True)
    assert (moved.step, moved.age) == (step, age + 7 * DAY)


@pytest.mark.clause("B21")
@pytest.mark.parametrize(
    ("operation", "nature", "world", "barred_from"),
    [
        (CANCEL, Nature.DECISION, LOST, Step.SHORT),
        (TEMP, Nature.DECISION, LOST, Step.SHORT),
        (RELEASE, Nature.DECISION, LOST, Step.SHORT),
        (RELEASE, Nature.DECISION, CALLED, Step.LOSS_ONLY),
        (Enable(card=CARD), Nature.DECISION, LOST, Step.LOSS_ONLY),
        (FORMAL, Nature.DECISION, LOST, None),
        (CALL, Nature.DECISION, LOST, None),
        (IssueToPerson(card=CARD, receiver=SELF), Nature.FACT, LOST, None),
    ],
)
def test_what_each_step_bars(
    operation: Operation, nature: Nature, world: Known, barred_from: Step | None
) -> None:
    settings = Settings()
    for days in (0, 1, 3, 7, 15, 100):
        alone = alone_for(days * DAY, settings, extended=False)
        barred = barred_from is not None and alone.step >= barred_from
        if not barred:
            refuse_too_far(operation, nature, world, alone)
            continue
        with pytest.raises(Refusal, match=r"leash\.") as caught:
            refuse_too_far(operation, nature, world, alone)
        assert caught.value.facts["days"] == days


@pytest.mark.clause("B21")
def test_an_extension_needs_a_reason_and_a_second_clerk_and_comes_once() -> None:
    with pytest.raises(Refusal, match=r"leash\.no_reason"):
        ExtendLeash(reason="77").admit(LOST, occasion(approvers=["1002"]), RULES)
    with pytest.raises(Refusal, match=r"approval\.needed"):
        ExtendLeash(reason="01").admit(LOST, occasion(), RULES)
    ExtendLeash(reason="01").admit(LOST, occasion(approvers=["1002"]), RULES)
    again = alone_for(8 * DAY, Settings(), extended=True)
    with pytest.raises(Refusal, match=r"leash\.extended"):
        refuse_too_far(ExtendLeash(reason="01"), Nature.FACT, LOST, again)
