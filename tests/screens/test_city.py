"""向市中心查 by keys: one key where nobody is found here; the screen never blocks (A5)."""

from __future__ import annotations

from datetime import date

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data import city_asks, outbox
from sbk_tui.data.city_asks import Answer, Question
from sbk_tui.data.line import LineState, note_line
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from tests.people import EVERYBODY
from tests.screens.conftest import do, open_job, settled, shown, type_text

SIZE = (80, 24)
STRANGER = EVERYBODY[4]
CARD = f"D0000001{card_check('D0000001')}"


def enrolled(counter: wiring.Counter) -> None:
    outbox.remember_peer(counter.opened.store, {"hub_public": b"x"})


def asked(counter: wiring.Counter) -> list[Question]:
    signed = city_asks.open_asks(counter.opened.store, wiring.now_ms())
    return [each.read() for each in signed]


async def look_for(pilot: Pilot[None], text: str) -> None:
    await type_text(pilot, text)
    await pilot.pause(0.1)
    await settled(pilot)


@pytest.mark.clause("A5", "3.2")
async def test_who_is_not_here_is_asked_for_with_one_key(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await look_for(pilot, STRANGER.number)
        assert "按 F4，没有记录也先记下挂失" in shown(app)
        assert "F7 向市中心查" in shown(app)
        await pilot.press("f7", "f7")
        await pilot.pause()
        assert "正在向市中心查" in shown(app)
        (question,) = asked(counter)
        assert (question.sought, question.clause, question.purpose, question.clerk) == (
            STRANGER.number, "3.2", "service", "1001",
        )  # fmt: skip
        line = Line(
            person=STRANGER.id, number=STRANGER.number, name=STRANGER.name, card=CARD,
            bank="95533", village_code="410782105201", made_on=date(2026, 5, 1),
        )  # fmt: skip
        do(counter, TakeIn(batch="2026-D", lines=(line,)))  # as the sender lays rows down
        city_asks.answer(
            counter.opened.store, question.id, Answer(STRANGER.id, ""), wiring.now_ms()
        )
        await settled(pilot)
        assert STRANGER.name in shown(app)
        assert "已从市中心取来" in shown(app)


@pytest.mark.clause("A5")
async def test_a_line_that_is_down_is_said_and_nothing_is_asked_any_more(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await look_for(pilot, STRANGER.number)
        await pilot.press("f7")
        await pilot.pause()
        tried = LineState(tried=wiring.now_ms() + 1, code="hub.no_line")
        note_line(counter.opened.store, tried)
        await settled(pilot)
        assert "连不上市中心" in shown(app)
        assert asked(counter) == []


@pytest.mark.clause("A5")
async def test_nobody_at_the_city_either_and_a_part_of_a_number(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await look_for(pilot, "9999999")
        await pilot.press("f7")
        await settled(pilot)
        assert "完整的社会保障号码" in shown(app)
        await pilot.press(*["backspace"] * 7)
        await look_for(pilot, STRANGER.number)
        await pilot.press("f7")
        await pilot.pause()
        (question,) = asked(counter)
        found = Answer("", city_asks.NOBODY)
        city_asks.answer(counter.opened.store, question.id, found, wiring.now_ms())
        await settled(pilot)
        assert "市中心也没有这个号码的人" in shown(app)


@pytest.mark.clause("A5", "2.4.2")
async def test_a_query_asks_why_and_esc_gives_up_waiting(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "242")
        await look_for(pilot, STRANGER.number)
        await pilot.press("f7")
        await pilot.pause()
        assert "为什么要向市中心查此人" in shown(app)
        await pilot.press("2")
        await pilot.pause()
        assert [question.purpose for question in asked(counter)] == ["verify"]
        await pilot.press("escape")
        await settled(pilot)
        assert asked(counter) == []
        assert "F7 向市中心查" in shown(app)


def laid_down(counter: wiring.Counter, question: Question) -> None:
    """Lay the stranger's rows down as the sender does, with the city's answer."""
    line = Line(
        person=STRANGER.id, number=STRANGER.number, name=STRANGER.name, card=CARD,
        bank="95533", village_code="410782105201", made_on=date(2026, 5, 1),
    )  # fmt: skip
    do(counter, TakeIn(batch="2026-D", lines=(line,)))
    answer = Answer(STRANGER.id, "")
    city_asks.answer(counter.opened.store, question.id, answer, wiring.now_ms())


@pytest.mark.clause("A5", "B17")
async def test_a_member_of_the_household_is_asked_for_too(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "09")
        await look_for(pilot, STRANGER.number)
        assert "F7 向市中心查" in shown(app)
        await pilot.press("f7", "f7")
        await pilot.pause()
        assert "正在向市中心查" in shown(app)
        (question,) = asked(counter)
        assert (question.sought, question.clause) == (STRANGER.number, "0.9")
        laid_down(counter, question)
        await settled(pilot)
        assert "已从市中心取来" in shown(app)
        await pilot.press("enter")
        await settled(pilot)
        assert "篮子里 1 张" in shown(app)


@pytest.mark.clause("A5", "B4")
async def test_a_referral_asks_the_city_and_esc_gives_up_without_leaving(
    counter: wiring.Counter, app: SbkApp
) -> None:
    enrolled(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51")
        await look_for(pilot, STRANGER.number)
        screen = shown(app)
        assert "F7 向市中心查" in screen
        assert "F4" not in screen
        await pilot.press("f7")
        await pilot.pause()
        assert len(asked(counter)) == 1
        await pilot.press("escape")
        await settled(pilot)
        assert asked(counter) == []
        assert "F7 向市中心查" in shown(app)
        await pilot.press("f7", "f7")
        await pilot.pause()
        (question,) = asked(counter)
        assert question.clause == "第四条"
        laid_down(counter, question)
        await settled(pilot)
        assert "已从市中心取来" in shown(app)
        await pilot.press("enter")
        await settled(pilot)
        assert "还没有领走" in shown(app)


async def test_a_counter_on_its_own_offers_no_city(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "32")
        await look_for(pilot, STRANGER.number)
        await pilot.press("f7")
        await settled(pilot)
        assert "向市中心查" not in shown(app)
    assert asked(counter) == []
