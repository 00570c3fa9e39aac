"""一家代领 (B17) by keys: one proxy, five cards, five operations, one sheet."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from tests.people import CHANG_GUILAN, EVERYBODY
from tests.screens.conftest import PEOPLE, do, kinds, open_job, pick, settled, shown, type_text

SIZE = (80, 24)
HOUSEHOLD = EVERYBODY[5:10]
LINES = tuple(
    Line(
        person=person.id, number=person.number, name=person.name,
        card=f"H000000{n}" + card_check(f"H000000{n}"), mobile="13800001111",
    )
    for n, person in enumerate(HOUSEHOLD)
)  # fmt: skip
PROXY = Receiver(
    type="2", name=CHANG_GUILAN.name, number=CHANG_GUILAN.number, phone=CHANG_GUILAN.mobile
)


async def proxy(pilot: Pilot[None]) -> None:
    """Fill in who takes the cards."""
    await pilot.press("tab")
    for text in (CHANG_GUILAN.name, CHANG_GUILAN.number, CHANG_GUILAN.mobile):
        await type_text(pilot, text)
        await pilot.press("enter")


@pytest.mark.clause("B17", "2.2.2", "N1")
async def test_five_cards_five_operations_one_sheet(counter: wiring.Counter, app: SbkApp) -> None:
    do(counter, TakeIn(batch="2026-H", lines=LINES))
    before = len(kinds(counter))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "09")
        for person in HOUSEHOLD:
            await pick(pilot, person.number)
        assert "篮子里 5 张" in shown(app)
        await proxy(pilot)
        await pilot.press(*["f10"] * 5, "enter", "1", "f10", "f10")
        await settled(pilot)
        screen = shown(app)
        await pilot.press("f8")
        await settled(pilot)
        sheet = shown(app)
    assert "已发 5 张" in screen
    assert "代领签收表" in sheet
    assert kinds(counter)[before:] == ["issue.person"] * 5
    for line in LINES:
        card = counter.lookup.card(line.card)
        assert card is not None
        assert card.receiver == PROXY
        assert card.issuing is not None
    assert counter.desks.papers.owed_count() == 1


@pytest.mark.clause("B17")
async def test_who_has_no_card_here_is_named_and_a_second_pick_takes_out(
    counter: wiring.Counter, app: SbkApp
) -> None:
    do(counter, TakeIn(batch="2026-H", lines=LINES))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "09")
        await pick(pilot, PEOPLE[0].number)
        assert f"{PEOPLE[0].name} 没有在本窗口待领的卡" in shown(app)
        await pilot.press(*["backspace"] * 18)
        await pick(pilot, HOUSEHOLD[0].number)
        await pick(pilot, HOUSEHOLD[0].number)
        screen = shown(app)
    assert f"已取出：{HOUSEHOLD[0].name}" in screen
    assert "篮子是空的" in screen


@pytest.mark.clause("B17")
async def test_one_card_that_went_elsewhere_stops_the_whole_household(
    counter: wiring.Counter, app: SbkApp
) -> None:
    do(counter, TakeIn(batch="2026-H", lines=LINES))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "09")
        for person in HOUSEHOLD[:2]:
            await pick(pilot, person.number)
        await proxy(pilot)
        await pilot.press("f10")
        do(counter, IssueToPerson(card=LINES[1].card, receiver=Receiver(phone="13800001111")))
        await pilot.press("1")
        await settled(pilot)
        screen = shown(app)
    assert "卡已" in screen
    first = counter.lookup.card(LINES[0].card)
    assert first is not None
    assert first.collected_at is None
