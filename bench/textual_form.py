"""Baseline "bare Textual": two inputs and a DataTable of 1,000 Chinese rows, nothing tuned."""

from __future__ import annotations

from typing import ClassVar

import people
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Input, Static


class Form(App[None]):
    """The form as the tutorial would write it."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    CSS = "Input { height: 3; } DataTable { height: 1fr; }"

    def compose(self) -> ComposeResult:
        """Title, fields, table, keys."""
        yield Static("社会保障卡 个人查询")
        yield Input(placeholder="姓名")
        yield Input(placeholder="社会保障号")
        yield DataTable(cursor_type="row")
        yield Static("F1 帮助  F10 退出")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        table.add_columns(*people.HEAD)
        table.add_rows(people.row(i) for i in range(1000))
        self.query(Input).first().focus()


if __name__ == "__main__":
    Form().run()
