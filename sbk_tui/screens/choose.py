"""Choosing one of many: type a part of the name or its initials, Enter takes the marked line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word


class Choose(OverList, ModalScreen[tuple[str, str] | None]):
    """Dismisses with (code, name), or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+b", "leave", show=False),
    ]

    def __init__(self, title: str, search: Callable[[str], Sequence[tuple[str, str]]]) -> None:
        super().__init__()
        self._title = title
        self._search = search

    def compose(self) -> ComposeResult:
        """Draw title, box and list."""
        with Vertical(classes="box -tall"):
            yield Static(self._title, markup=False, classes="question")
            yield TextLine(placeholder=word("choose.placeholder"))
            columns = (Column(word("choose.code"), 14), Column(word("choose.name"), 0))
            yield PagedList(columns, empty=word("choose.nothing"))
            yield Static(f" Enter {word('choose.take')}   Esc {word('ask.leave')}", markup=False)

    def on_mount(self) -> None:
        """List everything."""
        self.query_one(PagedList).can_focus = False
        self._show("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value.strip())

    def _show(self, typed: str) -> None:
        rows = [Row(code, (code, name)) for code, name in self._search(typed)]
        self.query_one(PagedList).show(rows)

    @on(Input.Submitted)
    def _take(self) -> None:
        row = self.query_one(PagedList).highlighted
        if row is not None:
            self.dismiss((row.cells[0], row.cells[1]))

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
