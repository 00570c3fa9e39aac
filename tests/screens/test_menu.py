"""The menu is the counter's capabilities; sign-in opens it, an idle lock closes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from tests.screens.conftest import PASSWORD, PEOPLE, make_counter, open_job, settled, shown

SIZES = [(80, 24), (100, 30)]


@pytest.mark.clause("A3")
@pytest.mark.parametrize("size", SIZES)
async def test_the_menu_lists_the_services_by_the_regulations_numbers(
    app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        screen = shown(app)
        for _ in range(3):
            await pilot.press("pagedown")
            screen += shown(app)
    for number in ("1.2", "2.2.2", "2.4.2", "3.1", "3.2", "3.3", "3.4", "5.1.4"):
        assert number in screen


@pytest.mark.clause("A4", "B4")
async def test_replacement_is_greyed_at_a_township_and_says_where_to_go(app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        assert "本级窗口不办（第三条）" in shown(app)  # 2.1.1: a township hands over to nobody
        await pilot.press("5", "1")
        assert "本级窗口不办（第四条）" in shown(app)
        await pilot.press("enter")
        await settled(pilot)
        screen = shown(app)
    assert "〔第四条〕" in screen
    assert "辉县市、新乡市" in screen


async def test_the_line_takes_numbers_names_and_initials(app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        for typed in ("32", "zsgs"):
            await pilot.press(*typed)
            assert "正式挂失" in shown(app)
            assert "解除挂失" not in shown(app)
            await pilot.press(*["backspace"] * len(typed))


async def test_sign_in_opens_the_menu_and_a_wrong_password_does_not(
    private_folder: Path,
) -> None:
    home = private_folder / "counter"
    make_counter(home).close()
    app = SbkApp(sign_in=lambda clerk, password: wiring.sign_in(home, clerk, password))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*"1001", "enter", *"wrong", "enter")
            await settled(pilot)
            assert "还可以试 4 次" in shown(app)
            await pilot.press(*PASSWORD, "enter")
            await settled(pilot)
            assert "张敏" in shown(app)
            assert PASSWORD not in shown(app)
    finally:
        app.close_counter()


@pytest.mark.clause("P10")
async def test_a_lock_hides_everything_until_the_same_clerk_is_back(app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "242")
        await pilot.press(*PEOPLE[0].number)
        await pilot.pause(0.2)
        await settled(pilot)
        assert PEOPLE[0].name in shown(app)
        app.lock()
        await pilot.pause()
        assert PEOPLE[0].name not in shown(app)
        await pilot.press(*"no", "enter")
        await pilot.pause()
        assert "还可以试" in shown(app)
        await pilot.press(*PASSWORD, "enter")
        await pilot.pause()
        assert PEOPLE[0].name in shown(app)


@pytest.mark.clause("B8")
async def test_help_tells_the_steps_and_the_troubles(app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "33")
        await pilot.press("f1")
        screen = shown(app)
        await pilot.press("f1")
        assert "查找" in shown(app)
    assert "省卡管系统" in screen
    assert "本人" in screen


@pytest.mark.clause("2.4.2")
async def test_full_numbers_are_shown_after_a_purpose_and_noted(
    counter: wiring.Counter, app: SbkApp
) -> None:
    number = PEOPLE[0].number
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "242")
        await pilot.press(*number[-4:], "enter")
        await settled(pilot)
        assert number not in shown(app)
        await pilot.press("f6", "2")
        await settled(pilot)
        assert number in shown(app)
    with counter.opened.store.session() as db:
        rows = db.execute_sql("SELECT clerk, person, purpose FROM access_log").fetchall()
    assert [tuple(row) for row in rows] == [("1001", PEOPLE[0].id, "verify")]
