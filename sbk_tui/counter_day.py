"""What a counter looks at in the morning, all day and at its end."""

from __future__ import annotations

from functools import partial

from sbk_tui import surroundings
from sbk_tui.counter_around import Around
from sbk_tui.counter_making import making_of
from sbk_tui.data.day import DayBook
from sbk_tui.data.pos_book import PosBook
from sbk_tui.data.stats import Stats
from sbk_tui.services.checks import Morning
from sbk_tui.services.day_desk import DayDesk
from sbk_tui.services.line_desk import LineDesk
from sbk_tui.services.stats_desk import StatsDesk
from sbk_tui.services.till import Till
from sbk_tui.surroundings import Place


def morning_desk(a: Around) -> Morning:
    """Return the checks of the morning (B12)."""
    return Morning(
        {
            name: partial(check, Place(a.home, a.config, a.now_ms, a.lookup, making_of(a)))
            for name, check in surroundings.CHECKS
        }
    )


def line_desk(a: Around) -> LineDesk:
    """Return the desk that knows how the line to the city stands."""
    return LineDesk(
        a.store, ledger=a.ledger, rules=a.rules, now_ms=a.now_ms, new_id=a.new_id, unlock=a.unlock
    )


def day_desk(a: Around, till: Till) -> DayDesk:
    """Return the day's book, with money, numbers and production (B6)."""
    return DayDesk(
        DayBook(
            a.store,
            counter=a.held.counter,
            inc=a.opened.incarnation.inc,
            certificate=a.opened.incarnation.certificate,
        ),
        a.ledger,
        till.money,
        PosBook(a.store),
        making_of(a),
        desk=a.head,
        now_ms=a.now_ms,
        new_id=a.new_id,
    )


def stats_desk(a: Around) -> StatsDesk:
    """Return the figures of this counter (B23)."""
    return StatsDesk(Stats(a.store, a.held.counter), a.rules.settings, a.now_ms)
