"""票号库存 by keys: taken in, looked up, void with its reason, and all found again (F10, F11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.operations.numbers import TakeInNumbers
from tests.screens.conftest import do, kinds, make_counter, open_job, settled, shown, type_text

SIZE = (80, 24)


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a county counter, signed in: townships take no money."""
    counter = make_counter(private_folder / "counter", level="C")
    yield counter
    counter.close()


async def take_in(pilot: Pilot[None], *values: str) -> None:
    await pilot.press("f4")
    for value in values:
        await type_text(pilot, value)
        await pilot.press("enter")
    await pilot.press("f10")
    await settled(pilot)


@pytest.mark.clause("F11")
async def test_a_carton_is_taken_in_once_and_an_overlap_is_refused(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "011")
        assert "按 F4 入库" in shown(app)
        await take_in(pilot, "1", "2026甲", "0012501", "0012600")
        for _ in range(30):  # a held key takes nothing in twice (N1)
            await pilot.press("f10")
        await settled(pilot)
        assert "已入库 100 个票号" in shown(app)
        assert "0012501" in shown(app)
        await take_in(pilot, "1", "2026乙", "0012600", "0012700")
        assert "重叠" in shown(app)
        await pilot.press("escape")
        await take_in(pilot, "2", "2026乙", "0012600", "0012619")  # another paper
        assert "财政票据只剩 20 个票号" not in shown(app)
        await pilot.press("escape")
        await open_job(pilot, "011")
        assert "财政票据只剩 20 个票号，请领新票" in shown(app)
    assert kinds(counter).count("numbers.take_in") == 2


@pytest.mark.clause("F10", "F11")
async def test_a_void_number_keeps_its_reason_and_the_next_one_is_offered(
    counter: wiring.Counter, app: SbkApp
) -> None:
    do(counter, TakeInNumbers(paper="2", batch="2026乙", first="F0001", last="F0050"))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "011")
        await pilot.press("f7")
        await settled(pilot)
        for _ in range(30):  # nothing becomes void by a held key
            await pilot.press("f10")
        await settled(pilot)
        assert "什么原因" in shown(app)
        await pilot.press("5")
        await settled(pilot)
        assert "票号 F0001 已作废，原因：空白票损坏、遗失" in shown(app)
        await type_text(pilot, "f0001")
        await pilot.press("enter")
        await settled(pilot)
        assert "未用先作废（空白票损坏、遗失）" in shown(app)
        await type_text(pilot, "f0002")
        await pilot.press("enter")
        assert "在库存里" in shown(app)
        await type_text(pilot, "f9999")
        await pilot.press("enter")
        assert "没有在本窗口入过库" in shown(app)
        await pilot.press("f8")
        await settled(pilot)
        report = shown(app)
        await pilot.press("f8")
        await settled(pilot)
    assert "F0001" in report
    assert "去向不明" in report
    (row,) = counter.desks.numbers.report().tables["batches"]
    assert (row["used"], row["void"], row["left"], row["missing"]) == ("0", "1", "49", "0")
    assert kinds(counter)[-1] == "numbers.void"


@pytest.mark.clause("A4", "F11")
async def test_a_township_has_no_numbers(private_folder: Path) -> None:
    township = make_counter(private_folder / "township")
    app = SbkApp(opened=township)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "011")
        assert "本级窗口不办理此项业务。〔第四条〕" in shown(app)
        assert "0.11 票号库存" not in shown(app).splitlines()[0]
    assert "numbers.take_in" not in kinds(township)
    township.close()
