"""The lines that every screen has: title, guide, message, keys, status."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from sbk_tui.domain.procedure import Progress, Step
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
        """Draw the message over two lines, broken between any two characters.

        Chinese has no spaces to break at; breaking at those of the numbers would waste the room.
        """
        lines = chop_cells(self.text, max(1, self.size.width))
        return Text("\n".join(lines), no_wrap=True)

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

    DEFAULT_CSS = "Guide { height: 1; }"

    progress: reactive[Progress | None] = reactive(None)

    def render(self) -> Text:
        """Draw every step with its mark: done, here, to come."""
        if self.progress is None:
            return Text("")
        if self.size.height > 1:
            return self._column(self.progress)
        strip = self._strip(self.progress, titled_done=True)
        if strip.cell_len > self.size.width:
            strip = self._strip(self.progress, titled_done=False)
        return strip

    def _column(self, progress: Progress) -> Text:
        text = Text(no_wrap=True)
        for number, step, mark, style in _marked(progress):
            key = f" {step.key}" if mark == ">" and step.key else ""
            text.append(f"{mark}{number} {step.title}{key}\n", style)
        return text

    def _strip(self, progress: Progress, *, titled_done: bool) -> Text:
        """Return one line; where it is too long, what is done keeps only its number."""
        text = Text(no_wrap=True, overflow="ellipsis")
        for number, step, mark, style in _marked(progress):
            title = step.title if titled_done or mark != "√" else ""
            text.append(f"{mark}{number}{title} ", style)
        return text


def _marked(progress: Progress) -> Iterator[tuple[int, Step, str, str]]:
    """Yield number, step, mark and style of every step."""
    current = progress.current
    for number, step in enumerate(progress.procedure.steps, 1):
        if step.id in progress.done:
            yield number, step, "√", "dim"
        elif step is current:
            yield number, step, ">", "bold"
        else:
            yield number, step, " ", ""
