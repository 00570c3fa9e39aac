"""报送情况 (B9): how the line to the city is, what waits by lane, and F10 to send at once."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask, AskApprover
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.services.desks import Desks
from sbk_tui.services.line_desk import Lane, Weather
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word


class LineScreen(Screen[None]):
    """What the sender has noted; looked at again with F5."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "new", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks

    def compose(self) -> ComposeResult:
        """Draw the lanes."""
        yield TitleBar(f"0.5 {word('line.title')}", self._desks.seat)
        yield PagedList(
            (
                Column(word("line.lane"), 24),
                Column(word("line.count"), 8, right=True),
                Column(word("line.size"), 10, right=True),
                Column("", 0),
            )
        )
        yield Static("", id="list", markup=False)
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Look at once."""
        self.query_one(PagedList).focus()
        self.action_find()

    def action_find(self) -> None:
        """F5: look again."""
        weather = self._desks.line.weather()
        self.query_one(PagedList).show([_row(lane) for lane in weather.lanes])
        bad = bool(weather.code)
        leash = self._desks.line.leash()
        said = f"{leash or self._desks.line.told(weather)}{_how_long(weather)}"
        self.query_one(MessageLine).say(said, "bad" if bad or leash else "")
        keys = ("find", "new", "confirm", "back") if leash else ("find", "confirm", "back")
        names = {
            "find": word("doctor.again"), "new": word("line.extend"), "confirm": word("line.send"),
        }  # fmt: skip
        self.query_one(KeyBar).text = legend(keys, names)
        self.query_one("#list", Static).update(
            self._desks.line.block_list() if weather.enrolled else ""
        )
        self.query_one(StatusLine).text = status_text(self._desks)

    def action_new(self) -> None:
        """F4: let a second clerk answer for some days more without contact (B21)."""
        if self._desks.line.leash():
            question = word("line.extend_question")
            self.app.push_screen(Ask(question, self._desks.line.reasons), self._reason_given)

    def _reason_given(self, reason: str | None) -> None:
        if reason is not None:
            consequence = word("line.extend_consequence")
            self.app.push_screen(AskApprover(consequence), partial(self._extend, reason))

    def _extend(self, reason: str, approver: tuple[str, str] | None) -> None:
        if approver is None:
            return
        try:
            self._desks.line.extend(reason, approver)
        except SbkError as error:
            self.query_one(MessageLine).explain(error)
            return
        self.action_find()
        self.query_one(MessageLine).say(word("line.extended"), "ok")

    def action_confirm(self) -> None:
        """F10: send now; the sender does it, the screen does not wait."""
        self._desks.line.send_now()
        self.query_one(MessageLine).say(word("line.asked"), "ok")

    def action_back(self) -> None:
        """Esc: leave."""
        self.dismiss(None)


def _row(lane: Lane) -> Row:
    tone = "dim" if not lane.count else ""
    return Row(lane.name, (word(f"line.{lane.name}"), str(lane.count), str(lane.size), ""), tone)


def _how_long(weather: Weather) -> str:
    if not weather.count:
        return word("line.nothing")
    size = sum(lane.size for lane in weather.lanes)
    total = word("line.total", count=weather.count, size=size)
    if weather.seconds is None:
        return f"{total}。{word('line.no_forecast')}"
    return f"{total}。{word('line.forecast', seconds=weather.seconds)}"
