"""POS 对账 by keys, from the day close (B6, C23)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hardware.pos_twin import PosTwin
from tests.screens.conftest import kinds, make_counter, open_job, settled, shown
from tests.services.counters import charge, make_county, open_county


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal, with the clock of the counter."""
    with PosTwin(lambda: from_ms(wiring.now_ms()).astimezone(CHINA)) as twin:
        yield twin


@pytest.mark.clause("B6", "5.1.1.1.2", "N1")
async def test_a_list_is_held_against_the_records_and_a_difference_is_reported_once(
    private_folder: Path, twin: PosTwin
) -> None:
    home = private_folder / "county"
    make_county(home, twin.url)
    counter = open_county(home)
    charge(counter)
    app = SbkApp(opened=counter)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "02")
        assert "POS 对账  未对" in shown(app)
        await pilot.press("f7")
        await settled(pilot)
        assert "POS 清单。" in shown(app)  # there is none yet
        folder = home / "pos-lists"
        folder.mkdir()
        (folder / "a.csv").write_text(twin.day_list().replace("25.00", "35.00"), "gb18030")
        await pilot.press("f5")
        await settled(pilot)
        screen = shown(app)
        assert "清单 1 笔，合计 35.00 元；清单多 1 笔，少 1 笔" in screen
        for said in ("清单有，记录没有", "记录有，清单没有", twin.charged[0].reference):
            assert said in screen
        for _ in range(5):
            await pilot.press("f10")
        await settled(pilot)
        assert "差异报了财务" in shown(app)
        await pilot.press("escape")
        await settled(pilot)
        assert "多 1 少 1，已报财务" in shown(app)
    assert kinds(counter).count("fee.match") == 1
    assert [case.code for case in counter.desks.cases.waiting()] == ["finance.pos_differs"]
    counter.close()


@pytest.mark.clause("B6")
async def test_a_township_takes_no_money_and_has_no_list(private_folder: Path) -> None:
    counter = make_counter(private_folder / "township")
    app = SbkApp(opened=counter)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "02")
        await pilot.press("f7")
        await settled(pilot)
        assert "POS" not in shown(app)
    counter.close()
