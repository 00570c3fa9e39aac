"""收费 with a person (5.1.1, 5.1.2.3): the step that the records say is next, and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.domain.operations.refund import paid_references
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import OutcomeUnknown, Outdated, Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.services import fee_jobs as jobs
from sbk_tui.services import fee_words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.fee_desk import Standing
from sbk_tui.services.fee_jobs import FeeAct
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word

Values = Mapping[str, str]
_NOBODY = Standing(None, None)


class FeeScreen(PersonJobScreen):
    """One job of `fee_jobs`: its act follows from the records, so it goes on after any cut."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm")

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        """Open the job of `clause`; with `person`, that person is already found."""
        self.clause = clause
        self.standing = _NOBODY
        self.act: FeeAct | None = None
        self._begin_with = person
        self.op, self.draft = "", ""
        super().__init__(desks, clause)

    @abstractmethod
    def acts(self) -> Mapping[str, Callable[[], None]]:
        """Return what does each step behind finding and picking."""

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Every act is bound to its step; finding and picking are the same in all."""
        return {"find": self.action_find, "pick": self.pick, **self.acts()}

    def work_area(self) -> ComposeResult:
        """The person, how the fee stands, and the form of the act."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the person given, with a draft, or with the search."""
        super().on_mount()
        draft = self.desks.drafts.newest(self.clause)
        if self._begin_with:
            self.open(self._begin_with)
        elif draft is not None and draft.person:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def stand(self, person: str) -> Standing:
        """Return how far the fee of a person is that this job is about."""
        return self.desks.fees.standing(person)

    # ------------------------------------------------------------------ pick, and where we are

    def pick(self, seen: Dossier, values: Values | None = None) -> None:
        """Go on with the person where the records say; else say why not."""
        try:
            standing = self.stand(seen.person.id)
            act = jobs.act_of(self.clause, standing)
        except SbkError as error:
            self.messages.explain(error)
            return
        if values is None:
            self._new_form()
        self.begin(seen)
        self._show(standing, act, values)
        if standing.step is not None and act is not None:
            self.messages.say(fee_words.resumed(standing.step), "bad")

    def _new_form(self) -> None:
        self.op, self.draft = self.desks.new_id(), self.desks.new_id()

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self.op, self.draft = draft.op, draft.id
            self.pick(self.desks.query.dossier(draft.person), dict(draft.values))

    def again(self, said: str = "", tone: str = "ok") -> None:
        """Read the records again, show the act they ask for now, and say something."""
        if self.seen is None:
            return
        self.drop_draft(self.draft)
        self._new_form()
        self.seen = self.desks.query.dossier(self.seen.person.id)
        standing = self.stand(self.seen.person.id)
        self._show(standing, jobs.act_of(self.clause, standing))
        self.messages.say(said, tone)
        self.show_status()

    def _show(self, standing: Standing, act: FeeAct | None, values: Values | None = None) -> None:
        self.standing, self.act = standing, act
        progress = Progress(procedure=self.progress.procedure).after("find").after("pick")
        for step in jobs.STEPS[self.clause]:
            if act is not None and step == act.step:
                break
            progress = progress.found_done(step)
        self.show_progress(progress)
        self.query_one(PersonPanel).dossier = self.seen
        self.query_one("#said", Static).update(Text(self._lines()))
        place = self.query_one("#act", Vertical)
        place.remove_children()
        if act is None:
            self.set_focus(None)
            return
        title = self.progress.procedure.step(act.step).title
        place.mount(Static(Text(f"{title}  (F10 {word('keys.confirm')})", "bold")))
        first = self._first_values() if values is None else dict(values)
        place.mount(Form(act.fields, self.desks.rules, first))
        if act.fields:
            place.mount(Static("", classes="price", markup=False))
            self._show_price(first)
        else:
            self.set_focus(None)

    def _lines(self) -> str:
        """Return how the fee stands, and which paper must lie in the printer."""
        lines = [fee_words.standing(self.standing.payment)] if self.standing.payment else []
        if self.act is not None and self.act.step in {"notice", "note"} and self.act.form:
            top = self.desks.forms.top(self.act.form)
            lines.append(fee_words.next_number(self.act.form, top))
        return "\n".join(lines)

    def _first_values(self) -> dict[str, str]:
        name = self.seen.person.name if self.seen else ""
        today = self.desks.fees.today().isoformat()
        first = {"payer": name, "replace_reason": "51", "paid_on": today}
        paid = paid_references(self.standing.payment) if self.standing.payment else ()
        return {**first, "refund_of": paid[0]} if paid else first

    def _show_price(self, values: Values) -> None:
        if self.act is not None and any(f.name == "replace_reason" for f in self.act.fields):
            fee = self.desks.fees.price(values.get("replace_reason", ""))
            self.query(".price").last(Static).update(Text(fee_words.price(fee)))

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        self._show_price(event.values)
        if self.seen is not None and self.act is not None:
            draft = FormDraft(
                id=self.draft, op=self.op, step=self.act.step, person=self.seen.person.id,
                values=event.values,
            )  # fmt: skip
            self.keep(self.clause, draft)

    # ------------------------------------------------------------------ F10

    def action_confirm(self) -> None:
        """F10: do the act that is to be done now."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.act is None or self.seen is None or self.busy or not self.is_current:
            return
        if self.act.step != "settle" and self.act.fields:
            found = self.query_one(Form).check()
            if found:
                self.messages.say(word("job.problems", count=len(found)), "bad")
                return
        self.acts()[self.act.step]()

    @property
    def values(self) -> dict[str, str]:
        """What stands in the form."""
        return self.query_one(Form).known

    @property
    def payment_id(self) -> str:
        """The payment at work, or empty."""
        return self.standing.payment.id if self.standing.payment else ""

    def settled(self, said: str, _done: object) -> None:
        """Go on after a piece of work, saying `said`."""
        self.again(said)

    # ------------------------------------------------------------------ errors, back

    def failed(self, error: SbkError) -> None:
        """What a device left open, the records tell: show the act they ask for, and the error."""
        if isinstance(error, Outdated | OutcomeUnknown) or not isinstance(error, Refusal):
            self.again()
        super().failed(error)
        if isinstance(error, Refusal) and self.query(Form) and self.act and self.act.fields:
            form = self.query_one(Form)
            if self.act.form is None or self.act.step == "paid":
                form.focus_first()
            else:
                form.focus_last()  # what was refused is most often the number on the paper

    def step_back(self) -> bool:
        """From the work back to the search; from a finished job to the next person."""
        if self.seen is None or self._begin_with:
            return False
        finished = self.act is None
        self.standing, self.act = _NOBODY, None
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.leave(finished=finished)
        return True
