"""日终核对 by keys (B6): box by box, a cause for a difference, the sheet."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.record import decode_payload
from sbk_tui.domain.identity import card_check, mod11_2
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.day import CloseDay
from tests.screens.conftest import do, kinds, open_job, settled, shown


def number(n: int) -> str:
    body = f"41078219850314{n:03d}"
    return body + mod11_2(body)


def card(n: int) -> str:
    body = f"D{n:07d}"
    return body + card_check(body)


PLACES = ("1-1-1-1", "1-1-1-2", "1-1-2-1")


@pytest.fixture
def stocked(counter: wiring.Counter) -> wiring.Counter:
    """Give three more cards in two boxes; one card lies in no box."""
    lines = tuple(
        Line(
            person=f"{n:032x}", number=number(n), name="甲", card=card(n),
            place=place,
        )
        for n, place in enumerate(PLACES)
    )  # fmt: skip
    do(counter, TakeIn(batch="b", lines=lines))
    return counter


def newest_close(counter: wiring.Counter) -> CloseDay:
    with counter.opened.store.session() as db:
        row = db.execute_sql(
            "SELECT payload FROM operation WHERE kind = 'day.close' ORDER BY seq DESC"
        ).fetchone()
    close = decode_payload("day.close", bytes(row[0]))
    assert isinstance(close, CloseDay)
    return close


@pytest.mark.clause("B6")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_a_drawer_is_counted_and_the_day_closed(
    stocked: wiring.Counter, size: tuple[int, int]
) -> None:
    app = SbkApp(opened=stocked)
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "02")
        begin = shown(app)
        await pilot.press("2", "enter", "3", "enter")
        asked = shown(app)
        await pilot.press("3")
        await pilot.press("f10")
        early = shown(app)
        await pilot.press("1", "enter", "f10")
        sure = shown(app)
        await pilot.press("1")
        await settled(pilot)
        done = shown(app)
        await pilot.press("f8")
        sheet = shown(app)
        await pilot.press("f8")
        await settled(pilot)
    assert "未送 7" in begin
    assert "个人发卡 3" in begin
    assert "账上 1 张，实点 3 张" in asked
    assert "还有 1 盒没有点清" in early
    assert "核对完毕？" in sure
    assert "已核对：" in done
    assert "日终核对单" in sheet
    close = newest_close(stocked)
    assert [(b.box, b.recorded, b.counted, b.cause) for b in close.boxes] == [
        ("1-1-1", 2, 2, ""), ("1-1-2", 1, 3, "03"), ("", 1, 1, ""),
    ]  # fmt: skip
    assert (close.last_seq, len(close.last_hash), close.waiting) == (7, 16, 7)
    assert stocked.desks.papers.debts() == ()
    assert stocked.desks.drafts.jobs() == ()


@pytest.mark.clause("B6", "B20")
async def test_a_counting_that_was_left_is_taken_up(stocked: wiring.Counter) -> None:
    app = SbkApp(opened=stocked)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "02")
        await pilot.press("2", "enter")
        await settled(pilot)
        await pilot.press("escape")
        assert stocked.desks.drafts.jobs() == ("0.2",)
        await open_job(pilot, "02")
        await pilot.press("1", "enter", "1", "enter", "f10", "1")
        await settled(pilot)
    assert kinds(stocked)[-1] == "day.close"


@pytest.mark.clause("B6")
async def test_only_numbers_are_counts(stocked: wiring.Counter) -> None:
    app = SbkApp(opened=stocked)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "02")
        for typed in ("", "x", "²"):
            await pilot.press(*typed, "enter")
            assert "请输入张数" in shown(app)
            await pilot.press("backspace")
    assert "day.close" not in kinds(stocked)
