"""A guided procedure: nothing is skipped, nothing done twice (A8, N1)."""

from __future__ import annotations

import pytest

from sbk_tui.domain.procedure import Procedure, Progress, Step
from sbk_tui.errors import Refusal
from sbk_tui.services.procedures import all_clauses, procedure

STEPS = (
    Step(id="find", title="查找"),
    Step(id="ask", title="询问", optional=True),
    Step(id="do", title="办理", operation="loss.formal"),
    Step(id="slip", title="回执", repeatable=True),
)
JOB = Procedure(
    clause="3.2", title="正式挂失", capability="LOSS", old_path="", summary="", steps=STEPS
)
BEGINNING = Progress(procedure=JOB)


@pytest.mark.clause("A8")
def test_a_step_cannot_be_skipped() -> None:
    with pytest.raises(Refusal) as refused:
        BEGINNING.after("do")
    assert refused.value.code == "procedure.not_now"


@pytest.mark.clause("A8", "N1")
def test_a_step_cannot_be_done_twice_unless_the_file_says_so() -> None:
    done = BEGINNING.after("find").after("do")
    with pytest.raises(Refusal):
        done.after("do")
    printed = done.after("slip")
    assert printed.after("slip") == printed


def test_an_optional_step_is_passed_over() -> None:
    assert BEGINNING.after("find").after("do").done == ("find", "ask", "do")


def test_a_step_that_the_records_show_is_found_done() -> None:
    progress = BEGINNING.found_done("do").after("find").after("ask")
    assert progress.current is not None
    assert progress.current.id == "slip"


def test_going_back_stops_at_what_is_on_disk() -> None:
    asked = BEGINNING.after("find").after("ask")
    assert asked.back_to("find").done == ()
    with pytest.raises(Refusal):
        asked.after("do").back_to("find")


@pytest.mark.clause("A8", "B8")
@pytest.mark.parametrize("clause", all_clauses())
def test_every_procedure_file_is_whole(clause: str) -> None:
    job = procedure(clause)
    assert job.clause == clause
    ids = [step.id for step in job.steps]
    assert len(set(ids)) == len(ids)
    for step in job.steps:
        assert step.help, f"{clause} {step.id} has no help"
