"""回卡管理 (2.3.3): the cards in the drawers; many are marked and put into a place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.domain.stock import stock_state
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import ScanLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.stock_desk import FIELDS, Done, Order, Shelved, Slot, Stored, is_whole_card
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import name_of, word

_CLAUSE = "2.3.3"
_PAUSE_S = 0.07  # as in the search for people
_TONES = {"1": "warn", "4": "warn", "5": "bad"}


class DrawersScreen(OverList, JobScreen):
    """A search over what lies here; below it the place for what is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("uncollected", "next_free", "find", "sort", "mark_all", "confirm"),
        Binding("space", "mark", show=False, priority=True),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "uncollected", "next_free", "find", "sort", "mark_all", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._order: Order = "place"
        self._asked: str | None = None
        self._shown: dict[str, Shelved] = {}
        self._count = 0
        self._marked: dict[str, None] = {}  # in the order in which they were marked
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        """The search, the counts, the list, the place."""
        with Horizontal(classes="line"):
            yield Static(word("search.label"), markup=False)
            yield ScanLine(
                placeholder=word("stock.placeholder"), is_code=is_whole_card, leaves=frozenset(" ")
            )
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("stock.place"), 12),
                Column(word("stock.name"), 8),
                Column(word("stock.number"), 18),
                Column(word("stock.card"), 9),
                Column(word("stock.state"), 6),
                Column(word("stock.village"), 0),
            ),
            empty=word("stock.nothing"),
            multiple=True,
        )
        yield Form(FIELDS, self.desks.rules, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with everything that lies here, and with what was marked before a break."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self._to_search()
        self._ask()
        draft = self.desks.drafts.newest(_CLAUSE)
        if draft is not None:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self._op, self._draft = draft.op, draft.id
            self._marked = dict.fromkeys(draft.values.get("marked", "").split())
            self.query_one(Form).fill(draft.values)
            self._show_marks()

    # ------------------------------------------------------------------ the search

    @property
    def _line(self) -> ScanLine:
        return self.query_one(ScanLine)

    def _to_search(self) -> None:
        self.set_focus(self._line)

    @on(ScanLine.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input is self._line:
            event.stop()
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(_PAUSE_S, self._ask)

    @step("query")
    def action_find(self) -> None:
        """F5: back to the search; the list is read again."""
        self._to_search()
        self._asked = None
        self._ask()

    def action_sort(self) -> None:
        """F6: by place, or by name."""
        self._order = "name" if self._order == "place" else "place"
        self._asked = None
        self._ask()

    def _ask(self) -> None:
        text = self._line.value.strip()
        if text == self._asked:
            return
        self._asked, self._shown = text, {}
        try:
            self._count = self.desks.stock.count(text)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        self.query_one(PagedList).show(KeysetRows(partial(self._page, text, self._order)))
        self.show_progress(self.progress.found_done("query"))
        self._show_marks()

    def _page(self, text: str, order: Order, after: Row | None, limit: int) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        found = self.desks.stock.page(text, order, behind, limit)
        self._shown |= {each.card.number: each for each in found}
        return [_row(each) for each in found]

    @on(ScanLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        """Enter shows the box of the card under the mark."""
        if event.input is not self._line:
            return
        event.stop()
        self._ask()
        row = self.query_one(PagedList).highlighted
        if row is None:
            return
        place = self._shown[row.key].card.place
        if not place:
            self.messages.say(word("stock.no_box"))
            return
        from sbk_tui.screens.box import BoxScreen

        box = self.desks.stock.box(place)
        self.app.push_screen(BoxScreen(box, row.key, self.desks.stock.box_slots))

    # ------------------------------------------------------------------ marking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space marks in the search only; elsewhere it is a blank or a tick."""
        if action == "mark":
            return self.focused is self._line
        return super().check_action(action, parameters)

    @step("pick")
    def action_mark(self) -> None:
        """Space: mark the card under the cursor and go on to the next."""
        after_typing(self, self._mark_here)

    def _mark_here(self) -> None:
        self._ask()
        self.query_one(PagedList).action_mark()

    @on(PagedList.Marked)
    def _space(self, event: PagedList.Marked) -> None:
        kept = {key: None for key in self._marked if key in event.keys}
        self._mark(kept | dict.fromkeys(sorted(event.keys - kept.keys())))

    @on(ScanLine.Scanned)
    def _scanned(self, event: ScanLine.Scanned) -> None:
        """A scanned card is marked, whatever the list shows."""
        try:
            found = self.desks.stock.card(event.code)
        except Refusal as refusal:
            self.app.bell()
            self.messages.explain(refusal)
            return
        number = found.card.number
        said = "stock.unmarked" if number in self._marked else "stock.marked"
        self._mark({**self._marked, number: None})
        self.messages.say(word(said, card=number, name=found.person.name), "ok")

    def action_mark_all(self) -> None:
        """F7: mark everything the search finds; when all of it is marked, nothing."""
        self._ask()
        try:
            found = self.desks.stock.numbers(self._line.value, self._order)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if found and self._marked.keys() >= set(found):
            self._mark({})
            self.messages.say(word("stock.none_marked"))
        else:
            self._mark({**self._marked, **dict.fromkeys(found)})
            self.messages.say(word("stock.all_marked", count=len(self._marked)), "ok")

    def _mark(self, marked: dict[str, None]) -> None:
        self._marked = marked
        if marked:
            self.show_progress(self.progress.found_done("query").found_done("pick"))
        self._show_marks()
        self._keep_marks()

    def _show_marks(self) -> None:
        self.query_one(PagedList).mark_only(self._marked)
        said = word(
            "stock.counts", count=self._count, marked=len(self._marked),
            order=word(f"stock.by_{self._order}"),
        )  # fmt: skip
        self.query_one("#totals", Static).update(Text(said, "bold"))

    @on(Form.Changed)
    def _keep_marks(self) -> None:
        values = {**self.query_one(Form).values, "marked": " ".join(self._marked)}
        draft = FormDraft(id=self._draft, op=self._op, step="store", values=values)
        self.keep(_CLAUSE, draft)

    # ------------------------------------------------------------------ nobody came

    @step("uncollected")
    def action_uncollected(self) -> None:
        """F3: 滞留标记 for what is marked."""
        after_typing(self, self._ask_uncollected)

    def _ask_uncollected(self) -> None:
        if self.busy or not self.is_current:
            return
        if not self._marked:
            self.messages.say(word("stock.mark_first"))
            return
        cards = tuple(self._marked)
        question = word("stock.uncollected_question", count=len(cards))
        answers = [("yes", word("stock.uncollected_yes"))]
        note = partial(self._note_uncollected, cards, self.desks.new_id())
        self.app.push_screen(Ask(question, answers), note)

    def _note_uncollected(self, cards: tuple[str, ...], op: str, answer: str | None) -> None:
        if answer == "yes":
            mark = partial(self.desks.stock.mark_uncollected, cards, op=op)
            self.in_background(mark, partial(self._noted, len(cards)))

    def _noted(self, count: int, done: Done) -> None:
        self._mark({})
        self.action_find()
        at = words.moment(done.at_ms)
        said = word("stock.uncollected_noted", count=count, time=at, code=done.code)
        self.messages.say(said, "ok")
        self.show_status()

    # ------------------------------------------------------------------ the place

    @step("place")
    def action_next_free(self) -> None:
        """F4: the next free position, of the box that is typed or of the last one in use."""
        form = self.query_one(Form)
        try:
            place = self.desks.stock.next_free(form.values["place"])
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        form.fill({"place": place})
        form.focus_first()
        self.messages.say(word("stock.free", place=place))

    @on(Form.Completed)
    def _completed(self) -> None:
        self._confirm()

    @step("store")
    def action_confirm(self) -> None:
        """F10: put away what is marked."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or not self.is_current:
            return
        form = self.query_one(Form)
        values = form.values
        if self._marked and not values["place"]:
            self.messages.say(word("stock.type_place"))
            form.focus_first()
            return
        try:
            slots = self.desks.stock.plan(
                tuple(self._marked), values["place"], one_by_one=values["one_by_one"] == "1"
            )
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        first, last = slots[0].place, slots[-1].place
        key = "stock.question" if first == last else "stock.question_many"
        question = word(key, count=len(slots), place=first, first=first, last=last)
        self.show_progress(self.progress.found_done("place"))
        answers = [("yes", word("ask.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._sure, slots))

    def _sure(self, slots: tuple[Slot, ...], answer: str | None) -> None:
        if answer == "yes":
            store = partial(self.desks.stock.store, slots, op=self._op, draft=self._draft)
            self.in_background(store, self._stored)

    def _stored(self, stored: Stored) -> None:
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._marked = {}
        place = stored.first
        if stored.last != stored.first:
            place = word("stock.from_to", first=stored.first, last=stored.last)
        self.action_find()
        self.show_progress(self.progress.found_done("pick").found_done("place").after("store"))
        said = word(
            "stock.stored",
            count=stored.cards,
            place=place,
            time=words.moment(stored.done.at_ms),
            code=stored.done.code,
        )
        self.messages.say(said, "ok")
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Read the list again: somebody may have handed a card out meanwhile."""
        super().failed(error)
        self._asked = None
        self._ask()


def _row(shelved: Shelved) -> Row:
    person, card = shelved.person, shelved.card
    state = stock_state(card)
    return Row(
        card.number,
        (
            card.place,
            person.name,
            mask.number(person.number),
            card.number,
            name_of("stock_state", state),
            person.village_name or person.unit_name,
        ),
        _TONES.get(state, ""),
    )
