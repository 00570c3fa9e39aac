"""The main menu: exactly the counter's capabilities, by the regulation's numbers and names.

One line takes a number (with or without dots), a name or pinyin initials; the list follows it,
and Enter opens. A service that this level does not have is shown greyed with its reason (A4).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Static

from sbk_tui.domain.capability import Capability
from sbk_tui.errors import NotPermitted
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.job import status_text
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services.desks import Desks
from sbk_tui.services.menu import Entry, entries, nearest_counters
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import explain, word


def _apply(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.apply import ApplyScreen

    return ApplyScreen(desks, clause)


def _card_job(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.card_job import CardJobScreen

    return CardJobScreen(desks, clause)


def _query(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.query import QueryScreen

    return QueryScreen(desks)


def _issues(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.issues import IssuesScreen

    return IssuesScreen(desks)


def _receive(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.receive import ReceiveScreen

    return ReceiveScreen(desks)


def _request(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.request import RequestScreen

    return RequestScreen(desks)


def _decide(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.decide import DecideScreen

    return DecideScreen(desks)


def _check(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.check import CheckScreen

    return CheckScreen(desks)


def _issue_unit(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.issue_unit import IssueUnitScreen

    return IssueUnitScreen(desks)


def _round(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.round import RoundScreen

    return RoundScreen(desks)


def _household(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.household import HouseholdScreen

    return HouseholdScreen(desks)


def _receipts(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.receipts import ReceiptsScreen

    return ReceiptsScreen(desks)


def _drawers(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.drawers import DrawersScreen

    return DrawersScreen(desks)


def _debts(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.debts import DebtsScreen

    return DebtsScreen(desks)


def _correct(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.correct import CorrectScreen

    return CorrectScreen(desks)


def _change_photo(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.change_photo import ChangePhotoScreen

    return ChangePhotoScreen(desks)


def _temp_card(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.temp_card import TempCardScreen

    return TempCardScreen(desks, clause)


def _temp_ledger(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.temp_ledger import TempLedgerScreen

    return TempLedgerScreen(desks)


def _fee(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.fee_acts import screen_of

    return screen_of(desks, clause)


def _make(desks: Desks, clause: str, person: str = "") -> Screen[None]:
    from sbk_tui.screens.make import MakeScreen

    return MakeScreen(desks, clause, person)


def _supplies(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.supplies import SuppliesScreen

    return SuppliesScreen(desks)


def _rail(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.rail import RailScreen

    return RailScreen(desks, clause)


def _numbers(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.numbers import NumbersScreen

    return NumbersScreen(desks)


def _open_work(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.open_work import OpenWorkScreen

    return OpenWorkScreen(desks)


def _day(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.day import DayScreen

    return DayScreen(desks)


def _morning(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.morning import MorningScreen

    return MorningScreen(desks)


def _uncollected(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.uncollected import UncollectedScreen

    return UncollectedScreen(desks)


def _line(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.line import LineScreen

    return LineScreen(desks)


def _stats(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.stats import StatsScreen

    return StatsScreen(desks)


def _cases(desks: Desks, _clause: str) -> Screen[None]:
    from sbk_tui.screens.cases import CasesScreen

    return CasesScreen(desks)


def _pin(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.pin import PinScreen

    return PinScreen(desks, clause)


def _activate(desks: Desks, clause: str) -> Screen[None]:
    from sbk_tui.screens.activate import ActivateScreen

    return ActivateScreen(desks, clause)


SCREENS: dict[str, Callable[..., Screen[None]]] = {
    "1.2": _apply,
    "2.2.1": _issue_unit,
    "2.2.2": _card_job,
    "2.1": _receive,
    "2.3.1": _receipts,
    "2.1.1": _request,
    "2.1.2": _decide,
    "2.3.2": _check,
    "2.3.3": _drawers,
    "2.3.4": _card_job,
    "2.4.1": _issues,
    "2.4.2": _query,
    "2.5": _card_job,
    "3.1": _card_job,
    "3.2": _card_job,
    "3.3": _card_job,
    "3.4": _card_job,
    "4.1": _pin,
    "4.2": _pin,
    "4.3": _pin,
    "A3": _activate,
    "5.1": _rail,
    "5.1.1.1.1": _fee,
    "5.1.1.1.2": _fee,
    "5.1.1.2": _fee,
    "5.1.2.1": _rail,
    "5.1.2.2": _rail,
    "5.1.2.3": _fee,
    "0.13": _fee,
    "5.1.3.1": _supplies,
    "5.1.3.2": _make,
    "5.1.3.3": _make,
    "5.1.3.4": _make,
    "5.1.2.4": _rail,
    "5.1.4": _card_job,
    "5.2": _rail,
    "6.1.1": _temp_card,
    "6.1.2.1": _apply,
    "6.2": _temp_card,
    "6.3": _temp_card,
    "F2": _correct,
    "F3": _change_photo,
    "0.8": _round,
    "0.9": _household,
    "0.1": _debts,
    "0.10": _uncollected,
    "0.11": _numbers,
    "0.12": _open_work,
    "0.7": _temp_ledger,
    "0.14": _supplies,
    "0.2": _day,
    "0.3": _morning,
    "0.4": _stats,
    "0.5": _line,
    "0.6": _cases,
}
"""Clause → screen; the module of a screen is imported when it is opened."""


class _Shown(NamedTuple):
    entry: Entry
    refusal: NotPermitted | None


class MenuScreen(OverList, Screen[None]):
    """The first screen after sign-in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("help", "back"),
    ]

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._entries = {entry.clause: entry for entry in entries()}

    def compose(self) -> ComposeResult:
        """Draw the line and the list."""
        yield TitleBar(word("menu.title"), self._desks.seat)
        with Horizontal(classes="line"):
            yield Static(word("menu.label"), markup=False)
            yield TextLine(placeholder=word("menu.placeholder"))
        yield PagedList(
            (
                Column(word("menu.number"), 7),
                Column(word("menu.job"), 22),
                Column(word("menu.about"), 0),
            ),
            empty=word("menu.nothing"),
        )
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Show everything."""
        self.query_one(PagedList).can_focus = False
        self.query_one(KeyBar).text = legend(("help", "back"), {"back": word("menu.sign_out")})
        self._show("")
        self._greet()
        self.query_one(Input).focus()

    def on_screen_resume(self) -> None:
        """Coming back from a job: counts may have changed, the line is empty again."""
        self.query_one(StatusLine).text = status_text(self._desks)
        if self.query(Input):
            self.query_one(Input).value = ""

    def _greet(self) -> None:
        jobs = self._desks.drafts.jobs()
        if jobs:
            names = "、".join(self._entries[j].title for j in jobs if j in self._entries)
            self.query_one(MessageLine).say(word("menu.drafts", jobs=names))

    def _show(self, typed: str) -> None:
        authority = self._desks.seat.authority
        shown = [entry for entry in self._entries.values() if entry.listed(typed, authority)]
        self.query_one(PagedList).show([self._row(entry) for entry in shown])

    def _row(self, entry: Entry) -> Row:
        refusal = entry.refused_to(self._desks.seat.authority)
        about = entry.about
        if refusal is not None:
            key = f"menu.{refusal.code.replace('.', '_')}"
            about = word(key, clause=refusal.clause or "")
        return Row(entry.clause, (entry.clause, entry.title, about), "dim" if refusal else "")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value.strip())

    @on(Input.Submitted)
    def _open(self) -> None:
        row = self.query_one(PagedList).highlighted
        if row is None:
            return
        entry = self._entries[row.key]
        refusal = entry.refused_to(self._desks.seat.authority)
        if refusal is not None:
            self._refuse(entry, refusal)
            return
        self.query_one(MessageLine).say("")
        self.app.push_screen(SCREENS[entry.clause](self._desks, entry.clause))

    def _refuse(self, entry: Entry, refusal: NotPermitted) -> None:
        """Say why not; for 补换卡 open the referral (B4)."""
        if entry.capability is Capability.REPLACE and refusal.code == "capability.level":
            from sbk_tui.screens.referral import ReferralScreen

            self.query_one(MessageLine).say("")
            self.app.push_screen(ReferralScreen(self._desks, refusal))
            return
        self.query_one(MessageLine).say(self._why_not(refusal), "bad")

    def _why_not(self, refusal: NotPermitted) -> str:
        words = explain(refusal)
        if refusal.code != "capability.level":
            return f"{words.message}{words.remedy}"
        places = "、".join(nearest_counters(self._desks.seat.district))
        return f"{words.message}〔{refusal.clause}〕{word('menu.nearest', places=places)}"

    def action_help(self) -> None:
        """F1: how the menu works."""
        self.query_one(MessageLine).say(word("menu.help"))

    def action_back(self) -> None:
        """Esc: sign out, after a question."""
        question = Ask(word("menu.leave"), [("yes", word("ask.yes"))])
        self.app.push_screen(question, partial(self._leave))

    def _leave(self, answer: str | None) -> None:
        if answer == "yes":
            self.app.exit()
