"""交接接收 (2.1, B7): a list is taken in, then the screen shows only what was not seen yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import ScanLine
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.handover_desk import (
    Closed,
    Count,
    Handover,
    HandoverDesk,
    Offered,
    Shelved,
)
from sbk_tui.services.paper_desk import Printable
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import explain, word, words_for

_CLAUSE = "2.1"
_SHRILL = frozenset({"extra", "out", "no_code"})
"""Outcomes at which the clerk must look up from the box."""


class ReceiveScreen(OverList, JobScreen):
    """The lists that wait; behind them the count of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("undo", "damage", "print", "confirm"),
        Binding("space", "mark", show=False, priority=True),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "undo", "damage", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._handover: Handover | None = None
        self._count: Count | None = None
        self._lists: dict[str, Handover] = {}
        self._op = ""
        self._paper = ""

    def body(self) -> ComposeResult:
        """The file line over the lists; the scanner's line over what is pending."""
        with Vertical(id="choose"):
            with Horizontal(classes="line"):
                yield Static(word("handover.file"), markup=False)
                yield TextLine(placeholder=word("handover.placeholder"))
            yield PagedList(
                (
                    Column(word("handover.batch"), 18),
                    Column(word("handover.from"), 20),
                    Column(word("handover.announced"), 10),
                    Column(word("handover.state"), 0),
                ),
                empty=word("handover.none"),
                id="lists",
            )
        with Vertical(id="look"):
            with Horizontal(classes="line"):
                yield Static(word("handover.code"), markup=False)
                yield ScanLine(placeholder=word("handover.code_hint"), leaves=frozenset(" "))
            yield Static("", id="totals", markup=False)
            yield PagedList(
                (
                    Column(word("search.name"), 10),
                    Column(word("search.number"), 18),
                    Column(word("search.card"), 9),
                    Column(word("stock.place"), 12),
                    Column(word("search.place"), 0),
                ),
                empty=word("handover.all_seen"),
                id="pending",
            )

    def on_mount(self) -> None:
        """Begin with the lists that wait."""
        super().on_mount()
        for each in self.query(PagedList):
            each.can_focus = False
        self._show_lists()

    @property
    def _desk(self) -> HandoverDesk:
        return self.desks.handovers

    # ------------------------------------------------------------------ the lists

    def _show_lists(self) -> None:
        self._lists = {each.id: each for each in self._desk.unfinished()}
        self.query_one("#lists", PagedList).show([_list_row(h) for h in self._lists.values()])
        self.set_focus(self.query_one(TextLine))

    @step("list")
    @on(TextLine.Submitted, "#choose TextLine")
    def _chosen(self, event: Input.Submitted) -> None:
        """Enter: read the file that was typed, or go on with the list under the mark."""
        event.stop()
        path = event.value.strip()
        if path:
            self.in_background(partial(self._desk.read, Path(path).expanduser()), self._offer)
            return
        row = self.query_one("#lists", PagedList).highlighted
        if row is not None:
            self._begin(self._lists[row.key])

    def _offer(self, offered: Offered) -> None:
        manifest = offered.manifest
        question = word(
            "handover.offer",
            batch=manifest.batch,
            from_office=manifest.from_office,
            count=len(manifest.lines),
            check=manifest.check,
        )
        if offered.out:
            question += word("handover.offer_out", count=offered.out)
        answers = [("yes", word("handover.go_on" if offered.is_taken else "handover.take"))]
        self.app.push_screen(Ask(question, answers), partial(self._take, offered))

    def _take(self, offered: Offered, answer: str | None) -> None:
        if answer is None:
            return
        if offered.known is not None and offered.is_taken:
            self._begin(offered.known)
            return
        op = self.desks.new_id()
        self.in_background(partial(self._desk.announce, offered.manifest, op=op), self._begin)

    # ------------------------------------------------------------------ the count

    def _begin(self, handover: Handover) -> None:
        draft = self.desks.drafts.one(_CLAUSE, self._draft_id(handover))
        self._op = draft.op if draft else self.desks.new_id()
        self._handover, self._paper = handover, ""
        self._count = Count(handover, self._desk.out_of(handover), draft.values if draft else None)
        self.show_progress(Progress(procedure=self.progress.procedure).after("list"))
        self.set_class(True, "-open")
        self.query_one(TextLine).value = ""
        self.set_focus(self.query_one(ScanLine))
        self.query_one("#pending", PagedList).show(_Pending(self._desk, self._count))
        self._show_totals()
        self.messages.say(word("handover.begun", batch=handover.batch))
        self.show_status()

    def _draft_id(self, handover: Handover) -> str:
        return f"{handover.id}-{self.desks.seat.clerk}"

    @step("count")
    @on(ScanLine.Scanned)
    def _scanned(self, event: ScanLine.Scanned) -> None:
        """A code came: count it, say what it is, leave what is not seen yet."""
        self._take_code(event.code)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space counts the marked card in the scanner's line only."""
        if action == "mark":
            return self._count is not None and isinstance(self.focused, ScanLine)
        return super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Space: the card under the mark is in the hand, its number cannot be scanned."""
        after_typing(self, self._mark)

    def _mark(self) -> None:
        row = self.query_one("#pending", PagedList).highlighted
        if row is not None:
            self._take_code(row.key)

    def _take_code(self, code: str) -> None:
        if self._count is None or self._paper:
            return
        outcome = self._count.scan(code)
        if outcome in _SHRILL:
            self.app.bell()
        key = "handover.out_scanned" if outcome == "out" else f"handover.{outcome}"
        held = self._desk.cards([self._count.last]) if outcome in ("counted", "out") else {}
        name = next((each.person.name for each in held.values()), "")
        tone = "ok" if outcome == "counted" else "bad" if outcome in _SHRILL else ""
        self.messages.say(word(key, card=code, name=name), tone)
        self._counted()

    def action_undo(self) -> None:
        """F6: take the code that came last back."""
        if self._count is not None and not self._paper:
            code = self._count.undo()
            said = word("handover.undone", card=code) if code else word("handover.nothing_last")
            self.messages.say(said)
            self._counted()

    def action_damage(self) -> None:
        """F7: the card that came last is damaged; again: it is not."""
        if self._count is None or self._paper:
            return
        damaged = self._count.damage()
        if damaged is None:
            self.messages.say(word("handover.nothing_last"))
            return
        key = "handover.is_damaged" if damaged else "handover.not_damaged"
        self.messages.say(word(key, card=self._count.last))
        self._counted()

    def _counted(self) -> None:
        """Draw what is left, and keep the count."""
        if self._count is None or self._handover is None:
            return
        self.query_one("#pending", PagedList).update_rows(_Pending(self._desk, self._count))
        self._show_totals()
        values = {**self._count.values, "handover": self._handover.id}
        draft_id = self._draft_id(self._handover)
        draft = FormDraft(id=draft_id, op=self._op, step="count", values=values)
        self.keep(_CLAUSE, draft)
        self.keep_at_once()  # a card that was put aside is not looked for a second time

    def _show_totals(self) -> None:
        if self._count is None:
            return
        said = word("handover.totals", **self._figures())
        if self._count.out:
            said += word("handover.out_note", count=len(self._count.out))
        self.query_one("#totals", Static).update(Text(said, "bold"))

    def _figures(self) -> dict[str, int]:
        count = self._count
        if count is None:
            return {}
        seen = len(count.seen.keys() - count.out)
        return {
            "expected": seen + len(count.pending),
            "seen": seen,
            "pending": len(count.pending),
            "extra": len(count.extra),
            "damaged": len(count.damaged),
            "out": len(count.out),
        }

    # ------------------------------------------------------------------ the end of it

    @step("close")
    def action_confirm(self) -> None:
        """F10: confirm the count, after its figures were read."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self._count is None or self._handover is None or self.busy or self._paper:
            return
        if not self.is_current:
            return
        question = word("handover.question", batch=self._handover.batch, **self._figures())
        answers = [("yes", word("handover.close"))]
        self.app.push_screen(Ask(question, answers), self._sure)

    def _sure(self, answer: str | None) -> None:
        if answer == "yes" and self._handover is not None and self._count is not None:
            close = partial(
                self._desk.close, self._handover, self._count, op=self._op,
                draft=self._draft_id(self._handover),
            )  # fmt: skip
            self.in_background(close, self._confirmed)

    def _confirmed(self, closed: Closed) -> None:
        self.drop_draft(self._draft_id(closed.handover))
        self._paper = closed.paper
        self.show_progress(self.progress.after("count").after("close"))
        said = word(
            "handover.closed",
            count=len(closed.handover.received),
            wrong=len(closed.handover.differences()),
            time=words.moment(closed.done.at_ms),
            code=closed.done.code,
        )
        self.messages.say(said, "ok")
        self.show_status()

    @step("slip")
    def action_print(self) -> None:
        """F8: the 交接单 of the count that was confirmed."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The 交接单."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.after("slip"))

    def failed(self, error: SbkError) -> None:
        """Say why; of a row that cannot be read also what is wrong with it."""
        super().failed(error)
        if error.code == "manifest.bad_row":
            problem = str(error.facts["problem"])
            facts = {key: value for key, value in error.facts.items() if key != "problem"}
            told = explain(error)
            what = words_for(problem, facts).message
            self.messages.say(f"{told.message}{what}{told.remedy}", "bad")

    def step_back(self) -> bool:
        """From the count back to the lists; the count is kept."""
        if self._handover is None:
            return False
        self._handover = self._count = None
        self._paper = ""
        self.set_class(False, "-open")
        self.show_progress(Progress(procedure=self.progress.procedure))
        self.messages.say("")
        self._show_lists()
        return True

    def action_move(self, rows: int) -> None:
        """Move the mark of the list in sight."""
        self._in_sight.action_move(rows)

    def action_page(self, pages: int) -> None:
        """As `action_move`, by pages."""
        self._in_sight.action_page(pages)

    @property
    def _in_sight(self) -> PagedList:
        return self.query_one("#pending" if self._count else "#lists", PagedList)


class _Pending:
    """The cards that were not seen yet; only those in sight are read."""

    def __init__(self, desk: HandoverDesk, count: Count) -> None:
        self._desk = desk
        self._pending = count.pending

    def fetch(self, start: int, count: int) -> Sequence[Row]:
        numbers = tuple(islice(self._pending, start, start + count))
        held = self._desk.cards(numbers)
        rows = []
        for number in numbers:
            rows.append(Row(number, _pending_cells(number, held.get(number))))
        return rows

    def count(self) -> int:
        return len(self._pending)


def _pending_cells(number: str, shelved: Shelved | None) -> tuple[str, ...]:
    """Return a line of what is pending; of a card nobody here knows the number alone."""
    if shelved is None:
        return ("", "", number, "", word("handover.not_known"))
    person, card = shelved.person, shelved.card
    village = person.village_name or person.unit_name
    return (person.name, mask.number(person.number), number, card.place, village)


def _list_row(handover: Handover) -> Row:
    short = handover.state == "short"
    count = len(handover.missing) if short else handover.count
    return Row(
        handover.id,
        (
            handover.batch,
            handover.from_office,
            words.moment(handover.announced_at or handover.decided_at)[:10],
            word(f"handover.{handover.state}", count=count),
        ),
        "warn" if short else "",
    )
