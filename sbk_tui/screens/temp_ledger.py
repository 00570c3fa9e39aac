"""临时卡台账: who has one and until when, what lies in which box; blanks come in, cards end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.temp_desk import ENDS, STOCK_FIELDS, Out, TempCard
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import name_of, word

_SOON = 7
"""Days before the term from which a card is shown as due."""


class TempLedgerScreen(OverList, Background, Screen[None]):
    """One list at a time: the cards that are out, or the blanks of this counter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "find", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._of_blanks = False

    def compose(self) -> ComposeResult:
        """Draw filter, counts and list."""
        yield TitleBar(word("temp.ledger"), self._desks.seat)
        with Horizontal(classes="line"):
            yield Static(word("temp.filter"), markup=False)
            yield TextLine(placeholder=word("temp.filter_hint"))
        yield Static("", id="known", markup=False)
        columns = (
            Column(word("temp.due"), 10),
            Column(word("temp.card"), 20),
            Column(word("temp.holder"), 10),
            Column(word("temp.number"), 18),
            Column(word("temp.state"), 0),
        )
        yield PagedList(columns, empty=word("temp.none_out"))
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the cards that are out."""
        names = {"new": word("temp.take_in"), "find": word("temp.other_list")}
        keys = legend(("new", "find", "back"), names)
        self.query_one(KeyBar).text = f"Enter {word('temp.end')}  {keys}"
        self.query_one(PagedList).can_focus = False
        self._show()
        self.query_one(Input).focus()

    # ------------------------------------------------------------------ the list

    def _show(self) -> None:
        counts = self._desks.temp.counts()
        said = word("temp.counts", out=counts.out, overdue=counts.overdue, blanks=counts.blanks)
        torn = ", ".join(each.temp_card for each in self._desks.temp.unfinished())
        if torn:
            self.query_one(MessageLine).say(word("temp.cut_short_list", cards=torn), "bad")
        which = word("temp.list_blanks" if self._of_blanks else "temp.list_out")
        self.query_one("#known", Static).update(f"{said}  {which}")
        rows = self.query_one(PagedList)
        rows.say_empty(word("temp.none_blank" if self._of_blanks else "temp.none_out"))
        text = self.query_one(Input).value.strip()
        rows.show(KeysetRows(partial(self._blanks if self._of_blanks else self._out, text)))

    def _out(self, text: str, after: Row | None, limit: int) -> Sequence[Row]:
        key = (after.cells[0], after.key) if after else None
        return [self._out_row(each) for each in self._desks.temp.out_after(key, text, limit)]

    def _out_row(self, out: Out) -> Row:
        card, person = out
        left = self._desks.temp.days_left(card)
        state = word("temp.enabled" if card.enabled_at else "temp.not_enabled")
        tone = ""
        if left < 0:
            state, tone = word("temp.overdue", days=-left), "bad"
        elif left <= _SOON:
            state, tone = word("temp.soon", days=left), "warn"
        name, number = (person.name, mask.number(person.number)) if person else ("", "")
        return Row(card.number, (out.key[0], card.number, name, number, state), tone)

    def _blanks(self, text: str, after: Row | None, limit: int) -> Sequence[Row]:
        key = (after.cells[0], after.key) if after else None
        return [_blank_row(each) for each in self._desks.temp.blanks_after(key, text, limit)]

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def action_find(self) -> None:
        """F5: the other list."""
        self._of_blanks = not self._of_blanks
        self._show()

    # ------------------------------------------------------------------ taking in, ending

    def action_new(self) -> None:
        """F4: take in a box of blanks."""
        if not self.busy:
            self.app.push_screen(StockScreen(self._desks), self._taken_in)

    def _taken_in(self, count: int | None) -> None:
        if count is not None:
            self._of_blanks = True
            self._show()
            self.query_one(MessageLine).say(word("temp.taken_in", count=count), "ok")

    @on(Input.Submitted)
    def _chosen(self, event: Input.Submitted) -> None:
        """Enter: how the card under the mark ended."""
        event.stop()
        row = self.query_one(PagedList).highlighted
        if row is None or self.busy:
            return
        question = word("temp.end_question", card=row.key)
        answers = [(end, name_of("temp_card_state", end)) for end in ENDS]
        self.app.push_screen(Ask(question, answers), partial(self._end, row.key))

    def _end(self, card: str, answer: str | None) -> None:
        end = next((each for each in ENDS if each == answer), None)
        if end is not None:
            op = self._desks.new_id()
            cancel = partial(self._desks.temp.cancel, card, end, op=op)
            self.in_background(cancel, partial(self._ended, card, end))

    def _ended(self, card: str, end: str, _done: object) -> None:
        self._show()
        said = word("temp.ended", card=card, state=name_of("temp_card_state", end))
        self.query_one(MessageLine).say(said, "ok")

    def failed(self, error: SbkError) -> None:
        """Say why a card cannot end."""
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: leave."""
        if not self.busy:
            self.dismiss(None)


def _blank_row(card: TempCard) -> Row:
    state = name_of("temp_card_state", card.state.value)
    return Row(card.number, (card.box, card.number, "", "", state))


class StockScreen(Background, ModalScreen[int | None]):
    """入库: box, first and last number. Dismisses with how many came in, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._op = desks.new_id()

    def compose(self) -> ComposeResult:
        """Draw the three fields."""
        with Vertical(classes="box"):
            yield Static(word("temp.stock_title"), markup=False, classes="question")
            yield Form(STOCK_FIELDS, self._desks.rules)
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
            stock = partial(self._desks.temp.stock, form.values, op=self._op)
            self.in_background(stock, self._stocked)

    def _stocked(self, count: int) -> None:
        self.dismiss(count)

    def failed(self, error: SbkError) -> None:
        """Say what is wrong with the numbers."""
        self.query_one(MessageLine).explain(error)
        self.query_one(Form).focus_first()

    def action_back(self) -> None:
        """Esc: take nothing in."""
        if not self.busy:
            self.dismiss(None)
