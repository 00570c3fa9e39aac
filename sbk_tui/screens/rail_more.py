"""What F6 offers beside the next step of a replacement, by what the records allow."""

from __future__ import annotations

from collections.abc import Iterator

from sbk_tui.domain.production import BEFORE_BLANK, ProductionState
from sbk_tui.services.rail import Rail, Stage
from sbk_tui.texts import word

_BACK = BEFORE_BLANK | {ProductionState.WAITING, ProductionState.FAILED}


def answers_of(rail: Rail, counter: str) -> list[tuple[str, str]]:
    """Return (act, words) of what may be done now."""
    return [(act, word(f"rail.more_{act}")) for act in _acts(rail, counter)]


def _acts(rail: Rail, counter: str) -> Iterator[str]:
    facts = rail.facts
    production, wish = facts.production, facts.wish
    untouched = production is None or production.state in _BACK
    if facts.temp is None and rail.stop("enable").stage is not Stage.DONE:
        yield "temp"  # A6: while waiting
    if untouched:
        yield "correct"
        yield "photo"
    if wish is None or not wish.is_open:
        return
    leased = production is not None and production.state in BEFORE_BLANK
    if production is not None and leased and production.counter == counter:
        yield "unmark"
    if untouched and facts.payment is not None and facts.payment.application == wish.id:
        yield "unregister"
    if untouched:
        yield "withdraw"
