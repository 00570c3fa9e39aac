"""A question that one line answers: a reason, the path of a file."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.screens.text_line import TextLine


class AskLine(ModalScreen[str | None]):
    """Dismisses with what was typed, tidied; None for Esc. An empty line answers nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, question: str, hint: str) -> None:
        super().__init__()
        self._question = question
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Draw the question, the line and what Enter does."""
        with Vertical(classes="box"):
            yield Static(Text(self._question), classes="question")
            yield TextLine()
            yield Static(Text(f" {self._hint}"))

    def on_mount(self) -> None:
        """Begin to type at once."""
        self.set_focus(self.query_one(Input))

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if text:
            self.dismiss(text)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
