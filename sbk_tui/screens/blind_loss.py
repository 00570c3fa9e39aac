"""无记录挂失 (A5): nothing was found, the loss is taken down all the same."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import MessageLine
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.blind_loss_desk import Reported, fields_of
from sbk_tui.services.desks import Desks
from sbk_tui.texts import word


class BlindLossScreen(Background, ModalScreen[Reported | None]):
    """One form. Dismisses with the slip that is owed and the digits to read out, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm", "back")

    def __init__(self, desks: Desks, clause: str, typed: str) -> None:
        """Ask for a loss by the rules of `clause` (3.1 or 3.2); `typed` is what was searched."""
        super().__init__()
        self._desks = desks
        self._clause = clause
        self._typed = typed
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """Draw the form."""
        # What was typed is a number, or else a name.
        name = "loss_of" if self._typed[:1].isascii() else "holder_name"
        with Vertical(classes="box -full"):
            yield Static(word("blind.title"), markup=False, classes="question")
            yield Form(fields_of(self._clause), self._desks.rules, {name: self._typed})
            yield MessageLine()
            yield Static(legend(("confirm", "back")), markup=False)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.query_one(MessageLine).say(word("job.press_confirm"))

    def action_confirm(self) -> None:
        """F10: record the loss."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        form = self.query_one(Form)
        if not self.busy and not form.check():
            report = partial(
                self._desks.blind_loss.report, self._clause, dict(form.values), op=self._op
            )
            self.in_background(report, self._reported)

    def _reported(self, reported: Reported) -> None:
        self.dismiss(reported)

    def failed(self, error: SbkError) -> None:
        """Say what is wrong."""
        self.query_one(MessageLine).explain(error)
        self.query_one(Form).focus_first()

    def action_back(self) -> None:
        """Esc: nothing is recorded."""
        if not self.busy:
            self.dismiss(None)
