"""修改密码, 解锁密码, 重置密码 (4.1–4.3): read, pick, prove who is there, have it done, print."""

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

from sbk_tui.domain.card import Card
from sbk_tui.domain.pin import LAST_TRY
from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import OutcomeUnknown, Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.job import JobScreen
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.pin_entry import PinEntry
from sbk_tui.screens.pin_settling import Settling
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import words
from sbk_tui.services.chip_desk import SocialCard
from sbk_tui.services.desks import Desks
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.pin_desk import JOBS, Handled, Pending, Presence, Work
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import name_of, word

_STEP = "work"
_OTHER_CARD = frozenset({"chip.not_chosen", "chip.other_holder", "chip.another_card"})


class PinScreen(JobScreen):
    """One of the three PIN jobs, drawn by its row and its procedure file."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "read_id", "read_card", "find", "print", "confirm"
    )
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "read_card", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, clause: str) -> None:
        """Open the job of `clause`."""
        self.job = JOBS[clause]
        self._seen: Dossier | None = None
        self._card: Card | None = None
        self._chip: SocialCard | None = None
        self._left: int | None = None
        self._shown = ""
        """The number of the document on the ID reader."""
        self._presence: Presence | None = None
        self._op, self._draft, self._paper = "", "", ""
        super().__init__(desks, clause)
        self._entry = PinEntry(self)
        self._unsettled = Settling(
            self, clause, self._entry, done=self._done, not_done=self._not_done
        )

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """The steps are the same in all three."""
        return {
            "read": self.action_read_card,
            "pick": self._pick,
            "present": self.action_read_id,
            _STEP: self.action_confirm,
            "slip": self.action_print,
        }

    def body(self) -> ComposeResult:
        """The search, and behind it the person and what the chip says."""
        yield self.search()
        with Vertical(id="work"):
            yield PersonPanel()
            yield Static("", id="said", markup=False)
            yield Static("", id="act", markup=False)

    def on_mount(self) -> None:
        """Begin with what is not settled yet, else with the card."""
        super().on_mount()
        self.messages.say(word("pin.begin"))
        pending = self._unsettled.find_own()
        if pending is not None:
            self._show_pending(pending)

    # ------------------------------------------------------------------ read and pick

    def action_read_card(self) -> None:
        """F3: read the card in the reader; with a person chosen, compare."""
        if self.busy or self._paper or not self.is_current:
            return
        if self._unsettled.pending is not None:
            self._unsettled.ask_the_card(self._unsettled.pending)
            return
        self.messages.say(word("job.insert_card"))
        self.in_background(self._read, self._card_read)

    def _read(self) -> tuple[SocialCard, Dossier | None]:
        chip = self.desks.chips.read(self.cancel)
        # With a person chosen the two are compared, whoever's card it is.
        return chip, None if self._seen else self.desks.chips.holder_of(chip)

    def _card_read(self, read: tuple[SocialCard, Dossier | None]) -> None:
        self._chip, holder = read
        if self._seen is not None:
            self._look_at_chip()
            return
        self.show_progress(self._fresh().after("read"))
        name = holder.person.name if holder else ""
        self.messages.say(word("pin.pick", card=self._chip.number, name=name), "ok")
        self.query_one(PersonSearch).ask(self._chip.number)

    def action_find(self) -> None:
        """F5: back to the search."""
        if not self.step_back():
            self.query_one(PersonSearch).again()

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        dossier = partial(self.desks.query.dossier, event.hit.person.id)
        self.in_background(dossier, self._pick)

    def _pick(self, seen: Dossier) -> None:
        """Show the person, and go on with the card in the reader."""
        number = self._chip.number if self._chip else ""
        try:
            card = self.desks.pins.choose(self.job, seen, number)
            pending = self._unsettled.find(card)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        if pending is not None:
            self._show_pending(pending)
            return
        self._seen, self._card = seen, card
        self._op, self._draft = self.desks.new_id(), self.desks.new_id()
        self._show_person()
        if self._chip is None:
            self.messages.say(word("pin.now_read"))
        else:
            self._look_at_chip()

    def _show_person(self) -> None:
        panel = self.query_one(PersonPanel)
        panel.dossier = self._seen
        panel.card_number = self._card.number if self._card else ""
        self.set_class(True, "-picked")
        self.set_focus(None)

    def _look_at_chip(self) -> None:
        self.in_background(self._ask_tries, self._tries_known)

    def _ask_tries(self) -> int | None:
        assert self._seen is not None  # noqa: S101 -- asked only with a person chosen
        assert self._card is not None  # noqa: S101
        assert self._chip is not None  # noqa: S101
        pins = self.desks.pins
        return pins.tries(self.job, self._seen, self._card, self._chip)

    def _tries_known(self, left: int | None) -> None:
        self._show_tries(left)
        self.show_progress(self._fresh().after("read").after("pick"))
        if self._shown:
            self._prove()
        else:
            key = "pin.show_id" if self.desks.pins.by_reader else "pin.look_at_id"
            self.messages.say(word(key))

    def _show_tries(self, left: int | None) -> None:
        self._left = left
        told = word("pin.no_pin") if left is None else word("pin.tries", left=left)
        style = "bold" if left is None or left > LAST_TRY else "bold red"
        self.query_one("#act", Static).update(Text(told, style))

    # ------------------------------------------------------------------ who is there

    def action_read_id(self) -> None:
        """F2: the document on the ID reader; or the clerk's own look at it, as configured."""
        if self.busy or self._paper or self._unsettled.pending is not None or not self.is_current:
            return
        if self._seen is not None and not self.desks.pins.by_reader:
            question = word("pin.seen", name=self._seen.person.name)
            self.app.push_screen(Ask(question, [("yes", word("pin.is_holder"))]), self._looked)
            return
        self.messages.say(word("job.lay_card"))
        self.in_background(self._read_id, self._id_read)

    def _read_id(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _id_read(self, document: IdCard) -> None:
        self._shown = document.number
        if self._seen is None:
            self.messages.say(word("job.card_read"), "ok")
            self.query_one(PersonSearch).ask(document.number, pick=True)
        elif self._chip is None:
            self.messages.say(word("pin.now_read"))
        else:
            self._prove()

    def _looked(self, answer: str | None) -> None:
        if answer == "yes":
            self._is_there(Presence.SEEN)

    def _prove(self) -> None:
        if self._seen is None:
            return
        try:
            presence = self.desks.pins.presence(self.job, self._seen, self._shown)
        except Refusal as refusal:
            self._shown = ""
            self.messages.explain(refusal)
            return
        self._is_there(presence)

    def _is_there(self, presence: Presence) -> None:
        self._presence = presence
        if self._chip is None or "pick" not in self.progress.done:
            self.messages.say(word("pin.now_read"))
            return
        if "present" not in self.progress.done:
            self.show_progress(self.progress.after("present"))
        there = name_of("pin_presence", presence.value)
        self.messages.say(word("pin.ready", there=there, job=self.progress.procedure.title), "ok")

    # ------------------------------------------------------------------ the work

    def action_confirm(self) -> None:
        """F10: have it done, after the questions that it needs."""
        if self.busy or self._paper or not self.is_current:
            return
        if self._unsettled.pending is not None:
            self._unsettled.ask_the_card(self._unsettled.pending)
            return
        if self._seen is None or self._chip is None or "pick" not in self.progress.done:
            self.messages.say(word("pin.now_read" if self._seen else "pin.begin"))
            return
        if self._presence is None:
            self.messages.explain(Refusal("pin.no_presence", clause=self.job.clause))
            return
        if self.job.needs_old and self._left == LAST_TRY:
            question = word("pin.last_try")
            answers = [("yes", word("pin.remembers"))]
            self.app.push_screen(Ask(question, answers), partial(self._sure, True))
        elif not self.job.needs_new:
            # No PIN is typed in between: a held F10 must not run through (N1).
            question = word("pin.unlock", card=self._chip.number)
            self.app.push_screen(
                Ask(question, [("yes", word("ask.yes"))]), partial(self._sure, False)
            )
        else:
            self._start(last_try_agreed=False)

    def _sure(self, last_try: bool, answer: str | None) -> None:
        if answer == "yes":
            self._start(last_try_agreed=last_try)

    def _start(self, *, last_try_agreed: bool) -> None:
        if not (self._seen and self._card and self._chip and self._presence):
            return
        work = Work(
            self.job, self._seen, self._card, self._chip, self._presence,
            self._op, self._draft, last_try_agreed,
        )  # fmt: skip
        pad = self._entry.open(
            "pin.at_the_reader" if self.job.needs_new else "", digits_needed=self.job.needs_keys
        )
        if pad is not None:
            self.in_background(
                lambda: self.desks.pins.carry_out(work, pad, self.cancel), self._done
            )

    def _done(self, handled: Handled) -> None:
        self._entry.close()
        self._unsettled.pending = None
        self._paper = handled.paper
        progress = self._fresh()
        for step in ("read", "pick", "present", _STEP):
            progress = progress.found_done(step)
        self.show_progress(progress)
        said = word(
            "job.done",
            job=self.progress.procedure.title,
            time=words.moment(handled.done.at_ms),
            code=handled.done.code,
        )
        self.query_one("#said", Static).update(Text(said))
        self.query_one("#act", Static).update("")
        self._seen = self.desks.query.dossier(handled.card.person)
        self._card = handled.card
        self._show_person()
        self.messages.say(word("job.done_end"), "ok")
        self.show_status()

    def failed(self, error: SbkError) -> None:
        """Say why. A card that is another must be read again; an unknown outcome stays."""
        self._entry.close()
        super().failed(error)
        if error.code in _OTHER_CARD:
            self._chip = None
            self.show_progress(self._fresh())
            self.query_one("#act", Static).update("")
            self.app.bell()
        elif isinstance(error, OutcomeUnknown):
            pending = self._unsettled.pending or self._unsettled.find_own()
            if pending is not None:
                self._show_pending(pending)
        elif self._unsettled.pending is None and self._seen is not None:
            self._op, self._draft = self.desks.new_id(), self.desks.new_id()
            if error.code in {"chip.pin_wrong", "chip.pin_blocked"}:
                self._show_tries(int(error.facts.get("left", 0)))

    # ------------------------------------------------------------------ outcome unknown

    def _show_pending(self, pending: Pending) -> None:
        self._seen, self._card = pending.work.seen, pending.work.card
        self._show_person()
        self.query_one("#act", Static).update(Text(self._unsettled.told(), "bold red"))
        self.messages.say(word("pin.settle"), "bad")

    def _not_done(self) -> None:
        self._forget()
        self.messages.say(word("pin.not_done"), "ok")

    # ------------------------------------------------------------------ slip, back

    def paper_to_print(self) -> Printable | None:
        """The slip of what was done."""
        return self.desks.papers.owed(self._paper) if self._paper else None

    def printed(self) -> None:
        """Go on in the procedure once the spooler took the slip."""
        self.show_progress(self.progress.after("slip"))

    def step_back(self) -> bool:
        """From the person back to the search; what is not settled stays and waits."""
        pending = self._unsettled.pending
        if self._seen is None or (pending is not None and pending.own):
            return False
        self._forget()
        return True

    def _forget(self) -> None:
        self._seen = self._card = self._chip = self._presence = None
        self._unsettled.pending = None
        self._left, self._shown, self._paper = None, "", ""
        self.show_progress(self._fresh())
        self.set_class(False, "-picked")
        self.query_one("#said", Static).update("")
        self.query_one("#act", Static).update("")
        self.messages.say(word("pin.begin"))
        search = self.query_one(PersonSearch)
        search.focus_box()
        search.clear()

    def _fresh(self) -> Progress:
        return Progress(procedure=self.progress.procedure)
