"""Two clerks changed one person: what it was, what the other made of it, what is typed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.services.correct_desk import Compared
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_ANSWERS = ("mine", "theirs")


class CompareScreen(ModalScreen[str | None]):
    """Dismisses with "mine" or "theirs", or None for Esc: nothing typed here is taken over."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+b", "leave", show=False)]

    def __init__(self, rows: Sequence[Compared]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """Draw three columns and the answers."""
        with Vertical(classes="box -tall -full"):
            yield Static(word("correct.outdated"), markup=False, classes="question")
            columns = (
                Column(word("correct.field"), 12),
                Column(word("correct.was"), 18),
                Column(word("correct.other"), 18),
                Column(word("correct.yours"), 0),
            )
            yield PagedList(columns)
            for number, answer in enumerate(_ANSWERS, 1):
                yield Static(f" {number}  {word('correct.' + answer)}", markup=False)

    def on_mount(self) -> None:
        """Show the fields; those that both changed, and differently, stand out."""
        rows = [
            Row(
                each.field,
                (word(f"fields.{each.field}"), each.was, each.other, each.yours),
                "warn" if _clash(each) else "",
            )
            for each in self._rows
        ]
        self.query_one(PagedList).show(rows)
        self.query_one(PagedList).focus()

    def on_key(self, event: events.Key) -> None:
        """Choose by number."""
        if event.key in {"1", "2"}:
            event.stop()
            self.dismiss(_ANSWERS[int(event.key) - 1])

    def action_leave(self) -> None:
        """Take over nothing."""
        self.dismiss(None)


def _clash(each: Compared) -> bool:
    """Return whether both clerks changed the field, and differently."""
    return len({each.was, each.other, each.yours}) > 2
