"""修改个人信息 (F2): find, choose what to change, fill in, proof, a second clerk, save."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.errors import Outdated, Refusal, SbkError
from sbk_tui.screens.ask import Ask, AskApprover
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing, words_of
from sbk_tui.screens.job import step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import words
from sbk_tui.services.correct_desk import GROUPS, Approver, Done, of_identity
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word

_CLAUSE = "F2"


class CorrectScreen(PersonJobScreen):
    """One group of a person's fields at a time."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("portrait", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "portrait", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, person: str = "") -> None:
        """Open the job; with `person`, that person is already found."""
        super().__init__(desks, _CLAUSE)
        self._begin_with = person
        self._group = ""
        self._scan = ""
        self._op, self._draft = "", ""
        self._saved = False

    def work_area(self) -> ComposeResult:
        """The person, what was done, and the form of the group."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with a draft if the clerk wants it."""
        super().on_mount()
        if self._begin_with:
            self.open(self._begin_with)
            return
        draft = self.desks.drafts.newest(_CLAUSE)
        if draft is not None and draft.person and draft.step in GROUPS:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self.begin(self.desks.query.dossier(draft.person))
            self._op, self._draft, self._group = draft.op, draft.id, draft.step
            self._show_form({**self._values_now(), **draft.values})
            self.messages.say(word("draft.taken_up"), "ok")

    # ------------------------------------------------------------------ find and pick

    @step("find")
    def action_find(self) -> None:
        """F5: in a field that has a list, its list; else back to the search."""
        super().action_find()

    def show_keys(self) -> None:
        """F7 is the proof here."""
        names = {"portrait": word("correct.scan_key")}
        self.query_one(KeyBar).text = legend(self.legend_keys, names)

    @step("pick")
    def pick(self, seen: Dossier) -> None:
        """Ask which part of the person's data is wrong."""
        question = word("correct.which", name=seen.person.name)
        answers = [(group, word(f"correct.{group}")) for group in GROUPS]
        self.app.push_screen(Ask(question, answers), partial(self._chosen, seen))

    def _chosen(self, seen: Dossier, group: str | None) -> None:
        if group is None:
            return
        self.desks.query.reveal(seen.person.id, "service", _CLAUSE)  # the form shows it whole
        self.begin(seen)
        self._group, self._scan, self._saved = group, "", False
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._show_form(self._values_now())

    def _values_now(self) -> dict[str, str]:
        return self.desks.correct.values(self.seen.person, self._group) if self.seen else {}

    def _show_form(self, values: dict[str, str]) -> None:
        self.query_one(PersonPanel).dossier = self.seen
        place = self.query_one("#act", Vertical)
        place.remove_children()
        place.mount(Form(GROUPS[self._group], self.desks.rules, values))

    @property
    def form(self) -> Form:
        """The form that was mounted last."""
        return self.query(Form).last()

    # ------------------------------------------------------------------ the form

    @on(Form.Left)
    def _derive(self, event: Form.Left) -> None:
        """Birth date and sex follow a new number."""
        if event.problem is None and event.field.name == "number" and event.form is self.form:
            found = self.desks.correct.derived(event.form.values)
            if found:
                event.form.fill(found)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("edit")
    def check_form(self) -> None:
        """Look the form over: what is wrong is said at each field."""
        self._edited()

    def _edited(self) -> bool:
        """Return whether the form can be handed in; else say at each field what is wrong."""
        if self.seen is None or self.busy:
            return False
        form = self.form
        found = self.desks.correct.problems(self.seen.person, self._group, form.values)
        form.show_problems(found)
        wrong = [problem for problem in found if not problem.warning]
        if wrong:
            one = words_of(wrong[0])
            said = one if len(wrong) == 1 else word("job.problems", count=len(wrong))
            self.messages.say(said, "bad")
            return False
        self.show_progress(self.progress.after("edit"))
        return True

    # ------------------------------------------------------------------ proof

    @step("scan")
    def action_portrait(self) -> None:
        """F7: choose the scanned proof; before somebody is found, ask the city (A5)."""
        if self.seen is None:
            self.query_one(PersonSearch).action_city()
            return
        after_typing(self, self._choose_scan)

    def _choose_scan(self) -> None:
        if not self.is_current or self._saved or not self._edited():
            return
        self.app.push_screen(Choose(word("correct.choose_scan"), self._scans), self._scan_chosen)

    def _scans(self, typed: str) -> list[tuple[str, str]]:
        found = [(path.name, str(path)) for path in self.desks.correct.scans()]
        fitting = [each for each in found if typed.lower() in each[0].lower()]
        return fitting or ([(Path(typed).name, typed)] if "/" in typed else [])

    def _scan_chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            name, path = chosen
            keep = partial(self.desks.correct.keep_scan, Path(path).expanduser())
            self.in_background(keep, partial(self._scan_kept, name))

    def _scan_kept(self, name: str, blob: str) -> None:
        self._scan = blob
        self.show_progress(self.progress.after("scan"))
        self.messages.say(word("correct.scan_kept", name=name), "ok")

    # ------------------------------------------------------------------ saving

    @step("save")
    def action_confirm(self) -> None:
        """F10: hand the form in; a name or a number goes past a second clerk."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if not self.is_current or self._saved or not self._edited() or self.seen is None:
            return
        changes = self.desks.correct.changes(self.seen.person, self._group, self.form.values)
        if self.desks.correct.needs_approval(changes):
            question = self.desks.correct.consequence(self.seen.person, changes, self._scan)
            self.app.push_screen(AskApprover(question), self._approved)
        else:
            self._hand_in(None)

    def _approved(self, approver: Approver | None) -> None:
        if approver is not None:
            self._hand_in(approver)

    def _hand_in(self, approver: Approver | None) -> None:
        if self.seen is None:
            return
        values = self.form.values
        changes = self.desks.correct.changes(self.seen.person, self._group, values)
        save = partial(
            self.desks.correct.save, self.seen, self._group, values,
            scan=self._scan, op=self._op, draft=self._draft, approver=approver,
        )  # fmt: skip
        self.in_background(save, partial(self._done, of_identity(changes)))

    def _done(self, identity: bool, done: Done) -> None:
        if self.seen is None:
            return
        self._saved = True
        self.drop_draft(self._draft)
        self.show_progress(self.progress.after("save"))
        self.seen = self.desks.query.dossier(self.seen.person.id)
        self.query_one(PersonPanel).dossier = self.seen
        self.query_one("#act", Vertical).remove_children()
        name, time = self.seen.person.name, words.moment(done.at_ms)
        said = word("correct.saved", name=name, time=time, code=done.code)
        self.query_one("#said", Static).update(Text(said))
        next_words = word("correct.next")
        differs = word("correct.card_differs") if identity and self.seen.cards else ""
        self.messages.say(f"{differs}{next_words}", "ok")
        self.set_focus(None)
        self.show_status()

    # ------------------------------------------------------------------ two clerks at once

    def failed(self, error: SbkError) -> None:
        """A person changed by another clerk: three columns; a field's refusal at the field."""
        super().failed(error)
        if isinstance(error, Outdated) and self.seen is not None:
            self._compare(self.seen)
        elif isinstance(error, Refusal) and self.query(Form):
            self.form.focus_first()

    def _compare(self, was: Dossier) -> None:
        from sbk_tui.screens.compare import CompareScreen

        now = self.desks.query.dossier(was.person.id)
        values = self.form.values
        rows = self.desks.correct.compare(was.person, now.person, self._group, values)
        merged = self.desks.correct.merged(was.person, now.person, self._group, values)
        self.app.push_screen(CompareScreen(rows), partial(self._compared, now, merged))

    def _compared(self, now: Dossier, merged: dict[str, str], answer: str | None) -> None:
        self.seen = now
        values = merged if answer == "mine" else self._values_now()
        self._op = self.desks.new_id()
        self._show_form(values)
        self.messages.say(word("correct.merged"))

    # ------------------------------------------------------------------ drafts, back

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        if self.seen is not None and not self._saved:
            draft = FormDraft(
                id=self._draft, op=self._op, step=self._group, person=self.seen.person.id,
                values=event.values,
            )  # fmt: skip
            self.keep(_CLAUSE, draft)

    def step_back(self) -> bool:
        """From the form back to the search."""
        if self.seen is None or self._begin_with:
            return False
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.leave(finished=self._saved)
        self._saved = False
        return True
