"""申领, 新增申请 (1.1, 1.2, 6.1.2.1): questions in order, portrait, form, signature."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.domain import mask
from sbk_tui.domain.application import ApplyPath
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.rules import Problem
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing, words_of
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.new_application import Beginning
from sbk_tui.services.paper_desk import Printable
from sbk_tui.texts import name_of, word

CAPTURE, NEW = "1.2", "6.1.2.1"
_PATHS: dict[str, ApplyPath] = {CAPTURE: "capture", NEW: "new_application"}


class ApplyScreen(JobScreen):
    """信息采集 or 新增申请, one step of the regulation at a time."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "read_id", "find", "portrait", "print", "confirm"
    )
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "portrait", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(
        self, desks: Desks, clause: str = CAPTURE, beginning: Beginning | None = None
    ) -> None:
        """Open 信息采集 (1.2), or 新增申请 (6.1.2.1) with what is known already (F1)."""
        super().__init__(desks, clause)
        self._clause = clause
        self._path = _PATHS[clause]
        self._beginning = beginning
        self._values = desks.apply.first_values(self._path)
        self._values |= beginning.values if beginning else {}
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._saved = False

    def body(self) -> ComposeResult:
        """What is known already, and the form of the step."""
        yield Static("", id="known", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the newest draft if the clerk wants it."""
        super().on_mount()
        self._show_step()
        if self._beginning is not None:
            self.messages.say(self._beginning.cause or word("new_application.filled"))
            return
        draft = self.desks.drafts.newest(self._clause)
        if draft is not None:
            name = draft.values.get("name") or word("draft.no_name")
            question = word("draft.found", job=f"{self.progress.procedure.title} {name}")
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        if answer != "go_on":
            return
        self._values, self._op, self._draft = dict(draft.values), draft.op, draft.id
        for each in self.progress.procedure.steps:
            if each.id == draft.step:
                break
            self.show_progress(self.progress.after(each.id))
        self._show_step()
        self.messages.say(word("draft.taken_up"), "ok")

    # ------------------------------------------------------------------ one step after another

    @property
    def _step(self) -> str:
        current = self.progress.current
        return current.id if current else ""

    def _show_step(self) -> None:
        self._show_known()
        place = self.query_one("#act", Vertical)
        place.remove_children()
        fields = self.desks.apply.fields(self._step, self._path)
        current = self.progress.current
        if current is not None:
            place.mount(Static(Text(f"{current.title}  {current.key}", "bold")))
        if fields:
            place.mount(Form(fields, self.desks.rules, self._values))
        else:
            self.set_focus(None)
        if self._step == "portrait":
            has = word("apply.has_portrait" if self._values.get("photo") else "apply.no_portrait")
            place.mount(Static(Text(has)))
        elif self._step == "form":
            place.mount(Static(Text(word("apply.print_form"))))

    def _show_known(self) -> None:
        values = self._values
        parts = [values.get("name", ""), mask.number(values.get("number", ""))]
        parts += [
            name_of(table, values[table])
            for table in ("category", "status", "household")
            if values.get(table)
        ]
        parts += [values.get("unit_name") or values.get("village_name") or ""]
        self.query_one("#known", Static).update(Text("  ".join(p for p in parts if p), "dim"))

    @on(Form.Completed)
    def _completed(self) -> None:
        """Enter on the last field: on to the next step when this one is right."""
        if self._step != "save":
            self._go_on()
        else:
            self.messages.say(word("job.press_confirm"))

    @step("identify")
    @step("category")
    @step("status")
    @step("household")
    @step("unit")
    @step("contact")
    def _go_on(self) -> None:
        if not self.query(Form):
            return
        self._collect()
        found = self.desks.apply.step_problems(self._step, self._values)
        self.query_one(Form).show_problems(found)
        wrong = [problem for problem in found if not problem.warning]
        if wrong:
            one = words_of(wrong[0])  # the note at the field may have no room for it
            said = one if len(wrong) == 1 else word("job.problems", count=len(wrong))
            self.messages.say(said, "bad")
            return
        warned = "；".join(words_of(problem) for problem in found)
        self.show_progress(self.progress.after(self._step))
        self._keep()
        self._show_step()
        self.messages.say(warned, "bad" if warned else "")

    def _collect(self) -> None:
        if self.query(Form):
            self._values.update(self.query_one(Form).values)
        self._values.update(self.desks.apply.derived(self._values))

    # ------------------------------------------------------------------ the identity card

    def action_read_id(self) -> None:
        """F2: the card on the reader fills the first step; in later steps nothing."""
        if self._step != "identify":
            self.messages.say(word("apply.read_only_first"))
            return
        self.messages.say(word("job.lay_card"))
        self.in_background(self._read, self._filled)

    def _read(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _filled(self, card: IdCard) -> None:
        values = self.desks.apply.from_card(card)
        self._values.update(values)
        self.query_one(Form).fill(values)
        self._keep()
        self.messages.say(word("apply.card_filled", name=card.name), "ok")
        self._show_known()

    # ------------------------------------------------------------------ choosing from long lists

    def action_find(self) -> None:
        """F5: list what the field can hold: villages, nations, banks."""
        self.list_choices()

    # ------------------------------------------------------------------ portrait, form, saving

    @step("portrait")
    def action_portrait(self) -> None:
        """F7: choose, check and repair the portrait."""
        if self._step != "portrait":
            self.messages.say(word("apply.not_yet", step=self._title()))
            return
        from sbk_tui.screens.portrait import PortraitScreen

        self.app.push_screen(PortraitScreen(self.desks), self._portrait_taken)

    def _portrait_taken(self, content: bytes | None) -> None:
        if content is not None:
            self.in_background(partial(self.desks.apply.keep_picture, content), self._kept)

    def _kept(self, blob: str) -> None:
        self._values["photo"] = blob
        self.show_progress(self.progress.after("portrait"))
        self._keep()
        self._show_step()
        self.messages.say(word("apply.portrait_kept"), "ok")

    @step("form")
    def action_print(self) -> None:
        """F8: the 申领表, once everything on it is right."""
        if self._step not in ("form", "save"):
            self.messages.say(word("apply.not_yet", step=self._title()))
            return
        found = [p for p in self.desks.apply.all_problems(self._values) if not p.warning]
        if found:
            self._back_to(found[0])
            return
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The form as it stands."""
        return self.desks.apply.paper(self._values, self._op)

    def printed(self) -> None:
        """On to the signature."""
        if self._step == "form":
            self.show_progress(self.progress.after("form"))
            self._keep()
            self._show_step()

    def _back_to(self, problem: Problem) -> None:
        steps = [each.id for each in self.progress.procedure.steps]
        target = self.desks.apply.step_of(problem.field, steps)
        self.show_progress(self.progress.back_to(target))
        self._show_step()
        self.messages.say(words_of(problem), "bad")
        if self.query(Form):
            form = self.query(Form).last()
            found = self.desks.apply.step_problems(target, self._values) or (problem,)
            form.call_after_refresh(form.show_problems, found)

    @step("save")
    def action_confirm(self) -> None:
        """F10: save the signed form; in the steps before, go on."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or not self.is_current:
            return
        if self._saved:
            self._next_applicant()
            return
        if self._step not in ("save", ""):
            self._go_on()
            return
        self._collect()
        save = partial(self.desks.apply.save, dict(self._values), op=self._op, draft=self._draft)
        self.in_background(save, self._done)

    def _done(self, done: object) -> None:
        self._saved = True
        self.drop_draft(self._draft)
        self.show_progress(self.progress.after("save"))
        self._show_step()
        time, code = words.moment(done.at_ms), done.code  # type: ignore[attr-defined]
        said = word("job.done", job=self.progress.procedure.title, time=time, code=code)
        then = word("new_application.saved" if self._goes_on else "apply.saved_next")
        self.messages.say(f"{said} {then}", "ok")
        self.show_status()

    @property
    def _goes_on(self) -> bool:
        """Whether a temporary card follows (6.1.2.2)."""
        rights = self.desks.seat.authority.capabilities
        return self._clause == NEW and Capability.TEMP_CARD in rights

    def _next_applicant(self) -> None:
        if not self._goes_on:
            self.app.switch_screen(ApplyScreen(self.desks, self._clause))
            return
        from sbk_tui.screens.temp_card import TempCardScreen

        person = self.desks.query.dossier(self._values["number"]).person.id
        self.app.switch_screen(TempCardScreen(self.desks, "6.1.1", person))

    def failed(self, error: SbkError) -> None:
        """A refusal that names a field leads back to its step."""
        field = error.facts.get("field")
        if isinstance(error, Refusal) and isinstance(field, str) and field != "signed":
            self._back_to(Problem(field, error.code, error.facts, error.clause))
        else:
            super().failed(error)

    # ------------------------------------------------------------------ drafts, back

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        self._values.update(event.values)
        self._keep()

    @on(Form.Left)
    def _derive(self, event: Form.Left) -> None:
        """Fill in what follows from a field: sex and birth from the number, a village's name."""
        if event.problem is None:
            found = self.desks.apply.derived({**self._values, **event.form.values})
            if found:
                event.form.fill(found)

    def _keep(self) -> None:
        if not self._saved:
            draft = FormDraft(
                id=self._draft, op=self._op, step=self._step, values=dict(self._values)
            )
            self.keep(self._clause, draft)

    def step_back(self) -> bool:
        """One step back; from the first, out (the draft stays)."""
        if self._saved:
            return False
        ids = [each.id for each in self.progress.procedure.steps]
        place = ids.index(self._step)
        if place == 0:
            self._collect()
            return False
        self._collect()
        self.show_progress(self.progress.back_to(ids[place - 1]))
        self._show_step()
        self.messages.say("")
        return True

    def _title(self) -> str:
        return self.progress.current.title if self.progress.current else ""
