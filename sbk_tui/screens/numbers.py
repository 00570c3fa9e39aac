"""票号库存 (F10, F11): batches of pre-printed numbers come in, become void, are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.number_desk import TAKE_IN_FIELDS, VOID_FIELDS, BatchCount
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import name_of, word


class NumbersScreen(OverList, Background, Screen[None]):
    """The batches of this counter under a line that finds one number."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "void", "print", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks

    def compose(self) -> ComposeResult:
        """Draw line and list."""
        yield TitleBar(word("numbers.title"), self._desks.seat)
        with Horizontal(classes="line"):
            yield Static(word("numbers.look"), markup=False)
            yield TextLine(placeholder=word("numbers.look_hint"))
        yield PagedList(
            (
                Column(word("numbers.form"), 10),
                Column(word("numbers.batch"), 10),
                Column(word("numbers.first"), 12),
                Column(word("numbers.last"), 12),
                Column(word("numbers.next"), 12),
                Column(word("numbers.used"), 4, right=True),
                Column(word("numbers.void"), 4, right=True),
                Column(word("numbers.left"), 5, right=True),
            ),
            empty=word("numbers.none"),
        )
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Show the batches."""
        names = {
            "new": word("numbers.take_in"),
            "void": word("numbers.void_one"),
            "print": word("numbers.report_key"),
        }
        self.query_one(KeyBar).text = legend(("new", "void", "print", "back"), names)
        self.query_one(PagedList).can_focus = False
        self._show()
        self._warn()
        self.query_one(Input).focus()

    def _show(self) -> None:
        counts = self._desks.numbers.batches()
        self.query_one(PagedList).show([_row(count) for count in counts])
        self.query_one(StatusLine).text = status_text(self._desks)

    def _warn(self) -> None:
        missing = sum(count.missing for count in self._desks.numbers.batches())
        if missing:
            self.query_one(MessageLine).say(word("numbers.missing", count=missing), "bad")
        else:
            self.query_one(MessageLine).say(self._desks.numbers.warning(), "bad")

    @on(Input.Submitted)
    def _looked_up(self, event: Input.Submitted) -> None:
        """Enter: where the number went."""
        event.stop()
        if not event.value.strip():
            return
        try:
            fate = self._desks.numbers.fate(event.value)
        except Refusal as refusal:
            self.query_one(MessageLine).explain(refusal)
            return
        event.input.value = ""
        self.query_one(MessageLine).say(fate.text, fate.tone)

    # ------------------------------------------------------------------ taking in, void

    def action_new(self) -> None:
        """F4: take a batch in."""
        self.app.push_screen(TakeInScreen(self._desks), self._taken_in)

    def _taken_in(self, count: int | None) -> None:
        if count is not None:
            self._show()
            self.query_one(MessageLine).say(word("numbers.taken_in", count=count), "ok")

    def action_void(self) -> None:
        """F7: make a number void; the next one of the batch under the mark stands there."""
        row = self.query_one(PagedList).highlighted
        first: dict[str, str] = {}
        if row is not None:
            by_id = {count.batch.id: count.batch for count in self._desks.numbers.batches()}
            batch = by_id[row.key]
            first = {"form_kind": batch.form.value, "paper_number": batch.next}
        self.app.push_screen(VoidScreen(self._desks, first), self._voided)

    def _voided(self, values: Mapping[str, str] | None) -> None:
        if values is not None:
            self._show()
            reason = name_of("void_reason", values["void_reason"])
            said = word("numbers.voided", number=values["paper_number"].upper(), reason=reason)
            self.query_one(MessageLine).say(f"{said}{self._desks.numbers.warning()}", "ok")

    def action_print(self) -> None:
        """F8: the report, seen first."""
        from sbk_tui.screens.paper import PaperScreen

        printable = self._desks.numbers.report()
        self.app.push_screen(PaperScreen(self._desks, printable), self._printed)

    def _printed(self, job: str | None) -> None:
        if job is not None:
            self.query_one(MessageLine).say(word("paper.printed", job=job), "ok")

    def action_back(self) -> None:
        """Esc: leave."""
        self.dismiss(None)


def _row(count: BatchCount) -> Row:
    batch = count.batch
    tone = "bad" if count.missing else "" if batch.next else "dim"
    cells = (
        name_of("form_kind", batch.form.value),
        batch.batch,
        batch.first,
        batch.last,
        batch.next or word("numbers.used_up"),
        str(count.used),
        str(count.void),
        str(batch.left),
    )
    return Row(batch.id, cells, tone)


class TakeInScreen(Background, ModalScreen[int | None]):
    """入库: paper, batch, first and last number. Dismisses with how many came in, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """Draw the four fields."""
        with Vertical(classes="box"):
            yield Static(word("numbers.take_in_title"), markup=False, classes="question")
            yield Form(TAKE_IN_FIELDS, self._desks.rules)
            yield MessageLine()
            yield Static(legend(("confirm", "back")), markup=False)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.query_one(MessageLine).say(word("job.press_confirm"))

    def action_confirm(self) -> None:
        """F10: take them in."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        form = self.query_one(Form)
        if not self.busy and not form.check():
            take_in = partial(self._desks.numbers.take_in, form.values, op=self._op)
            self.in_background(take_in, self._taken_in)

    def _taken_in(self, count: int) -> None:
        self.dismiss(count)

    def failed(self, error: SbkError) -> None:
        """Say what is wrong with the numbers."""
        self.query_one(MessageLine).explain(error)
        self.query_one(Form).focus_first()

    def action_back(self) -> None:
        """Esc: take nothing in."""
        if not self.busy:
            self.dismiss(None)


class VoidScreen(Background, ModalScreen[Mapping[str, str] | None]):
    """作废: paper and number, then the reason. Dismisses with what was void, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm", "back")

    def __init__(self, desks: Desks, first: Mapping[str, str]) -> None:
        super().__init__()
        self._desks = desks
        self._first = first
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """Draw the two fields."""
        with Vertical(classes="box"):
            yield Static(word("numbers.void_title"), markup=False, classes="question")
            yield Form(VOID_FIELDS[:2], self._desks.rules, self._first)
            yield MessageLine()
            yield Static(legend(("confirm", "back")), markup=False)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.query_one(MessageLine).say(word("job.press_confirm"))

    def action_confirm(self) -> None:
        """F10: ask for the reason; what is void stays void."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        form = self.query_one(Form)
        if self.busy or not self.is_current or form.check():
            return
        values = dict(form.values)
        kind, number = name_of("form_kind", values["form_kind"]), values["paper_number"].upper()
        question = word("numbers.why_void", form=kind, number=number)
        reasons = self._desks.rules.codes["void_reason"].rows
        answers = [(code, reason.name) for code, reason in reasons.items()]
        self.app.push_screen(Ask(question, answers), partial(self._void, values))

    def _void(self, values: dict[str, str], reason: str | None) -> None:
        if reason is not None:
            values["void_reason"] = reason
            void = partial(self._desks.numbers.void, values, op=self._op)
            self.in_background(void, partial(self._done, values))

    def _done(self, values: Mapping[str, str], _done: object) -> None:
        self.dismiss(values)

    def failed(self, error: SbkError) -> None:
        """Say why it cannot be void."""
        self.query_one(MessageLine).explain(error)
        self.query_one(Form).focus_first()

    def action_back(self) -> None:
        """Esc: nothing becomes void."""
        if not self.busy:
            self.dismiss(None)
