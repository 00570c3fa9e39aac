"""转办 (B4): the greyed 补换卡 that helps: why not here, where, what to bring, and a slip."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.domain.card import Card
from sbk_tui.errors import NotPermitted, Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.search import PersonSearch
from sbk_tui.screens.work import Background
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.forms import fitting
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.referral_desk import FIELDS, Dossier, Referred
from sbk_tui.texts import explain, name_of, word

_CLAUSE = "5.1"


class ReferralScreen(Background, Screen[None]):
    """Why this counter may not, then a person, a reason, a slip."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_id", "find", "print", "confirm", "back")

    def __init__(self, desks: Desks, refusal: NotPermitted) -> None:
        """Open for a service that `refusal` keeps from this counter."""
        super().__init__()
        self._desks = desks
        self._refusal = refusal
        self._seen: Dossier | None = None
        self._card: Card | None = None
        self._paper = ""

    def compose(self) -> ComposeResult:
        """The reason and the places, the search, and behind it the person with the advice."""
        yield TitleBar(f"{_CLAUSE} {word('referral.title')}", self._desks.seat)
        yield Static(self._why(), id="why", markup=False)
        with Container(id="body"):
            yield PersonSearch(
                self._desks.query, city=self._desks.city, clause=self._refusal.clause or _CLAUSE,
                offer="lookup.offer_only",
            )  # fmt: skip
            with Vertical(id="work"):
                yield PersonPanel()
                yield Static("", id="said", markup=False)
                yield Vertical(id="act")
                yield Static("", id="advice", markup=False)
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Wait for a person."""
        names = {"confirm": word("referral.make")}
        self.query_one(KeyBar).text = legend(("read_id", "find", "print", "confirm", "back"), names)
        self.query_one(StatusLine).text = status_text(self._desks)
        self._messages.say(word("referral.choose"))

    def _why(self) -> Text:
        message = f"{explain(self._refusal).message}〔{self._refusal.clause}〕"
        places = word("referral.why", places="、".join(self._desks.referrals.places))
        return Text(f"{message}{places}")

    @property
    def _messages(self) -> MessageLine:
        return self.query_one(MessageLine)

    # ------------------------------------------------------------------ the person

    def action_find(self) -> None:
        """F5: search again; once a person is chosen, list the reasons."""
        if self._seen is None:
            self.query_one(PersonSearch).again()
            return
        offered = FIELDS[0].choices(self._desks.rules)
        choose = Choose(word("fields.replace_reason"), partial(fitting, offered))
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self.query_one(Form).fill({"replace_reason": chosen[0]})

    def action_read_id(self) -> None:
        """F2: look up the holder of the document on the reader."""
        if self._seen is None:
            self._messages.say(word("job.lay_card"))
            self.in_background(lambda: self._desks.ids.read(self.cancel), self._search_for)

    def _search_for(self, card: IdCard) -> None:
        self._messages.say(word("job.card_read"), "ok")
        self.query_one(PersonSearch).ask(card.number, pick=True)

    @on(PersonSearch.CityAnswered)
    def _city_answered(self, event: PersonSearch.CityAnswered) -> None:
        """Say what the city said of a person who is not known here (A5)."""
        if event.error is None:
            self._messages.say(word("lookup.found"), "ok")
        else:
            self._messages.explain(event.error)

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        self.in_background(partial(self._desks.query.dossier, event.hit.person.id), self._show)

    def _show(self, seen: Dossier) -> None:
        try:
            card = self._desks.referrals.card_of(seen)
        except Refusal as refusal:
            self.failed(refusal)
            return
        self._seen, self._card, self._paper = seen, card, ""
        self.set_class(True, "-picked")
        panel = self.query_one(PersonPanel)
        panel.dossier, panel.card_number = seen, card.number
        place = self.query_one("#act", Vertical)
        place.remove_children()
        place.mount(Form(FIELDS, self._desks.rules))
        self._messages.say(word("referral.press"))
        self._advise("")
        self._ask_about_open(seen)

    def _ask_about_open(self, seen: Dossier) -> None:
        """A referral that is still open is shown first, to be closed or kept."""
        cases = self._desks.referrals.open_of(seen.person.id)
        if not cases:
            return
        case = cases[0]
        question = word(
            "referral.open",
            time=words.moment(case.opened),
            reason=name_of("replace_reason", str(case.facts["replace_reason"])),
            code=case.facts["referral"],
        )
        answers = [("close", word("referral.close")), ("keep", word("referral.keep"))]

        def answered(answer: str | None) -> None:
            if answer == "close":
                self._desks.referrals.close(case)
                self._messages.say(word("referral.closed"), "ok")
                self.query_one(StatusLine).text = status_text(self._desks)

        self.app.push_screen(Ask(question, answers), answered)

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        self._advise(event.values["replace_reason"])

    def _advise(self, reason: str) -> None:
        """Say what to bring and what it costs, for the reason typed so far."""
        text = Text()
        if self._card is not None and self._desks.rules.knows("replace_reason", reason):
            advice = self._desks.referrals.advice(self._card, reason)
            for label, value, style in (
                ("places", "、".join(advice.places), ""),
                ("bring", advice.bring, ""),
                ("costs", advice.fee, ""),
                ("first", advice.first, "bold"),
            ):
                if value:
                    text.append(f"{word('referral.' + label)}：", "dim")
                    text.append(f"{value}\n", style)
        self.query_one("#advice", Static).update(text)

    # ------------------------------------------------------------------ the slip

    def action_confirm(self) -> None:
        """F10: keep the referral as a case and owe its slip."""
        if self._seen is None or self._card is None or self._paper or self.busy:
            return
        form = self.query_one(Form)
        if form.check():
            self._messages.say(word("job.problems", count=1), "bad")
            return
        refer = partial(
            self._desks.referrals.refer, self._seen, self._card, form.values["replace_reason"]
        )
        self.in_background(refer, self._referred)

    @on(Form.Completed)
    def _completed(self) -> None:
        self._messages.say(word("referral.press"))

    def _referred(self, referred: Referred) -> None:
        self._paper = referred.paper
        said = word("referral.again" if referred.again else "referral.done", code=referred.code)
        self.query_one("#said", Static).update(Text(said))
        self._messages.say("")
        self.query_one(StatusLine).text = status_text(self._desks)

    def action_print(self) -> None:
        """F8: the slip."""
        if self._paper and not self.busy:
            from sbk_tui.screens.paper import PaperScreen

            printable = self._desks.papers.owed(self._paper)
            self.app.push_screen(PaperScreen(self._desks, printable), self._printed)

    def _printed(self, job: str | None) -> None:
        if job is not None:
            self._messages.say(word("paper.printed", job=job), "ok")
        self.query_one(StatusLine).text = status_text(self._desks)

    # ------------------------------------------------------------------ back

    def failed(self, error: SbkError) -> None:
        """Show what went wrong."""
        self._messages.explain(error)

    def action_back(self) -> None:
        """Esc: break off what runs, else back to the search, else leave."""
        if self.busy:
            self.cancel.set()
        elif self.query_one(PersonSearch).stop_asking():
            self._messages.say(word("job.cancelled"))
        elif self._seen is not None:
            self._forget()
        else:
            self.dismiss(None)

    def _forget(self) -> None:
        self._seen = self._card = None
        self._paper = ""
        self.set_class(False, "-picked")
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.query_one("#advice", Static).update("")
        self._messages.say(word("referral.choose"))
        self.query_one(PersonSearch).clear()
        self.query_one(PersonSearch).focus_box()
