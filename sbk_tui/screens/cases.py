"""待办事项 (B16): a list, the case under the mark in full, its answers by number."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services import words
from sbk_tui.services.cases_desk import CaseItem
from sbk_tui.services.desks import Desks
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_TONE = {"red": "bad", "yellow": "warn"}


class CasesScreen(Background, Screen[None]):
    """The in-tray of this counter; Enter or F10 answers, F6 shows the holder's phone."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("reveal", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._cases: dict[str, CaseItem] = {}
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """Draw the list and the case under the mark."""
        yield TitleBar(word("menu.cases"), self._desks.seat)
        columns = (
            Column(word("cases.urgency"), 6),
            Column(word("cases.opened"), 16),
            Column(word("cases.due"), 10),
            Column(word("cases.what"), 0),
        )
        yield PagedList(columns, empty=word("cases.none"))
        yield Static("", id="said", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the list."""
        names = {"reveal": word("cases.phone"), "confirm": word("cases.settle")}
        self.query_one(KeyBar).text = legend(("confirm", "reveal", "back"), names)
        self._show()
        self.query_one(PagedList).focus()

    def _show(self) -> None:
        self._cases = {case.id: case for case in self._desks.cases.waiting()}
        self.query_one(PagedList).show([self._row(case) for case in self._cases.values()])

    def _row(self, case: CaseItem) -> Row:
        late = self._desks.cases.is_late(case)
        urgency = word("cases.late") if late else word(f"cases.{case.severity}")
        said = self._desks.cases.words(case).message
        cells = (urgency, words.moment(case.opened), case.due or "", said)
        return Row(case.id, cells, "bad" if late else _TONE.get(case.severity, ""))

    @on(PagedList.Highlighted)
    def _look(self) -> None:
        case = self._marked()
        if case is None:
            self.query_one("#said", Static).update("")
            return
        said = self._desks.cases.words(case)
        self.query_one("#said", Static).update(Text(f"{said.message}\n{said.remedy}"))

    def _marked(self) -> CaseItem | None:
        row = self.query_one(PagedList).highlighted
        return self._cases.get(row.key) if row is not None else None

    def action_reveal(self) -> None:
        """F6: the holder's phone, and a line in the log of looks."""
        case = self._marked()
        if case is None:
            return
        name, phone = self._desks.cases.phone(case)
        known = word("cases.call", name=name, phone=phone)
        self.query_one(MessageLine).say(known if phone else word("cases.no_phone"))

    @on(PagedList.Chosen)
    def action_confirm(self) -> None:
        """Enter, F10: answer the case under the mark, one question after the other."""
        case = self._marked()
        if case is None or self.busy:
            return
        try:
            self._desks.cases.refuse(case)
        except Refusal as refusal:
            self.query_one(MessageLine).explain(refusal)
            return
        self._ask(case, ())

    def _ask(self, case: CaseItem, given: tuple[str, ...]) -> None:
        questions = self._desks.cases.questions(case)
        if len(given) == len(questions):
            settle = partial(self._desks.cases.settle, case, given, self._op)
            self.in_background(settle, self._settled)
            return
        asked = questions[len(given)]
        self.app.push_screen(Ask(asked.text, asked.answers), partial(self._chosen, case, given))

    def _chosen(self, case: CaseItem, given: tuple[str, ...], answer: str | None) -> None:
        if answer is not None:
            self._ask(case, (*given, answer))

    def _settled(self, _done: object) -> None:
        self._op = self._desks.new_id()
        self._show()
        self.query_one(MessageLine).say(word("cases.settled"), "ok")

    def failed(self, error: SbkError) -> None:
        """Say what went wrong; the case stays open."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Leave."""
        self.dismiss(None)
