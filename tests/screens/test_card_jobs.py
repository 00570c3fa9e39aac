"""Days at the counter by keys alone, at 80×24: records in the database out."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import CardState, Receiver
from sbk_tui.domain.operations.issue import IssueToPerson
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


@pytest.mark.clause("3.1", "B5")
async def test_a_temporary_loss_by_keys(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "31")
        await pick(pilot, PEOPLE[0].number)
        await type_text(pilot, "刘洋")
        await pilot.press("enter")
        await type_text(pilot, "13800002222")
        await pilot.press("f10")
        await settled(pilot)
        screen = shown(app)
    card = counter.lookup.card(CARDS[0])
    assert card is not None
    assert (card.state, card.lost_until is not None) == (CardState.TEMP_LOST, True)
    assert "本机已记，待市中心确认" in screen
    assert len(counter.desks.papers.debts()) == 1


@pytest.mark.clause("N1", "3.2")
async def test_a_held_key_reports_once(counter: wiring.Counter, app: SbkApp) -> None:
    before = len(kinds(counter))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", *["f10"] * 30)
        await settled(pilot)
        await pilot.press("1", *["f10"] * 30, *["enter"] * 30)
        await settled(pilot)
    assert kinds(counter)[before:] == ["loss.formal"]


@pytest.mark.clause("N1", "2.2.2")
@pytest.mark.parametrize("key", ["f10", "enter"])
async def test_a_held_key_does_not_run_from_handing_out_into_enabling(
    counter: wiring.Counter, app: SbkApp, key: str
) -> None:
    before = len(kinds(counter))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "222")
        await pick(pilot, PEOPLE[2].number)
        await pilot.press("enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        for _ in range(30):
            await pilot.press(key)
            await settled(pilot)
    assert kinds(counter)[before:] == ["issue.person"]


@pytest.mark.clause("3.2", "B22")
async def test_a_grave_act_is_not_done_by_a_bare_enter(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "f10", "enter", "enter", "escape")
        await settled(pilot)
        assert "正式挂失" in shown(app)
    assert kinds(counter) == before


@pytest.mark.clause("3.2")
async def test_a_formal_loss_wants_the_id_card_seen(counter: wiring.Counter, app: SbkApp) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("f10")
        await settled(pilot)
        assert "有 1 处要改" in shown(app)
    assert kinds(counter) == before


@pytest.mark.clause("3.3")
async def test_lost_and_found_again(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "f10", "1")
        await settled(pilot)
        await pilot.press("escape", "escape")
        await open_job(pilot, "33")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "down", "space", "f10", "1")
        await settled(pilot)
    card = counter.lookup.card(CARDS[0])
    assert card is not None
    assert card.state is CardState.ACTIVE
    assert kinds(counter)[-2:] == ["loss.formal", "card.release"]


@pytest.mark.clause("3.4")
@pytest.mark.parametrize(("clerk", "password", "done"), [
    ("1002", SECOND, True),
    ("1002", "wrong-Password-1", False),
    ("1001", "Training-2026", False),
])  # fmt: skip
async def test_a_cancellation_wants_a_second_clerk(
    counter: wiring.Counter, app: SbkApp, clerk: str, password: str, done: bool
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "34")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("0", "1", "enter")
        await type_text(pilot, "死亡医学证明")
        await pilot.press("f10")
        await type_text(pilot, clerk)
        await pilot.press("enter")
        await type_text(pilot, password)
        await pilot.press("enter")
        await settled(pilot)
        screen = shown(app)
    card = counter.lookup.card(CARDS[0])
    assert card is not None
    assert (card.state is CardState.CANCELLED) is done
    assert ("已办：注销" in screen) is done


@pytest.mark.clause("2.2.2", "5.1.4")
async def test_a_card_is_handed_out_and_enabled_at_once(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "222")
        await pick(pilot, PEOPLE[2].number)
        await pilot.press("enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
    assert kinds(counter)[-2:] == ["issue.person", "card.enable"]
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert (card.state, card.custody) == (CardState.ACTIVE, "")
    assert card.receiver is not None
    assert card.receiver.phone == "13800003333"


@pytest.mark.clause("2.2.2")
async def test_a_proxy_is_asked_for_name_number_and_phone(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "222")
        await pick(pilot, PEOPLE[2].number)
        await pilot.press("backspace", "2", "f10")
        await settled(pilot)
        await pilot.pause()
        assert "有 3 处要改" in shown(app)
    assert kinds(counter)[-1] == "card.enable"


@pytest.mark.clause("5.1.4")
async def test_collecting_is_passed_over_when_it_was_done_before(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "514")
        await pick(pilot, PEOPLE[3].number)
        await pilot.press("f10", "1")
        await settled(pilot)
    assert kinds(counter)[-1] == "card.enable"
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert card.state is CardState.ACTIVE


@pytest.mark.clause("5.1.2.1")
async def test_a_card_in_the_wrong_state_is_named_with_its_state(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "31")
        await pick(pilot, PEOPLE[2].number)
        assert "封存待领" in shown(app)
        assert "不能办「临时挂失」" in shown(app)


@pytest.mark.clause("B20")
async def test_what_was_typed_survives_a_killed_terminal(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "31")
        await pick(pilot, PEOPLE[0].number)
        await type_text(pilot, "刘洋")
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=counter)
    async with again.run_test(size=SIZE) as pilot:
        assert "临时挂失" in shown(again)
        await open_job(pilot, "31")
        await pilot.press("1")
        await settled(pilot)
        assert "刘洋" in shown(again)
        await pilot.press("down")
        await type_text(pilot, "13800002222")
        await pilot.press("f10")
        await settled(pilot)
    assert kinds(counter)[-1] == "loss.temporary"
    assert counter.desks.drafts.jobs() == ()


@pytest.mark.clause("B18")
async def test_a_slip_is_owed_until_the_spooler_took_it(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "514")
        await pick(pilot, PEOPLE[3].number)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert len(counter.desks.papers.debts()) == 1
        (slip,) = counter.desks.papers.debts()
        assert "二维码" in counter.desks.papers.preview(slip, 78)[-1]  # B1
        await pilot.press("f8")
        assert "启用业务回执单" in shown(app)
        await pilot.press("f8")
        await settled(pilot)
        assert "已交打印" in shown(app)
    assert counter.desks.papers.debts() == ()
    papers = list((counter.home / "papers").iterdir())
    assert [path.read_bytes()[:5] for path in papers] == [b"%PDF-"]


@pytest.mark.clause("2.2.2", "P2")
async def test_two_clerks_at_one_card_and_the_second_learns_of_the_first(
    counter: wiring.Counter, app: SbkApp
) -> None:
    other = wiring.sign_in(counter.home, "1002", SECOND)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "222")
        await pick(pilot, PEOPLE[2].number)
        do(other, IssueToPerson(card=CARDS[2], receiver=Receiver(type="1", phone="13900009999")))
        await pilot.press("enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        await settled(pilot)
        screen = shown(app)
    other.close()
    assert "王芳 已于" in screen
    assert "个人发卡" in screen
    assert kinds(counter).count("issue.person") == 4
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert card.receiver is not None
    assert card.receiver.phone == "13900009999"


@pytest.mark.clause("3.4", "B22")
async def test_f5_in_a_coded_field_lists_what_it_can_hold(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "34")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("f5")
        await pilot.pause()
        assert "出国" in shown(app)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "02" in shown(app)
    assert kinds(counter)[-1] == "card.enable"
