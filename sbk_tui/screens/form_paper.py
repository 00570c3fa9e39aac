"""A pre-printed paper as the printer is told it; F8 prints it again on its number (F9)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment
from sbk_tui.errors import SbkError
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.texts import word


class FormPaperScreen(Background, Screen[str | None]):
    """Preview and print; dismisses with the job's name, or None if not printed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("print", "back")

    def __init__(self, desks: Desks, payment: Payment, form: FormKind) -> None:
        super().__init__()
        self._desks = desks
        self._payment = payment
        self._form = form

    def compose(self) -> ComposeResult:
        """Draw the paper in a scrolling area."""
        yield TitleBar(word("fee.preview_title"), self._desks.seat)
        with VerticalScroll():
            yield Static("", id="paper", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw the form at the width there is."""
        width = min(98, self.app.size.width - 2)
        lines = self._desks.forms.preview(self._payment, self._form, width)
        self.query_one("#paper", Static).update(Text("\n".join(lines)))
        self.query_one(KeyBar).text = legend(("print", "back"), {"print": word("fee.print_again")})
        self.query_one(VerticalScroll).focus()

    def action_print(self) -> None:
        """F8: hand it to the printer, on the same number."""
        send = partial(self._desks.forms.print_paper, self._payment.id, self._form)
        self.in_background(send, self._sent)

    def _sent(self, job: str) -> None:
        self.dismiss(job)

    def failed(self, error: SbkError) -> None:
        """Say what the printer said."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: print nothing."""
        if not self.busy:
            self.dismiss(None)
