"""交接申请, 交接处理 (2.1.1, 2.1.2) by keys: asked for, approved, printed, listed, answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.audit import verify
from sbk_tui.data.keyring import Keyring
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.pinyin import initials
from sbk_tui.services.exports import write_table
from sbk_tui.services.handover_receipt import receipt_rows
from tests.manifests import BATCH, card_of, number_of
from tests.screens.conftest import (
    CHEAP,
    PASSWORD,
    do,
    kinds,
    open_job,
    settled,
    shown,
    type_text,
)

TOWN = "410782103"
SIZE = (80, 24)
SIZES = [SIZE, (100, 30)]
SECOND = "Training-2027"


@pytest.fixture
def county(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a county with a batch for two townships, and some people without a village."""
    home = private_folder / "county"
    wiring.set_up(
        home, office="辉县市社保卡管理中心", level="C", district="410782", clerk="1001",
        name="张敏", password=PASSWORD, cost=CHEAP,
    )  # fmt: skip
    by = Keyring(home, wiring.now_ms).unlock("1001", PASSWORD)
    wiring.add_clerk(home, by, "1002", "王芳", wiring.CLERK, SECOND)
    counter = wiring.sign_in(home, "1001", PASSWORD)
    villages = [f"{TOWN}201"] * 6 + ["410782105201"] * 3 + [""]
    lines = tuple(
        Line(
            person=f"{n:032x}", number=number_of(n), name="甲一", card=card_of(n), bank="95533",
            village_code=village, village_name="示例村" if village else "",
        )
        for n, village in enumerate(villages)
    )  # fmt: skip
    do(counter, TakeIn(batch=BATCH, lines=lines))
    yield counter
    counter.close()


@pytest.fixture
def app(county: wiring.Counter) -> SbkApp:
    """Give the application on that counter."""
    return SbkApp(opened=county)


async def fill(pilot: Pilot[None]) -> None:
    """Choose the township and its part of the batch, and fill in who fetches the cards."""
    await open_job(pilot, "211")
    await type_text(pilot, "百泉镇")
    await pilot.press("enter")
    await settled(pilot)
    await pilot.press("space", "tab")
    await type_text(pilot, "王芳")
    await pilot.press("enter")
    await type_text(pilot, number_of(9000))
    await pilot.press("enter")
    await type_text(pilot, "13800001111")


async def ask(pilot: Pilot[None]) -> None:
    """Submit a request."""
    await fill(pilot)
    await pilot.press("f10", "1")
    await settled(pilot)


async def back_to_menu(pilot: Pilot[None]) -> None:
    """Leave a job."""
    while len(pilot.app.screen_stack) > 2:
        await pilot.press("escape")
        await settled(pilot)


@pytest.mark.clause("2.1.1", "2.1.2")
@pytest.mark.parametrize("size", SIZES)
async def test_a_batch_is_asked_for_approved_printed_and_listed(
    county: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await fill(pilot)
        assert "辉县市百泉镇  所属县区：辉县市  已选 1 份 6 张" in shown(app)
        assert "整批（含别处" in shown(app)
        await pilot.press("f10")
        assert "共 6 张，领卡人 王芳" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "已申请 1 份 6 张" in shown(app)
        assert kinds(county)[-1] == "handover.request"
        assert "本乡镇部分" not in shown(app)  # what is asked for is not offered again
        await back_to_menu(pilot)
        await open_job(pilot, "212")
        assert "待处理 1 份" in shown(app)
        await pilot.press("f10")
        assert "领卡人 王芳 13800001111" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "已发出 6 张" in shown(app)
        assert "已发出，待接收" in shown(app)
        await pilot.press("f8")
        paper = shown(app)
        await pilot.press("f8")
        await settled(pilot)
        await pilot.press("f3")
        await settled(pilot)
        assert "清单 6 张已写到" in shown(app)
        await pilot.press(*["f10", "escape"] * 5)
        assert kinds(county)[-1] == "handover.decide"
    assert "领卡交接单" in paper
    (list_,) = (county.home / "exports").iterdir()
    assert list_.stat().st_mode & 0o777 == 0o600
    (handover,) = county.desks.outgoing.page("", waiting=False, after=None, limit=9)
    assert handover.check in list_.read_text("utf-8-sig")
    assert county.desks.outgoing.page("410782105", waiting=False, after=None, limit=9) == ()
    held = county.lookup.card(card_of(0))
    assert held is not None
    assert (held.custody, held.sent_to) == ("", TOWN)
    assert verify(county.opened.store, key=county.key, initials=initials).sound


@pytest.mark.clause("2.1.2")
async def test_a_request_is_refused_with_its_reason_or_taken_back(
    county: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot)
        await back_to_menu(pilot)
        await open_job(pilot, "212")
        await pilot.press("f7", "1")
        await pilot.press("enter")  # no reason, no refusal
        await type_text(pilot, "领卡人不对")
        await pilot.press("enter")
        await settled(pilot)
        assert "已退回：领卡人不对" in shown(app)
        await back_to_menu(pilot)
        await ask(pilot)
        await back_to_menu(pilot)
        await open_job(pilot, "212")
        await pilot.press("f7", "2")
        await settled(pilot)
        assert "已撤回" in shown(app)
        await pilot.press("f6")
        assert "没有待处理的申请" in shown(app)
    assert kinds(county)[1:] == [
        "handover.request", "handover.decide", "handover.request", "handover.withdraw",
    ]  # fmt: skip


@pytest.mark.clause("2.1.1")
async def test_the_whole_batch_takes_those_without_a_village(
    county: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "211")
        await type_text(pilot, "bqz")
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f10")
        assert "没有选批次" in shown(app)
        await pilot.press("space", "space")
        assert "已选 2 份 16 张" in shown(app)
        await pilot.press("tab")
        await type_text(pilot, "王芳")
        await pilot.press("enter")
        await type_text(pilot, number_of(9000))
        await pilot.press("enter")
        await type_text(pilot, "13800001111")
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "同一批次选了两行" in shown(app)
        assert kinds(county) == ["batch.take_in"]


@pytest.mark.clause("2.1.1")
@pytest.mark.parametrize(
    ("typed", "told"), [("xx", "没有“xx”这个下级"), ("4107821", "请按 F5 选一个")]
)
async def test_a_place_that_is_none_or_several(app: SbkApp, typed: str, told: str) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "211")
        await type_text(pilot, typed)
        await pilot.press("enter")
        await settled(pilot)
        assert told in shown(app)
        await pilot.press("f5")
        assert "交接至哪个乡镇" in shown(app)
        await type_text(pilot, "百泉")
        await pilot.press("enter")
        await settled(pilot)
        assert "辉县市百泉镇：空格选批次" in shown(app)


@pytest.mark.clause("2.1.1", "B20")
async def test_a_request_survives_a_killed_terminal(county: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await fill(pilot)
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=county)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "211")
        await pilot.press("1")
        await settled(pilot)
        assert "已选 1 份 6 张" in shown(again)
        assert "13800001111" in shown(again)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "已申请 1 份 6 张" in shown(again)


@pytest.mark.clause("2.1.2", "B7")
async def test_the_townships_count_comes_back_as_a_file(
    county: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot)
        desk = county.desks.outgoing
        (asked,) = desk.page("", waiting=True, after=None, limit=9)
        desk.approve(asked, op=county.new_id())
        counted = replace(
            asked, counter=f"{TOWN}-a1", received=asked.expected[:4], damaged=asked.expected[:1],
            closed_at=asked.requested_at,
        )  # fmt: skip
        path = private_folder / "back.csv"
        write_table(path, receipt_rows(counted), lambda _rows: None)
        await back_to_menu(pilot)
        await open_job(pilot, "212")
        for told in ("回执已收：实收 4 张，差异 3 张", "已经收过，没有新内容"):
            await pilot.press("f4")
            await type_text(pilot, str(path))
            await pilot.press("enter")
            await settled(pilot)
            assert told in shown(app)
        assert "缺 2 张" in shown(app)
        await pilot.press("f6")
        await settled(pilot)
        await pilot.press("f6")
        await pilot.press("f10")
        assert f"缺 {asked.expected[4]}" in shown(app)
    assert county.desks.query.open_cases() == 3


@pytest.mark.clause("2.1.1", "2.1.2", "A4")
async def test_a_township_has_neither_line(private_folder: Path) -> None:
    home = private_folder / "township"
    wiring.set_up(
        home, office="百泉镇劳保所", level="T", district=TOWN, clerk="1001", name="张敏",
        password=PASSWORD, cost=CHEAP,
    )  # fmt: skip
    township = wiring.sign_in(home, "1001", PASSWORD)
    try:
        app = SbkApp(opened=township)
        async with app.run_test(size=SIZE) as pilot:
            for number in ("211", "212"):
                await pilot.press(*number, "enter")
                await settled(pilot)
                assert "本级窗口不办理此项业务" in shown(app)
                assert len(app.screen_stack) == 2
                await pilot.press(*["backspace"] * 3)
    finally:
        township.close()
