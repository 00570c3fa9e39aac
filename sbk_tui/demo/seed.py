"""Fills a training counter through its ledger, so that its log is as sound as a real one's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ledger import Intent, Session
from sbk_tui.demo.people import Resident
from sbk_tui.demo.story import Event, story
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.wiring import Counter

_AT_ONCE = 300
"""Operations in one transaction: each commit is flushed to the disk."""


class Clock:
    """The seeding ledger's time in Unix ms, moved by hand."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        """Return the time as it was set last."""
        return self.at_ms


class Seeded(NamedTuple):
    """What a counter was filled with."""

    operations: int
    cards: int


def seed(
    counter: Counter,
    clock: Clock,
    second: Session,
    people: Sequence[Resident],
    photos: Sequence[bytes],
    *,
    seed: int,
) -> Seeded:
    """Tell the story of `people` to the ledger of `counter`; on return it is on disk.

    The story ends at the time `clock` shows, and the clock shows it again.

    Args:
        counter: opened with `clock`, empty.
        second: the second clerk, who approves what needs two.
        photos: portraits that belong to the applications.
    """
    now_ms = clock.at_ms
    blobs = Blobs(counter.opened.store, counter.home / "blobs", counter.key)
    events = story(
        people,
        now_ms=now_ms,
        seed=seed,
        authority=counter.seat.authority,
        settings=counter.rules.settings,
        photos=[blobs.put(photo) for photo in photos],
    )
    for two_clerks, run in groupby(events, key=lambda event: event.two_clerks):
        if two_clerks:
            _do_approved(counter, clock, second, run)
        else:
            _do_many(counter, clock, run)
    clock.at_ms = now_ms
    arrivals = (e.operation for e in events if isinstance(e.operation, TakeIn))
    return Seeded(len(events), sum(len(arrival.lines) for arrival in arrivals))


def _do_many(counter: Counter, clock: Clock, events: Iterator[Event]) -> None:
    """Perform events that need nobody else, some hundreds in a transaction."""
    while counter.ledger.perform_all(_intents(counter, clock, events)):
        pass


def _intents(counter: Counter, clock: Clock, events: Iterator[Event]) -> Iterator[Intent]:
    # The ledger asks for one intent after the other and reads the clock in between.
    for event in islice(events, _AT_ONCE):
        clock.at_ms = event.at_ms
        yield _intent(counter, event)


def _do_approved(counter: Counter, clock: Clock, second: Session, events: Iterator[Event]) -> None:
    for event in events:
        clock.at_ms = event.at_ms
        intent = _intent(counter, event)
        counter.ledger.perform(intent, (counter.ledger.approve(intent, second),))


def _intent(counter: Counter, event: Event) -> Intent:
    operation = event.operation
    photo = getattr(operation, "photo", "") or getattr(
        getattr(operation, "form", None), "photo", ""
    )
    return counter.ledger.intend(
        operation, op=event.op or counter.new_id(), blobs=(photo,) if photo else ()
    )
