"""The greyed 补换卡 helps (B4): advice, a slip whose code the county reads, an open case."""

from __future__ import annotations

import re

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.referral import parse
from tests.screens.conftest import CARDS, PEOPLE, kinds, open_job, pick, settled, shown, type_text

CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{6}){3}")


@pytest.mark.clause("A4", "B4")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_a_referral_by_keys(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    before = kinds(counter)
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "51")
        why = shown(app)
        await pick(pilot, PEOPLE[0].number)
        await type_text(pilot, "51")
        await pilot.pause()
        advice = shown(app)
        await pilot.press(*["f10"] * 5)
        await settled(pilot)
        done = shown(app)
        await pilot.press("f8")
        paper = shown(app)
        await pilot.press("f8")
        await settled(pilot)
    assert "〔第四条〕" in why
    assert "辉县市、新乡市" in why
    assert "25元" in advice
    assert "先在本窗口办「3.2 正式挂失」" in "".join(advice.split("\n"))
    found = CODE.search(done)
    assert found is not None
    referral = parse(found.group())
    assert referral.fits(PEOPLE[0].number, CARDS[0])
    assert (referral.office, referral.reason) == ("410782105", "51")
    assert "转办单" in paper
    assert PEOPLE[0].number not in paper
    assert kinds(counter) == before
    assert counter.desks.query.open_cases() == 1
    assert counter.desks.papers.debts() == ()
    assert len(list((counter.home / "papers").iterdir())) == 1


@pytest.mark.clause("B4", "B18")
async def test_a_referral_stays_open_until_it_is_closed(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "51")
        for answer in ("2", "1"):  # keep, then close; the first time there is nothing to answer
            await pick(pilot, PEOPLE[0].number)
            await pilot.press(answer) if counter.desks.query.open_cases() else None
            await settled(pilot)
            await type_text(pilot, "61")
            await pilot.press("f10")
            await settled(pilot)
            await pilot.press("escape")
        assert counter.desks.query.open_cases() == 1
        await pick(pilot, PEOPLE[0].number)
        assert "没有了结的转办单" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "转办单已关闭" in shown(app)
    assert counter.desks.query.open_cases() == 0


@pytest.mark.clause("B4")
@pytest.mark.parametrize(("who", "why"), [(2, "还没有领走")])
async def test_who_needs_no_referral_is_told_so(app: SbkApp, who: int, why: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "51")
        await pick(pilot, PEOPLE[who].number)
        assert why in shown(app)


@pytest.mark.clause("B4")
async def test_a_reason_is_needed(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "51")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("f10")
        await settled(pilot)
        assert "有 1 处要改" in shown(app)
    assert counter.desks.query.open_cases() == 0
