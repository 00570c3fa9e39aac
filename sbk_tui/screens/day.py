"""日终核对 (B6): box by box the number counted by hand; the day's work; the sheet."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Static

from sbk_tui.domain.capability import Capability
from sbk_tui.errors import Outdated, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
from sbk_tui.services import words
from sbk_tui.services.day_desk import (
    JOB,
    Book,
    BoxCount,
    Closing,
    box_name,
    difference,
    making_words,
    money_words,
    work_by,
)
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import name_of, word

_CAUSES = "difference_cause"
_KINDS_SHOWN = 6
OPEN_MONEY = ("hanging", "unregistered", "unseen")


class DayScreen(OverList, Background, Screen[None]):
    """A list of boxes under a field for the number counted."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "void", "print", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._book: Book | None = None
        self._counts: dict[str, BoxCount] = {}
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._paper = ""

    def compose(self) -> ComposeResult:
        """Summary, field, boxes."""
        yield TitleBar(f"{JOB} {word('menu.day')}", self._desks.seat)
        yield Static("", id="summary", markup=False)
        with Horizontal(classes="line"):
            yield Static(word("day.counted"), markup=False)
            yield TextLine(placeholder=word("day.placeholder"))
        yield PagedList(
            (
                Column(word("day.box"), 14),
                Column(word("day.recorded"), 8, right=True),
                Column(word("day.by_hand"), 8, right=True),
                Column(word("day.difference"), 8, right=True),
                Column(word("day.cause"), 0),
            ),
            empty=word("day.reading"),
        )
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Take up the counting that was left, then read the records."""
        self.query_one(PagedList).can_focus = False
        names = {"confirm": word("day.close"), "find": word("day.again"), "void": word("match.key")}
        match = ("void",) if self._takes_money else ()
        self.query_one(KeyBar).text = legend(("find", *match, "print", "confirm", "back"), names)
        self.query_one(StatusLine).text = status_text(self._desks)
        self.query_one(Input).focus()
        draft = self._desks.drafts.newest(JOB)
        if draft is not None:
            self._op, self._draft = draft.op, draft.id
            self._counts = {box: _read(box, kept) for box, kept in draft.values.items()}
        self.action_find()

    def action_find(self) -> None:
        """F5: read the records again; what was counted stays where the records did not change."""
        self.query_one(MessageLine).say(word("day.reading"))
        self.in_background(self._desks.day.book, self._show)

    def _show(self, book: Book) -> None:
        self._book = book
        self._counts = {
            box: count
            for box, count in self._counts.items()
            if book.boxes.get(box) == count.recorded
        }
        self.query_one("#summary", Static).update(_summary(book))
        self.query_one(PagedList).say_empty(word("day.empty"))
        self.query_one(PagedList).show([self._row(box) for box in book.boxes])
        self.query_one(MessageLine).say("")
        self._to_uncounted()

    def _row(self, box: str) -> Row:
        recorded, count = self._book.boxes[box] if self._book else 0, self._counts.get(box)
        if count is None:
            return Row(box, (box_name(box), str(recorded), "", "", ""))
        cause = name_of(_CAUSES, count.cause) if count.cause else ""
        gap = count.counted - count.recorded
        tone = "bad" if not count.balances else "warn" if gap else "ok"
        return Row(
            box, (box_name(box), str(recorded), str(count.counted), difference(gap), cause), tone
        )

    # ------------------------------------------------------------------ counting

    @on(Input.Submitted)
    def _counted(self, event: Input.Submitted) -> None:
        """Take the number for the box under the mark; a difference asks for its cause."""
        event.stop()
        row, typed = self.query_one(PagedList).highlighted, event.value.strip()
        if row is None or self._book is None or self._paper:
            return
        if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
            self.query_one(MessageLine).say(word("day.type_number"), "bad")
            return
        event.input.value = ""
        count = BoxCount(box=row.key, recorded=self._book.boxes[row.key], counted=int(typed))
        self._keep(count)
        if count.balances:
            self._to_uncounted()
            return
        rows = self._desks.rules.codes[_CAUSES].rows
        question = word(
            "day.why", box=box_name(count.box), recorded=count.recorded, counted=count.counted
        )
        answers = [(code, cause.name) for code, cause in rows.items()]
        self.app.push_screen(Ask(question, answers), partial(self._caused, count))

    def _caused(self, count: BoxCount, cause: str | None) -> None:
        if cause is not None:
            self._keep(
                BoxCount(box=count.box, recorded=count.recorded, counted=count.counted, cause=cause)
            )
            self._to_uncounted()

    def _keep(self, count: BoxCount) -> None:
        self._counts[count.box] = count
        if self._book is not None:
            self.query_one(PagedList).update_rows([self._row(box) for box in self._book.boxes])
        kept = {box: f"{c.recorded} {c.counted} {c.cause}" for box, c in self._counts.items()}
        self._save(FormDraft(id=self._draft, op=self._op, step="count", values=kept))

    @work(thread=True, description="a thread", group="draft")
    def _save(self, draft: FormDraft) -> None:
        self._desks.drafts.save(JOB, draft)

    def _to_uncounted(self) -> None:
        """Move the mark to the next box that is not done."""
        boxes = list(self._book.boxes) if self._book else []
        paged = self.query_one(PagedList)
        rest = [at for at, box in enumerate(boxes) if not self._is_done(box)]
        ahead = [at for at in rest if at >= paged.cursor]
        if rest:
            paged.go_to((ahead or rest)[0])
        elif boxes:
            self.query_one(MessageLine).say(word("day.press_close"), "ok")

    def _is_done(self, box: str) -> bool:
        count = self._counts.get(box)
        return count is not None and count.balances

    # ------------------------------------------------------------------ closing

    def action_confirm(self) -> None:
        """F10: close the day, after a question that names what is left undone."""
        if self._book is None or self._paper or self.busy:
            return
        open_boxes = [box for box in self._book.boxes if not self._is_done(box)]
        if open_boxes:
            said = word("day.open_boxes", count=len(open_boxes), box=box_name(open_boxes[0]))
            self.query_one(MessageLine).say(said, "bad")
            self._to_uncounted()
            return
        left = self._book.left
        question = word("day.sure", **left._asdict())
        if any(self._book.made):
            question += word("day.sure_making", **making_words(self._book))
        self.app.push_screen(Ask(question, [("yes", word("day.yes"))]), self._sure)

    def _sure(self, answer: str | None) -> None:
        if answer == "yes" and self._book is not None:
            close = partial(
                self._desks.day.close, self._book, dict(self._counts), op=self._op,
                draft=self._draft,
            )  # fmt: skip
            self.in_background(close, self._day_closed)

    def _day_closed(self, closing: Closing) -> None:
        self._paper = closing.paper
        self._desks.drafts.drop(self._draft)
        said = word("day.done", time=words.moment(closing.done.at_ms), code=closing.done.code)
        self.query_one(MessageLine).say(said, "ok")
        self.query_one(StatusLine).text = status_text(self._desks)

    @property
    def _takes_money(self) -> bool:
        return Capability.FEES in self._desks.seat.authority.capabilities

    def action_void(self) -> None:
        """F7: the terminal's list of the day against the records; then read the records again."""
        if self.busy or self._paper or not self._takes_money:
            return
        from sbk_tui.screens.match import MatchScreen

        self.app.push_screen(MatchScreen(self._desks), lambda _: self.action_find())

    def action_print(self) -> None:
        """F8: the day sheet."""
        if not self._paper:
            self.query_one(MessageLine).say(word("day.close_first"))
        elif not self.busy:
            from sbk_tui.screens.paper import PaperScreen

            printable = self._desks.papers.owed(self._paper)
            self.app.push_screen(PaperScreen(self._desks, printable), self._printed)

    def _printed(self, job: str | None) -> None:
        if job is not None:
            self.query_one(MessageLine).say(word("paper.printed", job=job), "ok")
        self.query_one(StatusLine).text = status_text(self._desks)

    def failed(self, error: SbkError) -> None:
        """Say it; when somebody worked meanwhile, read the records again."""
        if isinstance(error, Outdated):
            self.action_find()
        self.query_one(MessageLine).explain(error)

    def action_back(self) -> None:
        """Esc: leave; what was counted is kept as a draft."""
        if not self.busy:
            self.dismiss(None)


def _read(box: str, kept: str) -> BoxCount:
    recorded, counted, cause = kept.split(" ", 2)
    return BoxCount(box=box, recorded=int(recorded), counted=int(counted), cause=cause)


def _summary(book: Book) -> Text:
    """Return the day's work, what is left, and the end of the chain."""
    kinds = work_by(book.work, "kind")
    shown = [f"{words.kind(kind)} {count}" for kind, count in list(kinds.items())[:_KINDS_SHOWN]]
    if len(kinds) > _KINDS_SHOWN:
        shown.append(word("day.more", count=len(kinds) - _KINDS_SHOWN))
    clerks = [f"{clerk} {count}" for clerk, count in work_by(book.work, "clerk").items()]
    text = Text()
    total = sum(kinds.values())
    text.append(f"{word('day.work', day=book.day.isoformat(), count=total)}", "bold")
    text.append(f"  {'  '.join(shown)}\n")
    if clerks:
        text.append(f"{word('day.clerks')}  {'  '.join(clerks)}\n")
    text.append(f"{word('day.left', **book.left._asdict())}\n")
    if book.numbers or any(money_words(book.money)[key] != "0" for key in OPEN_MONEY):
        text.append(f"{word('day.money', **money_words(book.money))}\n")
    if book.matched:
        text.append(f"{word('match.line', said=book.matched)}\n")
    if book.blanks or any(book.made):
        text.append(f"{word('day.making', **making_words(book))}\n")
    text.append(word("day.chain", seq=book.seq, hash=book.hash))
    if book.flaws:
        text.append(f"  {word('day.broken', count=len(book.flaws))}", "bold red")
    if book.closed_at:
        text.append(f"  {word('day.last', time=book.closed_at)}", "dim")
    return text
