"""未完成事项 by keys (0.12, C22): what another clerk left is finished from the list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.payment import PaymentState
from sbk_tui.hardware.pos_twin import PosTwin
from tests.screens.conftest import SECOND, open_job, settled, shown, type_text
from tests.services.counters import HOLDER, killed_at, make_county


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- no zone
        yield twin


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@pytest.mark.clause("B20", "5.1.1.1.2", "5.1.1.2")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_c22_another_clerk_goes_on_where_the_first_one_was_cut_off(
    private_folder: Path, twin: PosTwin, size: tuple[int, int]
) -> None:
    home = private_folder / "county"
    make_county(home, twin.url)
    killed_at(home, "charge", "answered")
    counter = wiring.sign_in(home, "1002", SECOND)  # the first clerk went home
    app = SbkApp(opened=counter)
    async with app.run_test(size=size) as pilot:
        assert "未完成 1" in shown(app)
        await open_job(pilot, "012")
        screen = shown(app)
        assert "刷卡 25元，扣没扣款没定" in screen
        assert "张敏" in screen
        assert "接着办「5.1.1.1.2 缴款（刷卡）」" in screen
        await press(pilot, "enter", "f7", "f10", "1")  # at the step: ask the terminal, settle
        assert "已缴：参考号 112410000001" in shown(app)
        await press(pilot, "escape")
        assert "已缴 25元，没开财政票据" in shown(app)
        assert "接着办「5.1.1.2 开具财政票据」" in shown(app)
        await press(pilot, "f10")
        await type_text(pilot, "0001")
        await press(pilot, "f10", "f10", "1", "escape")
        assert "没交费登记" in shown(app)
        await press(pilot, "enter")  # the list of steps: the application is missing, too
        assert "> 5.1.2.2  补卡" in shown(app)
        await press(pilot, "escape")
        assert "没交费登记" in shown(app)
        await press(pilot, "f5", "f5", "escape")
        assert "未完成 1" in shown(app)
    payment = counter.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    assert (payment.state, payment.note) == (PaymentState.PAID, "F0001")
    counter.close()


async def test_nothing_unfinished_is_said(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        assert "未完成 " not in shown(app).splitlines()[-1]
        await open_job(pilot, "012")
        assert "没有未完成的事项。" in shown(app)
        await press(pilot, "enter", "f10", "f10", "escape")
        assert "社会保障卡窗口业务" in shown(app)
    assert counter.desks.open_work.count() == 0
