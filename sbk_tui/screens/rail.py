"""补卡, 换卡 (5.1, 5.2): one person, the list of steps, and the one act that is next.

What is done elsewhere (挂失, 收费, 制卡, 领卡启用) opens there, with the person, and comes back
here; what only the city can say yes to is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import HubUnreachable, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.screens.rail_more import answers_of
from sbk_tui.screens.rail_steps import opened
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import rail_words
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.rail import APPLY, EXCHANGE, Rail, Stage
from sbk_tui.texts import word

_STYLES = {Stage.DONE: "dim", Stage.NEEDLESS: "dim", Stage.NOW: "bold", Stage.LATER: ""}


class RailScreen(PersonJobScreen):
    """The whole chain, or one of its steps by its own number: the same list in both."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_card", "more", "print", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "more", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        """Open the job of `clause`; with `person`, that person is already found."""
        self.rail: Rail | None = None
        self.exchange = clause == EXCHANGE
        self._begin_with = person
        self._reason = ""
        """What a referral of a township said."""
        self._op, self._draft = "", ""
        super().__init__(desks, clause)

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Finding and picking; every other step is what F10 does when it is next."""
        steps = [step.id for step in self.progress.procedure.steps]
        return {
            **dict.fromkeys(steps, self.action_confirm),
            "find": self.action_find,
            "pick": self.pick,
        }

    def work_area(self) -> ComposeResult:
        """The person, the list of steps, and in its place the form of 补卡."""
        yield PersonPanel()
        yield Static("", id="steps", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the person given, with a draft, or with the search."""
        super().on_mount()
        draft = self.desks.drafts.newest(self.progress.procedure.clause)
        if self._begin_with:
            self.open(self._begin_with)
        elif draft is not None and draft.person:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    def show_keys(self) -> None:
        """Draw the legend; F8 is the receipt here."""
        names = {"print": word("rail.receipt_key")}
        self.query_one(KeyBar).text = legend(self.legend_keys, names)

    # ------------------------------------------------------------------ pick

    @on(PersonSearch.Picked)
    def _by_referral(self) -> None:
        """A township's code says what is wished for, too (B4)."""
        referral = self.desks.query.referral(self.query_one(PersonSearch).text)
        self._reason = referral.reason if referral else ""
        if referral is not None:
            self.exchange = not self.desks.replacements.is_loss(referral.reason)

    def pick(self, seen: Dossier) -> None:
        """Show how far the person is; else say why there is nothing to replace."""
        try:
            rail = self.desks.replacements.rail(seen, exchange=self.exchange)
        except SbkError as error:
            self.messages.explain(error)
            return
        self.begin(seen)
        self._show(rail)
        stop = rail.next
        if self.progress.procedure.clause == APPLY and stop and stop.step == "apply":
            self._open_form()

    def again(self, said: str = "", tone: str = "ok") -> None:
        """Read the records again, show where the person stands now, and say something."""
        if self.seen is None:
            return
        self.seen = self.desks.query.dossier(self.seen.person.id)
        try:
            rail = self.desks.replacements.rail(self.seen, exchange=self.exchange)
        except SbkError as error:
            self.messages.explain(error)
            return
        self._show(rail)
        if said:
            self.messages.say(f"{said}{rail_words.what_next(rail)}", tone)
        self.show_status()

    def _show(self, rail: Rail) -> None:
        """Draw the list; the message line says what is next."""
        self.rail = rail
        self.remove_class("-form")
        self.query_one("#act", Vertical).remove_children()
        self.set_focus(None)
        panel = self.query_one(PersonPanel)
        panel.dossier = self.seen
        shown = rail.facts.card or rail.facts.old
        panel.card_number = shown.number if shown else ""
        progress = Progress(procedure=self.progress.procedure).after("find").after("pick")
        for stop in rail.stops:
            if stop.stage in {Stage.DONE, Stage.NEEDLESS} and stop.step in self._own_steps:
                progress = progress.found_done(stop.step)
        self.show_progress(progress)
        text = Text(no_wrap=True, overflow="ellipsis")
        for stop in rail.stops:
            mark, clause, title, said = rail_words.line(rail, stop)
            style = _STYLES.get(stop.stage, "bold")
            text.append(f"{mark} {clause:<8} {_padded(title)}", style)
            text.append(f" {said}\n", style)
        self.query_one("#steps", Static).update(text)
        self.messages.say(rail_words.what_next(rail))

    @property
    def _own_steps(self) -> set[str]:
        return {step.id for step in self.progress.procedure.steps}

    # ------------------------------------------------------------------ F10

    def action_confirm(self) -> None:
        """F10: open or do the act that is next."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.rail is None or self.seen is None or self.busy or not self.is_current:
            return
        if self.query(Form):
            self._ask_apply()
            return
        stop = self.rail.next
        if stop is None:
            return
        if stop.stage is Stage.CITY:
            self.again(word("rail.still_waiting"), "bad")
            return
        if stop.step == "apply":
            self._open_form()
        elif stop.step == "pay":
            self._ask_way_to_pay()
        elif stop.step in {"register", "mark"}:
            self._ask_city_step(stop.step)
        elif stop.step == "make" and self.rail.facts.failed:
            self.go_to("restore")
        else:
            self.go_to(stop.step)

    def go_to(self, step: str) -> None:
        """Open another job for this person, and come back."""
        if self.seen is None:
            return
        screen = opened(self.desks, step, self.seen.person.id)
        if screen is None:
            self.messages.say(word("rail.not_here"), "bad")
            return
        self.open_and_return(screen)

    def open_and_return(self, screen: Screen[Any]) -> None:
        """Open a screen; when it is left, read where the person stands now."""
        self.app.push_screen(screen, lambda _nothing: self.again())

    def _ask_way_to_pay(self) -> None:
        facts = self.rail.facts if self.rail else None
        if facts is None or (facts.payment is not None and facts.payment.is_open):
            self.go_to("pay_pos" if facts and _is_charging(facts) else "pay_notice")
            return
        ways = ["pay_pos"] if self.desks.fees.has_pos else []
        ways.append("pay_notice")
        if self.rail and self.rail.stop("apply").stage is Stage.LATER:
            ways.append("apply_first")
        answers = [(way, word(f"rail.{way}")) for way in ways]
        self.app.push_screen(Ask(word("rail.how_to_pay"), answers), self._way_chosen)

    def _way_chosen(self, way: str | None) -> None:
        if way == "apply_first":
            self._open_form()
        elif way is not None:
            self.go_to(way)

    # ------------------------------------------------------------------ 补卡, 换卡

    def _open_form(self, values: Mapping[str, str] | None = None) -> None:
        if self.rail is None:
            return
        if values is None:
            self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        facts = self.rail.facts
        reason = {"replace_reason": self._reason} if self._reason else {}
        self.set_class(True, "-form")
        place = self.query_one("#act", Vertical)
        place.remove_children()
        title = rail_words.title(facts, "apply")
        place.mount(Static(Text(f"{title}  (F10 {word('keys.confirm')})", "bold")))
        fields = self.desks.replacements.fields(facts)
        place.mount(Form(fields, self.desks.rules, values or reason))
        said = "rail.hand_in" if facts.exchange else "rail.choose_reason"
        self.messages.say(word(said))

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        if self.seen is not None:
            draft = FormDraft(
                id=self._draft, op=self._op, step="apply", person=self.seen.person.id,
                values=event.values,
            )  # fmt: skip
            self.keep(self.progress.procedure.clause, draft)

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            self.pick(self.desks.query.dossier(draft.person))
            stop = self.rail.stop("apply") if self.rail else None
            if stop is not None and stop.stage in {Stage.NOW, Stage.LATER}:
                self._op, self._draft = draft.op, draft.id
                self._open_form(dict(draft.values))
            else:
                self.desks.drafts.drop(draft.id)

    def action_read_card(self) -> None:
        """F3: in the form of 换卡 the number of the card handed in; else find by the card."""
        if self.busy or (self.seen is not None and not self.query(Form)):
            return
        self.messages.say(word("job.insert_card"))
        self.in_background(self._read_chip, self._chip_read)

    def _read_chip(self) -> str:
        return self.desks.chips.read(self.cancel).number

    def _chip_read(self, number: str) -> None:
        self.messages.say(word("job.chip_read", card=number), "ok")
        if self.query(Form):
            self.query_one(Form).fill({"old_card": number, "card_handed_in": "1"})
        else:
            self.query_one(PersonSearch).ask(number, pick=True)

    def _ask_apply(self) -> None:
        found = self.query_one(Form).check()
        if found or self.rail is None or self.seen is None:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        values = self.query_one(Form).values
        question = self.desks.replacements.consequence(self.seen, self.rail.facts, values)
        answers = [("yes", word("ask.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._apply, values))

    def _apply(self, values: Mapping[str, str], answer: str | None) -> None:
        if answer != "yes" or self.rail is None:
            return
        self.messages.say(word("rail.asking"))
        apply = partial(
            self.desks.replacements.apply, self.rail.facts, values, op=self._op, draft=self._draft
        )
        self.in_background(apply, partial(self._done, "apply"))

    # ------------------------------------------------------------------ what the city is asked

    def _ask_city_step(self, step: str) -> None:
        if self.seen is None or self.rail is None:
            return
        facts = self.rail.facts
        question = self.desks.replacements.question(self.seen, facts, step)
        answers = [("yes", word("ask.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self.city_step, step))

    def city_step(self, step: str, answer: str | None) -> None:
        """Ask the city for a step; `answer` is "yes", or the reason of a withdrawal."""
        if answer is None or self.rail is None or self.busy:
            return
        desk, facts, op = self.desks.replacements, self.rail.facts, self.desks.new_id()
        jobs: dict[str, Callable[[], object]] = {
            "register": partial(desk.register, facts, op=op),
            "mark": partial(desk.mark, facts, op=op),
            "unmark": partial(desk.unmark, facts, op=op),
            "withdraw": partial(desk.withdraw, facts, answer, op=op),
            "unregister": partial(desk.unregister, facts, answer, op=op),
        }
        self.messages.say(word("rail.asking"))
        self.in_background(jobs[step], partial(self._done, step))

    def _done(self, step: str, _done: object) -> None:
        self.drop_draft(self._draft)
        self.again(word(f"rail.done_{step}"))

    def failed(self, error: SbkError) -> None:
        """Say why; what is on its way to the city is shown as that, never asked again."""
        if isinstance(error, HubUnreachable) and error.code == "hub.waits":
            self.drop_draft(self._draft)
            self.again()
        elif not self.query(Form):
            self.again()
        super().failed(error)

    # ------------------------------------------------------------------ F6, F8, back

    def action_more(self) -> None:
        """F6: what belongs to a replacement beside the next step."""
        if self.rail is None or self.seen is None or self.busy or not self.is_current:
            return
        answers = answers_of(self.rail, self.desks.seat.counter)
        question = word("rail.more", name=self.seen.person.name)
        self.app.push_screen(Ask(question, answers), self._more)

    def _more(self, answer: str | None) -> None:
        if answer is None:
            return
        if answer == "unmark":
            self._ask_city_step("unmark")
        elif answer in {"withdraw", "unregister"}:
            rows = self.desks.rules.codes[f"{answer}_reason"].rows
            reasons = [(code, row.name) for code, row in rows.items()]
            facts = self.rail.facts if self.rail else None
            if facts is not None and self.seen is not None:
                question = self.desks.replacements.question(self.seen, facts, answer)
                self.app.push_screen(Ask(question, reasons), partial(self.city_step, answer))
        else:
            self.go_to(answer)

    def paper_to_print(self) -> Printable | None:
        """补（换）卡受理单, once there is an application."""
        if self.rail is None or self.seen is None or self.query(Form):
            return None
        try:
            return self.desks.replacements.receipt(self.seen, self.rail)
        except SbkError as error:
            self.messages.explain(error)
            return None

    def step_back(self) -> bool:
        """From the form to the list, from the list to the next person."""
        if self.query(Form):
            self.again()
            return True
        if self.seen is None or self._begin_with:
            return False
        finished = self.rail is not None and self.rail.next is None
        self.rail, self._reason = None, ""
        self.exchange = self.progress.procedure.clause == EXCHANGE
        self.query_one("#steps", Static).update("")
        self.leave(finished=finished)
        return True


def _is_charging(facts: Any) -> bool:
    return bool(facts.payment is not None and not facts.payment.notice)


def _padded(title: str, width: int = 14) -> str:
    """Return a title of Chinese characters as wide as the others: two cells each."""
    return title + " " * max(0, width - 2 * len(title))
