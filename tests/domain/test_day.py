"""日终核对 (B6): what a close must say of each box."""

from __future__ import annotations

from datetime import date

import pytest

from sbk_tui.domain.operations.day import BoxCount, CloseDay
from sbk_tui.errors import Refusal
from tests.domain.known import RULES, Known, occasion

CASES = [
    (BoxCount(box="1-1-1", recorded=3, counted=3), ""),
    (BoxCount(box="1-1-1", recorded=3, counted=2, cause="03"), ""),
    (BoxCount(box="1-1-1", recorded=3, counted=2), "day.no_cause"),
    (BoxCount(box="1-1-1", recorded=3, counted=4), "day.no_cause"),
    (BoxCount(box="1-1-1", recorded=3, counted=4, cause="77"), "day.no_cause"),
    (BoxCount(box="1-1-1", recorded=3, counted=-1, cause="03"), "day.count"),
]


@pytest.mark.clause("B6")
@pytest.mark.parametrize(("box", "code"), CASES)
def test_a_difference_needs_a_cause(box: BoxCount, code: str) -> None:
    now = occasion()
    close = CloseDay(day=now.today, boxes=(box,), last_seq=1, last_hash="AB")
    if not code:
        close.admit(Known(), now, RULES)
        assert close.effect(Known(), now) == ()
        return
    with pytest.raises(Refusal) as refused:
        close.admit(Known(), now, RULES)
    assert refused.value.code == code


@pytest.mark.clause("B6")
def test_tomorrow_is_not_closed_today() -> None:
    with pytest.raises(Refusal) as refused:
        CloseDay(day=date(2099, 1, 1), boxes=(), last_seq=0, last_hash="").admit(
            Known(), occasion(), RULES
        )
    assert refused.value.code == "day.future"
