"""POS 对账 (B6, C23): what differs between the terminal's list of a day and the records."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.fee_words import differences, match_said
from sbk_tui.services.match_desk import Match
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word


class MatchScreen(Background, Screen[None]):
    """The differences of today's list; F10 records what was found."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._match: Match | None = None
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """What was found, and the differences."""
        yield TitleBar(word("match.title"), self._desks.seat)
        yield Static("", id="said", markup=False)
        columns = (
            Column(word("match.where"), 20),
            Column(word("match.reference"), 14),
            Column(word("match.amount"), 10, right=True),
            Column(word("match.more"), 0),
        )
        yield PagedList(columns, empty="")
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the lists at once."""
        names = {"find": word("match.again"), "confirm": word("match.record")}
        self.query_one(KeyBar).text = legend(("find", "confirm", "back"), names)
        self.query_one(PagedList).focus()
        self.action_find()

    def action_find(self) -> None:
        """F5: read the folder again."""
        desk = self._desks.matches
        self.in_background(partial(desk.compare, desk.today()), self._show)

    def _show(self, match: Match) -> None:
        self._match, self._op = match, self._desks.new_id()
        self.query_one("#said", Static).update(
            Text(match_said(match), "" if match.fits else "bold")
        )
        rows = [Row(str(at), cells, "bad") for at, cells in enumerate(differences(match))]
        self.query_one(PagedList).say_empty(word("match.none"))
        self.query_one(PagedList).show(rows)
        self.query_one(MessageLine).say(word("match.press"))

    def action_confirm(self) -> None:
        """F10: record it; a difference becomes a case of the finance people."""
        if self._match is not None and not self.busy:
            record = partial(self._desks.matches.record, self._match, op=self._op)
            self.in_background(record, self._recorded)

    def _recorded(self, _done: object) -> None:
        fits = self._match is not None and self._match.fits
        said = word("match.recorded" if fits else "match.reported")
        self._match = None
        self.query_one(MessageLine).say(said, "ok" if fits else "bad")

    def failed(self, error: SbkError) -> None:
        """Say what is wrong with the list."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: back to the day close."""
        if not self.busy:
            self.dismiss(None)
