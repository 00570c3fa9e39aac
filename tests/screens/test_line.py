"""报送情况 by keys: how the line is, what waits by lane, send now (B9)."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data import outbox
from sbk_tui.data.line import LineState, asked_to_send, note_line
from sbk_tui.domain.operations.loss import FormalLoss
from tests.screens.conftest import CARDS, do, open_job, shown

SIZE = (80, 24)


@pytest.mark.clause("B9")
async def test_a_counter_on_its_own_is_told_how_to_join(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "05")
        screen = shown(app)
        assert "还没有在市中心开通" in screen
        assert "未联网" in screen.splitlines()[-1]


@pytest.mark.clause("B9")
async def test_what_waits_is_listed_by_lane_and_sent_on_demand(
    counter: wiring.Counter, app: SbkApp
) -> None:
    store = counter.opened.store
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    outbox.remember_peer(store, {"hub_public": b"x"})
    now = wiring.now_ms()
    note_line(store, LineState(tried=now, reached=now - 7_200_000, code="hub.timeout", rate=500))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "05")
        screen = shown(app)
        assert "市中心不通2小时" in screen.splitlines()[-1]
        assert "自动补报" in screen
        lane = next(line for line in screen.splitlines() if "挂失" in line)
        assert lane.split()[1:3] == ["挂失", "1"]
        weather = counter.desks.line.weather()
        assert f"共 {weather.count} 笔" in screen
        assert f"约需 {weather.seconds} 秒" in screen
        await pilot.press("f10")
        assert "已请后台立即报送" in shown(app)
        await pilot.press("escape")
        assert "已请后台立即报送" not in shown(app)
    assert asked_to_send(store) >= now
