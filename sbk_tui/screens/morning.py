"""开机检查 (B12): devices and surroundings, one line each with the cure."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.checks import Finding
from sbk_tui.services.desks import Desks
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_TONES = {"ok": "ok", "none": "dim", "wrong": "bad"}


class MorningScreen(Background, Screen[None]):
    """One check after the other; each answer appears as it comes."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._findings: dict[str, Finding] = {}
        self._left = False

    def compose(self) -> ComposeResult:
        """Draw the list of checks."""
        yield TitleBar(f"0.3 {word('menu.morning')}", self._desks.seat)
        yield PagedList(
            (
                Column(word("doctor.check"), 14),
                Column(word("doctor.state"), 4),
                Column(word("doctor.found"), 0),
            )
        )
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Begin at once."""
        self.query_one(KeyBar).text = legend(("find", "back"), {"find": word("doctor.again")})
        self.query_one(StatusLine).text = status_text(self._desks)
        self.query_one(PagedList).focus()
        self.query_one(PagedList).show(self._rows())
        self.action_find()

    def action_find(self) -> None:
        """F5: look at everything once more."""
        if not self.busy:
            self._findings = {}
            self._look_at_next()

    def _look_at_next(self) -> None:
        self.query_one(PagedList).update_rows(self._rows())
        rest = [name for name in self._desks.morning.names if name not in self._findings]
        if rest:
            said = word("doctor.looking", check=word(f"doctor.{rest[0]}"))
            self.query_one(MessageLine).say(said)
            self.in_background(partial(self._desks.morning.look, rest[0]), self._found)
            return
        wrong = sum(finding.state == "wrong" for finding in self._findings.values())
        if wrong:
            self.query_one(MessageLine).say(word("doctor.to_do", count=wrong), "bad")
        else:
            self.query_one(MessageLine).say(word("doctor.all_well"), "ok")

    def _found(self, finding: Finding) -> None:
        self._findings[finding.check] = finding
        if self._left:
            self.dismiss(None)
        else:
            self._look_at_next()

    def _rows(self) -> list[Row]:
        return [self._row(name) for name in self._desks.morning.names]

    def _row(self, name: str) -> Row:
        finding = self._findings.get(name)
        if finding is None:
            return Row(name, (word(f"doctor.{name}"), "", ""), "dim")
        cells = (
            word(f"doctor.{name}"),
            word(f"doctor.{finding.state}"),
            f"{finding.found}{finding.cure}",
        )
        return Row(name, cells, _TONES[finding.state])

    @on(PagedList.Highlighted)
    def _tell(self, event: PagedList.Highlighted) -> None:
        """Say in full what the line has no room for."""
        finding = self._findings.get(event.row.key) if event.row else None
        if finding is not None and not self.busy:
            tone = "bad" if finding.state == "wrong" else ""
            self.query_one(MessageLine).say(f"{finding.found}{finding.cure}", tone)

    def failed(self, error: SbkError) -> None:
        """A check that broke instead of finding: say so and stop."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: leave; a check that runs is waited for."""
        if self.busy:
            self._left = True
        else:
            self.dismiss(None)
