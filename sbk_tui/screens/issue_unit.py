"""单位发卡 (2.2.1): the cards of a unit or village are marked and handed to one receiver."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.unit_picker import UnitPicker
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.forms import fitting
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.unit_desk import FIELDS, Handed
from sbk_tui.texts import word

_CLAUSE = "2.2.1"


class IssueUnitScreen(JobScreen):
    """A number, its cards, and who takes them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "read_id", "scan", "find", "sort", "mark_all", "print", "confirm"
    )
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "scan", "find", "mark_all", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._proofs: dict[str, str] = {}  # by the unit's number; empty: 未配备高拍仪
        self._scanning = False
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._paper = ""

    def body(self) -> ComposeResult:
        """The number with its cards, the receiver."""
        yield UnitPicker(self.desks.units, self.desks.units.unit, "unit")
        yield Form(FIELDS, self.desks.rules, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with the number, or with what was marked before a break."""
        super().on_mount()
        self.set_focus(self._picker.line)
        draft = self.desks.drafts.newest(_CLAUSE)
        if draft is not None:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def show_keys(self) -> None:
        """Draw the legend in short words: nine keys have to fit into 80 columns."""
        names = {key: word(f"unit.key_{key}") for key in ("read_id", "scan")}
        self.query_one(KeyBar).text = legend(self.legend_keys, names)

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self._op, self._draft = draft.op, draft.id
            self.query_one(Form).fill(draft.values)
            number, marked = (draft.values.get(name, "") for name in ("number", "marked"))
            if "proof" in draft.values:
                self._proofs[number] = draft.values["proof"]
            self._picker.take_up(number, marked.split())

    # ------------------------------------------------------------------ finding and marking

    @property
    def _picker(self) -> UnitPicker:
        return self.query_one(UnitPicker)

    @property
    def _proof(self) -> str | None:
        """The scan for the unit that is shown; None: not asked yet."""
        unit = self._picker.unit
        return self._proofs.get(unit.code) if unit else None

    def _note_proof(self, proof: str) -> None:
        unit = self._picker.unit
        if unit is not None:
            self._proofs[unit.code] = proof

    @step("query")
    def action_find(self) -> None:
        """F5: codes of a field; with a number read anew, without one who has cards waiting."""
        if self.list_choices():
            return
        self.set_focus(self._picker.line)
        if self._picker.line.value.strip():
            self._picker.look_up()
        else:
            self.in_background(self.desks.units.waiting, self._choose)

    def _choose(self, offered: Sequence[tuple[str, str]]) -> None:
        choose = Choose(word("unit.choose"), partial(fitting, offered))
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._picker.line.value = chosen[0]
            self._picker.look_up()

    @on(UnitPicker.Found)
    def _found(self, event: UnitPicker.Found) -> None:
        if event.refusal is not None:
            self.messages.explain(event.refusal)
        if event.unit is None:
            return
        if event.is_new:
            self.query_one(Form).fill({"receiver_type": event.unit.receiver_type})
        self._begin_progress()
        said = "unit.is_village" if event.unit.is_village else "unit.is_unit"
        self.messages.say(word(said, code=event.unit.code, name=event.unit.name))

    def _begin_progress(self) -> None:
        """Show what is known for the cards to be handed out next."""
        progress = Progress(procedure=self.progress.procedure).found_done("query")
        if self._picker.marked:
            progress = progress.found_done("pick")
        if self._proof is not None:
            progress = progress.found_done("proof")
        self.show_progress(progress)

    def action_sort(self) -> None:
        """F6: by house, or by name."""
        self._picker.sort()

    @step("pick")
    def action_mark_all(self) -> None:
        """F7: mark all cards of the unit; when all of them are marked, none."""
        self._picker.mark_all()

    @on(UnitPicker.Changed)
    def _marked(self, event: UnitPicker.Changed) -> None:
        if event.refusal is not None:
            self.messages.explain(event.refusal)
        elif event.said:
            self.messages.say(event.said, "ok")
        self._begin_progress()
        self._keep_all()

    @on(Form.Changed)
    def _keep_all(self) -> None:
        unit, marked = self._picker.unit, self._picker.marked
        if unit is None or not marked:
            return
        values = {**self.query_one(Form).values, "number": unit.code, "marked": " ".join(marked)}
        if self._proof is not None:
            values["proof"] = self._proof
        draft = FormDraft(id=self._draft, op=self._op, step="save", values=values)
        self.keep(_CLAUSE, draft)

    # ------------------------------------------------------------------ proof and receiver

    @step("proof")
    def action_scan(self) -> None:
        """F3: wait for the document camera; a counter without one says so."""
        if self._picker.unit is None or self.busy:
            return
        if not self.desks.units.has_camera:
            self._note_no_camera()
            return
        self._scanning = True
        self.messages.say(word("unit.wait_scan"))
        self.in_background(self._scan, self._scanned)

    def _scan(self) -> tuple[str, str]:
        return self.desks.units.scan(self.cancel)

    def _scanned(self, scan: tuple[str, str]) -> None:
        self._scanning = False
        file, proof = scan
        self._note_proof(proof)
        self.show_progress(self.progress.found_done("proof"))
        self.messages.say(word("unit.scan_kept", file=file), "ok")
        self._keep_all()

    def _note_no_camera(self) -> None:
        self._note_proof("")
        self.show_progress(self.progress.found_done("proof"))
        self.messages.say(word("unit.camera_noted"), "ok")
        self._keep_all()

    def _scan_or_not(self, answer: str | None) -> None:
        if answer == "again":
            self.action_scan()
        elif answer == "none":
            self._note_no_camera()

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

    # ------------------------------------------------------------------ handing out

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("save")
    def action_confirm(self) -> None:
        """F10: hand out what is marked."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        unit, marked = self._picker.unit, self._picker.marked
        if self.busy or not self.is_current or unit is None:
            return
        if "save" in self.progress.done and not marked:
            return  # a held F10: what was handed out stays on the message line (N1)
        refusal = None
        if not marked:
            refusal = Refusal("unit.nothing", clause=_CLAUSE)
        elif self._proof is None:
            refusal = Refusal("unit.proof", clause=_CLAUSE)
        if refusal is not None:
            self.messages.explain(refusal)
            return
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        question = word(
            "unit.question", unit=unit.name, count=len(marked),
            name=form.values["receiver_name"],
            proof=word("unit.scanned" if self._proof else "unit.no_camera"),
        )  # fmt: skip
        issue = partial(
            self.desks.units.issue, unit, tuple(marked), form.values,
            proof=self._proof or "", op=self._op, draft=self._draft,
        )  # fmt: skip
        sure = partial(self._sure, issue)
        question = self.desks.line.listed(self.desks.units.cards(tuple(marked))) + question
        self.app.push_screen(Ask(question, [("yes", word("ask.yes"))]), sure)

    def _sure(self, issue: partial[Handed], answer: str | None) -> None:
        if answer == "yes":
            self.in_background(issue, self._handed)

    def _handed(self, handed: Handed) -> None:
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._paper, self._proofs = handed.paper, {}
        self._picker.marked = {}
        self._picker.reload()
        progress = self.progress.found_done("pick").found_done("proof").found_done("save")
        self.show_progress(progress)
        said = word(
            "unit.handed",
            count=handed.cards,
            time=words.moment(handed.done.at_ms),
            code=handed.done.code,
        )
        self.messages.say(said, "ok")
        self.show_status()
        self.set_focus(self._picker.line)

    def failed(self, error: SbkError) -> None:
        """Read the list again: somebody may have been faster. No scan: ask how to go on."""
        super().failed(error)
        if self._scanning:
            self._scanning = False
            answers = [("again", word("unit.scan_again")), ("none", word("unit.no_camera"))]
            self.app.push_screen(Ask(word("unit.scan_or_not"), answers), self._scan_or_not)
        elif isinstance(error, Refusal):
            self._picker.reload()

    # ------------------------------------------------------------------ paper, back

    @step("slip")
    def action_print(self) -> None:
        """F8: the 交接单 of what was handed out last."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The 交接单 of what was handed out last."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.found_done("slip"))

    def step_back(self) -> bool:
        """From the form to the list, from a list back to the number."""
        if self.focused is not self._picker.line:
            self.set_focus(self._picker.line)
            return True
        return False
