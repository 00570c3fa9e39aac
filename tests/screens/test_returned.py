"""回执验卡 and 零星重发 (2.3.2, 2.3.4) by keys."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.operations.returned import CheckCard
from sbk_tui.domain.operations.store import Slot, StoreCards
from tests.screens.conftest import CARDS, PEOPLE, do, kinds, open_job, pick, settled, shown

SIZE = (80, 24)


@pytest.mark.clause("2.3.2")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_an_unreadable_card_is_checked_by_its_typed_number(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "232")
        await pilot.press("f3")
        await settled(pilot)
        assert "没有配置社保卡读卡器" in shown(app)
        await pilot.press(*CARDS[3], "enter")
        await settled(pilot)
        assert f"应是 {PEOPLE[3].name} 的" in shown(app)
        await pilot.press(*"03", "down", "down", "f10")
        await settled(pilot)
        assert "有 1 处要改" in shown(app)
        await pilot.press("space", "f10")
        await settled(pilot)
        assert f"已验卡：{PEOPLE[3].name}" in shown(app)
        await pilot.press(*CARDS[2], "enter")
        await settled(pilot)
        assert "本人不在" in shown(app)  # the reason of the card before
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert (card.custody, card.receipt_reason, card.check_result) == (
        counter.seat.counter, "03", "2",
    )  # fmt: skip


@pytest.mark.clause("2.3.2")
async def test_a_number_that_does_not_fit_is_typed_again(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "232")
        wrong = CARDS[2][:-1] + ("0" if CARDS[2][-1] != "0" else "1")
        await pilot.press(*wrong, "enter")
        await settled(pilot)
        assert "校验位对不上" in shown(app)
        await pilot.press(*wrong, "enter")
        await settled(pilot)
        assert f"本机没有卡 {wrong} 的记录" in shown(app)
        await pilot.press(*"123", "enter")
        await settled(pilot)
        assert "社保卡号" in shown(app)
    assert kinds(counter) == before


@pytest.mark.clause("2.3.4")
async def test_a_stored_card_is_handed_out_and_a_fresh_one_is_not(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "234")
        await pick(pilot, PEOPLE[2].number)
        assert "没有办过回卡入库" in shown(app)
        do(counter, StoreCards(slots=(Slot(card=CARDS[2], place="1-1-1-1"),)))
        await pilot.press("enter")
        await settled(pilot)
        assert "1-1-1-1" in shown(app)
        await pilot.press("f10")
        await settled(pilot)
        assert "已办：保存领卡信息" in shown(app)
        await pilot.press("f8", "f8")
        await settled(pilot)
        assert "已交打印" in shown(app)
    assert kinds(counter)[-1] == "issue.again"
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert (card.custody, card.stored_at, card.collected_at is not None) == ("", None, True)


@pytest.mark.clause("2.3.4")
async def test_a_faulty_card_is_not_handed_out(counter: wiring.Counter, app: SbkApp) -> None:
    do(counter, StoreCards(slots=(Slot(card=CARDS[2], place="1-1-1-1"),)))
    do(counter, CheckCard(card=CARDS[2], reason="09", result="4", manual=False))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "234")
        await pick(pilot, PEOPLE[2].number)
        assert "查验结果是“卡面缺陷”" in shown(app)
    assert kinds(counter)[-1] == "card.check"
