"""制卡准备与耗材 (5.1.3.1): is the printer ready, blanks by bank, ribbons, waste."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
from sbk_tui.services import make_words
from sbk_tui.services.desks import Desks
from sbk_tui.services.forms import Field, Values
from sbk_tui.services.supply_desk import (
    BLANK_FIELDS,
    RIBBON_FIELDS,
    SPOIL_FIELDS,
    PrinterStatus,
)
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

CLAUSE = "5.1.3.1"


class SuppliesScreen(OverList, JobScreen):
    """The blanks of this counter by bank, under a line that finds one serial."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "find", "void", "confirm")

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, CLAUSE)

    def body(self) -> ComposeResult:
        """Printer and ribbons, the line, the list."""
        yield Static("", id="printer", markup=False)
        with Horizontal(classes="line"):
            yield Static(word("supplies.look"), markup=False)
            yield TextLine(placeholder=word("supplies.look_hint"))
        yield PagedList(
            (
                Column(word("fields.bank"), 14),
                Column(word("supplies.stock"), 6, right=True),
                Column(word("supplies.at_work"), 6, right=True),
                Column(word("supplies.made"), 6, right=True),
                Column(word("supplies.spoiled"), 6, right=True),
                Column(word("supplies.next"), 0),
            ),
            empty=word("supplies.none"),
        )

    def show_keys(self) -> None:
        """Draw the legend of this screen."""
        names = {
            "new": word("supplies.new_key"),
            "find": word("supplies.printer_key"),
            "void": word("supplies.spoil_key"),
            "confirm": word("supplies.ready_key"),
        }
        keys = ("help", "new", "find", "void", "confirm", "back")
        self.query_one(KeyBar).text = legend(keys, names)

    def on_mount(self) -> None:
        """Show what there is, and ask the printer."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.query_one(Input).focus()
        self._list()
        self.action_find()

    def _list(self) -> None:
        rows = [
            Row(each.bank, make_words.stock(each), "" if each.stock else "warn")
            for each in self.desks.supplies.stock()
        ]
        self.query_one(PagedList).show(rows)
        self.show_status()

    # ------------------------------------------------------------------ printer, one serial

    @step("printer")
    def action_find(self) -> None:
        """F5: ask the printer how it stands."""
        if not self.busy and self.is_current:
            self._say_printer(word("supplies.asking"))
            self.in_background(self.desks.supplies.printer, self._stands)

    def _stands(self, status: PrinterStatus | None) -> None:
        said, ready = make_words.printer(status)
        self._say_printer(said)
        if ready:
            self.show_progress(self.progress.after("printer"))

    def _say_printer(self, said: str) -> None:
        ribbons = self.desks.supplies.ribbons()
        text = word("supplies.printer", said=said, ribbons=ribbons.left, used=ribbons.used)
        self.query_one("#printer", Static).update(Text(text))

    @on(Input.Submitted)
    def _looked_up(self, event: Input.Submitted) -> None:
        """Enter: where a blank is."""
        event.stop()
        if not event.value.strip():
            return
        try:
            found = self.desks.supplies.blank(event.value)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        event.input.value = ""
        self.messages.say(make_words.blank(found))

    # ------------------------------------------------------------------ in, out

    @step("blanks")
    def action_new(self) -> None:
        """F4: blanks or ribbons come in, or a ribbon goes into the printer."""
        if not self.is_current:
            return
        names = ("blanks", "ribbons", "change")
        answers = [(name, word(f"supplies.new_{name}")) for name in names]
        self.app.push_screen(Ask(word("supplies.what_new"), answers), self._new)

    def _new(self, answer: str | None) -> None:
        desk, op = self.desks.supplies, self.desks.new_id()
        if answer == "change":
            change = partial(desk.change_ribbon, op=op)
            self.in_background(change, partial(self._changed, word("supplies.done_change")))
        elif answer == "ribbons":
            take_in = partial(desk.take_in_ribbons, op=op)
            self._open_form("ribbons", RIBBON_FIELDS, take_in, {})
        elif answer == "blanks":
            self._open_form("blanks", BLANK_FIELDS, partial(desk.take_in, op=op), {})

    def action_void(self) -> None:
        """F7: a blank is waste."""
        if self.is_current and not self.busy:
            row = self.query_one(PagedList).highlighted
            stock = {each.bank: each.next for each in self.desks.supplies.stock()}
            first = {"blank_serial": stock.get(row.key, "")} if row else {}
            spoil = partial(self.desks.supplies.spoil, op=self.desks.new_id())
            self._open_form("spoil", SPOIL_FIELDS, spoil, first)

    def _open_form(
        self,
        name: str,
        fields: tuple[Field, ...],
        work: Callable[[Values], object],
        first: Values,
    ) -> None:
        screen = SupplyForm(self.desks, word(f"supplies.title_{name}"), fields, work, first)
        self.app.push_screen(screen, partial(self._entered, name))

    def _entered(self, name: str, values: Values | None) -> None:
        if values is None:
            return
        if name == "blanks":
            self.show_progress(self.progress.found_done("blanks"))
        self._changed(word(f"supplies.done_{name}"), None)

    def _changed(self, said: str, _done: object) -> None:
        self._list()
        self.messages.say(said, "ok")
        self.action_find()

    @step("lay_in")
    def action_confirm(self) -> None:
        """F10: the blanks lie in the hopper as they must."""
        if self.is_current and not self.busy:
            self.show_progress(self.progress.found_done("blanks").found_done("lay_in"))
            self.messages.say(word("supplies.ready"), "ok")

    def failed(self, error: SbkError) -> None:
        """Say what is wrong with printer or ribbon."""
        self._say_printer("—")
        super().failed(error)


class SupplyForm(Background, ModalScreen[Values | None]):
    """One form of the supplies. Dismisses with what was entered and is on disk, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm", "back")

    def __init__(
        self,
        desks: Desks,
        title: str,
        fields: tuple[Field, ...],
        work: Callable[[Values], object],
        first: Values,
    ) -> None:
        super().__init__()
        self._desks, self._title, self._fields = desks, title, fields
        self._do, self._first = work, first

    def compose(self) -> ComposeResult:
        """Draw the fields."""
        with Vertical(classes="box -full"):
            yield Static(self._title, markup=False, classes="question")
            yield Form(self._fields, self._desks.rules, self._first)
            yield MessageLine()
            yield Static(legend(("confirm", "back")), markup=False)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.query_one(MessageLine).say(word("job.press_confirm"))

    def action_confirm(self) -> None:
        """F10: do it."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        form = self.query_one(Form)
        if not self.busy and not form.check():
            values = form.values
            self.in_background(partial(self._do, values), partial(self._done, values))

    def _done(self, values: Values, _done: object) -> None:
        self.dismiss(values)

    def failed(self, error: SbkError) -> None:
        """Say what is wrong with the numbers."""
        self.query_one(MessageLine).explain(error)
        self.query_one(Form).focus_first()

    def action_back(self) -> None:
        """Esc: change nothing."""
        if not self.busy:
            self.dismiss(None)
