"""单位发卡 (2.2.1): the cards of a unit or village are marked and handed to one receiver."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.scan_line import NumberLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.unit_desk import FIELDS, Handed, Shelved, Unit, UnitOrder
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "2.2.1"


class IssueUnitScreen(OverList, JobScreen):
    """A number, its cards, and who takes them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("read_id", "scan", "find", "sort", "mark_all", "print", "confirm"),
        Binding("space", "mark", show=False, priority=True),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "scan", "find", "mark_all", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._unit: Unit | None = None
        self._order: UnitOrder = "house"
        self._shown: dict[str, Shelved] = {}
        self._count = 0
        self._marked: dict[str, None] = {}  # in the order in which they were marked
        self._proof: str | None = None  # None: not asked yet; empty: 未配备高拍仪
        self._scanning = False
        self._op, self._draft = desks.new_id(), desks.new_id()
        self._paper = ""

    def body(self) -> ComposeResult:
        """The number, the counts, the list, the receiver."""
        with Horizontal(classes="line"):
            yield Static(word("unit.number"), markup=False)
            yield NumberLine(placeholder=word("unit.placeholder"), dots=False)
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("unit.name"), 8),
                Column(word("unit.social"), 18),
                Column(word("unit.card"), 9),
                Column(word("unit.stored"), 10),
                Column(word("unit.address"), 0),
            ),
            empty=word("unit.begin"),
            multiple=True,
        )
        yield Form(FIELDS, self.desks.rules, takes_focus=False)

    def on_mount(self) -> None:
        """Begin with the number, or with what was marked before a break."""
        super().on_mount()
        self.query_one(PagedList).can_focus = False
        self.set_focus(self._line)
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
            self._line.value = draft.values.get("number", "")
            self._query()
            self._op, self._draft = draft.op, draft.id
            self._marked = dict.fromkeys(draft.values.get("marked", "").split())
            self._proof = draft.values.get("proof")
            self.query_one(Form).fill(draft.values)
            self._show_marks()

    # ------------------------------------------------------------------ the number

    @property
    def _line(self) -> NumberLine:
        return self.query_one(NumberLine)

    @on(NumberLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        if event.input is self._line:
            event.stop()
            self._query()

    @step("query")
    def action_find(self) -> None:
        """F5: codes of a field; with a number read anew, without one who has cards waiting."""
        if self.list_choices():
            return
        self.set_focus(self._line)
        if self._line.value.strip():
            self._query()
        else:
            choose = Choose(word("unit.choose"), self.desks.units.waiting)
            self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._line.value = chosen[0]
            self._query()

    def _query(self) -> None:
        try:
            unit = self.desks.units.unit(self._line.value)
        except Refusal as refusal:
            self._show(None)
            self.messages.explain(refusal)
            return
        if self._unit is None or unit.code != self._unit.code:
            self._marked, self._proof = {}, None
            self.query_one(Form).fill({"receiver_type": unit.receiver_type})
        self._show(unit)
        self._begin_progress()
        said = "unit.is_village" if unit.is_village else "unit.is_unit"
        self.messages.say(word(said, code=unit.code, name=unit.name))

    def _begin_progress(self) -> None:
        """Show what is known for the cards to be handed out next."""
        progress = Progress(procedure=self.progress.procedure).found_done("query")
        if self._marked:
            progress = progress.found_done("pick")
        if self._proof is not None:
            progress = progress.found_done("proof")
        self.show_progress(progress)

    def _show(self, unit: Unit | None) -> None:
        self._unit, self._shown = unit, {}
        rows = self.query_one(PagedList)
        self._count = 0 if unit is None else self.desks.units.count(unit)
        rows.say_empty(word("unit.begin" if unit is None else "unit.nothing"))
        rows.show([] if unit is None else KeysetRows(partial(self._page, unit, self._order)))
        self._show_marks()

    def _page(self, unit: Unit, order: UnitOrder, after: Row | None, limit: int) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        found = self.desks.units.page(unit, order, behind, limit)
        self._shown |= {each.card.number: each for each in found}
        return [_row(each) for each in found]

    def action_sort(self) -> None:
        """F6: by house, or by name."""
        self._order = "name" if self._order == "house" else "house"
        self._show(self._unit)

    # ------------------------------------------------------------------ marking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space marks in the search only; elsewhere it is a blank."""
        if action == "mark":
            return self.focused is self._line
        return super().check_action(action, parameters)

    @step("pick")
    def action_mark(self) -> None:
        """Space: mark the card under the cursor and go on to the next."""
        after_typing(self, self.query_one(PagedList).action_mark)

    @on(PagedList.Marked)
    def _space(self, event: PagedList.Marked) -> None:
        kept = {key: None for key in self._marked if key in event.keys}
        self._mark(kept | dict.fromkeys(sorted(event.keys - kept.keys())))

    def action_mark_all(self) -> None:
        """F7: mark all cards of the unit; when all of them are marked, none."""
        if self._unit is None:
            return
        try:
            found = self.desks.units.numbers(self._unit, self._order)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if found and self._marked.keys() >= set(found):
            self._mark({})
            self.messages.say(word("unit.none_marked"))
        else:
            self._mark(dict.fromkeys(found))
            self.messages.say(word("unit.all_marked", count=len(found)), "ok")

    def _mark(self, marked: dict[str, None]) -> None:
        self._marked = marked
        self._begin_progress()
        self._show_marks()
        self._keep_all()

    def _show_marks(self) -> None:
        self.query_one(PagedList).mark_only(self._marked)
        said = ""
        if self._unit is not None:
            said = word(
                "unit.counts", name=self._unit.name, count=self._count, marked=len(self._marked),
                order=word(f"unit.by_{self._order}"),
            )  # fmt: skip
        self.query_one("#totals", Static).update(Text(said, "bold"))

    @on(Form.Changed)
    def _keep_all(self) -> None:
        if self._unit is None or not self._marked:
            return
        values = {
            **self.query_one(Form).values,
            "number": self._unit.code,
            "marked": " ".join(self._marked),
        }
        if self._proof is not None:
            values["proof"] = self._proof
        draft = FormDraft(id=self._draft, op=self._op, step="save", values=values)
        self.keep(_CLAUSE, draft)

    # ------------------------------------------------------------------ proof and receiver

    @step("proof")
    def action_scan(self) -> None:
        """F3: wait for the document camera; a counter without one says so."""
        if self._unit is None or self.busy:
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
        file, self._proof = scan
        self.show_progress(self.progress.found_done("proof"))
        self.messages.say(word("unit.scan_kept", file=file), "ok")
        self._keep_all()

    def _note_no_camera(self) -> None:
        self._proof = ""
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
        if self.busy or not self.is_current or self._unit is None:
            return
        if "save" in self.progress.done and not self._marked:
            return  # a held F10: what was handed out stays on the message line (N1)
        refusal = None
        if not self._marked:
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
            "unit.question", unit=self._unit.name, count=len(self._marked),
            name=form.values["receiver_name"],
            proof=word("unit.scanned" if self._proof else "unit.no_camera"),
        )  # fmt: skip
        answers = [("yes", word("ask.yes"))]
        question = self.desks.line.listed(self.desks.units.cards(tuple(self._marked))) + question
        self.app.push_screen(Ask(question, answers), partial(self._sure, form.values))

    def _sure(self, values: dict[str, str], answer: str | None) -> None:
        if answer != "yes" or self._unit is None:
            return
        issue = partial(
            self.desks.units.issue, self._unit, tuple(self._marked), values,
            proof=self._proof or "", op=self._op, draft=self._draft,
        )  # fmt: skip
        self.in_background(issue, self._handed)

    def _handed(self, handed: Handed) -> None:
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._paper, self._marked, self._proof = handed.paper, {}, None
        self._show(self._unit)
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
        self.set_focus(self._line)

    def failed(self, error: SbkError) -> None:
        """Read the list again: somebody may have been faster. No scan: ask how to go on."""
        super().failed(error)
        if self._scanning:
            self._scanning = False
            answers = [("again", word("unit.scan_again")), ("none", word("unit.no_camera"))]
            self.app.push_screen(Ask(word("unit.scan_or_not"), answers), self._scan_or_not)
        elif isinstance(error, Refusal):
            self._show(self._unit)

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
        if self.focused is not self._line:
            self.set_focus(self._line)
            return True
        return False


def _row(shelved: Shelved) -> Row:
    person, card = shelved.person, shelved.card
    return Row(
        card.number,
        (person.name, mask.number(person.number), card.number, card.place, person.address),
    )
