"""待打印 (B18): the papers that no spooler has taken yet, oldest first."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from sbk_tui.domain import mask
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.services.desks import Desks
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word


class DebtsScreen(Screen[None]):
    """The list of papers owed; Enter or F8 opens one to be printed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("print", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks

    def compose(self) -> ComposeResult:
        """Draw the list."""
        yield TitleBar(word("menu.debts"), self._desks.seat)
        columns = (
            Column(word("debts.time"), 16),
            Column(word("debts.paper"), 14),
            Column(word("debts.person"), 10),
            Column(word("debts.number"), 0),
        )
        yield PagedList(columns, empty=word("debts.none"))
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the list."""
        self.query_one(KeyBar).text = legend(("print", "back"))
        self._show()
        self.query_one(PagedList).focus()

    def _show(self) -> None:
        rows = []
        for each in self._desks.papers.debts():
            values = each.values
            number = mask.number(values.get("number", ""))
            cells = (values.get("done_at", ""), values.get("kind", ""), values["name"], number)
            rows.append(Row(each.paper, cells))
        self.query_one(PagedList).show(rows)

    @on(PagedList.Chosen)
    def action_print(self) -> None:
        """Open the paper under the mark."""
        row = self.query_one(PagedList).highlighted
        if row is not None:
            from sbk_tui.screens.paper import PaperScreen

            printable = self._desks.papers.owed(row.key)
            self.app.push_screen(PaperScreen(self._desks, printable), self._printed)

    def _printed(self, job: str | None) -> None:
        if job is not None:
            self.query_one(MessageLine).say(word("paper.printed", job=job), "ok")
            self._show()

    def action_back(self) -> None:
        """Leave."""
        self.dismiss(None)
