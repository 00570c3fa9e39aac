"""A unit's or village's number, its cards below, and which of them are marked (2.2.1, 2.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.errors import Refusal
from sbk_tui.screens.form import after_typing
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import NumberLine
from sbk_tui.services import words
from sbk_tui.services.unit_desk import Shelved, Unit, UnitOrder
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word


class Cards(Protocol):
    """A desk that lists the cards of a unit."""

    def page(
        self, unit: Unit, order: UnitOrder, after: Shelved | None, limit: int
    ) -> Sequence[Shelved]: ...

    def count(self, unit: Unit) -> int: ...

    def numbers(self, unit: Unit, order: UnitOrder) -> tuple[str, ...]: ...


class UnitPicker(OverList, Vertical):
    """Holds the number's line, counts and list; the line keeps the cursor, arrows move the list."""

    DEFAULT_CSS = "UnitPicker { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "mark", show=False, priority=True)]

    @dataclass
    class Found(Message):
        """A number was looked up."""

        unit: Unit | None
        is_new: bool
        """Another one than before: what was marked and scanned is gone."""
        refusal: Refusal | None = None

    @dataclass
    class Changed(Message):
        """Other cards are marked; of all at once `said` tells."""

        said: str = ""
        refusal: Refusal | None = None

    def __init__(self, cards: Cards, find: Callable[[str], Unit], table: str) -> None:
        """Take where cards and units come from; `table`: the words that names what is listed."""
        super().__init__()
        self._cards = cards
        self._find = find
        self._table = table
        self._shown: dict[str, Shelved] = {}
        self._count = 0
        self.unit: Unit | None = None
        self.order: UnitOrder = "house"
        self.marked: dict[str, None] = {}  # in the order in which they were marked

    def compose(self) -> ComposeResult:
        """The number, the counts, the list."""
        with Horizontal(classes="line"):
            yield Static(word("unit.number"), markup=False)
            yield NumberLine(placeholder=word("unit.placeholder"), dots=False)
        yield Static("", id="totals", markup=False)
        columns = (
            Column(word("unit.name"), 8),
            Column(word("unit.social"), 18),
            Column(word("unit.card"), 9),
            Column(word("unit.stored"), 10),
            Column(word("unit.address"), 0),
        )
        yield PagedList(columns, empty=word(f"{self._table}.begin"), multiple=True)

    def on_mount(self) -> None:
        """The list takes no focus: the line keeps it."""
        self.query_one(PagedList).can_focus = False

    # ------------------------------------------------------------------ the number

    @property
    def line(self) -> NumberLine:
        """The line with the number."""
        return self.query_one(NumberLine)

    @on(NumberLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.look_up()

    def look_up(self) -> None:
        """Find the unit of the number in the line and list its cards."""
        try:
            unit = self._find(self.line.value)
        except Refusal as refusal:
            self._show(None)
            self.post_message(self.Found(None, is_new=False, refusal=refusal))
            return
        is_new = self.unit is None or unit.code != self.unit.code
        if is_new:
            self.marked = {}
        self._show(unit)
        self.post_message(self.Found(unit, is_new))

    def take_up(self, number: str, marked: Iterable[str]) -> None:
        """Go on with what a draft holds: a unit and the marks of its cards."""
        self.line.value = number
        try:
            self._show(self._find(number))
        except Refusal as refusal:
            self.post_message(self.Found(None, is_new=False, refusal=refusal))
            return
        self.post_message(self.Found(self.unit, is_new=False))
        self.mark(marked)

    def reload(self) -> None:
        """Read the list again."""
        self._show(self.unit)

    def sort(self) -> None:
        """By house, or by name."""
        self.order = "name" if self.order == "house" else "house"
        self._show(self.unit)

    def _show(self, unit: Unit | None) -> None:
        self.unit, self._shown = unit, {}
        self._forget_what_is_gone()
        rows = self.query_one(PagedList)
        self._count = 0 if unit is None else self._cards.count(unit)
        rows.say_empty(word(f"{self._table}.{'begin' if unit is None else 'nothing'}"))
        rows.show([] if unit is None else KeysetRows(partial(self._page, unit, self.order)))
        self._show_marks()

    def _forget_what_is_gone(self) -> None:
        """Drop the marks of cards that are not listed any more: somebody was faster."""
        if self.unit is not None and self.marked:
            try:
                listed = frozenset(self._cards.numbers(self.unit, self.order))
            except Refusal:
                return  # more than can be marked at once: the desk looks at each of them
            self.marked = {card: None for card in self.marked if card in listed}

    def _page(self, unit: Unit, order: UnitOrder, after: Row | None, limit: int) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        found = self._cards.page(unit, order, behind, limit)
        self._shown |= {each.card.number: each for each in found}
        return [_row(each) for each in found]

    # ------------------------------------------------------------------ marking

    def action_mark(self) -> None:
        """Space: mark the card under the cursor and go on to the next."""
        after_typing(self.screen, self.query_one(PagedList).action_mark)

    @on(PagedList.Marked)
    def _space(self, event: PagedList.Marked) -> None:
        event.stop()
        kept = {key: None for key in self.marked if key in event.keys}
        self.mark(kept | dict.fromkeys(sorted(event.keys - kept.keys())))

    def mark_all(self) -> None:
        """Mark all cards of the unit; when all of them are marked, none."""
        if self.unit is None:
            return
        try:
            found = self._cards.numbers(self.unit, self.order)
        except Refusal as refusal:
            self.post_message(self.Changed(refusal=refusal))
            return
        if found and self.marked.keys() >= set(found):
            self.mark({}, word("unit.none_marked"))
        else:
            self.mark(found, word("unit.all_marked", count=len(found)))

    def mark(self, marked: Iterable[str], said: str = "") -> None:
        """Let exactly these cards be marked."""
        self.marked = dict.fromkeys(marked)
        self._show_marks()
        self.post_message(self.Changed(said))

    def _show_marks(self) -> None:
        self.query_one(PagedList).mark_only(self.marked)
        said = ""
        if self.unit is not None:
            said = word(
                f"{self._table}.counts", name=self.unit.name, count=self._count,
                marked=len(self.marked), order=word(f"unit.by_{self.order}"),
            )  # fmt: skip
        self.query_one("#totals", Static).update(Text(said, "bold"))


def _row(shelved: Shelved) -> Row:
    person, card = shelved.person, shelved.card
    return Row(
        card.number,
        (
            person.name,
            mask.number(person.number),
            card.number,
            card.place,
            words.near(person.address),
        ),
    )
