"""工号 and password, in two lines: every key lands in the line that was meant, however fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from sbk_tui.screens.form import after_typing
from sbk_tui.screens.text_line import TextLine
from sbk_tui.terminal.lean import LeanApp
from sbk_tui.texts import word


class Credentials(Vertical):
    """Who one is; Enter goes on to the password, and from there is the end of it."""

    DEFAULT_CSS = """
    Credentials { height: auto; }
    Credentials > Input { margin-left: 2; }
    """
    # A priority binding moves the cursor before the next key is handed out (see `Form`).
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+j", "next", show=False, priority=True)
    ]

    @dataclass
    class Completed(Message):
        """Both are typed."""

        clerk: str
        password: str

    def __init__(self, *, holds_keys: bool = False) -> None:
        """Build both lines.

        Args:
            holds_keys: whether keys typed behind the password wait for what comes then: see
                `LeanApp.hold_keys`; the screen lets them go.
        """
        super().__init__()
        self._holds_keys = holds_keys

    def compose(self) -> ComposeResult:
        """One line each."""
        yield TextLine(placeholder=word("fields.clerk"), id="clerk")
        yield TextLine(placeholder=word("fields.password"), password=True, id="password")

    def on_mount(self) -> None:
        """Begin with the id, before the next key."""
        self.screen.set_focus(self._clerk)

    @property
    def _clerk(self) -> Input:
        return self.query_one("#clerk", Input)

    @property
    def _password(self) -> Input:
        return self.query_one("#password", Input)

    def clear_password(self) -> None:
        """Forget the password; the id stays."""
        self._password.value = ""
        self.screen.set_focus(self._password)

    def action_next(self) -> None:
        """Enter: from the id to the password; there, done."""
        if self.screen.focused is self._clerk:  # `has_focus` follows only later
            self.screen.set_focus(self._password)
            return
        if (app := self._holder) is not None:
            app.hold_keys()
        after_typing(self.screen, self._complete)

    def _complete(self) -> None:
        clerk, password = self._clerk.value.strip(), self._password.value
        if clerk and password:
            self.post_message(self.Completed(clerk, password))
        elif (app := self._holder) is not None:
            app.let_keys_go()  # an Enter too early: what was typed behind it is the password

    @property
    def _holder(self) -> LeanApp[Any] | None:
        return self.app if self._holds_keys and isinstance(self.app, LeanApp) else None
