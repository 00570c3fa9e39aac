"""`sbk inbox`: what waits for a clerk, listed and answered from a script (B16)."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.data.cases import CaseItem, file_case
from tests.commands.conftest import CARD
from tests.commands.desk import CLERK, PASSWORD, Sbk

CASE = CaseItem(
    id="c0ffee00" * 4, op="d" * 32, counter="x", subject=f"card/{CARD}", severity="red",
    code="conflict.F3", facts={"card": CARD, "office": "获嘉县窗口", "at": "11-24 09:05"},
    opened=1_795_000_000_000, due="2026-12-01", choices=("recalled", "unreachable"),
    standard="unreachable", duty=True,
)  # fmt: skip


@pytest.fixture
def told(sealed: Sbk) -> Sbk:
    """Give a counter to which the city has sent one case."""
    counter = wiring.sign_in(sealed.home, CLERK, PASSWORD)
    with counter.opened.store.write() as db:
        file_case(db, CASE)
    counter.close()
    return sealed


@pytest.mark.clause("B16")
def test_a_case_is_listed_with_its_sentence_and_answered_once(told: Sbk) -> None:
    before = told.operations()
    (listed,) = told("inbox", "--json").document
    assert (listed["case"], listed["code"], listed["due"]) == (CASE.id, CASE.code, CASE.due)
    assert listed["questions"] == [["recalled", "unreachable"], ["told", "unreachable"]]
    assert "注销" in listed["message"]
    assert "recalled 已收回" in told("inbox").out
    done = told("inbox", CASE.id[:8], "recalled", "told", "--json").document
    assert told.operations() == before + 1
    shown = told("show", "operation", done["op"], "--json").document
    assert shown["payload"]["answer"] == "recalled"
    assert told("inbox", "--json").document == []
    assert told("inbox", CASE.id, "recalled", "told").code == 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("ffffff", "recalled"), "inbox.unknown"),
        (("c0ff", "recalled", "told"), "inbox.unknown"),
        ((CASE.id,), "inbox.answer"),
        ((CASE.id, "recalled"), "inbox.answer"),
        ((CASE.id, "told", "recalled"), "inbox.answer"),
    ],
)
def test_a_wrong_answer_closes_nothing(told: Sbk, words: tuple[str, ...], error: str) -> None:
    before = told.operations()
    answer = told("inbox", *words, "--json")
    assert (answer.code, answer.document["error"]) == (2, error)
    assert told.operations() == before
