"""Finding a person: one box takes anything, results follow the typing, Enter picks."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.over_list import OverList
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services import words
from sbk_tui.services.city_desk import PURPOSES, CityDesk
from sbk_tui.services.query_desk import Hit, QueryDesk
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_QUERY = "2.4.2"
"""There a clerk looks without doing anything: the purpose is asked for."""
_PAUSE_S = 0.07  # below that each letter of a fast typist starts a search


class PersonSearch(OverList, Vertical):
    """A search box over a list of people."""

    DEFAULT_CSS = """
    PersonSearch { height: 1fr; }
    PersonSearch > .line { height: 1; }
    PersonSearch > .line > Static { width: 8; text-align: right; padding-right: 1; }
    PersonSearch > .line > Input { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("new", "city")

    @dataclass
    class Picked(Message):
        """A person was chosen."""

        hit: Hit

    @dataclass
    class Searched(Message):
        """A search came back."""

        text: str
        hits: tuple[Hit, ...]

    @dataclass
    class NewWanted(Message):
        """F4: the person wanted is not there, or has no card: a new application (F1)."""

        text: str
        hit: Hit | None
        """The person under the mark, if there is one."""

    @dataclass
    class CityAnswered(Message):
        """What the city said of a person who is not known here; no error: the rows are here."""

        text: str
        error: SbkError | None

    def __init__(
        self,
        desk: QueryDesk,
        nobody: str = "search.nobody",
        *,
        city: CityDesk | None = None,
        clause: str = "",
        offer: str = "lookup.offer",
    ) -> None:
        """Search with `desk`.

        Args:
            nobody: the word for a search that found none.
            city: where to ask further, for the job of `clause` (A5); `offer` is the word for it.
        """
        super().__init__()
        self._city = city if city is not None and city.there else None
        self._clause = clause
        self._nobody = offer if self._city else nobody
        self._asking: threading.Event | None = None
        """Set to give up waiting for the city."""
        self._desk = desk
        self._hits: dict[str, Hit] = {}
        self._shown_for: str | None = None
        self._pick_when_found = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Draw the box and the list."""
        with Horizontal(classes="line"):
            yield Static(word("search.label"), markup=False)
            yield TextLine(placeholder=word("search.placeholder"), dots=False)
        yield PagedList(
            (
                Column(word("search.name"), 10),
                Column(word("search.number"), 18),
                Column(word("search.card"), 9),
                Column(word("search.state"), 8),
                Column(word("search.place"), 0),
            ),
            empty=word("search.begin"),
        )

    def on_mount(self) -> None:
        """Wait for typing."""
        self.query_one(PagedList).can_focus = False
        self.screen.set_focus(self.query_one(Input))  # at once, before a form takes it

    def ask(self, text: str, *, pick: bool = False) -> None:
        """Search for `text` at once; with `pick`, pick the only person found."""
        self._pick_when_found = pick
        box = self.query_one(Input)
        with box.prevent(Input.Changed):
            box.value = text
        self._search(text)

    @property
    def text(self) -> str:
        """What stands in the box."""
        return self.query_one(Input).value.strip()

    def again(self) -> None:
        """Search once more for what is in the box."""
        self._search(self.query_one(Input).value)

    def focus_box(self) -> None:
        """Put the cursor into the box."""
        self.screen.set_focus(self.query_one(Input))  # at once, before a form takes it

    def clear(self) -> None:
        """Empty the box: the next person stands at the counter."""
        self.ask("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._stop_asking()
        self._pick_when_found = False
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self.again)

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        """Enter picks the row under the mark; before the result is there, it waits for it."""
        event.stop()
        if self._shown_for == event.value.strip():
            self._pick()
        else:
            self._pick_when_found = True
            self._search(event.value)

    @work(thread=True, description="a thread", exclusive=True, group="search")
    def _search(self, text: str) -> None:
        text = text.strip()
        self.post_message(self.Searched(text, self._desk.find(text)))

    @on(Searched)
    def _show(self, event: Searched) -> None:
        event.stop()
        if event.text != self.query_one(Input).value.strip():
            return
        self._shown_for = event.text
        self._hits = {hit.person.id: hit for hit in event.hits}
        people = self.query_one(PagedList)
        people.say_empty(word(self._nobody if event.text else "search.begin"))
        people.show([_row(hit) for hit in event.hits])
        if self._pick_when_found and len(event.hits) == 1:
            self._pick()
        self._pick_when_found = False

    def _pick(self) -> None:
        row = self.query_one(PagedList).highlighted
        if row is not None and row.key in self._hits:
            self.post_message(self.Picked(self._hits[row.key]))

    def action_new(self) -> None:
        """F4: apply anew with what was typed, or for the person under the mark (F1)."""
        text = self.query_one(Input).value.strip()
        row = self.query_one(PagedList).highlighted if self._shown_for == text else None
        hit = self._hits.get(row.key) if row is not None else None
        self.post_message(self.NewWanted(text, hit))

    # ------------------------------------------------------------------ the city

    def action_city(self) -> None:
        """F7: ask the city for somebody who is not known here (A5)."""
        text = self.query_one(Input).value.strip()
        nobody_here = self._shown_for == text and not self._hits
        if self._city is None or self._asking is not None or not text or not nobody_here:
            return
        if self._clause == _QUERY:
            answers = [(purpose, word(f"purpose.{purpose}")) for purpose in PURPOSES]
            self.app.push_screen(Ask(word("lookup.purpose"), answers), self._ask_city)
        else:
            self._ask_city(PURPOSES[0])

    def _ask_city(self, purpose: str | None) -> None:
        text = self.query_one(Input).value.strip()
        if purpose is None or self._city is None:
            return
        self._asking = threading.Event()
        self.query_one(PagedList).say_empty(word("lookup.asking"))
        self._wait_for_city(self._city, text, purpose, self._asking)

    @work(thread=True, description="a thread", exclusive=True, group="city")
    def _wait_for_city(
        self, city: CityDesk, text: str, purpose: str, cancel: threading.Event
    ) -> None:
        error: SbkError | None = None
        try:
            city.wait(city.ask(text, clause=self._clause, purpose=purpose), cancel)
        except SbkError as caught:
            error = caught
        if not cancel.is_set():
            self.post_message(self.CityAnswered(text, error))

    @on(CityAnswered)
    def _city_answered(self, event: CityAnswered) -> None:
        """Search again; the screen around says what the city said."""
        self._asking = None
        if event.text == self.query_one(Input).value.strip():
            self.again()

    def stop_asking(self) -> bool:
        """Give up waiting for the city; False when nothing was asked."""
        if self._asking is None:
            return False
        self._stop_asking()
        self.again()
        return True

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.set()
            self._asking = None

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        self._stop_asking()


def _row(hit: Hit) -> Row:
    person, card = hit.person, hit.card
    place = person.village_name or person.unit_name or person.address
    return Row(
        person.id,
        (
            person.name,
            mask.number(person.number),
            card.number if card else word("search.no_card"),
            words.card_state(card) if card else "",
            place,
        ),
        words.tone(card),
    )
