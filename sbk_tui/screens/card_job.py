"""The jobs done to one card (2.2.2, 3.1–3.4, 5.1.4): find, pick, fill in, confirm, print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.domain.card import Card
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask, AskApprover
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import words
from sbk_tui.services.blind_loss_desk import Reported
from sbk_tui.services.card_desk import Handled
from sbk_tui.services.card_jobs import Act, CardJob, job
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word

LOSSES = ("3.1", "3.2")


class CardJobScreen(JobScreen):
    """One job of `card_jobs`, drawn by its table and its procedure file."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "read_id", "read_card", "find", "print", "confirm"
    )
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "read_card", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        """Open the job of `clause`; with `person`, that person is already found."""
        self.job: CardJob = job(clause)
        self._begin_with = person
        self._seen: Dossier | None = None
        self._card: Card | None = None
        self._op = ""
        self._draft = ""
        self._paper = ""
        super().__init__(desks, clause)

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Every act is bound to its step; finding, picking and the slip are the same in all."""
        acts = {act.step: partial(self._confirm, act) for act in self.job.acts}
        return {"find": self.action_find, "pick": self._pick, "slip": self.action_print, **acts}

    def body(self) -> ComposeResult:
        """The search, and behind it the person with the form of the act."""
        nobody = "blind.nobody" if self.job.clause in LOSSES else "search.nobody"
        yield self.search(nobody)
        with Vertical(id="work"):
            yield PersonPanel()
            yield Static("", id="said", markup=False)
            yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with a draft, with the person given, or with the search."""
        super().on_mount()
        draft = self.desks.drafts.newest(self.job.clause)
        if self._begin_with:
            self._open(self._begin_with)
        elif draft is not None and draft.person:
            question = word("draft.found", job=self.progress.procedure.title)
            answers = [("go_on", word("draft.go_on")), ("drop", word("draft.drop"))]
            self.app.push_screen(Ask(question, answers), partial(self._take_up, draft))

    # ------------------------------------------------------------------ find and pick

    @on(PersonSearch.NewWanted)
    def _nothing_found(self, event: PersonSearch.NewWanted) -> None:
        """F4 where a loss is reported: it is taken down although there is no record (A5)."""
        if self.job.clause not in LOSSES:
            return
        event.prevent_default()
        answers = [("take", word("blind.take")), ("apply", word("blind.apply"))]
        self.app.push_screen(Ask(word("blind.offer"), answers), partial(self._offered, event))

    def _offered(self, event: PersonSearch.NewWanted, answer: str | None) -> None:
        if answer == "apply":
            self._new_application(event)
        elif answer == "take":
            from sbk_tui.screens.blind_loss import BlindLossScreen

            typed = event.hit.person.number if event.hit else event.text
            screen = BlindLossScreen(self.desks, self.job.clause, typed)
            self.app.push_screen(screen, self._taken_down)

    def _taken_down(self, reported: Reported | None) -> None:
        if reported is not None:
            from sbk_tui.screens.paper import PaperScreen

            self.messages.say(f"{word('blind.done')}{_to_say(reported.spoken).strip()}", "ok")
            self.show_status()
            printable = self.desks.papers.owed(reported.paper)
            self.app.push_screen(PaperScreen(self.desks, printable), self._printed)

    def action_find(self) -> None:
        """F5: in a field with a code table its list; else back to the search."""
        if self.list_choices() or self.step_back():
            return
        self.query_one(PersonSearch).again()

    def action_read_id(self) -> None:
        """F2: read the document on the reader and look its holder up."""
        if self._card is not None:
            return
        self.messages.say(word("job.lay_card"))
        self.in_background(partial(self._read_id), lambda card: self._search_for(card.number))

    def _read_id(self) -> Any:
        return self.desks.ids.read(self.cancel)

    def action_read_card(self) -> None:
        """F3: read the social-security card in the reader, and pick its holder and the card."""
        if self._card is None and not self.busy:
            self.messages.say(word("job.insert_card"))
            self.in_background(self._read_card, self._chip_read)

    def _read_card(self) -> tuple[str, Dossier]:
        chip = self.desks.chips.read(self.cancel)
        return chip.number, self.desks.chips.holder_of(chip)

    def _chip_read(self, read: tuple[str, Dossier]) -> None:
        number, seen = read
        self.messages.say(word("job.chip_read", card=number), "ok")
        # The card that lies there, not another one of the same person.
        self._pick(seen, only=number)

    def _search_for(self, number: str) -> None:
        self.messages.say(word("job.card_read"), "ok")
        self.query_one(PersonSearch).ask(number, pick=True)

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        self._open(event.hit.person.id)

    def _open(self, person: str) -> None:
        self.in_background(partial(self.desks.query.dossier, person), self._pick)

    def _pick(self, seen: Dossier, only: str = "") -> None:
        """Show the person; go on with the card that the job can be done to, if there is one."""
        fitting = [
            card
            for card in seen.cards
            if card.state in self.job.states and only in ("", card.number)
        ]
        refusals = {card.number: self.desks.cards.why_not(self.job, card) for card in fitting}
        cards = [card for card in fitting if refusals[card.number] is None]
        if not cards:
            self._say_why_not(seen, next(filter(None, refusals.values()), None))
            return
        self._seen, self._card = seen, cards[0]
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        if len(cards) > 1:
            question = word("job.which_card")
            answers = [(c.number, f"{c.number} {words.card_state(c)}") for c in cards]
            self.app.push_screen(Ask(question, answers), self._which)
            return
        self._begin()

    def _which(self, number: str | None) -> None:
        if number is None or self._seen is None:
            self._forget()
            return
        self._card = next(card for card in self._seen.cards if card.number == number)
        self._begin()

    def _say_why_not(self, seen: Dossier, refusal: Refusal | None) -> None:
        if refusal is not None:
            self.messages.explain(refusal)
            return
        name = seen.person.name
        if not seen.cards:
            self.messages.say(word("job.no_card", name=name), "bad")
            return
        states = " ".join(f"{c.number} {words.card_state(c)}" for c in seen.cards)
        title = self.progress.procedure.title
        self.messages.say(word("job.wrong_state", name=name, cards=states, job=title), "bad")

    def _begin(self, values: dict[str, str] | None = None) -> None:
        progress = self.progress.after("find").after("pick")
        for act in self.job.acts:
            if self._card is not None and act.already(self._card):
                progress = progress.found_done(act.step)
        self.show_progress(progress)
        self.set_class(True, "-picked")
        self._warn()
        self._show_act(values or {})

    def _take_up(self, draft: FormDraft, answer: str | None) -> None:
        if answer == "drop":
            self.desks.drafts.drop(draft.id)
        elif answer == "go_on":
            seen = self.desks.query.dossier(draft.person)
            self._seen = seen
            self._card = next((c for c in seen.cards if c.number == draft.card), None)
            if self._card is None:
                self._forget()
                return
            self._op, self._draft = draft.op, draft.id
            self._begin(draft.values)

    # ------------------------------------------------------------------ the act

    @property
    def act(self) -> Act | None:
        """The act to be done now: the first whose step is not done and not already true."""
        if self._card is None:
            return None
        for act in self.job.acts:
            if act.step not in self.progress.done:
                return act
        return None

    def _show_act(self, values: dict[str, str]) -> None:
        panel = self.query_one(PersonPanel)
        panel.dossier = self._seen
        panel.card_number = self._card.number if self._card else ""
        place = self.query_one("#act", Vertical)
        place.remove_children()
        act = self.act
        if act is None:
            self.set_focus(None)
            return
        title = self.progress.procedure.step(act.step).title
        key = word("keys.confirm")
        place.mount(Static(Text(f"{title}  (F10 {key})", "bold")))
        before = act.before(self._seen, self._card) if self._seen and self._card else ""
        if before:
            place.mount(Static(Text(before), classes="before"))
        place.mount(Form(act.fields, self.desks.rules, values))

    def action_confirm(self) -> None:
        """F10: hand in the form of the act that is to be done now."""
        after_typing(self, self._confirm_act)

    def _confirm_act(self) -> None:
        act = self.act
        if act is not None and not self.busy and self.is_current:
            self._confirm(act)

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    def _confirm(self, act: Act) -> None:
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        if self._card is None:
            return
        consequence = word(
            f"consequences.{self.job.clause.replace('.', '_')}_{act.step}",
            card=self._card.number,
            name=self._seen.person.name if self._seen else "",
        )
        if act.approval(self.desks.rules):
            self.app.push_screen(AskApprover(consequence), partial(self._approved, act))
        elif act.asks:
            answers = [("yes", word("ask.yes"))]
            self.app.push_screen(Ask(consequence, answers), partial(self._sure, act))
        else:
            self._do(act, None)

    def _sure(self, act: Act, answer: str | None) -> None:
        if answer == "yes":
            self._do(act, None)

    def _approved(self, act: Act, approver: tuple[str, str] | None) -> None:
        if approver is not None:
            self._do(act, approver)

    def _do(self, act: Act, approver: tuple[str, str] | None) -> None:
        if self._seen is None or self._card is None:
            return
        values = self.query_one(Form).values
        carry_out = partial(
            self.desks.cards.carry_out, act, self._seen, self._card, values,
            op=self._op, approver=approver, draft=self._draft,
        )  # fmt: skip
        self.in_background(carry_out, partial(self._done, act))

    def _done(self, act: Act, handled: Handled) -> None:
        self.show_progress(self.progress.after(act.step))
        self._paper = handled.paper
        self._card = handled.card
        self.drop_draft(self._draft)
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._seen = self.desks.query.dossier(handled.card.person)
        said = word(
            "job.done",
            job=self.progress.procedure.step(act.step).title,
            time=words.moment(handled.done.at_ms),
            code=handled.done.code,
        )
        self.query_one("#said", Static).update(Text(f"{said}{_to_say(handled.spoken)}"))
        next_words = word("job.done_next" if self.act else "job.done_end")
        self.messages.say(f"{next_words}{self._reminder()}", "ok")
        self._show_act({})
        self.show_status()

    def _warn(self) -> None:
        """Say first what must be known; a card that the city has blocked above all."""
        listed = self.desks.line.listed([self._card]) if self._card and self.job.gives else ""
        if listed:
            self.messages.say(listed, "bad")
        else:
            self.messages.say(self._reminder())

    def _reminder(self) -> str:
        """Return what to say before: the age of what is known (B21), a temporary card (4.5)."""
        if self._seen is None:
            return ""
        caution = self.desks.line.caution() if self.job.trusts_city else ""
        if any(act.step == "enable" for act in self.job.acts):
            return f"{caution}{words.temp_card_reminder(self._seen.temp_cards)}"
        return caution

    def failed(self, error: SbkError) -> None:
        """Say why; and when somebody else was quicker, who, when and with what."""
        super().failed(error)
        if isinstance(error, Refusal) and self._seen is not None:
            self._look_again(self._seen)

    def _look_again(self, before: Dossier) -> None:
        seen = self.desks.query.dossier(before.person.id)
        newest = seen.timeline[0] if seen.timeline else None
        if newest is not None and newest not in before.timeline:
            self._seen = seen
            self.query_one(PersonPanel).dossier = seen
            told = word(
                "job.somebody_else",
                clerk=newest.clerk,
                time=words.moment(newest.at_ms),
                kind=words.kind(newest.kind),
            )
            self.messages.say(f"{told} {self.messages.text}", "bad")
        if self.query(Form):
            self.query_one(Form).focus_first()

    # ------------------------------------------------------------------ drafts, slip, back

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        if self._card is None or self._seen is None or self.act is None:
            return
        draft = FormDraft(
            id=self._draft, op=self._op, step=self.act.step, person=self._seen.person.id,
            card=self._card.number, values=event.values,
        )  # fmt: skip
        self.keep(self.job.clause, draft)

    def paper_to_print(self) -> Printable | None:
        """The paper of the last act."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """Go on in the procedure once the spooler took the slip."""
        if self.act is None and self._card is not None:
            self.show_progress(self.progress.after("slip"))

    def step_back(self) -> bool:
        """From the form back to the search; from a finished job to the next person."""
        if self._card is None or self._begin_with:
            return False
        self._forget()
        return True

    def _forget(self) -> None:
        finished = bool(self._paper)
        self._seen = self._card = None
        self._paper = ""
        self.show_progress(Progress(procedure=self.progress.procedure))
        self.set_class(False, "-picked")
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.messages.say("")
        search = self.query_one(PersonSearch)
        search.focus_box()
        if finished:
            search.clear()
        else:
            search.again()


def _to_say(code: str) -> str:
    """Return what to read to the city over the telephone; empty while the line is up (B2)."""
    return f"\n{word('spoken.say', code=code)}" if code else ""
