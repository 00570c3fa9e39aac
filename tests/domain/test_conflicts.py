"""The matrix of conflicts is whole: every pair of kinds that can meet has its cell and words."""

from __future__ import annotations

from itertools import product

import pytest

from sbk_tui.codes import conflicts
from sbk_tui.domain.conflicts import ACCEPT, SAME, Answer
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.operations.base import Nature
from sbk_tui.texts import word, words_for

TABLE = conflicts()
ALONE = {"day.close", "case.settle", "leash.extend"}
"""Kinds that concern no person and no card: they meet nothing."""
MEETING = [kind for kind in KINDS if kind.name not in ALONE]
LOSSES = ("loss.temporary", "loss.formal", "loss.blind")


@pytest.mark.clause("B16")
@pytest.mark.parametrize("kind", MEETING, ids=lambda kind: kind.name)
def test_every_pair_of_kinds_that_can_meet_has_a_row(kind: object) -> None:
    known = {ACCEPT, SAME, *TABLE.rulings}
    for other in MEETING:
        column = TABLE.group_of(other.name)
        assert column is not None, other.name
        assert TABLE.cell(kind.name, column) in known  # type: ignore[attr-defined]
    assert TABLE.cell(kind.name, "new_card") in known  # type: ignore[attr-defined]


def test_a_kind_stands_in_one_group_and_every_group_has_row_and_column() -> None:
    kinds = [kind for group in TABLE.groups.values() for kind in group]
    assert sorted(kinds) == sorted(kind.name for kind in MEETING)
    assert list(TABLE.cells) == list(TABLE.groups)
    assert set(TABLE.columns) == {*TABLE.groups, "new_card"}
    assert {len(row) for row in TABLE.cells.values()} == {len(TABLE.columns)}


@pytest.mark.clause("P6")
def test_a_fact_is_never_refused_or_held() -> None:
    facts = [kind for kind in MEETING if kind.nature is Nature.FACT]
    for kind, column in product(facts, TABLE.columns):
        code = TABLE.cell(kind.name, column)
        ruling = TABLE.rulings.get(code)
        assert ruling is None or ruling.answer in {Answer.FACT, Answer.NOTE}, (kind.name, column)


@pytest.mark.clause("P5", "3.1", "3.2")
@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_is_never_refused_or_held(kind: str) -> None:
    for column in TABLE.columns:
        ruling = TABLE.rulings.get(TABLE.cell(kind, column))
        assert ruling is None or ruling.answer in {Answer.OVERTURN, Answer.NOTE}, column


@pytest.mark.parametrize("code", list(TABLE.rulings))
def test_every_ruling_has_its_sentences_answers_and_a_standard_at_the_deadline(code: str) -> None:
    ruling = TABLE.rulings[code]
    told = [f"conflict.{code}"]
    told += [f"conflict.{code}.other"] if ruling.told == "counter" else []
    facts = {"card": "B00000019", "office": "百泉镇", "at": "11-24 09:10"}
    for each in told:
        words = words_for(each, facts)
        assert each not in words.message
        assert "{" not in words.message + words.remedy
    assert all(word(f"cases.answer_{choice}") for choice in ruling.choices)
    assert (ruling.standard in ruling.choices) == bool(ruling.choices)
    assert not ruling.standard or ruling.days


def test_every_ruling_is_used_in_a_cell_or_by_a_block() -> None:
    used = {code for row in TABLE.cells.values() for code in row}
    assert set(TABLE.rulings) - used == {"H2", "H3", "H4"}
