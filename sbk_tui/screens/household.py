"""一家代领 (B17): people are put into a basket, and one proxy takes all their cards."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.household_desk import FIELDS, PROXY, Gathered, Shelved
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word

_CLAUSE = "0.9"


class HouseholdScreen(JobScreen):
    """A search, the basket, the proxy."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_id", "find", "print", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._basket: dict[str, Shelved] = {}
        self._op = desks.new_id()
        self._paper = ""

    def body(self) -> ComposeResult:
        """The search, who is in the basket, who takes their cards."""
        yield self.search()
        yield Static("", id="totals", markup=False)
        yield Form(FIELDS, self.desks.rules, {"receiver": PROXY}, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with an empty basket."""
        super().on_mount()
        self._show_basket()

    # ------------------------------------------------------------------ the basket

    def action_find(self) -> None:
        """F5: back to the search."""
        self._search.focus_box()
        self._search.again()

    @property
    def _search(self) -> PersonSearch:
        return self.query_one(PersonSearch)

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        read = partial(self.desks.query.dossier, event.hit.person.id)
        self.in_background(read, self._gather)

    @step("gather")
    def _gather(self, seen: Dossier) -> None:
        """Put a person in, or take one out that is in already."""
        name = seen.person.name
        if self._basket.pop(seen.person.id, None) is not None:
            self.messages.say(word("household.removed", name=name))
        else:
            try:
                self._basket[seen.person.id] = self.desks.households.card_of(seen)
            except Refusal as refusal:
                self.messages.explain(refusal)
                return
            listed = self.desks.line.listed([self._basket[seen.person.id].card])
            added = word("household.added", name=name)
            self.messages.say(f"{added}{listed}", "bad" if listed else "ok")
        progress = Progress(procedure=self.progress.procedure)
        self.show_progress(progress.after("gather") if self._basket else progress)
        self._show_basket()
        self._search.clear()

    def _names(self) -> str:
        return "、".join(each.person.name for each in self._basket.values())

    def _show_basket(self) -> None:
        said = word("household.empty")
        if self._basket:
            said = word("household.basket", count=len(self._basket), names=self._names())
        self.query_one("#totals", Static).update(Text(said, "bold"))

    # ------------------------------------------------------------------ the proxy

    @step("proxy")
    def action_read_id(self) -> None:
        """F2: read the proxy's document, once for all."""
        self.messages.say(word("job.lay_card"))
        self.in_background(self._read, self._fill)

    def _read(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _fill(self, card: IdCard) -> None:
        self.query_one(Form).fill({"proxy_name": card.name, "proxy_number": card.number})
        self.messages.say(word("job.card_read"), "ok")

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("save")
    def action_confirm(self) -> None:
        """F10: hand out what is in the basket."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or not self.is_current:
            return
        if not self._basket:
            if not self._paper:  # else a held F10: what was done stays on the message line (N1)
                self.messages.explain(Refusal("household.empty", clause="2.2.2"))
            return
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        values = form.values
        question = word(
            "household.question",
            count=len(self._basket),
            proxy=values["proxy_name"],
            names=self._names(),
        )
        self.app.push_screen(Ask(question, [("yes", word("ask.yes"))]), partial(self._sure, values))

    def _sure(self, values: dict[str, str], answer: str | None) -> None:
        if answer == "yes":
            basket = tuple(self._basket.values())
            hand_over = partial(self.desks.households.hand_over, basket, values, op=self._op)
            self.in_background(hand_over, self._handed)

    def _handed(self, gathered: Gathered) -> None:
        self._op, self._paper, self._basket = self.desks.new_id(), gathered.paper, {}
        self.show_progress(self.progress.after("save"))
        self._show_basket()
        self._search.focus_box()
        last = gathered.done[-1]
        said = word(
            "household.handed",
            count=len(gathered.done),
            time=words.moment(last.at_ms),
            code=last.code,
        )
        self.messages.say(said, "ok")
        self.show_status()

    # ------------------------------------------------------------------ paper

    @step("slip")
    def action_print(self) -> None:
        """F8: the sheet that the proxy signs."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The sheet of the last household."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.found_done("slip"))
