"""Days without the city, by keys (B21): told, barred, extended once by a second clerk."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data import outbox
from sbk_tui.data.line import LineState, note_line
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.errors import Refusal
from tests.screens.conftest import (
    CARDS,
    PEOPLE,
    SECOND,
    do,
    kinds,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)
DAY_MS = 86_400_000


def heard(counter: wiring.Counter, days: float) -> None:
    """Let the last contact be so many days ago."""
    outbox.remember_peer(counter.opened.store, {"hub_public": b"x"})
    at = wiring.now_ms() - round(days * DAY_MS)
    note_line(counter.opened.store, LineState(tried=at, reached=at))


@pytest.mark.clause("B21", "3.3")
async def test_a_release_is_cautioned_after_a_day_and_barred_after_a_week(
    counter: wiring.Counter, app: SbkApp
) -> None:
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    heard(counter, 1.3)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "33")
        await pick(pilot, PEOPLE[0].number)
        assert "没有联系市中心" in shown(app)
        heard(counter, 8)
        await pilot.press("space", "down", "space", "f10", "1")
        await settled(pilot)
        assert "已 8 天没有联系市中心" in shown(app)
        assert "正式挂失的解挂" in shown(app)
    assert kinds(counter)[-1] == "loss.formal"


@pytest.mark.clause("B21")
async def test_a_second_clerk_extends_once(counter: wiring.Counter, app: SbkApp) -> None:
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    heard(counter, 8)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "05")
        assert "已 8 天没有联系市中心" in shown(app)
        await pilot.press("f4", "1")
        await type_text(pilot, "1002")
        await pilot.press("enter")
        await type_text(pilot, SECOND)
        await pilot.press("enter")
        await settled(pilot)
        assert "已延长" in shown(app)
        with pytest.raises(Refusal, match=r"leash\.extended"):
            counter.desks.line.extend("01", ("1002", SECOND))
        await pilot.press("escape")
        await open_job(pilot, "33")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "down", "space", "f10", "1")
        await settled(pilot)
    assert kinds(counter)[-2:] == ["leash.extend", "card.release"]


@pytest.mark.clause("B21")
async def test_a_loss_is_always_taken(counter: wiring.Counter, app: SbkApp) -> None:
    heard(counter, 300)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "f10", "1")
        await settled(pilot)
    assert kinds(counter)[-1] == "loss.formal"
