"""A paper on the screen as it will be printed; F8 prints it, Esc leaves it owed."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.paper_desk import Printable
from sbk_tui.texts import word


class PaperScreen(Background, Screen[str | None]):
    """Preview and print; dismisses with the spooler's job name, or None if not printed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("print", "back")

    def __init__(self, desks: Desks, printable: Printable) -> None:
        super().__init__()
        self._desks = desks
        self._printable = printable
        self._job: str | None = None

    def compose(self) -> ComposeResult:
        """Draw the paper in a scrolling area."""
        yield TitleBar(word("paper.preview"), self._desks.seat)
        with VerticalScroll():
            yield Static("", id="paper", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw the preview at the width there is."""
        width = min(78, self.app.size.width - 2)
        try:
            lines = self._desks.papers.preview(self._printable, width)
        except SbkError as error:
            self.query_one(MessageLine).explain(error)
            return
        self.query_one("#paper", Static).update(Text("\n".join(lines)))
        self.query_one(KeyBar).text = legend(("print", "back"))
        self.query_one(VerticalScroll).focus()

    def action_print(self) -> None:
        """F8: hand the paper to the spooler, in a thread."""
        self.in_background(partial(self._desks.papers.print, self._printable), self._printed)

    def _printed(self, outcome: tuple[str, tuple[str, ...]]) -> None:
        job, missing = outcome
        self._job = job
        if missing:
            line = self.query_one(MessageLine)
            line.say(word("paper.by_hand", characters="、".join(missing)), "bad")
        else:
            self.dismiss(job)

    def failed(self, error: SbkError) -> None:
        """The paper stays owed; the clerk is told what to do."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: leave; an owed paper stays in the list."""
        if not self.busy:
            self.dismiss(self._job)
