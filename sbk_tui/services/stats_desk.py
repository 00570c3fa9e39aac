"""统计 (B23): what one would want to see on one page; screen and command line show the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from sbk_tui import divisions
from sbk_tui.data.stats import Stats, Waiting
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.stock import MARKS
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.services import words
from sbk_tui.texts import word

_LIMITS = (30, 90)
"""Ages in days between the groups of cards that wait; the office's two reminders come behind."""
DAYS = 30


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a chart."""

    key: str
    """For machines: a day, a code, a number of days."""
    label: str
    count: int


class Village(msgspec.Struct, frozen=True, kw_only=True):
    """Cards of one village that wait here."""

    code: str
    name: str
    count: int
    ages: tuple[int, ...]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    day: date
    issued: tuple[Bar, ...]
    """Cards handed out, one bar a day, the oldest day first, days without any too."""
    states: tuple[Bar, ...]
    ages: tuple[Bar, ...]
    """Cards that wait here, by age; `key` is the least age in days."""
    villages: tuple[Village, ...]
    """The same cards by village, most first."""
    uncollected: int
    """滞留卡: of the cards here those that were marked often enough."""

    @property
    def waiting(self) -> int:
        """How many cards wait here."""
        return sum(bar.count for bar in self.ages)


class Chart(NamedTuple):
    """A title over labels with counts."""

    title: str
    rows: tuple[tuple[str, int], ...]


class StatsDesk:
    """The figures of this counter."""

    def __init__(self, stats: Stats, settings: Settings, now_ms: Callable[[], int]) -> None:
        self._stats = stats
        self._limits = age_limits(settings)
        self._now_ms = now_ms

    def figures(self, days: int = DAYS) -> Figures:
        """Return the page, with `days` days of issuing up to today."""
        now = self._now_ms()
        today = from_ms(now).astimezone(CHINA).date()
        first = today - timedelta(days=days - 1)
        issued = self._stats.issued(first)
        every = [first + timedelta(days=n) for n in range(days)]
        waiting = self._stats.waiting(now, self._limits)
        lows, highs = (0, *self._limits), (*self._limits, 0)
        return Figures(
            day=today,
            issued=tuple(
                Bar(key=day.isoformat(), label=f"{day:%m-%d}", count=issued.get(day, 0))
                for day in every
            ),
            states=tuple(
                Bar(key=_state_key(state, out), label=_state(state, out), count=count)
                for (state, out), count in self._stats.states().items()
            ),
            ages=tuple(
                Bar(key=str(low), label=_age(low, high), count=sum(w.ages[at] for w in waiting))
                for at, (low, high) in enumerate(zip(lows, highs, strict=True))
            ),
            villages=tuple(
                Village(code=w.village, name=_name(w), count=w.total, ages=w.ages) for w in waiting
            ),
            uncollected=self._stats.uncollected(MARKS),
        )


def age_limits(settings: Settings) -> tuple[int, ...]:
    """Return the ages in days that part the cards that wait, rising."""
    return tuple(sorted({*_LIMITS, settings.retention_days, settings.overdue_days}))


def charts(figures: Figures) -> tuple[Chart, ...]:
    """Return the page as charts, in the order in which they are read."""
    issued, states = (sum(bar.count for bar in b) for b in (figures.issued, figures.states))
    waiting = word("stats.waiting", count=figures.waiting, uncollected=figures.uncollected)
    villages = tuple((each.name, each.count) for each in figures.villages)
    return (
        Chart(word("stats.issued", days=len(figures.issued), count=issued), _rows(figures.issued)),
        Chart(waiting, _rows(figures.ages)),
        Chart(word("stats.villages", count=len(villages)), villages),
        Chart(word("stats.states", count=states), _rows(figures.states)),
    )


def _rows(bars: tuple[Bar, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((bar.label, bar.count) for bar in bars)


def _state_key(state: str, out: bool) -> str:
    return f"{state}{'out' if out else ''}" if state == CardState.SEALED else state


def _state(state: str, out: bool) -> str:
    """Return a state in the words of the lists; of a sealed card also whether it is out."""
    if state != CardState.SEALED:
        return words.card_state(Card(number="", person="", state=CardState(state)))
    return word("card.sealed" if out else "card.in_stock")


def _age(low: int, high: int) -> str:
    if not low:
        return word("stats.under", days=high)
    return word("stats.between", low=low, high=high - 1) if high else word("stats.over", days=low)


def _name(waiting: Waiting) -> str:
    if waiting.name:
        return waiting.name
    place = divisions.division(waiting.village)
    return place.name if place else waiting.village or word("stats.no_village")
