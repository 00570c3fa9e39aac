"""A loss does not wait for a record: 3.1 and 3.2 take it down when nothing is found (A5)."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from tests.people import EVERYBODY
from tests.screens.conftest import PEOPLE, kinds, open_job, settled, shown, type_text

STRANGER = EVERYBODY[5]


@pytest.mark.clause("A5", "3.1")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_a_loss_of_an_unknown_card_by_keys(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    assert STRANGER not in PEOPLE
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "31")
        await type_text(pilot, STRANGER.number)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f4")
        await pilot.pause()
        offered = shown(app)
        await pilot.press("1")
        await pilot.pause()
        await pilot.press("enter")
        for text in (STRANGER.name, "刘洋", "13800000000"):
            await type_text(pilot, text)
            await pilot.press("enter")
            await pilot.pause()
        form = shown(app)
        await pilot.press(*["f10"] * 5)
        await settled(pilot)
        paper = shown(app)
    assert "先记下挂失" in offered
    assert "无记录挂失" in form
    assert "待市中心核对" in paper
    assert STRANGER.number not in paper
    assert kinds(counter).count("loss.blind") == 1
    assert len(counter.desks.papers.debts()) == 1


@pytest.mark.clause("A5", "3.2")
async def test_a_formal_one_wants_the_document_and_esc_records_nothing(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "32")
        await type_text(pilot, STRANGER.name)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f4")
        await pilot.pause()
        await pilot.press("1")
        await pilot.pause()
        form = shown(app)
        await pilot.press("f10")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
    assert "已看身份证" in form
    assert STRANGER.name in form
    assert "loss.blind" not in kinds(counter)
