"""A box above a list: the cursor stays in the box while the arrow keys move the list's mark."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from sbk_tui.terminal.listview import PagedList


class OverList(DOMNode):
    """Mix into whatever holds an `Input` and one `PagedList` that takes no focus itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def action_move(self, rows: int) -> None:
        """Move the mark by rows."""
        self.query_one(PagedList).action_move(rows)

    def action_page(self, pages: int) -> None:
        """Move the mark by pages."""
        self.query_one(PagedList).action_page(pages)
