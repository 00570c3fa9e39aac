"""滞留清单 (0.10) by keys: filter, age, order, whom to call, marking many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.keyring import Keyring
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.operations.uncollected import MarkUncollected
from tests.screens.conftest import (
    CHEAP,
    DISTRICT,
    PASSWORD,
    do,
    kinds,
    open_job,
    settled,
    shown,
    type_text,
)
from tests.screens.test_drawers import line_of

SIZE = (80, 24)
DAY_MS = 86_400_000
EAST, WEST = ("410782105201", "示例村"), ("410782105202", "西坡村")


def villager(n: int) -> Line:
    """Return an invented villager's card."""
    base, card = line_of(n), f"N{n:07d}"
    code, name = (EAST, WEST)[n % 2]
    return Line(
        person=base.person, number=base.number, name=base.name, card=card + card_check(card),
        village_code=code, village_name=name, mobile=f"138000000{n:02d}",
    )  # fmt: skip


@pytest.fixture
def waiting(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with forty cards: half of them came 200 days ago."""
    home = private_folder / "counter"
    wiring.set_up(
        home, office="百泉镇劳保所", level="T", district=DISTRICT, clerk="1001", name="张敏",
        password=PASSWORD, cost=CHEAP,
    )  # fmt: skip
    keyring = Keyring(home, wiring.now_ms)
    keys = keyring.unlock("1001", PASSWORD)
    # Logical time never goes back: what is old comes first.
    for first, days in ((0, 200), (20, 40)):
        at_ms = wiring.now_ms() - days * DAY_MS
        counter = wiring.open_for(home, keys, encrypted=keyring.encrypted, clock=lambda: at_ms)  # noqa: B023
        do(counter, TakeIn(batch=f"b{first}", lines=tuple(map(villager, range(first, first + 20)))))
        counter.close()
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


async def clear(pilot: Pilot[None]) -> None:
    """Empty the line."""
    await pilot.press("end", *["backspace"] * 14)
    await pilot.pause(0.1)
    await settled(pilot)


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_the_list_by_age_village_and_name(
    waiting: wiring.Counter, size: tuple[int, int]
) -> None:
    app = SbkApp(opened=waiting)
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "010")
        screen = shown(app)
        assert "等领 40 张  已选 0 张  按天数" in screen
        ages = re.findall(r"(\d+) +\S+ +N0", screen)
        assert set(ages[:10]) == {"200"}  # the oldest come first
        for typed, count in (("西坡", 20), ("xpc", 20), (WEST[0], 20), ("4107821052", 40)):
            await clear(pilot)
            await type_text(pilot, typed)
            await pilot.pause(0.1)
            await settled(pilot)
            assert f"等领 {count} 张  " in shown(app), typed
        await clear(pilot)
        for days, count in ((30, 40), (90, 20), (180, 20), (365, 0)):
            await pilot.press("f4")
            assert f"等领 {count} 张（满 {days} 天）" in shown(app)
        await pilot.press("f4", "f6")
        screen = shown(app)
        assert "等领 40 张  已选 0 张  按村" in screen
        listed = re.findall(f"{EAST[1]}|{WEST[1]}", screen)
        assert len(listed) > 12
        assert listed == sorted(listed, key=[EAST[1], WEST[1]].index)
        await pilot.press("f5")
        await settled(pilot)
        assert "西坡村  20 张" in shown(app)


@pytest.mark.clause("2.3.3")
async def test_a_phone_is_shown_for_a_purpose_that_is_noted(waiting: wiring.Counter) -> None:
    app = SbkApp(opened=waiting)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "010")
        assert "138000000" not in shown(app)
        await pilot.press("enter", "escape")
        assert "138000000" not in shown(app)
        await pilot.press("enter", "1")
        assert "电话 13800000000" in shown(app)
    with waiting.opened.store.session() as db:
        noted = db.execute_sql("SELECT person, purpose, revealed FROM access_log").fetchall()
    assert noted == [(villager(0).person, "service", "phone")]


@pytest.mark.clause("2.3.3", "N1")
async def test_all_that_may_be_marked_is_marked_once(waiting: wiring.Counter) -> None:
    do(waiting, MarkUncollected(cards=(villager(0).card, villager(1).card)))
    app = SbkApp(opened=waiting)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "010")
        await pilot.press("f10")
        assert "还没有选卡" in shown(app)
        await pilot.press("f4", "f4", "f7")
        assert "已选 18 张；2 张今天记过" in shown(app)
        await pilot.press("f7")
        assert "都不选了" in shown(app)
        await pilot.press("f7", "f10", "1", *["f10"] * 5)
        await settled(pilot)
        assert "已记滞留 18 张" in shown(app)
    assert kinds(waiting)[-2:] == ["card.mark_uncollected"] * 2


@pytest.mark.clause("2.3.3")
async def test_a_card_that_is_fetched_meanwhile_is_said_and_gone(waiting: wiring.Counter) -> None:
    app = SbkApp(opened=waiting)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "010")
        await pilot.press("space", "f10")
        do(waiting, IssueToPerson(card=villager(0).card, receiver=Receiver(phone="13800001111")))
        await pilot.press("1")
        await settled(pilot)
        screen = shown(app)
    assert f"卡 {villager(0).card} 已经发出" in screen
    assert "等领 39 张" in screen
    assert kinds(waiting)[-1] == "issue.person"
