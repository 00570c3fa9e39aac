"""A fee by keys at a county counter: notice, bank, note; terminal; what was cut off (5.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.hardware.pos_twin import PosTwin
from tests.screens.conftest import (
    PEOPLE,
    kinds,
    make_counter,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)
from tests.services.counters import (
    HOLDER,
    charge,
    give_note,
    killed_at,
    make_county,
    open_county,
)

SIZE = (80, 24)
P = PaymentState


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- no zone
        yield twin


@pytest.fixture
def home(private_folder: Path, twin: PosTwin) -> Path:
    """Give the folder of a county counter with that terminal on a pty."""
    home = private_folder / "county"
    make_county(home, f"serial://{twin.device}?baud=9600")
    return home


@pytest.fixture
def counter(home: Path) -> Iterator[wiring.Counter]:
    """Give it open."""
    counter = open_county(home)
    yield counter
    counter.close()


def payment(counter: wiring.Counter) -> Payment:
    found = counter.desks.fees.standing(HOLDER.id).payment
    assert found is not None
    return found


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each once the work of the one before is done."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2", "F9", "F10", "N1")
async def test_from_the_notice_to_the_note(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51111")
        await pick(pilot, HOLDER.number)
        screen = shown(app)
        assert "缴款通知书的票号应是 A0001（还剩 50 张）" in screen
        assert "25元（大写 贰拾伍元整）" in screen
        await press(pilot, "enter", "enter")
        await type_text(pilot, "0002")  # another paper lies in the printer
        await press(pilot, "f10")
        assert "与系统显示的 A0001 不一致" in shown(app)
        assert "fee.notice" not in kinds(counter)
        await press(pilot, *["backspace"] * 4)
        await type_text(pilot, "0001")
        await press(pilot, *["f10"] * 20)  # a held key prints once
        assert kinds(counter).count("fee.notice") == 1
        assert "票号应是 A0001。打好了吗？" in shown(app)
        await press(pilot, "2", "1")  # spoiled
        assert "A0001 已作废" in shown(app)
        assert "票号应是 A0002" in shown(app)
        await type_text(pilot, "0002")
        await press(pilot, "f10", "f10", "1")
        assert "A0002 已打好" in shown(app)
        await press(pilot, "f8")
        assert "人民币贰拾伍元整" in shown(app)
        await press(pilot, "f8")  # F9: again on the same number
        assert payment(counter).notice == "A0002"
        await press(pilot, "f10", "1", "enter")
        await type_text(pilot, "JH2026112401")
        await press(pilot, "f10")
        assert "已登记缴款" in shown(app)
        await press(pilot, "escape", "escape")
        await open_job(pilot, "5112")
        await pick(pilot, HOLDER.number)
        assert "财政票据的票号应是 F0001" in shown(app)
        await type_text(pilot, "f0001")
        await press(pilot, "f10", "f10", "1")
        assert "财政票据 F0001 已打好" in shown(app)
    after = payment(counter)
    assert (after.state, after.notice, after.note) == (P.PAID, "A0002", "F0001")
    assert after.slip is not None
    assert (after.slip.bank, after.slip.reference) == ("95533", "JH2026112401")


@pytest.mark.clause("5.1.1.1.2", "N1")
async def test_a_card_is_charged_once_however_long_the_key_is_held(
    counter: wiring.Counter, app: SbkApp, twin: PosTwin
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51112")
        await pick(pilot, HOLDER.number)
        await press(pilot, *["f10"] * 10)
        assert "向 刘洋 收 25元" in shown(app).replace(HOLDER.name, "刘洋")
        assert twin.charged == []
        await press(pilot, "1", *["f10"] * 10)
        assert "已缴：参考号 112410000001" in shown(app)
    assert [sale.amount_fen for sale in twin.charged] == [2500]
    assert payment(counter).state is P.PAID


@pytest.mark.clause("5.1.1.1.2")
async def test_a_declined_card_can_be_followed_by_another(
    counter: wiring.Counter, app: SbkApp, twin: PosTwin
) -> None:
    twin.fault("declined")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51112")
        await pick(pilot, HOLDER.number)
        await press(pilot, "f10", "1")
        assert "没有扣款：余额不足（51）" in shown(app)
        await press(pilot, "f10", "1")
        assert "已缴" in shown(app)
    assert len(twin.charged) == 1
    assert kinds(counter)[-4:] == ["fee.charge", "fee.not_charged", "fee.charge", "fee.pay"]


@pytest.mark.clause("5.1.1.1.2")
async def test_a_lost_answer_is_settled_by_query_and_slip(
    counter: wiring.Counter, app: SbkApp, twin: PosTwin
) -> None:
    twin.fault("line_cut")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51112")
        await pick(pilot, HOLDER.number)
        await press(pilot, "f10", "1")
        assert "可能扣了款，也可能没扣" in shown(app)
        assert payment(counter).state is P.CHARGING
        await press(pilot, "f10", "3")  # cannot say: the finance people must
        assert payment(counter).state is P.CHARGING
        assert "已报财务" in shown(app)
        assert "待办 1" in shown(app)
        await press(pilot, "f10")
        assert "财务（银行）查明的结果是？" in shown(app)
        await press(pilot, "escape", "escape", "escape")
        await open_job(pilot, "06")
        assert "扣没扣款说不清" in shown(app)
        await press(pilot, "f10", "f10")  # no word of a clerk closes it
        assert "不能在这里划掉" in shown(app)
        await press(pilot, "escape")
        await open_job(pilot, "012")
        assert "刷卡 25元，说不清，等财务查明" in shown(app)
        await press(pilot, "enter", "f10", "2")
        assert "没有扣款" in shown(app)
    assert payment(counter).state is P.ENDED
    assert kinds(counter)[-2:] == ["fee.unclear", "fee.not_charged"]
    assert counter.desks.cases.waiting() == ()
    assert len(twin.charged) == 1


@pytest.mark.clause("5.1.1.1.2", "B20")
async def test_a_charge_cut_off_by_a_power_cut_is_taken_up(home: Path, twin: PosTwin) -> None:
    killed_at(home, "charge", "answered")
    counter = open_county(home)
    app = SbkApp(opened=counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51111")
        await pick(pilot, HOLDER.number)
        assert "还没有定下来" in shown(app)  # no notice beside a charge that hangs
        await press(pilot, "escape")
        await open_job(pilot, "51112")
        await pick(pilot, HOLDER.number)
        assert "刷过卡，扣没扣款还没有定" in shown(app)
        await press(pilot, "f7")
        assert "POS 末笔：25.00 元" in shown(app)
        await press(pilot, "f10", "1")
        assert "已缴：参考号 112410000001" in shown(app)
    assert payment(counter).state is P.PAID
    assert payment(counter).slip is not None
    assert len(twin.charged) == 1
    counter.close()


@pytest.mark.clause("5.1.2.3")
async def test_paid_but_not_registered_waits_for_the_line(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5123")
        await pick(pilot, HOLDER.number)
        assert "没有缴过款" in shown(app)
        await press(pilot, "escape")
        await open_job(pilot, "51112")
        await pick(pilot, HOLDER.number)
        await press(pilot, "f10", "1", "escape", "escape")
        await open_job(pilot, "5123")
        await pick(pilot, HOLDER.number)
        assert "还没有有效的财政票据" in shown(app)
        await press(pilot, "escape")
        await open_job(pilot, "5112")
        await pick(pilot, HOLDER.number)
        await type_text(pilot, "0001")
        await press(pilot, "f10", "f10", "1", "escape", "escape")
        await open_job(pilot, "5123")
        await pick(pilot, HOLDER.number)
        assert "未登记" in shown(app)
        await press(pilot, "f10", "1")
        assert "没有在办的补换卡申请" in shown(app)
    assert payment(counter).application == ""


@pytest.mark.clause("2.4.2", "5.1.1.1.2")
async def test_the_fees_of_a_person_stand_beside_the_cards(
    counter: wiring.Counter, app: SbkApp
) -> None:
    charge(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "242")
        await pick(pilot, HOLDER.number)
        await press(pilot, "pagedown")
        line = next(line for line in shown(app).splitlines() if "缴费 25元" in line)
        assert "已缴" in line
        assert "参考号 112410000001  未登记" in line
        assert "刷卡（已请求）" in shown(app)  # the fee's own work stands in the list, too


@pytest.mark.clause("A4", "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "5.1.2.3")
async def test_a_township_cannot_open_any_of_it(private_folder: Path) -> None:
    township = make_counter(private_folder / "township")
    app = SbkApp(opened=township)
    async with app.run_test(size=SIZE) as pilot:
        for number in ("51111", "51112", "5112", "5123"):
            await open_job(pilot, number)
            assert "〔第四条〕" in shown(app)
            await press(pilot, *["backspace"] * 5)
    assert PEOPLE[0].name
    assert not [kind for kind in kinds(township) if kind.startswith(("fee.", "numbers."))]
    township.close()


@pytest.mark.clause("5.1.1.1.2", "F10", "P6")
async def test_a_fee_is_given_back_only_once_its_note_is_void(
    counter: wiring.Counter, app: SbkApp
) -> None:
    charge(counter)
    give_note(counter)
    counter.desks.forms.printed(payment(counter).id, FormKind.NOTE)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "013")
        await pick(pilot, HOLDER.number)
        assert "开过财政票据 F0001，不能直接退" in shown(app)
        counter.desks.forms.spoiled(payment(counter).id, FormKind.NOTE, "2", op=counter.new_id())
        await press(pilot, "f5", "down", "enter")
        assert "退费凭证参考号" in shown(app)
        await press(pilot, "f10")  # nothing typed: nothing happens
        assert payment(counter).state is P.PAID
        await press(pilot, "enter", "enter")
        await type_text(pilot, "T112410000001")
        await press(pilot, *["f10"] * 5)
        assert "原参考号 112410000001" in shown(app)
        await press(pilot, "1", "f10", "f10")
        assert "已记退费：参考号 112410000001" in shown(app)
        assert "已退费" in shown(app)
    assert payment(counter).state is P.REFUNDED
    assert kinds(counter).count("fee.refund") == 1
