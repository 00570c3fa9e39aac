"""The list: what it asks for, what it draws, what it says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.geometry import Region

from sbk_tui.terminal.lean import LeanApp
from sbk_tui.terminal.listview import Column, FixedRows, KeysetRows, PagedList, Row

COLUMNS = (Column("姓名", 8), Column("金额", 6, right=True), Column("住址", 0))


def rows(count: int, start: int = 0) -> list[Row]:
    return [Row(f"k{i}", (f"张{i}", str(i), "大屯村")) for i in range(start, start + count)]


class Counted(FixedRows):
    """A source that remembers what it was asked for."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(rows)
        self.asked: list[tuple[int, int]] = []

    def fetch(self, start: int, count: int) -> Sequence[Row]:
        self.asked.append((start, count))
        return super().fetch(start, count)


class ListApp(LeanApp[None]):
    """A list alone, eleven rows high at 40×12, remembering what it says and redraws."""

    def __init__(self, paged: PagedList) -> None:
        super().__init__()
        self.paged = paged
        self.said: list[object] = []
        self.drawn: list[Region] = []

    def compose(self) -> ComposeResult:
        yield self.paged

    def on_paged_list_highlighted(self, event: PagedList.Highlighted) -> None:
        self.said.append(("at", event.row.key if event.row else None))

    def on_paged_list_chosen(self, event: PagedList.Chosen) -> None:
        self.said.append(("chosen", event.row.key))

    def on_paged_list_marked(self, event: PagedList.Marked) -> None:
        self.said.append(("marked", set(event.keys)))

    def lines(self) -> list[str]:
        return [self.paged.render_line(y).text for y in range(self.paged.size.height)]


def running(*, multiple: bool = False, empty: str = "") -> ListApp:
    return ListApp(PagedList(COLUMNS, multiple=multiple, empty=empty))


SIZE = (40, 12)


async def test_only_what_is_seen_and_a_page_around_it_is_asked_for() -> None:
    app, source = running(), Counted(rows(100_000))
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(source)
        await pilot.pause()
        assert source.asked == [(0, 33)]
        await pilot.press("end")
        await pilot.pause()
        assert app.paged.cursor == 99_999
        assert sum(count for _, count in source.asked) <= 3 * 33
        asked = len(source.asked)
        await pilot.press(*["up"] * 10)
        assert len(source.asked) == asked


async def test_keys_move_the_cursor_and_each_move_is_told_once() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(30))
        await pilot.press("down", "pagedown", "up", "end", "down", "pageup", "home", "up", "enter")
        await pilot.pause()
        assert app.said == [
            ("at", "k0"),
            ("at", "k1"),
            ("at", "k12"),
            ("at", "k11"),
            ("at", "k29"),
            ("at", "k18"),
            ("at", "k0"),
            ("chosen", "k0"),
        ]


async def test_the_cursor_is_a_mark_and_with_the_focus_one_attribute() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(3))
        await pilot.press("down")
        strip = app.paged.render_line(2)
        assert strip.text.startswith("> 张1")
        assert all(segment.style and segment.style.reverse for segment in strip)
        app.set_focus(None)
        await pilot.pause()
        strip = app.paged.render_line(2)
        assert strip.text.startswith("> 张1")
        assert not any(segment.style and segment.style.reverse for segment in strip)


async def test_columns_are_measured_in_cells_and_cut_with_an_ellipsis() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show([Row("a", ("欧阳震华先生", "12.50", "河南省新乡市卫滨区平原路街道"))])
        await pilot.pause()
        head, line = app.lines()[:2]
        assert head == "  姓名       金额 住址                  "
        assert line == "> 欧阳震…   12.50 河南省新乡市卫滨区平… "
        assert {cell_len(text) for text in app.lines()} == {40}


async def test_what_rows_say_is_never_obeyed() -> None:
    app = running()
    evil = ("[red]", "[@click=app.quit]", "\x1b[2J\x07\x9b31m[b]住址[/b]")
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show([Row("a", evil, tone="[bad]")])
        await pilot.pause()
        line = app.lines()[1]
        assert "[red]" in line
        assert "[@cli…" in line
        assert "?[2J??31m[b]住址" in line
        strip = app.paged.render_line(1)
        assert not any(segment.style and segment.style.meta for segment in strip)
        assert not any("\x1b" in segment.text for segment in strip)


async def test_space_marks_and_goes_on() -> None:
    app = running(multiple=True)
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(5))
        await pilot.press("space", "space", "up", "space")
        await pilot.pause()
        assert [said for said in app.said if said[0] == "marked"] == [
            ("marked", {"k0"}),
            ("marked", {"k0", "k1"}),
            ("marked", {"k0"}),
        ]
        assert app.lines()[1].startswith(" *张0")
        app.paged.unmark_all()
        assert app.paged.marked == frozenset()


async def test_space_is_not_taken_where_rows_are_not_marked() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(5))
        await pilot.press("space")
        assert app.paged.marked == frozenset()
        assert app.paged.cursor == 0


async def test_rows_given_before_the_list_is_on_the_screen_are_shown() -> None:
    app = running()
    app.paged.show(rows(20))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("pagedown")
        await pilot.pause()
        assert app.said[-1] == ("at", "k11")
        assert app.lines()[-1].startswith("> 张11")


async def test_an_empty_list_says_so() -> None:
    app = running(empty="没有查询结果")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down", "enter", "end", "pageup")
        await pilot.pause()
        assert app.lines()[1].rstrip() == "没有查询结果"
        assert app.paged.highlighted is None
        assert app.said == []


async def test_only_lines_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(30))
        await pilot.pause()
        monkeypatch.setattr(app.paged, "refresh", lambda *regions: app.drawn.extend(regions))
        await pilot.press("down")
        assert [region.y for region in app.drawn] == [1, 2]
        app.drawn.clear()
        changed = rows(30)
        changed[4] = Row("k4", ("李四", "9", ""))
        app.paged.update_rows(changed)
        assert [region.y for region in app.drawn] == [5]


async def test_the_cursor_stays_with_its_row_when_rows_come_before_it() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(5))
        await pilot.press("down", "down")
        app.paged.update_rows([*rows(2, start=90), *rows(5)])
        assert (app.paged.cursor, app.paged.highlighted) == (4, rows(5)[2])
        app.paged.update_rows(rows(1))
        assert app.paged.highlighted == rows(1)[0]
        app.paged.update_rows(())
        await pilot.pause()
        assert app.said[-1] == ("at", None)


async def test_a_smaller_window_keeps_the_cursor_in_sight() -> None:
    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(rows(30))
        await pilot.press("pagedown")
        await pilot.resize_terminal(40, 5)
        assert [line[0] for line in app.lines()].count(">") == 1


async def test_pages_are_read_one_after_the_other_as_far_as_needed() -> None:
    asked: list[str | None] = []

    def after(row: Row | None, limit: int) -> Sequence[Row]:
        asked.append(row.key if row else None)
        start = int(row.key[1:]) + 1 if row else 0
        return rows(1000)[start : start + limit]

    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(KeysetRows(after))
        await pilot.pause()
        assert asked == [None]
        assert app.paged.row_count is None
        await pilot.press(*["pagedown"] * 3)
        assert app.paged.cursor == 33
        assert asked == [None, "k49"]
        await pilot.press("end")
        assert app.paged.cursor == 233
        await pilot.press("end", "end", "end", "end", "end")
        assert (app.paged.cursor, app.paged.row_count) == (999, 1000)


async def test_one_page_that_is_all_there_is_is_read_once() -> None:
    asked: list[Row | None] = []

    def after(row: Row | None, limit: int) -> Sequence[Row]:
        asked.append(row)
        return rows(3)[:limit]

    app = running()
    async with app.run_test(size=SIZE) as pilot:
        app.paged.show(KeysetRows(after))
        await pilot.press("down", "down", "down", "end", "pagedown")
        assert app.paged.cursor == 2
        assert asked == [None]
