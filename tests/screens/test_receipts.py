"""回执管理 (2.3.1) by keys: number, cards, what became of them, 领卡回执."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.receipt import RecordReceipts
from tests.people import CHANG_GUILAN
from tests.screens.conftest import do, kinds, open_job, settled, shown, type_text
from tests.screens.test_drawers import line_of

SIZE = (80, 24)
VILLAGE = "410782105201"
OFFICIAL = Receiver(
    type="4", name=CHANG_GUILAN.name, number=CHANG_GUILAN.number, phone=CHANG_GUILAN.mobile
)


def villager(n: int) -> Line:
    """Return an invented villager's card."""
    base, card = line_of(n), f"N{n:07d}"
    return Line(
        person=base.person, number=base.number, name=base.name, card=card + card_check(card),
        village_code=VILLAGE, village_name="示例村", address=f"示例村{n}号",
    )  # fmt: skip


@pytest.fixture
def village(counter: wiring.Counter) -> tuple[str, ...]:
    """Let the village take twelve cards; return their numbers in house order."""
    lines = tuple(villager(n) for n in range(12))
    do(counter, TakeIn(batch="2026-C", lines=lines))
    cards = tuple(line.card for line in lines)
    do(counter, IssueToUnit(codes=(VILLAGE,), cards=cards, receiver=OFFICIAL))
    return cards


async def tell(pilot: Pilot[None], reason: str) -> None:
    """Type another reason, save and be sure."""
    await pilot.press("tab", *["backspace"] * 2, *reason, "enter", "f10")


@pytest.mark.clause("2.3.1")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_what_came_back_is_told_first_and_the_rest_was_signed_for(
    counter: wiring.Counter, app: SbkApp, village: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "231")
        await pilot.press(*VILLAGE, "enter")
        screen = shown(app)
        assert "欠回执 12 张  已选 0 张" in screen
        assert "退回 0  未回执 12  未领走 1" in screen
        await pilot.press("space", "space")
        await tell(pilot, "05")
        assert "示例村 的 2 张卡退回：拒领" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "已记 2 张退回（拒领）" in shown(app)
        await pilot.press("f7", "f10", "1")
        await settled(pilot)
        screen = shown(app)
        assert "已记 10 张（已发放（签收））" in screen
        assert "应发 16  已发 13  退回 2  未回执 0  未领走 1" in screen
        await pilot.press("f8")
        await settled(pilot)
        paper = shown(app)
    assert "领卡回执" in paper
    assert kinds(counter)[-2:] == ["receipt.record"] * 2
    assert counter.desks.papers.owed_count() == 2
    back = counter.lookup.card(village[0])
    assert back is not None
    assert (back.custody, back.receipt_reason) == (counter.seat.counter, "05")


@pytest.mark.clause("2.3.1")
@pytest.mark.usefixtures("village")
async def test_each_thing_that_is_wrong_is_said_and_nothing_is_done(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    tomorrow = (counter.ledger.today() + timedelta(days=1)).isoformat()
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "231")
        for keys, said in (
            (("f10",), ""),
            ((*VILLAGE, "enter", "f10"), "还没有选卡"),
            (("space", "tab", "enter", *["backspace"] * 10, *tomorrow, "f10", "1"), "今天之后"),
            ((*["backspace"] * 10, *"20260101", "f10", "1"), "回执日期比它早"),
            ((*["backspace"] * 10, *"昨天", "f10"), "有 1 处要改"),
        ):
            await pilot.press(*keys)
            await settled(pilot)
            assert said in shown(app), said
    assert kinds(counter) == before


@pytest.mark.clause("2.3.1", "N1")
async def test_of_two_clerks_the_second_hears_it_and_a_held_key_saves_once(
    counter: wiring.Counter, app: SbkApp, village: tuple[str, ...]
) -> None:
    told = RecordReceipts(
        codes=(VILLAGE,), cards=village[:1], reason="01", on=counter.ledger.today()
    )
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "231")
        await pilot.press("f5")
        await settled(pilot)
        await pilot.press("enter", "f7", "f10")
        do(counter, told)
        await pilot.press("1")
        await settled(pilot)
        screen = shown(app)
        assert f"卡 {village[0]} 已经记过回执" in screen
        assert "欠回执 11 张" in screen
        await pilot.press("f10", "1", *["f10"] * 5)
        await settled(pilot)
        assert "已记 11 张" in shown(app)
    assert kinds(counter)[-2:] == ["receipt.record"] * 2


@pytest.mark.clause("2.3.1", "B20")
@pytest.mark.usefixtures("village")
async def test_what_was_marked_and_typed_survives_a_killed_terminal(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "231")
        await pilot.press(*VILLAGE, "enter", "space", "space", "tab", "enter", "enter")
        await type_text(pilot, CHANG_GUILAN.name)
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=counter)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "231")
        await pilot.press("1")
        assert "已选 2 张" in shown(again)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "已记 2 张" in shown(again)
    assert counter.desks.drafts.jobs() == ()
