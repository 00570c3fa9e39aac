"""金融账户激活 (A3): read or find, pick, prove who is there, the city's word, print."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.domain.card import Card
from sbk_tui.errors import HubUnreachable, Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.services import words
from sbk_tui.services.bank_desk import (
    CLAUSE,
    GUARDIAN_FIELDS,
    Activation,
    Handled,
    Presence,
)
from sbk_tui.services.chip_desk import SocialCard
from sbk_tui.services.desks import Desks
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import name_of, word


class ActivateScreen(PersonJobScreen):
    """The bank window's own job."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_card", "print", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "read_card", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, clause: str) -> None:
        self._card: Card | None = None
        self._chip: SocialCard | None = None
        """The card that lay in the reader and is the one chosen."""
        self._presence: Presence | None = None
        self._shown = ""
        """The number of the document by which the person was found."""
        self._op, self._paper = "", ""
        super().__init__(desks, clause)

    def work_area(self) -> ComposeResult:
        """The person, what is known, and for a minor the guardian's form."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the card."""
        super().on_mount()
        self.messages.say(word("activate.begin"))

    # ------------------------------------------------------------------ read and pick

    @step("find")
    def action_find(self) -> None:
        """F5: back to the search."""
        super().action_find()

    def action_read_card(self) -> None:
        """F3: the card in the reader; with a person chosen, compare."""
        if self.busy or self._paper or not self.is_current:
            return
        self.messages.say(word("job.insert_card"))
        self.in_background(self._read_card, self._card_read)

    def _read_card(self) -> tuple[SocialCard, Dossier]:
        chip = self.desks.chips.read(self.cancel)
        return chip, self.seen or self.desks.chips.holder_of(chip)

    def _card_read(self, read: tuple[SocialCard, Dossier]) -> None:
        chip, holder = read
        if self.seen is None:
            self.pick(holder, chip)
            return
        if self._card is not None and self._compared(self.seen, self._card, chip):
            self._chip = chip
            self._show_known()
            self.messages.say(word("activate.card_same"), "ok")

    def _compared(self, seen: Dossier, card: Card, chip: SocialCard) -> bool:
        try:
            self.desks.bank.compare(seen, card, chip)
        except Refusal as refusal:
            self.app.bell()
            self.messages.explain(refusal)
            return False
        return True

    @step("pick")
    def pick(self, seen: Dossier, chip: SocialCard | None = None) -> None:
        """Go on with the person's card that can be activated; else say why not."""
        try:
            card = self.desks.bank.choose(seen, chip.number if chip else "")
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if chip is not None and not self._compared(seen, card, chip):
            return
        self._card, self._chip = card, chip
        self._presence, self._op = None, self.desks.new_id()
        self.begin(seen)
        self._show_person()
        place = self.query_one("#act", Vertical)
        place.remove_children()
        if self.desks.bank.needs_guardian(seen):
            place.mount(Form(GUARDIAN_FIELDS, self.desks.rules))
        else:
            self.set_focus(None)
        if self._shown == seen.person.number and not self.desks.bank.needs_guardian(seen):
            self._is_there(Presence.HOLDER)  # the document was on the reader a moment ago
        else:
            self._ask_who()

    def _show_person(self) -> None:
        panel = self.query_one(PersonPanel)
        panel.dossier = self.seen
        panel.card_number = self._card.number if self._card else ""
        self._show_known()

    def _show_known(self) -> None:
        if self._card is None:
            return
        state = name_of("financial_account", self._card.financial_account)
        read = word("activate.chip_yes" if self._chip else "activate.chip_no")
        lines = [word("activate.state", state=state), word("activate.chip", read=read)]
        self.query_one("#said", Static).update(Text("    ".join(lines)))

    def _ask_who(self) -> None:
        if self.seen is None or self._card is None:
            return
        key = "found_minor" if self.desks.bank.needs_guardian(self.seen) else "found"
        tail = "" if self.desks.bank.by_reader else "_look"
        bank, name = name_of("bank", self._card.bank), self.seen.person.name
        said = word(f"activate.{key}{tail}", name=name, card=self._card.number, bank=bank)
        self.messages.say(said)

    # ------------------------------------------------------------------ who is there

    @step("present")
    def action_read_id(self) -> None:
        """F2: the document on the ID reader; or the clerk's own look at it, as configured."""
        if self.busy or self._paper or not self.is_current:
            return
        if self.seen is None:
            super().action_read_id()
        elif self.desks.bank.by_reader:
            self.messages.say(word("job.lay_card"))
            self.in_background(self._read_id, self._id_read)
        else:
            key = "seen_guardian" if self.desks.bank.needs_guardian(self.seen) else "seen"
            question = word(f"activate.{key}", name=self.seen.person.name)
            self.app.push_screen(Ask(question, [("yes", word("activate.is_there"))]), self._looked)

    def _search_for(self, card: IdCard) -> None:
        self._shown = card.number
        super()._search_for(card)

    def _id_read(self, document: IdCard) -> None:
        if self.seen is None:
            return
        try:
            presence = self.desks.bank.presence(self.seen, document.number)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if presence is Presence.GUARDIAN:
            form = self.query_one(Form)
            form.fill({"guardian_name": document.name, "guardian_number": document.number})
            form.focus_last()
        self._is_there(presence)

    def _looked(self, answer: str | None) -> None:
        if answer == "yes":
            self._is_there(Presence.SEEN)

    def _is_there(self, presence: Presence) -> None:
        self._presence = presence
        if "present" not in self.progress.done:
            self.show_progress(self.progress.after("present"))
        self.messages.say(
            word("activate.ready", there=name_of("pin_presence", presence.value)), "ok"
        )

    # ------------------------------------------------------------------ the city's word

    @step("activate")
    def action_confirm(self) -> None:
        """F10: ask once more, then ask the city."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.busy or self._paper or not self.is_current:
            return
        if self.seen is None or self._card is None:
            self.messages.say(word("activate.begin"))
            return
        if self._presence is None:
            self.messages.explain(Refusal("activate.no_presence", clause=CLAUSE))
            return
        if self.query(Form) and self.query_one(Form).check():
            self.messages.say(word("job.problems", count=len(self.query_one(Form).check())), "bad")
            return
        bank, name = name_of("bank", self._card.bank), self.seen.person.name
        question = word("activate.sure", name=name, card=self._card.number, bank=bank)
        self.app.push_screen(Ask(question, [("yes", word("ask.yes"))]), self._sure)

    def _sure(self, answer: str | None) -> None:
        if answer != "yes" or self.seen is None or self._card is None or self._presence is None:
            return
        values = self.query_one(Form).values if self.query(Form) else {}
        work = Activation(self.seen, self._card, self._presence, self._chip is not None, self._op)
        self.messages.say(word("activate.asking"))
        self.in_background(partial(self.desks.bank.activate, work, values), self._done)

    def _done(self, handled: Handled) -> None:
        self.show_progress(self.progress.after("activate"))
        self._paper, self._card = handled.paper, handled.card
        self.seen = self.desks.query.dossier(handled.card.person)
        self.query_one("#act", Vertical).remove_children()
        self.set_focus(None)
        self._show_person()
        at, code = words.moment(handled.done.at_ms), handled.done.code
        said = word("activate.done", time=at, code=code)
        self.query_one("#said", Static).update(Text(said))
        self.messages.say(word("activate.done_end"), "ok")
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Say why. What waits for the city keeps its id, so that F10 only goes on waiting."""
        super().failed(error)
        if not isinstance(error, HubUnreachable):
            self._op = self.desks.new_id()

    # ------------------------------------------------------------------ slip, back

    @step("slip")
    def action_print(self) -> None:
        """F8: the slip."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The slip of what was done."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """Go on in the procedure once the spooler took the slip."""
        self.show_progress(self.progress.after("slip"))

    def step_back(self) -> bool:
        """From the person back to the search; from a finished job to the next person."""
        if self.seen is None:
            return False
        finished = bool(self._paper)
        self._card = self._chip = self._presence = None
        self._op = self._paper = self._shown = ""
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.leave(finished=finished)
        self.messages.say(word("activate.begin"))
        return True
