"""乡镇接收 (2.1): the list of a batch arrives, then its cards are counted in by difference (B7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState
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
        before = known.expected if known else ()
        if known is not None and known.is_complete:
            at = known.announced_at.astimezone(CHINA).date().isoformat()
            raise Refusal("handover.twice", clause=CLAUSE, batch=self.batch, at=at)
        if len({*before, *cards}) < len(before) + len(cards):
            raise Refusal("handover.card_twice", clause=CLAUSE)
        if len(before) + len(cards) > self.count:
            raise Refusal("handover.count", clause=CLAUSE, count=self.count)
        whole = len(before) + len(cards) == self.count
        if whole and check_number(self.batch, self.to, (*before, *cards)) != self.check:
            raise Refusal("handover.check", clause=CLAUSE)
        for line in self.lines:
            check_line(world, line)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        known = world.handover(self._id) or Handover(
            id=self._id,
            batch=self.batch,
            from_office=self.from_office,
            to=self.to,
            count=self.count,
            check=self.check,
            counter=occasion.seat.counter,
            announced_at=occasion.at,
        )
        cards = (line.card for line in self.lines)
        grown = replace(known, expected=tuple(dict.fromkeys((*known.expected, *cards))))
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
        if handover.counter != occasion.seat.counter:
            raise Refusal("handover.other_place", clause=CLAUSE, to=handover.to)
        if len(self.seen) > MOST_SEEN or len(self.extra) > MOST_EXTRA:
            raise Refusal("handover.lines", clause=CLAUSE, most=MOST_SEEN)
        if not self.last and not self.seen:
            raise Refusal("handover.nothing", clause=CLAUSE)
        nothing = not self.seen and not self.extra
        if handover.state == "done" or (nothing and handover.closed_at is not None):
            raise Refusal("handover.nothing", clause=CLAUSE)
        if len(frozenset(self.seen).intersection(handover.missing)) < len(self.seen):
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
        held = [card for card in map(world.card, self.seen) if card is not None]
        arrived = [card for card in held if not is_out(card)]
        out = frozenset(card.number for card in held if is_out(card))
        counted = replace(
            handover,
            received=_joined(handover.received, (c for c in self.seen if c not in out)),
            damaged=_joined(handover.damaged, self.damaged),
            issued=_joined(handover.issued, (c for c in self.seen if c in out)),
            extra=_joined(handover.extra, self.extra),
        )
        if self.last:
            unseen = [card for card in map(world.card, counted.missing) if card is not None]
            counted = replace(
                counted,
                issued=_joined(counted.issued, (c.number for c in unseen if is_out(c))),
                closed_at=occasion.at,
                clerk=occasion.clerk,
            )
        return (*(self._here(card, occasion) for card in arrived), counted)

    def _here(self, card: Card, occasion: Occasion) -> Card:
        return replace(
            card,
            custody=occasion.seat.counter,
            received_at=occasion.at,
            check_result=_DEFECT if card.number in self.damaged else card.check_result,
        )


_DEFECT = "4"
"""验卡结果 卡面缺陷."""


def is_out(card: Card) -> bool:
    """Return whether a card was handed out or has ended: no box can hold it."""
    return card.collected_at is not None or card.state is not CardState.SEALED


def _joined(before: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))
