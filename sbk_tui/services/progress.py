"""Where is my card (B19): the ten steps of a card's way, as far as the records here tell.

Pure: a dossier and a moment in, steps with dates out. A step is `sure` when a record here dates
it, else it is only implied by a later one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sbk_tui import divisions
from sbk_tui.data.lookup import Dossier, Event
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.people import Application
from sbk_tui.domain.world import CHINA, from_ms

_ARRIVED = {"batch.take_in", "handover.receive"}
_APPLIED = {"person.apply", "replace.apply"}
_UPLOADED, _MADE, _COLLECTED = "1", "6", "11"
_AT_CITY, _SENT, _AT_COUNTY, _AT_TOWNSHIP = "7", "8", "9", "10"
_ARRIVED_AT = {"M": _AT_CITY, "T": _AT_TOWNSHIP}
"""What an arrival here is, by the level of this counter; at others 县区接收."""
_TOWNSHIP, _COUNTY, _CITY = "T", "C", "M"
_ACTIVATED = "1"
_BEFORE_ARRIVAL = ("1", "2", "3", "4", "5", "6", "7", "8")
"""Codes of the table `progress` (domain facts 1.5): the city's part of the way."""


class Mark(NamedTuple):
    """One step of the way."""

    code: str
    """A code of the table `progress`."""
    reached: bool
    at: date | None = None

    @property
    def sure(self) -> bool:
        """Whether a record here dates it."""
        return self.at is not None


class Road(NamedTuple):
    """The way of one card or one application."""

    card: str
    """The card's number; empty while there is only an application."""
    marks: tuple[Mark, ...]
    """Ten steps; the last is that the holder has the card."""
    turn: str
    """Who must act next: a word of `progress`."""
    place: str
    """The counter that has the card, or the place it is on its way to."""
    since: date | None
    """The day of the last step that a record here dates."""

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(mark.reached for mark in self.marks)

    def days(self, today: date) -> int | None:
        """Return how many days the present step lasts."""
        return (today - self.since).days if self.since else None


class Standing(NamedTuple):
    """How a person's operations stand with the city (B5)."""

    waiting: int
    """Here only."""
    held: int
    """The city has them and has not decided."""
    refused: int


def standing(timeline: tuple[Event, ...]) -> Standing:
    """Return how many operations of a timeline are not settled."""
    return Standing(
        waiting=sum(event.state == "waiting" for event in timeline),
        held=sum(event.state in {"received", "held", "quarantined"} for event in timeline),
        refused=sum(event.verdict == "refused" for event in timeline),
    )


def road(seen: Dossier, *, level: str, counter: str) -> Road | None:
    """Return the way of what a person waits for, or of the newest card; None without either.

    Args:
        level: of this counter: a township receives from the county.
        counter: this counter's id.
    """
    wish = max(
        (each for each in seen.applications if each.is_open),
        key=lambda each: each.made_at,
        default=None,
    )
    if wish is not None:
        return _of_wish(wish, seen, level)
    card = max(seen.cards, key=_newness, default=None)
    return None if card is None else _of_card(card, seen, level, counter)


def _newness(card: Card) -> tuple[bool, date, str]:
    return card.state is not CardState.CANCELLED, card.made_on or date.min, card.number


def _of_wish(wish: Application, seen: Dossier, level: str) -> Road:
    event = next((e for e in seen.timeline if e.op == wish.id and e.kind in _APPLIED), None)
    at = _day(wish.made_at)
    uploaded = event is not None and event.state != "waiting"
    codes = (*_BEFORE_ARRIVAL, _AT_TOWNSHIP if level == _TOWNSHIP else _AT_COUNTY, _COLLECTED)
    marks = tuple(
        Mark(code, uploaded and code == _UPLOADED, at if uploaded and code == _UPLOADED else None)
        for code in codes
    )
    if event is not None and event.verdict == "refused":
        turn = "returned"
    elif event is not None and event.verdict == "accepted":
        turn = "making"
    else:
        turn = "city" if uploaded else "send"
    return Road("", marks, turn, "", at)


def _of_card(card: Card, seen: Dossier, level: str, counter: str) -> Road:
    dates = dict(_dates(card, seen, level))
    codes = (*_BEFORE_ARRIVAL, _AT_TOWNSHIP if level == _TOWNSHIP else _AT_COUNTY, _COLLECTED)
    farthest = max((codes.index(code) for code in dates), default=-1)
    marks = tuple(Mark(code, at <= farthest, dates.get(code)) for at, code in enumerate(codes))
    turn = _turn(card, counter)
    place = card.custody if turn == "elsewhere" else ""
    if turn == "on_the_way":
        place = divisions.full_name(card.sent_to)
    moved = (card.sent_at, card.received_at, card.enabled_at, card.lost_at)
    since = max(filter(None, (*dates.values(), *map(_day, moved))), default=None)
    return Road(card.number, marks, turn, place, since)


def _dates(card: Card, seen: Dossier, level: str) -> Iterator[tuple[str, date]]:
    """Yield the steps that records here date."""
    if card.made_on is not None:
        yield _MADE, card.made_on
    limits = [at for at in (card.collected_at, card.sent_at) if at and level != _TOWNSHIP]
    limit = min(limits) if limits else card.collected_at
    arrivals = [
        from_ms(event.at_ms)
        for event in seen.timeline
        if event.kind in _ARRIVED and (limit is None or from_ms(event.at_ms) <= limit)
    ]
    if arrivals:
        yield _ARRIVED_AT.get(level, _AT_COUNTY), max(arrivals).astimezone(CHINA).date()
    if card.sent_at is not None and level != _COUNTY:  # a county's own sending is behind 县区接收
        yield _SENT, card.sent_at.astimezone(CHINA).date()
        if level == _CITY and card.received_at is not None and card.received_at > card.sent_at:
            yield _AT_COUNTY, card.received_at.astimezone(CHINA).date()
    if card.collected_at is not None:
        yield _COLLECTED, card.collected_at.astimezone(CHINA).date()


def _turn(card: Card, counter: str) -> str:
    match card.state:
        case CardState.SEALED if card.collected_at is not None:
            return "enable"
        case CardState.SEALED if card.custody == counter:
            return "fetch"
        case CardState.SEALED if card.custody:
            return "elsewhere"
        case CardState.SEALED:
            return "on_the_way" if card.sent_to else "ask"
        case CardState.ACTIVE | CardState.LOCKED:
            return "nobody" if card.financial_account == _ACTIVATED else "bank"
        case CardState.CANCELLED:
            return "cancelled"
        case _:
            return "lost"


def _day(when: datetime | None) -> date | None:
    return when.astimezone(CHINA).date() if when else None
