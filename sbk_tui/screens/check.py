"""回执验卡 (2.3.2): one returned card after the other, by the reader or by its typed number."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.scan_line import ScanLine
from sbk_tui.services import words
from sbk_tui.services.check_desk import MISMATCH, Done, Found
from sbk_tui.services.desks import Desks
from sbk_tui.texts import word

_CLAUSE = "2.3.2"


class CheckScreen(JobScreen):
    """A number, then the person it belongs to and what is wrong with the card."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_card", "find", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = ("help", "read_card", "find", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._found: Found | None = None
        self._before = ""
        self._op = ""
        self._reason = ""
        self._count = 0

    def body(self) -> ComposeResult:
        """The number; below it the holder and the form."""
        with Horizontal(classes="line"):
            yield Static(word("check.card"), markup=False)
            yield ScanLine(placeholder=word("check.placeholder"))
        yield PersonPanel()
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Wait for a card."""
        super().on_mount()
        self.set_focus(self.query_one(ScanLine))
        self.messages.say(word("check.begin"))

    @step("read")
    def action_read_card(self) -> None:
        """F3: read the card in the reader."""
        if self._found is None and not self.busy:
            if self.desks.chips.present:
                self.messages.say(word("job.insert_card"))
            self.in_background(self._read, self._show)

    def _read(self) -> Found:
        return self.desks.check.read(self.cancel)

    @step("manual")
    @on(ScanLine.Scanned)
    def _typed(self, event: ScanLine.Scanned) -> None:
        """手动验卡: look the typed number up."""
        before, self._before = self._before, event.code
        self.in_background(partial(self.desks.check.find, event.code, before), self._show)

    def _show(self, found: Found) -> None:
        self._found, self._before, self._op = found, "", self.desks.new_id()
        self.show_progress(self.progress.after("manual" if found.manual else "read"))
        panel = self.query_one(PersonPanel)
        panel.dossier, panel.card_number = found.seen, found.card.number
        self._place.remove_children()
        self._place.mount(Form(found.fields, self.desks.rules, {"receipt_reason": self._reason}))
        key = "check.mismatch" if found.result == MISMATCH else "check.look"
        self.messages.say(word(key, name=found.seen.person.name, card=found.card.number))

    @property
    def _place(self) -> Vertical:
        return self.query_one("#act", Vertical)

    def action_find(self) -> None:
        """F5: the list of a field's codes; else the next card."""
        if not self.list_choices():
            self.step_back()

    @step("fill")
    @on(Form.Completed)
    def _filled(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("save")
    def action_confirm(self) -> None:
        """F10: save what was found."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self._found is None or self.busy or not self.is_current:
            return
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        values = form.values
        self._reason = values["receipt_reason"]
        save = partial(self.desks.check.save, self._found, values, op=self._op)
        self.in_background(save, self._saved)

    def _saved(self, done: Done) -> None:
        self._count += 1
        name = self._found.seen.person.name if self._found else ""
        self.step_back()
        self.messages.say(
            word(
                "check.saved",
                name=name,
                time=words.moment(done.at_ms),
                code=done.code,
                count=self._count,
            ),
            "ok",
        )
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Say why; a number that is not believed is typed again."""
        super().failed(error)
        if isinstance(error, Refusal) and self._found is None:
            self.app.bell()
            self.set_focus(self.query_one(ScanLine))

    def step_back(self) -> bool:
        """From the form back to the number."""
        if self._found is None:
            return False
        self._found = None
        self.query_one(PersonPanel).dossier = None
        self._place.remove_children()
        self.show_progress(Progress(procedure=self.progress.procedure))
        self.messages.say(word("check.begin"))
        self.set_focus(self.query_one(ScanLine))
        return True
