"""发卡记录查询 (2.4.1): a line of filters, the list that follows it, the counts, the export."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from sbk_tui.domain import mask
from sbk_tui.errors import Refusal
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.issues_desk import FIELDS, PURPOSES, Issue, Totals, Wanted
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "2.4.1"
_PAUSE_S = 0.2  # the counts read many rows: not at each letter


class IssuesScreen(OverList, JobScreen):
    """The issuing records of a place, a unit or a person."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = ("help", "find", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._wanted: Wanted | None = None
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Filters, counts, list."""
        yield Form(FIELDS, self.desks.rules)
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("search.name"), 8),
                Column(word("search.number"), 18),
                Column(word("search.card"), 9),
                Column(word("search.state"), 8),
                Column(word("issues.issued"), 10),
                Column(word("search.place"), 0),
            ),
            empty=word("issues.nothing"),
        )

    def on_mount(self) -> None:
        """Begin with everything there is."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.query_one(Form).call_after_refresh(self.query_one(Form).focus_first)
        self._ask()

    def show_keys(self) -> None:
        """F5 lists places here, F10 exports."""
        names = {"find": word("issues.choose"), "confirm": word("issues.export")}
        self.query_one("KeyBar").text = legend(self.legend_keys, names)  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ the question

    @step("region")
    def action_find(self) -> None:
        """F5: choose a county, township or village of this counter's district."""
        if self.list_choices():
            return
        choose = Choose(word("issues.region"), self.desks.issues.regions)
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self.query_one(Form).fill({"issue_place": chosen[0]})

    @on(Form.Changed)
    def _changed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self._ask)

    @step("number")
    @on(Form.Completed)
    def _ask(self) -> None:
        """Show what the fields ask for; a field that cannot be read yet asks for nothing."""
        try:
            wanted = self.desks.issues.wanted(self.query_one(Form).values)
        except Refusal as refusal:
            self._wanted = None
            self.messages.explain(refusal)
            return
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.messages.say("")
        self.query_one(PagedList).show(KeysetRows(partial(self._page, wanted)))
        self.show_progress(self.progress.after("query"))
        self._count()

    @step("query")
    def _count(self) -> None:
        if self._wanted is not None:
            self.in_background(partial(self._counted, self._wanted), self._show_totals)

    def _counted(self, wanted: Wanted) -> tuple[Wanted, Totals]:
        return wanted, self.desks.issues.totals(wanted)

    def _show_totals(self, answer: tuple[Wanted, Totals]) -> None:
        wanted, totals = answer
        if wanted != self._wanted:
            self._count()  # the fields were changed meanwhile
            return
        said = word(
            "issues.totals", all=totals.all, stock=totals.stock, handed=totals.handed,
            live=totals.live, cancelled=totals.cancelled,
        )  # fmt: skip
        self.query_one("#totals", Static).update(Text(said, "bold"))

    def _page(self, wanted: Wanted, after: Row | None, limit: int) -> Sequence[Row]:
        found = self.desks.issues.page(wanted, after.key if after else "", limit)
        return [_row(issue) for issue in found]

    # ------------------------------------------------------------------ the export

    @step("export")
    def action_confirm(self) -> None:
        """F10: write what is listed to a file, after a question about full numbers."""
        if self._wanted is None or self.busy:
            return
        answers = [(kind, word(f"issues.{kind}")) for kind in ("xlsx", "csv")]
        self.app.push_screen(Ask(word("issues.question"), answers), self._how_masked)

    def _how_masked(self, kind: str | None) -> None:
        if kind is None:
            return
        answers = [("masked", word("issues.masked"))]
        answers += [(purpose, word(f"purpose.{purpose}")) for purpose in PURPOSES]
        self.app.push_screen(Ask(word("issues.numbers"), answers), partial(self._export, kind))

    def _export(self, kind: str, purpose: str | None) -> None:
        if purpose is None or self._wanted is None:
            return
        purpose = "" if purpose == "masked" else purpose
        self.messages.say(word("issues.writing"))
        write = partial(self._write, self._wanted, kind, purpose)
        self.in_background(write, self._exported)

    def _write(self, wanted: Wanted, kind: str, purpose: str) -> tuple[Path, int]:
        path = self.desks.issues.file_for(kind)
        return path, self.desks.issues.export(wanted, path, purpose)

    def _exported(self, outcome: tuple[Path, int]) -> None:
        path, rows = outcome
        self.show_progress(self.progress.after("export"))
        self.messages.say(
            word("issues.exported", file=path.name, folder=str(path.parent), rows=rows), "ok"
        )


def _row(issue: Issue) -> Row:
    person, card = issue.person, issue.card
    return Row(
        card.number,
        (
            person.name,
            mask.number(person.number),
            card.number,
            words.card_state(card),
            words.moment(card.collected_at)[:10],
            person.village_name or person.unit_name,
        ),
        words.tone(card),
    )
