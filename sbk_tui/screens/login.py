"""登录: the clerk's id and password open the counter; the database is not open before.

What is typed while it opens waits for the menu: whoever shows that lets the keys go.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.credentials import Credentials
from sbk_tui.screens.work import Background
from sbk_tui.terminal.lean import LeanApp
from sbk_tui.texts import explain, word

Opened = TypeVar("Opened")


class LoginScreen(Background, Screen[Opened], Generic[Opened]):
    """Dismisses with what was opened for the clerk who signed in: the desks."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, open_counter: Callable[[str, str], Opened]) -> None:
        """Take what opens the counter for a clerk and a password."""
        super().__init__()
        self._open = open_counter

    def compose(self) -> ComposeResult:
        """Draw the door."""
        with Vertical(classes="box"):
            yield Static(Text(word("login.title"), "bold"))
            yield Credentials(holds_keys=True)
            yield Static("", id="said", markup=False)
            yield Static(Text(f" Enter {word('login.enter')}   Esc {word('login.leave')}"))

    @on(Credentials.Completed)
    def _completed(self, event: Credentials.Completed) -> None:
        self.query_one("#said", Static).update(word("login.opening"))
        self.in_background(partial(self._open, event.clerk, event.password), self._opened)

    def _opened(self, desks: Opened) -> None:
        self.dismiss(desks)

    def failed(self, error: SbkError) -> None:
        """Say why the door stays shut; the id stays, the password and what was typed ahead go."""
        words = explain(error)
        self.query_one("#said", Static).update(Text(f"{words.message}{words.remedy}"))
        self.query_one(Credentials).clear_password()
        if isinstance(self.app, LeanApp):
            self.app.drop_keys()

    def action_leave(self) -> None:
        """Leave the program."""
        self.app.exit()
