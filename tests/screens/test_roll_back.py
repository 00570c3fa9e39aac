"""业务回退 by keys: what it would undo is shown first (2.5)."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from tests.screens.conftest import CARDS, PEOPLE, kinds, open_job, pick, settled, shown


@pytest.mark.clause("2.5")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_what_is_undone_is_shown_and_then_undone(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "25")
        await pick(pilot, PEOPLE[3].number)
        before = shown(app)
        await pilot.press("0", "1", "enter", "space", "f10")
        assert "原记录保留" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        after = shown(app)
        await pilot.press("f8")
        assert "业务回退单" in shown(app)
    assert "经办人 张敏 办的「个人发卡」" in before
    assert f"本人 {PEOPLE[3].name} 138****1111" in " ".join(before.split())
    assert "已办：回退" in after
    assert kinds(counter)[-1] == "issue.roll_back"
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert (card.custody, card.receiver) == (counter.seat.counter, None)


@pytest.mark.clause("2.5")
@pytest.mark.parametrize(("who", "why"), [(0, "启用后不能业务回退"), (2, "卡还在窗口")])
async def test_what_cannot_be_undone_is_said_at_once(
    counter: wiring.Counter, app: SbkApp, who: int, why: str
) -> None:
    before = kinds(counter)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "25")
        await pick(pilot, PEOPLE[who].number)
        await settled(pilot)
        assert why in shown(app)
        assert "〔2.5〕" in shown(app)
    assert kinds(counter) == before
