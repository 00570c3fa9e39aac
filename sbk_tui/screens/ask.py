"""Questions that return a value: yes or no with the consequence, a second clerk, a purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.credentials import Credentials
from sbk_tui.screens.text_line import TextLine
from sbk_tui.texts import explain, word


class Ask(ModalScreen[str | None]):
    """One question with numbered answers; a bare Enter never chooses a grave one.

    Dismisses with the key of the answer, or None for Esc.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        """Ask `question`; each answer is (key, words), chosen by its number."""
        super().__init__()
        self._question = question
        self._answers = tuple(answers)

    def compose(self) -> ComposeResult:
        """Draw the question and its answers."""
        with Vertical(classes="box"):
            yield Static(Text(self._question), classes="question")
            for number, (_, words) in enumerate(self._answers, 1):
                yield Static(Text(f" {number}  {words}"))
            yield Static(Text(f" Esc  {word('ask.leave')}"))

    def on_key(self, event: events.Key) -> None:
        """Choose by number; what is neither a number nor a dot goes on to the bindings: Esc."""
        if event.key == "full_stop":
            event.stop()
            self.action_leave()
        elif event.key.isdigit() and 0 < int(event.key) <= len(self._answers):
            event.stop()
            self.dismiss(self._answers[int(event.key) - 1][0])

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


class AskApprover(ModalScreen[tuple[str, str] | None]):
    """复核: a second clerk types an id and a password beside the first.

    Dismisses with both, or None. The password leaves this screen only in the answer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, consequence: str) -> None:
        super().__init__()
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        """Draw what is approved and the two fields."""
        with Vertical(classes="box"):
            yield Static(Text(self._consequence), classes="question")
            yield Static(Text(word("ask.approver")))
            yield Credentials()
            yield Static(Text(f" Enter {word('ask.go_on')}   Esc {word('ask.leave')}"))

    @on(Credentials.Completed)
    def _completed(self, event: Credentials.Completed) -> None:
        event.stop()
        self.dismiss((event.clerk, event.password))

    def action_leave(self) -> None:
        """Approve nothing."""
        self.dismiss(None)


class Locked(ModalScreen[bool]):
    """无人操作锁屏: nothing is seen until the same clerk types the password.

    Dismisses with True when unlocked, False to sign out.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, clerk_name: str, check: Callable[[str], None]) -> None:
        super().__init__()
        self._clerk_name = clerk_name
        self._check = check

    def compose(self) -> ComposeResult:
        """Draw the door."""
        with Vertical(classes="box"):
            yield Static(Text(word("lock.locked", name=self._clerk_name)), classes="question")
            yield TextLine(placeholder=word("fields.password"), password=True, id="password")
            yield Static("", id="wrong", markup=False)
            yield Static(Text(f" Enter {word('lock.open')}   Esc {word('lock.sign_out')}"))

    def on_mount(self) -> None:
        """Wait for the password."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._check(event.value)
        except SbkError as error:
            event.input.value = ""
            words = explain(error)
            self.query_one("#wrong", Static).update(Text(f"{words.message}{words.remedy}"))
        else:
            self.dismiss(True)

    def action_leave(self) -> None:
        """Sign out."""
        self.dismiss(False)
