"""滞留清单 (0.10): cards nobody fetched, oldest first or by village; who to call, marking many."""

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

from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import NumberLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.forms import fitting
from sbk_tui.services.issues_desk import PURPOSES
from sbk_tui.services.uncollected_desk import Done, Group, Waited, WaitingOrder
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "0.10"
_PAUSE_S = 0.07  # as in the search for people
_SHOWN_S = 60
"""How long a phone number stays on the message line."""


class UncollectedScreen(OverList, JobScreen):
    """A line that filters; below it the cards that wait."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("older", "find", "sort", "mark_all", "confirm"),
        Binding("space", "mark", show=False, priority=True),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "older", "find", "sort", "mark_all", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._order: WaitingOrder = "age"
        self._days = 0
        self._asked: tuple[str, int] | None = None
        self._count = 0
        self._shown: dict[str, Waited] = {}
        self._marked: dict[str, None] = {}  # in the order in which they were marked
        self._op = desks.new_id()
        self._timer: Timer | None = None
        self._hide: Timer | None = None

    def body(self) -> ComposeResult:
        """The filter, the counts, the list."""
        with Horizontal(classes="line"):
            yield Static(word("search.label"), markup=False)
            yield NumberLine(placeholder=word("uncollected.placeholder"))
        yield Static("", id="totals", markup=False)
        columns = (
            Column(word("uncollected.days"), 5),
            Column(word("stock.name"), 8),
            Column(word("stock.card"), 9),
            Column(word("stock.place"), 11),
            Column(word("uncollected.marks"), 8),
            Column(word("stock.village"), 0),
        )
        yield PagedList(columns, empty=word("uncollected.nothing"), multiple=True)

    def on_mount(self) -> None:
        """Begin with everything that waits, oldest first."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.set_focus(self._line)
        self._ask()
        self.in_background(self.desks.uncollected.groups, self._know_groups)

    def _know_groups(self, _groups: Sequence[Group]) -> None:
        """Names of villages are understood from now on."""
        self._ask(anew=bool(self._line.value))

    # ------------------------------------------------------------------ the list

    @property
    def _line(self) -> NumberLine:
        return self.query_one(NumberLine)

    @on(NumberLine.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self._ask)

    def _ask(self, *, anew: bool = False) -> None:
        wanted = (self._line.value.strip(), self._days)
        if wanted == self._asked and not anew:
            return
        self._asked, self._shown = wanted, {}
        asked = self.desks.uncollected.asked(*wanted)
        self._count = self.desks.uncollected.count(asked)
        self.query_one(PagedList).show(KeysetRows(partial(self._page, wanted, self._order)))
        self.show_progress(self.progress.found_done("query"))
        self._show_marks()

    def _page(
        self, wanted: tuple[str, int], order: WaitingOrder, after: Row | None, limit: int
    ) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        asked = self.desks.uncollected.asked(*wanted)
        found = self.desks.uncollected.page(asked, order, behind, limit)
        self._shown |= {each.card.number: each for each in found}
        return [self._row(each) for each in found]

    def _row(self, waited: Waited) -> Row:
        person, card = waited.person, waited.card
        days, ages = self.desks.uncollected.days(waited), self.desks.uncollected.ages
        marks = len(card.uncollected)
        said = word("uncollected.marked_times", count=marks) if marks else ""
        cells = (
            str(days), person.name, card.number, card.place, said,
            person.village_name or person.unit_name,
        )  # fmt: skip
        tone = "bad" if days >= ages[-1] else "warn" if days >= ages[-2] else ""
        return Row(card.number, cells, tone)

    @step("query")
    def action_find(self) -> None:
        """F5: the units and villages with cards that wait."""
        self.set_focus(self._line)
        self.in_background(self.desks.uncollected.groups, self._choose)

    def _choose(self, groups: Sequence[Group]) -> None:
        offered = [(g.code, word("unit.waiting", name=g.name, cards=g.cards)) for g in groups]
        choose = Choose(word("unit.choose"), partial(fitting, offered))
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._line.value = chosen[0]
            self._ask(anew=True)

    def action_older(self) -> None:
        """F4: only cards that have waited longer; behind the longest again all."""
        ages = self.desks.uncollected.ages
        self._days = ages[(ages.index(self._days) + 1) % len(ages)]
        self._ask()

    def action_sort(self) -> None:
        """F6: oldest first, or by village."""
        self._order = "village" if self._order == "age" else "age"
        self._ask(anew=True)

    # ------------------------------------------------------------------ who to call

    @step("call")
    @on(NumberLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        """Enter: who to call about the card under the mark, after a purpose is chosen."""
        event.stop()
        self._ask()
        row = self.query_one(PagedList).highlighted
        if row is not None:
            answers = [(purpose, word(f"purpose.{purpose}")) for purpose in PURPOSES]
            call = partial(self._call, self._shown[row.key])
            self.app.push_screen(Ask(word("uncollected.purpose"), answers), call)

    def _call(self, waited: Waited, purpose: str | None) -> None:
        if purpose is None:
            return
        said = self.desks.uncollected.call(waited, purpose)
        self.messages.say(said + word("uncollected.noted", seconds=_SHOWN_S), "ok")
        self.show_progress(self.progress.found_done("call"))
        if self._hide is not None:
            self._hide.stop()
        self._hide = self.set_timer(_SHOWN_S, partial(self._hide_phone, self.messages.text))

    def _hide_phone(self, said: str) -> None:
        if self.messages.text == said:
            self.messages.say("")

    # ------------------------------------------------------------------ marking

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

    def action_mark_all(self) -> None:
        """F7: mark everything the list holds that may be marked today; again: nothing."""
        self._ask()
        desk = self.desks.uncollected
        try:
            found = desk.to_mark(desk.asked(self._line.value, self._days), self._order)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if not found.cards:
            self.messages.say(word("uncollected.none_to_mark", left_out=found.left_out), "bad")
            return
        if self._marked.keys() >= set(found.cards):
            self._mark({})
            self.messages.say(word("stock.none_marked"))
            return
        self._mark({**self._marked, **dict.fromkeys(found.cards)})
        said = "uncollected.all_marked" if found.left_out else "stock.all_marked"
        self.messages.say(word(said, count=len(self._marked), left_out=found.left_out), "ok")

    def _mark(self, marked: dict[str, None]) -> None:
        self._marked = marked
        if marked:
            self.show_progress(self.progress.found_done("query").found_done("pick"))
        self._show_marks()

    def _show_marks(self) -> None:
        self.query_one(PagedList).mark_only(self._marked)
        age = word("uncollected.at_least", days=self._days) if self._days else ""
        said = word(
            "uncollected.counts", count=self._count, age=age, marked=len(self._marked),
            order=word(f"uncollected.by_{self._order}"),
        )  # fmt: skip
        self.query_one("#totals", Static).update(Text(said, "bold"))

    @step("mark")
    def action_confirm(self) -> None:
        """F10: 滞留标记 for what is marked."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or not self.is_current:
            return
        if not self._marked:
            if "mark" not in self.progress.done:  # else a held F10: what was done stays said (N1)
                self.messages.explain(Refusal("store.nothing", clause="2.3.3"))
            return
        cards = tuple(self._marked)
        question = word("stock.uncollected_question", count=len(cards))
        answers = [("yes", word("stock.uncollected_yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._sure, cards))

    def _sure(self, cards: tuple[str, ...], answer: str | None) -> None:
        if answer == "yes":
            mark = partial(self.desks.uncollected.mark, cards, op=self._op)
            self.in_background(mark, partial(self._noted, len(cards)))

    def _noted(self, count: int, done: Done) -> None:
        self._op = self.desks.new_id()
        self._mark({})
        self._ask(anew=True)
        self.show_progress(self.progress.found_done("pick").found_done("mark"))
        at = words.moment(done.at_ms)
        said = word("stock.uncollected_noted", count=count, time=at, code=done.code)
        self.messages.say(said, "ok")
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Read the list again: somebody may have handed a card out meanwhile."""
        super().failed(error)
        self._ask(anew=True)
