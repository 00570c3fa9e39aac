"""F1: what the regulation asks at this step, where it was in the old system, known troubles."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.screens.keys import KEYS, bindings, legend
from sbk_tui.texts import word

_PAD = {"plus": "+", "asterisk": "*", "full_stop": "."}


class HelpScreen(ModalScreen[None]):
    """The help of one procedure, beginning with the step one is at."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("help", "back")

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def compose(self) -> ComposeResult:
        """Draw the help in a scrolling box."""
        with VerticalScroll(classes="page"):
            yield Static(self._text())

    def _text(self) -> Text:
        job, here = self._progress.procedure, self._progress.current
        text = Text()
        text.append(f"{job.clause} {job.title}\n", "bold")
        text.append(f"{job.summary}\n")
        text.append(f"{word('help.old_path')}{job.old_path}\n\n", "dim")
        for number, step in enumerate(job.steps, 1):
            mark = ">" if step is here else " "
            text.append(f"{mark}{number} {step.title}", "bold" if step is here else "")
            text.append(f"  {step.key}\n" if step.key else "\n", "dim")
            text.append(f"   {step.help}\n")
            if step.ours:
                text.append(f"   {word('help.ours')}{step.ours}\n", "dim")
        if job.troubles:
            text.append(f"\n{word('help.troubles')}\n", "bold")
        for trouble in job.troubles:
            cause = word("help.cause", cause=trouble.cause) if trouble.cause else ""
            text.append(f" · {trouble.problem}{cause}：{trouble.cure}\n")
        text.append(f"\n{word('help.keys')}\n", "bold")
        for (keys, pad), same in groupby(KEYS, key=lambda key: (key.keys, key.pad)):
            names = "、".join(word(f"keys.{key.action}") for key in same)
            every = (*keys, _PAD[pad]) if pad else keys
            text.append(f" {' / '.join(every)}  {names}\n")
        text.append(f"\n{legend(('back',))}", "dim")
        return text

    def action_help(self) -> None:
        """F1 again closes it."""
        self.dismiss(None)

    def action_back(self) -> None:
        """Esc closes it."""
        self.dismiss(None)
