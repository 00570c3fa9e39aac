"""The lines that every screen has: title, guide, message, keys, status."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import SbkError
from sbk_tui.services.signing import Seat
from sbk_tui.texts import explain, word


class TitleBar(Widget):
    """One line: clause and title at the left, office and clerk at the right."""

    DEFAULT_CSS = "TitleBar { height: 1; text-style: reverse; }"

    def __init__(self, title: str, seat: Seat) -> None:
        super().__init__()
        self._title = title
        self._right = f"{seat.office} {seat.clerk_name}"
        if seat.training:
            self._right = f"{word('status.training')} {self._right}"

    def render(self) -> Text:
        """Draw both sides."""
        room = self.size.width - cell_len(self._title) - cell_len(self._right) - 2
        return Text(f" {self._title}{' ' * max(1, room)}{self._right} ", no_wrap=True)


class MessageLine(Widget):
    """What happened and what to do now; stays until something else happens."""

    DEFAULT_CSS = """
    MessageLine { height: 2; }
    MessageLine.-bad { color: $error; }
    MessageLine.-ok { color: $success; }
    """

    text: reactive[str] = reactive("")

    def render(self) -> Text:
        """Draw the message, wrapped over two lines."""
        return Text(self.text, overflow="fold")

    def say(self, text: str, tone: str = "") -> None:
        """Show `text`; tone is "ok", "bad" or ""."""
        self.set_class(tone == "bad", "-bad")
        self.set_class(tone == "ok", "-ok")
        self.text = text

    def explain(self, error: SbkError) -> None:
        """Show the message and the remedy of an error, and the clause behind it."""
        words = explain(error)
        clause = f"〔{error.clause}〕" if error.clause else ""
        self.say(f"{words.message}{clause} {words.remedy}", "bad")


class KeyBar(Widget):
    """The keys that do something here."""

    DEFAULT_CSS = "KeyBar { height: 1; text-style: dim; }"

    text: reactive[str] = reactive("")

    def render(self) -> Text:
        """Draw the legend."""
        return Text(self.text, no_wrap=True)


class StatusLine(Widget):
    """Counter, line to the city, what waits to be sent, cases, papers owed."""

    DEFAULT_CSS = "StatusLine { height: 1; text-style: reverse; }"

    text: reactive[str] = reactive("")

    def render(self) -> Text:
        """Draw the line over the whole width."""
        return Text(f" {self.text}".ljust(self.size.width), no_wrap=True)


class Guide(Widget):
    """The regulation's steps: a strip of one line at 80 columns, a column where there is room."""

    DEFAULT_CSS = """
    Guide { height: 1; }
    .-wide Guide { width: 24; height: 1fr; dock: left; border-right: ascii $foreground 40%; }
    """

    progress: reactive[Progress | None] = reactive(None)

    def render(self) -> Text:
        """Draw every step with its mark: done, here, to come."""
        text = Text(no_wrap=True)
        if self.progress is None:
            return text
        wide = self.size.height > 1
        current = self.progress.current
        for number, step in enumerate(self.progress.procedure.steps, 1):
            done = step.id in self.progress.done
            here = step is current
            mark = "√" if done else ">" if here else " "
            style = "bold" if here else "dim" if done else ""
            if wide:
                key = f" {step.key}" if here and step.key else ""
                text.append(f"{mark}{number} {step.title}{key}\n", style)
            else:
                text.append(f"{mark}{number}{step.title} ", style)
        return text
