"""统计 (B23): issued by day, what nobody fetches by age and village, cards by state."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.stats_desk import Figures, charts
from sbk_tui.terminal.charts import bars
from sbk_tui.texts import word

_DAYS = 14
_MOST_ROWS = 40
_LABEL = 20


class StatsScreen(Background, Screen[None]):
    """Charts one under the other; the arrow keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._figures: Figures | None = None

    def compose(self) -> ComposeResult:
        """Draw the scrolling page."""
        yield TitleBar(f"0.4 {word('menu.stats')}", self._desks.seat)
        with VerticalScroll():
            yield Static("", id="charts", markup=False)
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Count."""
        self.query_one(KeyBar).text = legend(("find", "back"), {"find": word("stats.again")})
        self.query_one(StatusLine).text = status_text(self._desks)
        self.query_one(VerticalScroll).focus()
        self.action_find()

    def action_find(self) -> None:
        """F5: count again."""
        self.query_one(MessageLine).say(word("stats.counting"))
        self.in_background(lambda: self._desks.stats.figures(_DAYS), self._show)

    def _show(self, figures: Figures) -> None:
        self._figures = figures
        self.query_one(MessageLine).say("")
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Bars follow the width."""
        self._draw()

    def _draw(self) -> None:
        if self._figures is not None:
            width = max(40, self.query_one(VerticalScroll).size.width - 2)
            self.query_one("#charts", Static).update(page(self._figures, width))

    def failed(self, error: SbkError) -> None:
        """Show what went wrong."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Leave."""
        if not self.busy:
            self.dismiss(None)


def page(figures: Figures, width: int) -> Text:
    """Return all charts for lines of `width` cells."""
    text = Text()
    for chart in charts(figures):
        text.append(f"{chart.title}\n", "bold")
        for line in bars(chart.rows[:_MOST_ROWS], width, _LABEL):
            text.append(f" {line}\n")
        if len(chart.rows) > _MOST_ROWS:
            text.append(f" {word('stats.more', count=len(chart.rows) - _MOST_ROWS)}\n", "dim")
        text.append("\n")
    return text
