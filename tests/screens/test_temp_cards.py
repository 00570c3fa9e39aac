"""Temporary cards by keys: given out, enabled, rewritten, taken back; the ledger (6.1–6.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import CardState, Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.temp import IssueTempCard, StockTempCards
from sbk_tui.domain.temp_card import TempCard, TempCardState
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from tests.chips import powered, with_reader
from tests.screens.conftest import (
    CARDS,
    PEOPLE,
    do,
    kinds,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)
BLANK = "L000017"
NEW_CARD = "B0000009" + card_check("B0000009")
T = TempCardState


def temp(counter: wiring.Counter, number: str = BLANK) -> TempCard:
    found = counter.lookup.temp_card(number)
    assert found is not None
    return found


@pytest.fixture
def stocked(counter: wiring.Counter) -> wiring.Counter:
    """Give the counter with blanks; the first person's card is formally lost."""
    numbers = tuple(f"L{n:06d}" for n in range(11, 41))
    do(counter, StockTempCards(box="L1", numbers=numbers))
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    return counter


@pytest.fixture
def out(stocked: wiring.Counter) -> wiring.Counter:
    """Give that counter with a temporary card out with the first person."""
    give(stocked)
    return stocked


def give(counter: wiring.Counter, days: int = 60) -> None:
    today = from_ms(wiring.now_ms()).astimezone(CHINA).date()
    receiver = Receiver(type="1", phone="13800001111")
    do(counter, IssueTempCard(
        temp_card=BLANK, person=PEOPLE[0].id, receiver=receiver,
        valid_to=today + timedelta(days=days),
    ))  # fmt: skip


async def fill_in(pilot: Pilot[None]) -> None:
    """Type number and telephone; the term stands there already."""
    await type_text(pilot, BLANK.lower())
    await pilot.press("enter", "enter", "enter")
    await type_text(pilot, "13800003333")


@pytest.mark.clause("6.1.1.1", "6.1.1.2", "A6", "N1")
async def test_a_card_is_given_out_enabled_and_its_slip_printed(
    stocked: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        await fill_in(pilot)
        await pilot.press("f10")
        await settled(pilot)
        for _ in range(30):  # a held key does not run into the next act (N1)
            await pilot.press("f10")
            await settled(pilot)
        assert temp(stocked).enabled_at is None
        await pilot.press("1")
        await settled(pilot)
        assert temp(stocked).enabled_at is not None
        await pilot.press("f8")
        preview = shown(app)
        await pilot.press("f8")
        await settled(pilot)
    card = temp(stocked)
    assert (card.state, card.person) == (T.ISSUED, PEOPLE[0].id)
    assert kinds(stocked)[-2:] == ["temp.issue", "temp.enable"]
    assert "临时卡领用单" in preview
    assert card.valid_to is not None
    assert card.valid_to.isoformat() in preview
    assert stocked.desks.papers.debts() == ()


@pytest.mark.clause("6.1.1.1")
async def test_a_proxy_is_asked_for_name_and_number(stocked: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        await type_text(pilot, BLANK)
        await pilot.press("enter", "enter", "backspace", "2", "f10")
        await settled(pilot)
        await pilot.pause()
        assert "有 3 处要改" in shown(app)
        for typed in ("刘洋", PEOPLE[1].number, "13800003333"):
            await type_text(pilot, typed)
            await pilot.press("enter")
        await pilot.press("f10")
        await settled(pilot)
    receiver = temp(stocked).receiver
    assert receiver is not None
    assert (receiver.type, receiver.name, receiver.number) == ("2", "刘洋", PEOPLE[1].number)


@pytest.mark.clause("A6", "6.1.1.1")
async def test_who_may_not_have_one_is_told_why(stocked: wiring.Counter, app: SbkApp) -> None:
    before = kinds(stocked)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[1].number)
        assert "状态为「正常」的社保卡" in shown(app)
        assert "〔第六条〕" in shown(app)
    assert kinds(stocked) == before


@pytest.mark.clause("6.1.1.1")
@pytest.mark.usefixtures("stocked")
async def test_a_blank_that_is_not_here_is_refused_and_nothing_typed_is_lost(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        await type_text(pilot, "L999999")
        await pilot.press("enter", "enter", "enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        await settled(pilot)
        assert "没有临时卡 L999999 的记录" in shown(app)
        assert "13800003333" in shown(app)


@pytest.mark.clause("6.1.1.2")
async def test_a_card_given_out_before_goes_on_with_enabling(
    out: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        assert BLANK in shown(app)
        await pilot.press("f10", "1")
        await settled(pilot)
    assert temp(out).enabled_at is not None


@pytest.mark.clause("6.2")
async def test_a_rewriting_wants_the_id_card_seen(out: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "62")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("f10")
        await settled(pilot)
        assert temp(out).rewritten_at is None
        await pilot.press("space", "f10")
        await settled(pilot)
        assert "已办：重写" in shown(app)
    assert temp(out).rewritten_at is not None


@pytest.mark.clause("6.3")
async def test_a_card_is_taken_back_by_its_own_number(out: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "63")
        await pick(pilot, BLANK)
        assert PEOPLE[0].name in shown(app)
        await type_text(pilot, "L2")
        await pilot.press("f10")
        await settled(pilot)
        assert "已办：收回" in shown(app)
        await pilot.press("escape")
        await pick(pilot, PEOPLE[0].number)
        assert "没有临时卡" in shown(app)
    assert (temp(out).state, temp(out).box) == (T.TAKEN_BACK, "L2")


@pytest.mark.clause("5.1.4", "6.3")
@pytest.mark.parametrize("level", ["C"])
async def test_the_new_card_reminds_of_the_temporary_one(out: wiring.Counter, app: SbkApp) -> None:
    new = Line(
        person="", number=PEOPLE[0].number, name=PEOPLE[0].name, card=NEW_CARD, replaces=CARDS[0]
    )
    do(out, TakeIn(batch="2026-R", lines=(new,)))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "514")
        await pick(pilot, PEOPLE[0].number)
        assert f"还有临时卡 {BLANK}" in shown(app)
        await pilot.press("enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "请收回" in shown(app)
    card = out.lookup.card(NEW_CARD)
    assert card is not None
    assert card.state is CardState.ACTIVE


@pytest.mark.clause("6.1.1.1", "6.3")
async def test_the_ledger_shows_who_is_due_takes_in_and_ends(
    stocked: wiring.Counter, app: SbkApp
) -> None:
    give(stocked, days=3)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "07")
        screen = shown(app)
        assert "在外 1 张，其中过期 0 张；库存 29 张。" in screen
        assert BLANK in screen
        assert "剩3天" in screen
        assert PEOPLE[0].number not in screen
        await pilot.press("f4")
        await type_text(pilot, "L2")
        await pilot.press("enter")
        await type_text(pilot, "L000100")
        await pilot.press("enter")
        await type_text(pilot, "L000109")
        await pilot.press(*["f10"] * 5)
        await settled(pilot)
        assert "已入库 10 张。" in shown(app)
        assert "库存 39 张" in shown(app)
        await type_text(pilot, "L2")
        await pilot.pause()
        assert "L000100" in shown(app)
        assert "L000012" not in shown(app)
        await pilot.press("backspace", "backspace", "f5")
        await pilot.press("enter", "1")
        await settled(pilot)
        assert "已注销（遗失）" in shown(app)
    assert temp(stocked).state is T.LOST
    assert kinds(stocked)[-2:] == ["temp.stock", "temp.cancel"]


@pytest.mark.clause("6.1.1.1", "B3", "N1")
async def test_a_card_pulled_in_the_middle_stays_on_the_screen_until_it_is_whole(
    stocked: wiring.Counter,
) -> None:
    slot, card = SocialCardReaderTwin("slot"), powered()
    card.fault("tear_after", 2)
    slot.insert(card)
    app = SbkApp(opened=with_reader(stocked, slot))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        await fill_in(pilot)
        await pilot.press("f10")
        await settled(pilot)
        assert "写卡未完成：写到「姓名」时卡断开了" in shown(app)
        assert "启用" not in shown(app).splitlines()[5]
        # Somebody else sits down: the person, the card and the form are there again.
        await pilot.press("escape", "escape")
        await settled(pilot)
        await open_job(pilot, "07")
        assert f"写卡未完成：{BLANK}。" in shown(app)
        await pilot.press("escape")
        await open_job(pilot, "61")
        await pilot.press("2")  # the draft is thrown away: another clerk has none
        await settled(pilot)
        await pick(pilot, PEOPLE[0].number)
        assert f"临时卡 {BLANK} 上次写卡未完成" in shown(app)
        slot.insert(card)
        await pilot.press(*["f10"] * 30)
        await settled(pilot)
    assert temp(stocked).state is T.ISSUED
    assert kinds(stocked).count("temp.issue") == 1
    assert "temp.enable" not in kinds(stocked)


@pytest.mark.clause("6.3")
async def test_waiting_for_the_card_is_left_by_esc(out: wiring.Counter) -> None:
    app = SbkApp(opened=with_reader(out, SocialCardReaderTwin("slot")))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "63")
        await pick(pilot, BLANK)
        await pilot.press("f10")
        await pilot.pause()
        assert "请把临时卡插入社保卡读写器" in shown(app)
        await pilot.press("escape")
        await settled(pilot)
        assert "请把临时卡插入" not in shown(app)
    assert temp(out).state is T.ISSUED


@pytest.mark.clause("6.1.1.1", "6.2", "6.3")
async def test_f3_reads_the_card_instead_of_its_number(stocked: wiring.Counter) -> None:
    slot, card = SocialCardReaderTwin("slot"), powered()
    slot.insert(card)
    app = SbkApp(opened=with_reader(stocked, slot))

    async def press(pilot: Pilot[None], *keys: str) -> str:
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
            await settled(pilot)
        return shown(app)

    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        assert "不知道是哪张临时卡" in await press(pilot, "f3")
        await fill_in(pilot)
        await press(pilot, "f10", "escape", "escape")
        await open_job(pilot, "62")
        assert f"临时卡 {BLANK}" in await press(pilot, "f3")
        assert "读到临时卡" in await press(pilot, "f3")  # the one in the reader is this person's
        slot.insert(powered("foreign_region"))
        assert "不知道是哪张临时卡" in await press(pilot, "f3")
        slot.insert(card)
        await press(pilot, "space", "f10", "escape", "escape")
        await open_job(pilot, "63")
        await press(pilot, "f3", "f3", "f10")
        assert temp(stocked).state is T.TAKEN_BACK
        await press(pilot, "escape")
        assert "空白临时卡" in await press(pilot, "f3")
        await press(pilot, "escape")
        await open_job(pilot, "61")
        await pick(pilot, PEOPLE[0].number)
        assert BLANK in await press(pilot, "f3")
        await pilot.press("enter", "enter", "enter")
        await type_text(pilot, "13800003333")
        await press(pilot, "f10")
    assert temp(stocked).state is T.ISSUED
    assert [kind for kind in kinds(stocked) if kind.startswith("temp.")] == [
        "temp.stock", "temp.issue", "temp.rewrite", "temp.take_back", "temp.issue",
    ]  # fmt: skip
