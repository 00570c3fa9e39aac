"""回执管理 (2.3.1): cards that a unit took are marked, and what became of them is saved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from sbk_tui.domain.operations.returned import SIGNED
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.unit_picker import UnitPicker
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.forms import fitting
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.receipt_desk import FIELDS, Saved
from sbk_tui.texts import name_of, word

_CLAUSE = "2.3.1"


class ReceiptsScreen(JobScreen):
    """A number, its cards without a receipt, and what is told of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find", "sort", "mark_all", "print", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "find", "sort", "mark_all", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._paper = ""

    def body(self) -> ComposeResult:
        """The number with its cards, the figures, the form."""
        yield UnitPicker(self.desks.receipts, self.desks.units.unit, "receipt")
        yield Static("", id="known", markup=False)
        begin = self.desks.receipts.beginning()
        yield Form(FIELDS, self.desks.rules, begin, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with the number, or with what was marked before a break."""
        super().on_mount()
        self.set_focus(self._picker.line)
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
            self._form.fill(draft.values)
            marked = draft.values.get("marked", "").split()
            self._picker.take_up(draft.values.get("number", ""), marked)

    @property
    def _picker(self) -> UnitPicker:
        return self.query_one(UnitPicker)

    @property
    def _form(self) -> Form:
        return self.query_one(Form)

    # ------------------------------------------------------------------ finding and marking

    @step("query")
    def action_find(self) -> None:
        """F5: codes of a field; with a number read anew, without one who owes receipts."""
        if self.list_choices():
            return
        self.set_focus(self._picker.line)
        if self._picker.line.value.strip():
            self._picker.look_up()
        else:
            self.in_background(self.desks.receipts.waiting, self._choose)

    def _choose(self, offered: Sequence[tuple[str, str]]) -> None:
        choose = Choose(word("receipt.choose"), partial(fitting, offered))
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._picker.line.value = chosen[0]
            self._picker.look_up()

    @on(UnitPicker.Found)
    def _found(self, event: UnitPicker.Found) -> None:
        if event.refusal is not None:
            self.messages.explain(event.refusal)
        elif event.unit is not None:
            said = "unit.is_village" if event.unit.is_village else "unit.is_unit"
            self.messages.say(word(said, code=event.unit.code, name=event.unit.name))
        self._show_figures()
        self._begin_progress()

    def action_sort(self) -> None:
        """F6: by house, or by name."""
        self._picker.sort()

    @step("pick")
    def action_mark_all(self) -> None:
        """F7: mark all, or none."""
        self._picker.mark_all()

    @on(UnitPicker.Changed)
    def _marked(self, event: UnitPicker.Changed) -> None:
        if event.refusal is not None:
            self.messages.explain(event.refusal)
        elif event.said:
            self.messages.say(event.said, "ok")
        self._begin_progress()
        self._keep()

    def _begin_progress(self) -> None:
        """Show what is known for the receipts to be saved next."""
        progress = Progress(procedure=self.progress.procedure)
        if self._picker.unit is not None:
            progress = progress.found_done("query")
        if self._picker.marked:
            progress = progress.found_done("pick")
        self.show_progress(progress)

    def _show_figures(self) -> None:
        unit, said = self._picker.unit, ""
        if unit is not None:
            found = self.desks.receipts.figures(unit)
            said = word(
                "receipt.figures", due=found.due, issued=found.issued, owed=found.owed,
                here=found.here, returned=sum(found.returned.values()),
            )  # fmt: skip
        self.query_one("#known", Static).update(said)

    # ------------------------------------------------------------------ what is told

    @on(Form.Changed)
    def _keep(self) -> None:
        unit, marked = self._picker.unit, self._picker.marked
        if unit is not None and marked:
            values = {**self._form.values, "number": unit.code, "marked": " ".join(marked)}
            draft = FormDraft(id=self._draft, op=self._op, step="save", values=values)
            self.keep(_CLAUSE, draft)

    @step("fill")
    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("save")
    def action_confirm(self) -> None:
        """F10: save what is told of the marked cards."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        unit, marked = self._picker.unit, self._picker.marked
        if self.busy or not self.is_current or unit is None:
            return
        if not marked:
            if "save" not in self.progress.done:  # else a held F10: what was saved stays said (N1)
                self.messages.explain(Refusal("receipt.nothing", clause=_CLAUSE))
            return
        found = self._form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        values = self._form.values
        question = word(
            "receipt.question" if values["receipt_reason"] == SIGNED else "receipt.question_back",
            unit=unit.name, count=len(marked), day=values["receipt_on"],
            reason=name_of("receipt_reason", values["receipt_reason"]),
        )  # fmt: skip
        save = partial(
            self.desks.receipts.save, unit, tuple(marked), values, op=self._op, draft=self._draft
        )
        sure = partial(self._sure, save)
        self.app.push_screen(Ask(question, [("yes", word("ask.yes"))]), sure)

    def _sure(self, save: partial[Saved], answer: str | None) -> None:
        if answer == "yes":
            self.in_background(save, self._saved)

    def _saved(self, saved: Saved) -> None:
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._paper = saved.paper
        # The rest was mostly signed for: one reason must not run on into the next cards.
        self._form.fill(self.desks.receipts.beginning())
        self._picker.marked = {}
        self._picker.reload()
        self._show_figures()
        progress = self.progress.found_done("pick").found_done("fill").found_done("save")
        self.show_progress(progress)
        said = word(
            "receipt.saved" if saved.reason == SIGNED else "receipt.saved_back",
            count=saved.cards, reason=name_of("receipt_reason", saved.reason),
            time=words.moment(saved.done.at_ms), code=saved.done.code,
        )  # fmt: skip
        self.messages.say(said, "ok")
        self.show_status()
        self.set_focus(self._picker.line)

    def failed(self, error: SbkError) -> None:
        """Read the list again: somebody may have been faster."""
        super().failed(error)
        if isinstance(error, Refusal):
            self._picker.reload()
            self._show_figures()

    # ------------------------------------------------------------------ paper, back

    @step("slip")
    def action_print(self) -> None:
        """F8: the 领卡回执 of what was saved last."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The 领卡回执 of what was saved last."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.found_done("slip"))

    def step_back(self) -> bool:
        """From the form to the list."""
        if self.focused is not self._picker.line:
            self.set_focus(self._picker.line)
            return True
        return False
