"""临时卡 with a person (6.1.1, 6.2, 6.3): find, pick, fill in, confirm, print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.errors import Outdated, Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.temp_desk import Handled, TempCard, held
from sbk_tui.services.temp_jobs import TempAct, TempJob, job
from sbk_tui.texts import word


class TempCardScreen(PersonJobScreen):
    """One job of `temp_jobs`, drawn by its table and its procedure file."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_card", "print", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "read_card", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        """Open the job of `clause`; with `person`, that person is already found."""
        self.job: TempJob = job(clause)
        self._begin_with = person
        self._op, self._draft, self._paper = "", "", ""
        super().__init__(desks, clause)

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Every act is bound to its step; finding and picking are the same in all."""
        found = {act.step: partial(self._do, act) for act in self.job.acts}
        if any(act.layout for act in self.job.acts):
            found["slip"] = self.action_print  # type: ignore[assignment]
        return {"find": self.action_find, "pick": self.pick, **found}

    def work_area(self) -> ComposeResult:
        """The person, what was done, and the form of the act."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the person given, with a draft, or with the search."""
        super().on_mount()
        draft = self.desks.drafts.newest(self.job.clause)
        if self._begin_with:
            self.open(self._begin_with)
        elif draft is not None and draft.person:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    # ------------------------------------------------------------------ the card itself

    def action_read_card(self) -> None:
        """F3: the card in the reader: its holder, its number, or whether it is the right one."""
        if self.busy or not self.is_current or (self.seen is not None and self.act is None):
            return
        self.messages.say(word("temp.insert_to_read"))
        self.in_background(lambda: self.desks.chips.read_temp_card(self.cancel), self._card_read)

    def _card_read(self, card: TempCard) -> None:
        mine = held(self.seen.temp_cards) if self.seen else None
        if self.seen is None and held((card,)) is None:
            self.messages.explain(Refusal("temp.is_blank", card=card.number))
            return
        if mine is not None and mine.number != card.number:
            refusal = Refusal("temp.not_chosen", inserted=card.number, chosen=mine.number)
            self.messages.explain(refusal)
            return
        self.messages.say(word("temp.card_read", card=card.number), "ok")
        if self.seen is None:
            self.open(card.person)
        elif mine is None:
            self.query_one(Form).fill({"temp_card": card.number})

    # ------------------------------------------------------------------ pick

    def pick(self, seen: Dossier, values: dict[str, str] | None = None) -> None:
        """Go on with the person if the rule lets the job begin; else say why not."""
        try:
            self.desks.temp.refuse(self.job, seen)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if values is None:
            self._new_form()
        progress = self.begin(seen)
        values = values or self._cut_short(seen)
        for act in self.job.acts:
            if act.already(held(seen.temp_cards)):
                progress = progress.found_done(act.step)
        self.show_progress(progress)
        self._show_act(values)

    def _cut_short(self, seen: Dossier) -> dict[str, str] | None:
        """Return the form of a writing that was cut short, and say so (B3)."""
        for each in self.desks.temp.unfinished(seen.person.id):
            if each.clause.startswith(self.job.clause):
                self.messages.say(word("temp.cut_short", card=each.temp_card), "bad")
                return each.values
        return None

    def _new_form(self) -> None:
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self._op, self._draft = draft.op, draft.id
            self.pick(self.desks.query.dossier(draft.person), dict(draft.values))

    # ------------------------------------------------------------------ the act

    @property
    def act(self) -> TempAct | None:
        """The act to be done now: the first whose step is not done."""
        if self.seen is None:
            return None
        return next((a for a in self.job.acts if a.step not in self.progress.done), None)

    def _show_act(self, values: dict[str, str] | None = None) -> None:
        self.query_one(PersonPanel).dossier = self.seen
        place = self.query_one("#act", Vertical)
        place.remove_children()
        act = self.act
        if act is None:
            self.set_focus(None)
            return
        title = self.progress.procedure.step(act.step).title
        place.mount(Static(Text(f"{title}  (F10 {word('keys.confirm')})", "bold")))
        first = self.desks.temp.first_values(act) if values is None else values
        place.mount(Form(act.fields, self.desks.rules, first))

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    def action_confirm(self) -> None:
        """F10: hand in the form of the act that is to be done now."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        act = self.act
        if act is None or self.seen is None or self.busy or not self.is_current:
            return
        if act.fields:
            self._do(act)
            return
        # Nothing is filled in here: a held F10 must not run from the act before into this (N1).
        question = word(f"temp.sure_{act.step}", name=self.seen.person.name)
        answers = [("yes", word("ask.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._sure, act))

    def _sure(self, act: TempAct, answer: str | None) -> None:
        if answer == "yes":
            self._do(act)

    def _do(self, act: TempAct) -> None:
        form = self.query_one(Form)
        found = form.check()
        if found or self.seen is None:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        if self.desks.temp.on_chip(act):
            self.messages.say(word("temp.insert"))
        seen, values, op, draft = self.seen, form.values, self._op, self._draft

        def carry_out() -> Handled:
            return self.desks.temp.carry_out(
                act, seen, values, op=op, draft=draft, cancel=self.cancel
            )

        self.in_background(carry_out, partial(self._done, act))

    def _done(self, act: TempAct, handled: Handled) -> None:
        if self.seen is None:
            return
        self.show_progress(self.progress.after(act.step))
        self._paper = handled.paper or self._paper
        self.drop_draft(self._draft)
        self._new_form()
        self.seen = self.desks.query.dossier(self.seen.person.id)
        said = word(
            "job.done",
            job=self.progress.procedure.step(act.step).title,
            time=words.moment(handled.done.at_ms),
            code=handled.done.code,
        )
        self.query_one("#said", Static).update(Text(said))
        self.messages.say(word(self._what_next()), "ok")
        self._show_act()
        self.show_status()

    def _what_next(self) -> str:
        if self.act is not None:
            return "job.done_next"
        return "job.done_end" if self._paper else "temp.done"

    def failed(self, error: SbkError) -> None:
        """A field's refusal is shown at the field; a stale record is read again."""
        super().failed(error)
        if isinstance(error, Outdated) and self.seen is not None:
            self.seen = self.desks.query.dossier(self.seen.person.id)
            self.query_one(PersonPanel).dossier = self.seen
        elif isinstance(error, Refusal) and self.query(Form):
            self.query_one(Form).focus_first()

    # ------------------------------------------------------------------ drafts, slip, back

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        if self.seen is not None and self.act is not None:
            draft = FormDraft(
                id=self._draft, op=self._op, step=self.act.step, person=self.seen.person.id,
                values=event.values,
            )  # fmt: skip
            self.keep(self.job.clause, draft)

    def paper_to_print(self) -> Printable | None:
        """The slip of the card that was given out."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """Go on in the procedure once the spooler took the slip."""
        if self.act is None:
            self.show_progress(self.progress.after("slip"))

    def step_back(self) -> bool:
        """From the form back to the search; from a finished job to the next person."""
        if self.seen is None or self._begin_with:
            return False
        finished = self.act is None or bool(self._paper)
        self._paper = ""
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.leave(finished=finished)
        return True
