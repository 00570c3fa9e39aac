"""线路 (B9): is the city reachable, what waits by lane, how long it will take, send now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from sbk_tui.data import line, outbox
from sbk_tui.data.block_list import ListAge, list_age, listed
from sbk_tui.data.leash import alone
from sbk_tui.data.ledger import Ledger, Session
from sbk_tui.data.store import Store
from sbk_tui.domain.block_list import worth_a_warning
from sbk_tui.domain.card import Card
from sbk_tui.domain.leash import Alone, Step
from sbk_tui.domain.operations.leash import ExtendLeash
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import from_ms
from sbk_tui.services import words
from sbk_tui.texts import name_of, word, words_for

LANES = ("loss", "lock", "issue", "rest")
"""What is called urgent first: losses, PIN and cancel, issuing, the rest."""
_URGENT = LANES[0]
_LANE_OF = {"loss": "loss", "pin": "lock", "card": "issue", "issue": "issue", "temp": "issue"}
_LOCKING = frozenset({"card.cancel", "card.release"})
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
CLOCK_WARN_MS = 10 * _MINUTE_MS
"""A clock that differs by more is told [A]."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """What waits in one lane."""

    name: str
    count: int
    size: int
    """Bytes on the wire, about."""


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """How the line to the city is."""

    enrolled: bool
    reached: int
    """Unix ms of the last contact; 0: never."""
    code: str
    """Why the last attempt failed; empty when it did not."""
    lanes: tuple[Lane, ...]
    seconds: int | None
    """How long sending all of it takes at the measured speed; None: never measured."""
    offset: int
    """How far the city's clock is ahead of ours, ms."""
    held: int = 0
    """Operations that the city judges once its program is as new as ours."""

    @property
    def count(self) -> int:
        """How many operations wait."""
        return sum(lane.count for lane in self.lanes)


class LineDesk:
    """The screen's view of the line; the sender is a process of its own."""

    def __init__(
        self,
        store: Store,
        *,
        ledger: Ledger,
        rules: Rules,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
        unlock: Callable[[str, str], Session],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._rules = rules
        self._now_ms = now_ms
        self._new_id = new_id
        self._unlock = unlock

    def alone(self) -> Alone:
        """Return how long this counter has not heard from the city, and what follows (B21)."""
        with self._store.session() as db:
            return alone(db, from_ms(self._now_ms()), self._rules.settings)

    def caution(self) -> str:
        """Return what to say before a card is released or enabled; empty while it is fresh."""
        found = self.alone()
        if found.step is Step.FREE:
            return ""
        hours = int(found.age.total_seconds()) // 3600
        return word("line.caution", age=age(hours * _HOUR_MS))

    def listed(self, cards: Sequence[Card]) -> str:
        """Return what to say of cards that the city has blocked and nobody here knows of.

        Empty when there is none; to be shown before a card leaves the counter or is freed.
        """
        found = {
            card.number: state
            for card in cards
            if (state := worth_a_warning(card, partial(listed, self._store))) is not None
        }
        if not found:
            return ""
        names = " ".join(f"{n} {name_of('card_state', state)}" for n, state in found.items())
        return word("line.listed", cards=names, age=age(self._now_ms() - list_age(self._store).at))

    def block_list(self) -> str:
        """Return in a sentence how much of the city's list is here, and how old it is."""
        return word_of_list(list_age(self._store), self._now_ms())

    def leash(self) -> str:
        """Return in a sentence what may not be done any more; empty when nothing is barred."""
        found = self.alone()
        if found.step < Step.REMIND:
            return ""
        return word(f"line.leash_{found.step.name.lower()}", days=found.days)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Reasons for an extension: code and words."""
        rows = self._rules.codes["leash_reason"].rows.items()
        return tuple((code, row.name) for code, row in rows if row.offered)

    def extend(self, reason: str, approver: tuple[str, str]) -> None:
        """Move the leash on once, for a reason, with a second clerk's signature.

        Raises:
            Refusal: `leash.extended`, `approval.…`, `auth.…`.
        """
        intent = self._ledger.intend(ExtendLeash(reason=reason), op=self._new_id())
        self._ledger.perform(intent, [self._ledger.approve(intent, self._unlock(*approver))])

    def weather(self) -> Weather:
        """Return how the line is and what waits."""
        state = line.line_state(self._store)
        found = {name: [0, 0] for name in LANES}
        for each in line.waiting(self._store):
            lane = found[lane_of(each.kind)]
            lane[0] += each.count
            lane[1] += each.size
        size = sum(lane[1] for lane in found.values())
        return Weather(
            enrolled=line.is_enrolled(self._store),
            reached=state.reached,
            code=state.code,
            lanes=tuple(Lane(name=n, count=c, size=s) for n, (c, s) in found.items()),
            seconds=-(-size // state.rate) if state.rate else None,
            offset=state.offset,
            held=outbox.waits_for_newer(self._store),
        )

    def send_now(self) -> None:
        """Ask the sender to call the city at once."""
        line.ask_to_send(self._store, self._now_ms())

    def in_a_word(self) -> str:
        """Return the few characters that stand in the status line."""
        if not line.is_enrolled(self._store):
            return word("line.alone")
        state = line.line_state(self._store)
        if not state.tried:
            return word("line.not_yet")
        if not state.code:
            return word("line.up")
        return word("line.down", age=age(self._now_ms() - (state.reached or state.tried)))

    def told(self, weather: Weather) -> str:
        """Return in a sentence how the line is, and what to do when it is not well."""
        if not weather.enrolled:
            return word("line.alone_told")
        if weather.held and not weather.code:
            return word("line.held", count=weather.held)
        heard = word("line.heard", time=words.moment(weather.reached)) if weather.reached else ""
        if weather.code:
            failed = words_for(weather.code, {})
            return f"{failed.message}{heard}{word('line.goes_on')}"
        if abs(weather.offset) > CLOCK_WARN_MS:
            minutes = abs(weather.offset) // _MINUTE_MS
            return heard + word("line.clock", minutes=minutes)
        return heard or word("line.never")


def lane_of(kind: str) -> str:
    """Return the lane of a kind of operation."""
    if kind in _LOCKING:
        return "lock"
    return _LANE_OF.get(kind.partition(".")[0], "rest")


def is_urgent(kind: str) -> bool:
    """Return whether a kind is worth a call of its own at once."""
    return lane_of(kind) == _URGENT


def word_of_list(held: ListAge, now_ms: int) -> str:
    """Return in a sentence how old the city's list of lost and cancelled cards is."""
    if not held.at:
        return word("line.no_list")
    return word("line.list", count=held.cards, age=age(max(0, now_ms - held.at)))


def age(ms: int) -> str:
    """Return a length of time in the unit a clerk would use."""
    if ms < _HOUR_MS:
        return word("line.minutes", count=max(1, ms // _MINUTE_MS))
    if ms < 48 * _HOUR_MS:
        return word("line.hours", count=ms // _HOUR_MS)
    return word("line.days", count=ms // (24 * _HOUR_MS))
