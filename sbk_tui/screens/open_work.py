"""未完成事项 (0.12): a list; Enter goes on with the job under the mark, where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.services.desks import Desks
from sbk_tui.services.menu import Entry, entry_for
from sbk_tui.services.open_work import OpenItem
from sbk_tui.services.rail import EXCHANGE, REPLACE
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word


class OpenWorkScreen(Screen[None]):
    """What this counter began and did not finish, oldest first."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._items: dict[str, OpenItem] = {}

    def compose(self) -> ComposeResult:
        """Draw the list, and what is open under the mark."""
        yield TitleBar(word("open.title"), self._desks.seat)
        columns = (
            Column(word("open.begun"), 16),
            Column(word("open.name"), 10),
            Column(word("open.what"), 0),
            Column(word("open.clerk"), 8),
        )
        yield PagedList(columns, empty=word("open.none"))
        yield Static("", id="said", markup=False)
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Name the keys and read the list."""
        names = {"confirm": word("open.go_on"), "find": word("open.again")}
        self.query_one(KeyBar).text = legend(("confirm", "find", "back"), names)
        self.query_one(PagedList).focus()

    def on_screen_resume(self) -> None:
        """Coming back from a job: something may be finished now."""
        if self.query(PagedList):
            self.action_find()

    def action_find(self) -> None:
        """F5: read the list again; the mark stays where it was."""
        rows, at = self.query_one(PagedList), self.query_one(PagedList).cursor
        self._items = {}
        rows.show(KeysetRows(self._page))
        if at:
            rows.go_to(at)
        self.query_one(StatusLine).text = status_text(self._desks)

    def _page(self, after: Row | None, limit: int) -> Sequence[Row]:
        last = self._items[after.key].key if after else None
        found = self._desks.open_work.page(last, limit)
        self._items |= {item.id: item for item in found}
        return [
            Row(item.id, (item.begun, item.name, item.said, item.clerk), item.tone)
            for item in found
        ]

    @on(PagedList.Highlighted)
    def _look(self) -> None:
        item, entry = self._marked()
        said = ""
        if item is not None and entry is not None:
            said = f"{item.said}\n{word('open.next', clause=entry.clause, job=entry.title)}"
        self.query_one("#said", Static).update(Text(said))

    def _marked(self) -> tuple[OpenItem | None, Entry | None]:
        row = self.query_one(PagedList).highlighted
        item = self._items.get(row.key) if row is not None else None
        return item, entry_for(item.clause) if item is not None else None

    @on(PagedList.Chosen)
    def action_confirm(self) -> None:
        """Enter, F10: go on with the work under the mark."""
        item, entry = self._marked()
        if item is None or entry is None or not self.is_current:
            return
        refusal = entry.refused_to(self._desks.seat.authority)
        if refusal is not None:
            self.query_one(MessageLine).explain(refusal)
            return
        self.query_one(MessageLine).say("")
        self.app.push_screen(_job(self._desks, entry.clause, item.person))

    def action_back(self) -> None:
        """Leave."""
        self.dismiss(None)


def _job(desks: Desks, clause: str, person: str) -> Screen[None]:
    """Return the screen of a job with its person found already."""
    if clause.startswith("6."):
        from sbk_tui.screens.temp_card import TempCardScreen

        return TempCardScreen(desks, clause, person)
    if clause in {REPLACE, EXCHANGE}:
        from sbk_tui.screens.rail import RailScreen

        return RailScreen(desks, clause, person)
    from sbk_tui.screens.fee_acts import screen_of

    return screen_of(desks, clause, person)
