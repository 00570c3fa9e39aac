"""回卡管理 (2.3.3, B13) by keys: finding, marking, putting away, the map of a box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.identity import card_check, mod11_2
from sbk_tui.domain.operations.batch import MOST_LINES, Line, TakeIn
from tests.screens.conftest import (
    CARDS,
    PEOPLE,
    do,
    kinds,
    make_counter,
    open_job,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)


async def searched(pilot: Pilot[None], text: str) -> None:
    """Type into the search and wait until the list has followed."""
    await type_text(pilot, text)
    await pilot.pause(0.2)
    await settled(pilot)


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_a_card_is_put_into_a_place(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "233")
        assert "在库 1 张  已选 0 张" in shown(app)
        await pilot.press("space", "f10", *"1-2-3-17", "f10")
        assert "把 1 张卡放到 1-2-3-17" in shown(app)
        await pilot.press("enter", "1")
        await settled(pilot)
        screen = shown(app)
    assert "已入库 1 张：1-2-3-17" in screen
    assert "1-2-3-17" in screen.split("已入库")[0]
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert (card.place, card.stored_at is not None) == ("1-2-3-17", True)
    assert kinds(counter)[-1] == "card.store"


@pytest.mark.clause("2.3.3")
async def test_nothing_is_put_away_without_a_card_and_a_place(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("f10")
        await settled(pilot)
        assert "还没有选卡" in shown(app)
        await pilot.press("space", "f10", "f10")
        await settled(pilot)
        assert "输存放位置" in shown(app)
    assert kinds(counter) == before


@pytest.fixture
def full(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with two thousand cards in stock, none of them in a place yet."""
    counter = make_counter(private_folder / "counter")
    lines = [line_of(n) for n in range(2000)]
    for start in range(0, len(lines), MOST_LINES):
        do(counter, TakeIn(batch="2026-B", lines=tuple(lines[start : start + MOST_LINES])))
    yield counter
    counter.close()


def line_of(n: int) -> Line:
    """Return an invented line; number and card follow from `n`."""
    body = f"41078219{70 + n // 500}0{1 + n // 100 % 5}1{n % 10}{n // 10 % 1000:03d}"
    card = f"M{n:07d}"
    return Line(
        person=f"{n:032x}", number=body + mod11_2(body), name="甲乙丙丁戊己庚辛壬癸"[n % 10] + "一",
        card=card + card_check(card), village_name="示例村",
    )  # fmt: skip


@pytest.mark.clause("2.3.3", "B13")
async def test_two_thousand_cards_in_one_go_and_each_found_in_six_keys(
    full: wiring.Counter,
) -> None:
    app = SbkApp(opened=full)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("f7")
        assert "在库 2001 张  已选 2001 张" in shown(app)
        await pilot.press("tab", *"1-1-1", "down", "space", "f10")
        await settled(pilot)
        assert "把 2001 张卡依次放到 1-1-1-1 至 1-1-21-1" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "已入库 2001 张" in shown(app)
        line = line_of(1234)
        held = full.lookup.card(line.card)
        assert held is not None
        await searched(pilot, f"wy{line.number[-4:]}".lower())
        screen = shown(app)
        await pilot.press("enter")
        box = shown(app)
    assert held.place in screen
    assert line.card in screen
    assert f"{held.place.rpartition('-')[0]} 盒：已放 100 张，空位 0 个" in box
    assert kinds(full)[-11:] == ["card.store"] * 11
    with full.opened.store.session() as db:
        places = db.execute_sql("SELECT count(DISTINCT place) FROM card WHERE place <> ''")
        assert places.fetchone()[0] == 2001


@pytest.mark.clause("2.3.3", "N1")
async def test_a_scanner_marks_twenty_cards_in_a_burst(full: wiring.Counter) -> None:
    app = SbkApp(opened=full)
    codes = [line_of(n).card for n in range(300, 320)]
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press(*[key for code in codes for key in (*code, "enter")])
        await pilot.press(*codes[0], "enter", *CARDS[0], "enter")
        await settled(pilot)
        screen = shown(app)
        assert "已选 20 张" in screen
        assert f"卡 {CARDS[0]} 不在本窗口待领" in screen
        await pilot.press("tab", *"9-9-9-5", "tab", "space", "f10", "1")
        await settled(pilot)
    for position, code in enumerate(codes, 5):
        card = full.lookup.card(code)
        assert card is not None
        assert card.place == f"9-9-9-{position}"


@pytest.mark.clause("2.3.3")
async def test_the_next_free_position_is_offered(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("f4")
        assert "下一个空位：1-1-1-1" in shown(app)
        await pilot.press("f5", "space", "f10", "1")
        await settled(pilot)
        await pilot.press("f4")
        assert "下一个空位：1-1-1-2" in shown(app)


@pytest.mark.clause("B20", "2.3.3")
async def test_what_was_marked_survives_a_killed_terminal(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("space", "tab", *"2-2-2-2")
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=counter)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("1")
        await settled(pilot)
        assert "已选 1 张" in shown(again)
        await pilot.press("f10", "1")
        await settled(pilot)
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert card.place == "2-2-2-2"
    assert counter.desks.drafts.jobs() == ()


@pytest.mark.clause("2.3.3")
async def test_a_card_handed_out_meanwhile_stops_the_whole_and_is_named(
    counter: wiring.Counter, app: SbkApp
) -> None:
    from sbk_tui.domain.card import Receiver
    from sbk_tui.domain.operations.issue import IssueToPerson

    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("space", "tab", *"1-1-1-1", "f10")
        do(counter, IssueToPerson(card=CARDS[2], receiver=Receiver(phone="13800001111")))
        await pilot.press("1")
        await settled(pilot)
        screen = shown(app)
    assert f"卡 {CARDS[2]} 不在本窗口待领" in screen
    assert PEOPLE[2].name not in screen
    assert kinds(counter)[-1] == "issue.person"


@pytest.mark.clause("2.3.3")
async def test_a_card_nobody_fetches_is_marked_once_a_day(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "233")
        await pilot.press("f3")
        assert "还没有选卡" in shown(app)
        await pilot.press("space", "f3")
        assert "各记一次滞留" in shown(app)
        await pilot.press("f3", "enter", "1")  # neither of them answers
        await settled(pilot)
        assert "已记滞留 1 张" in shown(app)
        assert "已选 0 张" in shown(app)
        await pilot.press("space", "f3", "1")
        await settled(pilot)
        assert "今天已经记过滞留" in shown(app)
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert len(card.uncollected) == 1
    assert kinds(counter).count("card.mark_uncollected") == 1
    assert counter.desks.stats.figures().uncollected == 0


@pytest.mark.clause("2.3.3", "B23")
def test_the_statistics_count_the_cards_marked_three_times(counter: wiring.Counter) -> None:
    with counter.opened.store.write() as db:
        db.execute_sql("UPDATE card SET marks = 3 WHERE number = ?", (CARDS[2],))
    assert counter.desks.stats.figures().uncollected == 1
