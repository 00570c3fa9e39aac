"""Counting by difference (B7): what every code does to what is left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbk_tui.domain.handover import Handover
from sbk_tui.services.count import Count
from tests.manifests import BATCH, PLACE, card_of

CARDS = tuple(card_of(n) for n in range(6))
HANDOVER = Handover(
    id="a" * 32, batch=BATCH, from_office="x", to=PLACE, count=6, check="", counter="c",
    announced_at=datetime(2026, 11, 24, tzinfo=UTC), expected=CARDS,
)  # fmt: skip
STRANGER = card_of(99)


@pytest.mark.clause("B7")
def test_what_every_code_is() -> None:
    count = Count(HANDOVER, out=[CARDS[5]])
    assert count.pending == CARDS[:5]
    scanned = [CARDS[0], f" {CARDS[1].lower()} ", CARDS[0], STRANGER, STRANGER, CARDS[5], CARDS[5]]
    outcomes = [count.scan(code) for code in scanned]
    assert outcomes == ["counted", "counted", "again", "extra", "again", "out", "again"]
    assert count.pending == CARDS[2:5]
    assert [count.scan(code) for code in ("", "12", "x" * 40, STRANGER[:8] + "?")] == (
        ["no_code"] * 4
    )


def test_a_number_that_was_mistyped_is_no_extra_card() -> None:
    wrong = STRANGER[:-1] + ("0" if STRANGER[-1] != "0" else "1")
    count = Count(HANDOVER, out=[])
    assert count.scan(wrong) == "no_code"
    assert not count.extra


@pytest.mark.clause("B7")
def test_the_last_card_can_be_damaged_or_taken_back() -> None:
    count = Count(HANDOVER, out=[])
    assert (count.damage(), count.undo()) == (None, "")
    count.scan(CARDS[3])
    assert (count.damage(), count.damaged) == (True, {CARDS[3]})
    count.scan(STRANGER)
    assert count.damage() is None
    assert count.undo() == STRANGER
    assert (count.extra, count.undo()) == ({}, CARDS[3])
    assert (count.pending, count.damaged) == (CARDS, set())


@given(st.lists(st.sampled_from([*CARDS, STRANGER, "undo", "damage"]), max_size=30))
def test_a_draft_brings_the_same_count_back(keys: list[str]) -> None:
    count = Count(HANDOVER, out=[CARDS[5]])
    for key in keys:
        if key == "undo":
            count.undo()
        elif key == "damage":
            count.damage()
        else:
            count.scan(key)
    again = Count(HANDOVER, [CARDS[5]], count.values)
    assert again.values == count.values
    assert again.pending == count.pending
    assert {*count.pending, *count.seen} >= {*CARDS[:5]}
