"""交接申请 (2.1.1): a township, the batches that lie here for it, and who fetches them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import NumberLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.handover_out import FIELDS, Pick, Requested
from sbk_tui.services.id_desk import IdCard
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "2.1.1"


class RequestScreen(OverList, JobScreen):
    """Where to, which batches, who fetches them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("read_id", "find", "confirm"),
        Binding("space", "mark", show=False, priority=True),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = ("help", "read_id", "find", "confirm", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._place = self._place_name = ""
        self._picks: dict[str, Pick] = {}
        self._marked: frozenset[str] = frozenset()
        self._op, self._draft = desks.new_id(), desks.new_id()

    def body(self) -> ComposeResult:
        """The place, what is picked, the batches, the receiver."""
        with Horizontal(classes="line"):
            yield Static(word("handover_out.to"), markup=False)
            yield NumberLine(placeholder=word("handover_out.to_hint"), dots=False)
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("handover_out.batch"), 24),
                Column(word("handover_out.cards"), 6),
                Column(word("handover_out.part"), 0),
            ),
            empty=word("handover_out.begin"),
            multiple=True,
        )
        yield Form(FIELDS, self.desks.rules, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with the place, or with what was filled in before a break."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.set_focus(self._line)
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
            self.query_one(Form).fill(draft.values)
            self._go_to(draft.values["place"], draft.values["name"])
            self._marked = frozenset(draft.values.get("marked", "").split("\n"))

    # ------------------------------------------------------------------ where to

    @property
    def _line(self) -> NumberLine:
        return self.query_one(NumberLine)

    @on(NumberLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        if event.input is self._line:
            event.stop()
            self._query()

    @step("to")
    def action_find(self) -> None:
        """F5: list the places; with one chosen, read anew what lies here for it."""
        self.set_focus(self._line)
        if self._place and self._line.value.strip() in (self._place, self._place_name):
            self._go_to(self._place, self._place_name)
            return
        choose = Choose(word("handover_out.choose"), self.desks.outgoing.places)
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._go_to(*chosen)

    def _query(self) -> None:
        typed = self._line.value.strip()
        if not typed:
            self.action_find()
            return
        if self._place and typed == self._place_name:
            self._go_to(self._place, self._place_name)
            return
        found = self.desks.outgoing.places(typed)
        exact = [each for each in found if typed == each[0] or each[1].endswith(typed)]
        match exact or found:
            case [(code, name)]:
                self._go_to(code, name)
            case []:
                self.messages.say(word("handover_out.unknown", typed=typed), "bad")
            case several:
                said = word("handover_out.several", typed=typed, count=len(several))
                self.messages.say(said, "warn")

    def _go_to(self, place: str, name: str) -> None:
        if place != self._place:
            self._marked = frozenset()
        self._place, self._place_name = place, name
        self._line.value = name
        self.in_background(partial(self.desks.outgoing.picks, place), self._show)

    def _show(self, picks: tuple[Pick, ...]) -> None:
        self._picks = {pick.key: pick for pick in picks}
        rows = self.query_one(PagedList)
        rows.say_empty(word("handover_out.nothing"))
        rows.show([_row(pick) for pick in picks])
        self._mark(self._marked & self._picks.keys())
        if picks:
            self.messages.say(word("handover_out.found", place=self._place_name))

    # ------------------------------------------------------------------ which batches

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space marks in the search only; elsewhere it is a blank."""
        if action == "mark":
            return self.focused is self._line
        return super().check_action(action, parameters)

    @step("pick")
    def action_mark(self) -> None:
        """Space: mark the batch under the cursor and go on to the next."""
        after_typing(self, self.query_one(PagedList).action_mark)

    @on(PagedList.Marked)
    def _space(self, event: PagedList.Marked) -> None:
        self._mark(event.keys)
        self._keep_all()

    def _mark(self, marked: Iterable[str]) -> None:
        self._marked = frozenset(marked)
        self.query_one(PagedList).mark_only(self._marked)
        progress = Progress(procedure=self.progress.procedure).found_done("to")
        self.show_progress(progress.found_done("pick") if self._marked else progress)
        said = word(
            "handover_out.counts",
            place=self._place_name,
            region=self.desks.outgoing.region_of(self._place),
            picked=len(self._marked),
            cards=sum(len(pick.cards) for pick in self._chosen_picks()),
        )
        self.query_one("#totals", Static).update(Text(said, "bold"))

    def _chosen_picks(self) -> list[Pick]:
        return [pick for key, pick in self._picks.items() if key in self._marked]

    @on(Form.Changed)
    def _keep_all(self) -> None:
        if self._place and self._marked:
            values = {
                **self.query_one(Form).values,
                "place": self._place,
                "name": self._place_name,
                "marked": "\n".join(sorted(self._marked)),
            }
            draft = FormDraft(id=self._draft, op=self._op, step="submit", values=values)
            self.keep(_CLAUSE, draft)

    # ------------------------------------------------------------------ who fetches them

    def action_read_id(self) -> None:
        """F2: read the receiver's document."""
        self.messages.say(word("job.lay_card"))
        self.in_background(self._read, self._fill_receiver)

    def _read(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _fill_receiver(self, card: IdCard) -> None:
        form = self.query_one(Form)
        form.fill({"receiver_name": card.name, "receiver_number": card.number})
        form.focus_last()
        self.messages.say(word("job.card_read"), "ok")

    @step("receiver")
    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    # ------------------------------------------------------------------ submitting

    @step("submit")
    def action_confirm(self) -> None:
        """F10: ask for what is marked."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or not self.is_current or not self._place:
            return
        picks = self._chosen_picks()
        if not picks:
            if "submit" not in self.progress.done:  # a held F10 keeps what was said (N1)
                self.messages.explain(Refusal("handover.no_pick", clause=_CLAUSE))
            return
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        question = word(
            "handover_out.question",
            place=self._place_name,
            batches="、".join(pick.batch for pick in picks),
            cards=sum(len(pick.cards) for pick in picks),
            name=form.values["receiver_name"],
        )
        answers = [("yes", word("ask.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._sure, picks, form.values))

    def _sure(self, picks: list[Pick], values: dict[str, str], answer: str | None) -> None:
        if answer == "yes":
            self.in_background(partial(self._submit, picks, values), self._requested)

    def _submit(
        self, picks: list[Pick], values: dict[str, str]
    ) -> tuple[Requested, tuple[Pick, ...]]:
        """Ask for them, and read what is left (in the background)."""
        desk = self.desks.outgoing
        requested = desk.request(self._place, picks, values, op=self._op, draft=self._draft)
        return requested, desk.picks(self._place)

    def _requested(self, answer: tuple[Requested, tuple[Pick, ...]]) -> None:
        requested, left = answer
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._marked = frozenset()
        self._show(left)
        self.show_progress(self.progress.found_done("receiver").found_done("submit"))
        said = word(
            "handover_out.requested",
            count=len(requested.handovers),
            cards=requested.cards,
            time=words.moment(requested.done.at_ms),
            code=requested.done.code,
        )
        self.messages.say(said, "ok")
        self.show_status()
        self.set_focus(self._line)

    def failed(self, error: SbkError) -> None:
        """Say why; nothing that was filled in is lost."""
        super().failed(error)
        if isinstance(error, Refusal) and self._place:
            self._mark(self._marked)

    def step_back(self) -> bool:
        """From the form to the place."""
        if self.focused is not self._line:
            self.set_focus(self._line)
            return True
        return False


def _row(pick: Pick) -> Row:
    part = word("handover_out.is_whole" if pick.whole else "handover_out.is_part")
    return Row(pick.key, (pick.batch, str(len(pick.cards)), part))
