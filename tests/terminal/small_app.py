"""A small application with everything that can go wrong on a screen; also run in a real pty."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.terminal.lean import LeanApp
from sbk_tui.terminal.listview import Column, PagedList, Row

SURNAMES = "王李张刘陈杨黄赵"
GIVEN = "伟芳娜敏静秀英丽强磊"


def people(count: int) -> list[Row]:
    tones = ("", "ok", "", "warn", "bad", "dim")
    return [
        Row(
            str(i),
            (f"{i:05}", SURNAMES[i % 8] + GIVEN[i % 10] + GIVEN[i * 7 % 10], "大屯村" * (i % 4)),
            tones[i % 6],
        )
        for i in range(count)
    ]


class Question(ModalScreen[None]):
    """A box over the list; its edges cut wide characters."""

    CSS = """
    Question { align: center middle; }
    Question > Static { width: 23; height: 5; border: heavy red; background: blue; color: white; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "")]

    def compose(self) -> ComposeResult:
        yield Static("确认挂失此卡？— [b]Enter[/b] 确认", id="box")


class SmallApp(LeanApp[None]):
    """Two fields, a list, a status line."""

    CSS = """
    #title { background: $primary; text-style: bold; }
    .narrow { offset-x: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("f2", "ask", ""),
        ("f3", "shift", ""),
        ("f4", "other_rows", ""),
        ("f10", "quit", ""),
    ]

    def compose(self) -> ComposeResult:
        yield Static("社会保障卡 [@click=app.bell]个人查询[/] ─ 窗口①", id="title")
        for name in ("姓名", "社会保障号码"):
            field = Input(placeholder=name, compact=True)
            field.cursor_blink = False
            yield field
        columns = [Column("序号", 5), Column("姓名", 7), Column("地址", 0)]
        yield PagedList(columns, multiple=True, empty="没有结果", id="people")
        yield Static("", id="status")

    def on_mount(self) -> None:
        self.query_one(PagedList).show(people(300))
        self.query(Input).first().focus()

    def action_ask(self) -> None:
        self.push_screen(Question())

    def action_shift(self) -> None:
        """Move the list by an odd number of cells, so that every wide character moves."""
        self.query_one(PagedList).toggle_class("narrow")

    def action_other_rows(self) -> None:
        paged = self.query_one(PagedList)
        paged.update_rows(people(300 if paged.row_count == 0 else 0))

    def on_paged_list_highlighted(self, event: PagedList.Highlighted) -> None:
        self.query_one("#status", Static).update(f"第 {event.row.key} 行" if event.row else "空")


if __name__ == "__main__":
    app = SmallApp()
    app.lean = app.lean and os.environ.get("PLAIN") != "1"
    app.run(mouse=False)
