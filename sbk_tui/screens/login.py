"""登录: the clerk's id and password open the counter; the database is not open before."""

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
from textual.widgets import Input, Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
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
            yield self._box("clerk")
            yield self._box("password", password=True)
            yield Static("", id="said", markup=False)
            yield Static(Text(f" Enter {word('login.enter')}   Esc {word('login.leave')}"))

    def _box(self, name: str, *, password: bool = False) -> Input:
        label = word(f"fields.{name}")
        return TextLine(placeholder=label, password=password, id=name)

    def on_mount(self) -> None:
        """Begin with the id."""
        self.query_one("#clerk", Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        clerk, password = self.query_one("#clerk", Input), self.query_one("#password", Input)
        if event.input is clerk:
            password.focus()
        elif clerk.value.strip() and password.value:
            self.query_one("#said", Static).update(word("login.opening"))
            self.in_background(
                partial(self._open, clerk.value.strip(), password.value), self._opened
            )

    def _opened(self, desks: Opened) -> None:
        self.dismiss(desks)

    def failed(self, error: SbkError) -> None:
        """Say why the door stays shut; the id stays, the password goes."""
        words = explain(error)
        self.query_one("#said", Static).update(Text(f"{words.message}{words.remedy}"))
        password = self.query_one("#password", Input)
        password.value = ""
        password.focus()

    def action_leave(self) -> None:
        """Leave the program."""
        self.app.exit()
