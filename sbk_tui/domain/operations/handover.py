"""乡镇接收 (2.1): the list of a batch arrives, then its cards are counted in by difference (B7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from sbk_tui.domain.card import Card
from sbk_tui.domain.handover import Handover, check_number, handover_id
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line, check_line, records_of_lines
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Entity, Occasion, World
from sbk_tui.errors import Refusal

CLAUSE = "2.1"
MOST_CARDS = 3000
"""Cards of one list; a larger delivery comes in several."""
MOST_LINES = 80
"""Lines of an announcement: even the longest fit into a record."""
MOST_SEEN = 200
MOST_EXTRA = 200


class Announce(Operation, frozen=True, array_like=True, kw_only=True):
    """交接清单: some lines of a list; its cards are known from now on, and lie nowhere yet."""

    kind: ClassVar[str] = "handover.announce"

    batch: str
    from_office: str
    to: str
    count: int
    check: str
    lines: tuple[Line, ...]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.lines) <= MOST_LINES:
            raise Refusal("handover.lines", clause=CLAUSE, most=MOST_LINES)
        if not 0 < self.count <= MOST_CARDS:
            raise Refusal("handover.size", clause=CLAUSE, most=MOST_CARDS)
        if self.to != occasion.seat.district:
            raise Refusal("handover.other_place", clause=CLAUSE, to=self.to)
        known = world.handover(self._id)
        cards = [line.card for line in self.lines]
        if known is not None and known.announced_at is not None and known.listed >= known.count:
            at = known.announced_at.astimezone(CHINA).date().isoformat()
            raise Refusal("handover.twice", clause=CLAUSE, batch=self.batch, at=at)
        if known is not None and known.sender:
            self._admit_known(known, occasion)
        else:
            self._admit_lines(known.expected if known else (), cards)
        for line in self.lines:
            check_line(world, line)

    def _admit_lines(self, before: tuple[str, ...], cards: list[str]) -> None:
        """Check lines of a list that is known from its lines alone."""
        if len({*before, *cards}) < len(before) + len(cards):
            raise Refusal("handover.card_twice", clause=CLAUSE)
        if len(before) + len(cards) > self.count:
            raise Refusal("handover.count", clause=CLAUSE, count=self.count)
        whole = len(before) + len(cards) == self.count
        if whole and check_number(self.batch, self.to, (*before, *cards)) != self.check:
            raise Refusal("handover.check", clause=CLAUSE)

    def _admit_known(self, known: Handover, occasion: Occasion) -> None:
        """Check lines of a list that the sending end has recorded whole."""
        if known.counter not in ("", occasion.seat.counter):
            raise Refusal("handover.other_counter", clause=CLAUSE, counter=known.counter)
        if not frozenset(known.expected).issuperset(line.card for line in self.lines):
            raise Refusal("handover.check", clause=CLAUSE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        known = world.handover(self._id) or Handover(
            id=self._id,
            batch=self.batch,
            from_office=self.from_office,
            to=self.to,
            count=self.count,
            check=self.check,
        )
        cards = [line.card for line in self.lines]
        grown = replace(
            known,
            expected=tuple(dict.fromkeys((*known.expected, *cards))),
            listed=min(known.listed + len(cards), known.count),
            counter=known.counter or occasion.seat.counter,
            announced_at=known.announced_at or occasion.at,
        )
        records = records_of_lines(world, self.lines, batch=self.batch, counter="", at=occasion.at)
        return (*records, grown)

    @property
    def _id(self) -> str:
        return handover_id(self.batch, self.to, self.check)


class Receive(Operation, frozen=True, array_like=True, kw_only=True):
    """乡镇接收: cards of a list that are in the hand; the last lot of a count confirms it."""

    kind: ClassVar[str] = "handover.receive"

    handover: str
    seen: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    """Of those seen in this lot."""
    extra: tuple[str, ...] = ()
    """Not on the list; with the last lot."""
    last: bool = True

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        handover = world.handover(self.handover)
        if handover is None or not handover.is_complete:
            raise Refusal("handover.unknown", clause=CLAUSE)
        if not _is_for(handover, occasion):
            raise Refusal("handover.other_place", clause=CLAUSE, to=handover.to)
        if len(self.seen) > MOST_SEEN or len(self.extra) > MOST_EXTRA:
            raise Refusal("handover.lines", clause=CLAUSE, most=MOST_SEEN)
        if not self.last and not self.seen:
            raise Refusal("handover.nothing", clause=CLAUSE)
        # Where the count came as a file before its record did, the record says nothing new.
        nothing = not self.seen and not self.extra
        over = handover.state == "done" or (nothing and handover.closed_at is not None)
        if over and not handover.answered:
            raise Refusal("handover.nothing", clause=CLAUSE)
        open_cards = handover.expected if handover.answered else handover.missing
        if len(frozenset(self.seen).intersection(open_cards)) < len(self.seen):
            raise Refusal("handover.not_on_list", clause=CLAUSE)
        if not frozenset(self.seen).issuperset(self.damaged):
            raise Refusal("handover.damaged_unseen", clause=CLAUSE)
        for code in self.extra:
            if CardNumber.parse(code) in handover.expected:
                raise Refusal("handover.not_extra", clause=CLAUSE, card=code)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        handover = world.handover(self.handover)
        if handover is None:
            return ()
        counter = occasion.seat.counter
        out = frozenset(c.number for c in filter(None, map(world.card, self.seen)) if c.is_out)
        lot = Lot(
            seen=tuple(card for card in self.seen if card not in out),
            damaged=self.damaged,
            issued=tuple(card for card in self.seen if card in out),
            extra=self.extra,
        )
        cards, counted = counted_in(world, handover, lot, counter, occasion)
        if self.last:
            unseen = filter(None, map(world.card, counted.missing))
            counted = replace(
                counted,
                issued=_joined(counted.issued, (card.number for card in unseen if card.is_out)),
                closed_at=occasion.at,
                clerk=occasion.clerk,
            )
        return (*cards, counted)


def _is_for(handover: Handover, occasion: Occasion) -> bool:
    """Return whether this counter receives: its list came here, or it is sent to this place."""
    if handover.counter:
        return handover.counter == occasion.seat.counter
    return handover.state == "sent" and handover.to == occasion.seat.district


class Lot(NamedTuple):
    """Some cards of a count."""

    seen: tuple[str, ...]
    damaged: tuple[str, ...]
    """Of those seen."""
    issued: tuple[str, ...]
    extra: tuple[str, ...]


def counted_in(
    world: World, handover: Handover, lot: Lot, counter: str, occasion: Occasion
) -> tuple[tuple[Card, ...], Handover]:
    """Return the cards that have arrived at `counter`, and the hand-over with the lot in it.

    Whatever is said twice, in whatever order, counts once: both ends come to the same figures.
    """
    arrived = tuple(
        replace(
            card,
            custody=counter,
            received_at=occasion.at,
            check_result=_DEFECT if card.number in lot.damaged else card.check_result,
        )
        for card in filter(None, map(world.card, lot.seen))
        if not card.is_out
    )
    received = _joined(handover.received, lot.seen)
    here = frozenset(received)
    counted = replace(
        handover,
        received=received,
        damaged=_joined(handover.damaged, lot.damaged),
        issued=_joined(handover.issued, (card for card in lot.issued if card not in here)),
        extra=_joined(handover.extra, lot.extra),
        counter=handover.counter or counter,
    )
    return arrived, counted


_DEFECT = "4"
"""验卡结果 卡面缺陷."""


def _joined(before: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))
