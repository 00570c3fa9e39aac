"""What waits in a job of production at this counter (5.1.3.2–5.1.3.4), the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.domain.world import to_ms
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services import make_words
from sbk_tui.services.desks import Desks
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word


class WaitingScreen(OverList, ModalScreen[str | None]):
    """Dismisses with the id of the person whose card is to go on, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, desks: Desks, clause: str) -> None:
        super().__init__()
        self._desks = desks
        self._clause = clause

    def compose(self) -> ComposeResult:
        """Draw the line for a name, and the list."""
        with Vertical(classes="page"):
            title = word(f"make.waiting_{self._clause.replace('.', '_')}")
            yield Static(title, markup=False, classes="question")
            with Horizontal(classes="line"):
                yield Static(word("search.name"), markup=False)
                yield TextLine(placeholder=word("make.waiting_hint"))
            yield PagedList(
                (
                    Column(word("search.name"), 10),
                    Column(word("search.number"), 18),
                    Column(word("make.state"), 14),
                    Column(word("fields.blank_serial"), 14),
                    Column(word("make.since"), 0),
                ),
                empty=word("make.nothing_waits"),
            )
            yield Static(f" Enter {word('ask.go_on')}   Esc {word('keys.back')}", markup=False)

    def on_mount(self) -> None:
        """List everything."""
        self.query_one(PagedList).can_focus = False
        self._list("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value.strip())

    def _list(self, name: str) -> None:
        self.query_one(PagedList).show(KeysetRows(partial(self._page, name)))

    def _page(self, name: str, after: Row | None, limit: int) -> Sequence[Row]:
        key = None
        if after is not None:
            moved, application, _ = after.key.split("/")
            key = (int(moved), application)
        found = self._desks.making.listed_after(self._clause, key, name, limit)
        return [
            Row(
                f"{to_ms(each.production.moved_at)}/{each.production.application}"
                f"/{each.production.person}",
                make_words.listed(each),
            )
            for each in found
        ]

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        row = self.query_one(PagedList).highlighted
        if row is not None:
            self.dismiss(row.key.rpartition("/")[2])

    def action_leave(self) -> None:
        """Choose nobody."""
        self.dismiss(None)
