"""交接处理 (2.1.2): a request is approved and leaves, or is refused; its count comes back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.ask_line import AskLine
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.handover_out import Handover, HandoverOutDesk, Settled
from sbk_tui.services.paper_desk import Printable
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "2.1.2"


class DecideScreen(OverList, JobScreen):
    """The place, the requests to it, and what becomes of the one under the mark."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("write", "answer", "find", "sort", "refuse", "print", "confirm"),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "write", "answer", "find", "refuse", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._place = ""
        self._waiting = True
        self._shown: dict[str, Handover] = {}
        self._op = desks.new_id()
        self._paper = ""

    def body(self) -> ComposeResult:
        """The place over the requests."""
        with Horizontal(classes="line"):
            yield Static(word("handover_out.region"), markup=False)
            yield TextLine(placeholder=word("handover_out.region_hint"), dots=False)
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("handover_out.asked"), 10),
                Column(word("handover_out.batch"), 16),
                Column(word("handover_out.place"), 20),
                Column(word("handover_out.cards"), 5),
                Column(word("handover_out.state"), 0),
            ),
            empty=word("handover_out.none"),
        )

    def on_mount(self) -> None:
        """Begin with everything that waits."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.set_focus(self._line)
        self._show()

    def show_keys(self) -> None:
        """Draw the legend: F10 decides here; F6 stands beside the count."""
        names = {"confirm": word("handover_out.key_decide")}
        self.query_one(KeyBar).text = legend(self.legend_keys, names)

    @property
    def _desk(self) -> HandoverOutDesk:
        return self.desks.outgoing

    # ------------------------------------------------------------------ the requests

    @property
    def _line(self) -> TextLine:
        return self.query_one(TextLine)

    @on(TextLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        found = self._desk.places(typed) if typed else ()
        exact = [each for each in found if typed == each[0] or each[1].endswith(typed)]
        match exact or found:
            case [(code, name)]:
                self._choose(code, name)
            case [] if typed:
                self.messages.say(word("handover_out.unknown", typed=typed), "bad")
            case []:
                self._choose("", "")
            case several:
                said = word("handover_out.several", typed=typed, count=len(several))
                self.messages.say(said, "warn")

    @step("region")
    def action_find(self) -> None:
        """F5: list the places."""
        choose = Choose(word("handover_out.choose_region"), self._desk.places)
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._choose(*chosen)

    def _choose(self, place: str, name: str) -> None:
        self._place, self._line.value = place, name
        self.messages.say("")
        self._show()

    def action_sort(self) -> None:
        """F6: what waits, or everything."""
        self._waiting = not self._waiting
        self._show()

    def _show(self) -> None:
        self._shown = {}
        rows = self.query_one(PagedList)
        rows.say_empty(word("handover_out.none" if self._waiting else "handover_out.none_at_all"))
        rows.show(KeysetRows(partial(self._page, self._place, self._waiting)))
        count = self._desk.count(self._place, waiting=self._waiting)
        key = "showing_waiting" if self._waiting else "showing_all"
        said = word(f"handover_out.{key}", count=count)
        self.query_one("#totals", Static).update(Text(said, "bold"))
        self.show_progress(self.progress.found_done("region"))

    def _page(self, place: str, waiting: bool, after: Row | None, limit: int) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        found = self._desk.page(place, waiting=waiting, after=behind, limit=limit)
        self._shown |= {each.id: each for each in found}
        return [self._row(each) for each in found]

    def _row(self, handover: Handover) -> Row:
        said, tone = self._standing(handover)
        cells = (
            words.moment(handover.requested_at)[:10],
            handover.batch,
            self._desk.place_name(handover),
            str(handover.count),
            said,
        )
        return Row(handover.id, cells, tone)

    def _standing(self, handover: Handover) -> tuple[str, str]:
        why = self._desk.refused_by_city(handover) if handover.state == "requested" else ""
        if why:
            return word("handover_out.state_city_refused", why=why), "bad"
        wrong = len(handover.differences())
        state = "wrong" if handover.state == "done" and wrong else handover.state
        said = word(
            f"handover_out.state_{state}",
            missing=len(handover.missing),
            wrong=wrong,
            reason=handover.reason,
        )
        return said, "warn" if wrong else "dim" if handover.is_over else ""

    def _picked(self) -> Handover | None:
        """Return the request under the mark, as it stands now."""
        row = self.query_one(PagedList).highlighted
        return self._desk.get(row.key) if row is not None else None

    # ------------------------------------------------------------------ deciding

    @step("pick")
    @step("decide")
    def action_confirm(self) -> None:
        """F10: look at the request, then approve it."""
        after_typing(self, self._look)

    def _look(self) -> None:
        handover = self._picked()
        if handover is None or self.busy or not self.is_current:
            return
        can_leave = handover.state in {"requested", "sending"}
        answers = [("approve", word("handover_out.approve"))] if can_leave else []
        ask = Ask(self._description(handover), answers)
        self.app.push_screen(ask, partial(self._approve, handover))

    def _description(self, handover: Handover) -> str:
        receiver = handover.receiver
        said = word(
            "handover_out.look",
            batch=handover.batch,
            count=handover.count,
            place=self._desk.place_name(handover),
            receiver=receiver.name if receiver else "",
            phone=receiver.phone if receiver else "",
            check=handover.check,
        )
        wrong = handover.differences()
        listed = "、".join(f"{_name(each.code)} {each.card}" for each in wrong[:_MOST_TOLD])
        more = "…" if len(wrong) > _MOST_TOLD else ""
        return said + (word("handover_out.look_wrong", wrong=listed + more) if wrong else "")

    def _approve(self, handover: Handover, answer: str | None) -> None:
        if answer == "approve":
            self.in_background(partial(self._desk.approve, handover, op=self._op), self._approved)

    def _approved(self, settled: Settled) -> None:
        self._paper = settled.paper
        self._decided(
            settled,
            word(
                "handover_out.approved",
                count=settled.handover.count,
                check=settled.handover.check,
                **_when(settled),
            ),
        )

    def action_refuse(self) -> None:
        """F7: refuse the request, or take it back."""
        handover = self._picked()
        if handover is None or self.busy or not self.is_current:
            return
        if handover.state != "requested":
            self.action_confirm()
            return
        answers = [(key, word(f"handover_out.{key}")) for key in ("refuse", "withdraw")]
        ask = Ask(self._description(handover), answers)
        self.app.push_screen(ask, partial(self._refuse_or_withdraw, handover))

    def _refuse_or_withdraw(self, handover: Handover, answer: str | None) -> None:
        if answer == "withdraw":
            withdraw = partial(self._desk.withdraw, handover, op=self._op)
            self.in_background(withdraw, self._withdrawn)
        elif answer == "refuse":
            ask = AskLine(word("handover_out.reason_title"), word("handover_out.reason_hint"))
            self.app.push_screen(ask, partial(self._refuse, handover))

    def _refuse(self, handover: Handover, reason: str | None) -> None:
        if reason is not None:
            refuse = partial(self._desk.refuse, handover, reason, op=self._op)
            self.in_background(refuse, self._refused)

    def _refused(self, settled: Settled) -> None:
        said = word("handover_out.refused", reason=settled.handover.reason, **_when(settled))
        self._decided(settled, said)

    def _withdrawn(self, settled: Settled) -> None:
        self._decided(settled, word("handover_out.withdrawn", **_when(settled)))

    def _decided(self, settled: Settled, said: str) -> None:
        """Show everything, so that what was decided stays in sight for paper and list."""
        self._op, decided = self.desks.new_id(), settled.handover.id
        self._waiting = False
        self._show()
        rows = self.query_one(PagedList)
        rows.action_move(0)  # reads the newest
        rows.go_to(next((at for at, key in enumerate(self._shown) if key == decided), 0))
        self.show_progress(self.progress.found_done("pick").found_done("decide"))
        self.messages.say(said, "ok")
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Say why; the list may have changed."""
        super().failed(error)
        self._show()

    # ------------------------------------------------------------------ paper, list, answer

    @step("slip")
    def action_print(self) -> None:
        """F8: the 交接单 of what left last."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The 交接单 of what left last."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.found_done("slip"))

    @step("list")
    def action_write(self) -> None:
        """F3: write the list of the hand-over under the mark to a file."""
        handover = self._picked()
        if handover is not None and not self.busy:
            self.in_background(partial(self._write, handover), self._written)

    def _write(self, handover: Handover) -> tuple[Path, int]:
        path = self._desk.file_for(handover)
        return path, self._desk.export(handover, path)

    def _written(self, written: tuple[Path, int]) -> None:
        path, cards = written
        self.show_progress(self.progress.found_done("list"))
        self.messages.say(word("handover_out.written", cards=cards, file=str(path)), "ok")

    @step("answer")
    def action_answer(self) -> None:
        """F4: take in the file of a township's count."""
        if not self.busy and self.is_current:
            ask = AskLine(word("handover_out.answer_title"), word("handover_out.answer_hint"))
            self.app.push_screen(ask, self._take_answer)

    def _take_answer(self, path: str | None) -> None:
        if path is not None:
            take = partial(self._desk.take_answer, Path(path).expanduser(), op=self._op)
            self.in_background(take, self._took_answer)

    def _took_answer(self, settled: Settled) -> None:
        handover = settled.handover
        said = word(
            "handover_out.answered",
            received=len(handover.received),
            wrong=len(handover.differences()),
            **_when(settled),
        )
        self._decided(settled, said)
        self.show_progress(self.progress.found_done("answer"))


_MOST_TOLD = 6


def _name(code: str) -> str:
    return word(f"difference.{code.rpartition('.')[2]}")


def _when(settled: Settled) -> dict[str, str]:
    return {"time": words.moment(settled.done.at_ms), "code": settled.done.code}
