"""Work with devices on disk, step by step: what a crash leaves, and who may go on with it (B3)."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import product

import pytest

from sbk_tui.data.planned_sagas import ALLOWED, Plan, PlannedSagas, Saga, SagaState
from sbk_tui.data.sagas import StepState
from tests.data.conftest import Office

S = StepState
STEPS = (Plan("first", "printer", b"17"), Plan("second"), Plan("record", op="ab" * 16))


def begin(sagas: PlannedSagas, saga_id: str = "s1", subject: str = "temp/L1") -> Saga:
    return sagas.begin(
        saga_id, kind="temp.issue", subject=subject, clerk="1001", at_ms=5, steps=STEPS
    )


@pytest.mark.clause("B3")
def test_a_saga_begins_once_with_its_whole_plan(office: Office) -> None:
    sagas = PlannedSagas(office.opened.store, "run 1")
    begun = begin(sagas)
    assert [step.name for step in begun.steps] == ["first", "second", "record"]
    assert {step.state for step in begun.steps} == {S.PLANNED}
    assert (begun.step("first").baseline, begun.step("record").op) == (b"17", "ab" * 16)
    sagas.intend("s1", "first", b"18")
    assert begin(sagas).step("first").baseline == b"18"
    assert sagas.open() == (begin(sagas),)
    assert sagas.open("temp/L2") == ()


@pytest.mark.clause("B3")
@pytest.mark.parametrize("crash", ["intent", "sent"])
def test_what_another_run_left_in_flight_is_unknown_and_goes_on_only_after_asking(
    office: Office, crash: str
) -> None:
    first = PlannedSagas(office.opened.store, "run 1")
    begin(first)
    first.intend("s1", "first", b"17")
    if crash == "sent":
        first.sent("s1", "first", 7)
    second = PlannedSagas(office.opened.store, "run 2")
    found = second.take_over("s1")
    assert found is not None
    assert found.step("first").state is S.UNKNOWN
    assert found.step("second").state is S.PLANNED
    second.settle("s1", "first", S.CONFIRMED, b"18")
    assert second.get("s1") == second.take_over("s1")


def test_its_own_step_in_flight_stays_what_it_is(office: Office) -> None:
    sagas = PlannedSagas(office.opened.store, "run 1")
    begin(sagas)
    sagas.sent("s1", "first", 7)
    found = sagas.take_over("s1")
    assert found is not None
    assert (found.step("first").state, found.step("first").sent_at) == (S.SENT, 7)
    sagas.answered("s1", S.UNKNOWN, b"chip.card_removed")
    found = sagas.get("s1")
    assert found is not None
    assert (found.step("first").state, found.step("first").evidence) == (
        S.UNKNOWN,
        b"chip.card_removed",
    )


def test_a_saga_that_was_given_up_waits_no_longer(office: Office) -> None:
    sagas = PlannedSagas(office.opened.store, "run 1")
    begin(sagas)
    begin(sagas, "s2", "temp/L2")
    sagas.drop("s1")
    assert [saga.id for saga in sagas.open()] == ["s2"]
    dropped = sagas.get("s1")
    assert dropped is not None
    assert dropped.state is SagaState.DROPPED


def test_a_step_moves_only_as_the_table_says(office: Office) -> None:
    sagas = PlannedSagas(office.opened.store, "run 1")
    tried = [S.INTENT, S.SENT, S.CONFIRMED, S.FAILED, S.UNKNOWN]
    for number, moves in enumerate(product(tried, repeat=3)):
        state = S.PLANNED
        begin(sagas, str(number))
        for wanted in moves:
            allowed = state in ALLOWED[wanted]
            with nullcontext() if allowed else pytest.raises(ValueError, match="no step"):
                _move(sagas, str(number), wanted)
            state = wanted if allowed else state
        found = sagas.get(str(number))
        assert found is not None
        assert found.step("first").state is state


def _move(sagas: PlannedSagas, saga_id: str, wanted: StepState) -> None:
    if wanted is S.INTENT:
        sagas.intend(saga_id, "first", b"")
    elif wanted is S.SENT:
        sagas.sent(saga_id, "first", 1)
    else:
        sagas.settle(saga_id, "first", wanted)
