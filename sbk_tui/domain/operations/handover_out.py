"""交接申请, 交接处理 (2.1.1, 2.1.2): a county or city hands finished cards to the place below.

A request names the cards; its approval sends them, part by part; the receiving counter's count
closes it. Where that count comes as a file, `TakeAnswer` takes it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec.structs import replace

from sbk_tui.domain.card import Card, Receiver
from sbk_tui.domain.handover import Handover, check_number, handover_id
from sbk_tui.domain.identity import CardNumber, DivisionCode
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.handover import (
    MOST_CARDS,
    MOST_SEEN,
    Lot,
    counted_in,
)
from sbk_tui.domain.operations.issue import check_receiver
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import bounded
from sbk_tui.domain.world import Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

REQUEST, PROCESS = "2.1.1", "2.1.2"
PART = 200
"""Cards that one record of an approval sends: each of them stands in its envelope."""
_MOST_TEXT = 50
_MOST_REASON = 100
_SEND_TO_DIGITS = (6, 9)
"""A county's office or a township's; nobody hands over to a village."""


class Request(Operation, frozen=True, array_like=True, kw_only=True):
    """交接申请 (2.1.1): cards of one batch, wanted at one place, and who fetches them."""

    kind: ClassVar[str] = "handover.request"

    batch: str
    from_office: str
    """The office that hands over, as its papers and the list say it."""
    to: str
    """行政区划代码 of the receiving place."""
    cards: tuple[str, ...]
    receiver: Receiver
    """领卡人 of the receiving place."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.cards) <= MOST_CARDS:
            raise Refusal("handover.size", clause=REQUEST, most=MOST_CARDS)
        if len(set(self.cards)) < len(self.cards):
            raise Refusal("handover.card_twice", clause=REQUEST)
        bounded(self.batch, _MOST_TEXT)
        bounded(self.from_office, _MOST_TEXT)
        self._admit_place(occasion)
        check_receiver(self.receiver, REQUEST)
        self._refuse_second(world, occasion.seat.counter)
        if world.handover(self.id) is not None and not self._is_new(world):
            return  # the list, or even the count, came before the request did
        for number in self.cards:
            card = known_card(world, CardNumber.parse(number), REQUEST)
            if card.batch != self.batch:
                raise Refusal("handover.other_batch", clause=REQUEST, card=card.number)
            refuse_absent(card, occasion.seat.counter, REQUEST)

    def _admit_place(self, occasion: Occasion) -> None:
        to, own = DivisionCode.parse(self.to), occasion.seat.district
        below = occasion.seat.is_own(to) and to != own and len(to) in _SEND_TO_DIGITS
        if not below or len(to) < len(own):
            raise Refusal("handover.not_below", clause=REQUEST, to=to)

    def _refuse_second(self, world: World, counter: str) -> None:
        """Refuse what another request has taken: the first that is judged wins."""
        wanted = frozenset(self.cards)
        for other in world.handovers_of(self.batch):
            by_list_only = other.id == self.id and not other.sender
            if other.is_over or by_list_only:
                continue
            # What came here by a hand-over (from the city) may go on from here.
            arrived = other.received if other.counter == counter else ()
            if wanted.difference(arrived).intersection(other.expected):
                raise Refusal("handover.already", clause=REQUEST, batch=self.batch, to=other.to)

    def _is_new(self, world: World) -> bool:
        known = world.handover(self.id)
        return known is None or known.is_over

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        known = None if self._is_new(world) else world.handover(self.id)
        before = known or Handover(
            id=self.id,
            batch=self.batch,
            from_office=self.from_office,
            to=self.to,
            count=len(self.cards),
            check=self.check,
        )
        if before.sender:
            return ()  # a second request: the first stands
        asked = replace(
            before,
            expected=self.cards,
            sender=occasion.seat.counter,
            request=occasion.op,
            requested_at=occasion.at,
            requested_by=occasion.clerk,
            receiver=self.receiver,
        )
        return (asked,)

    @property
    def check(self) -> str:
        """校验码 of the list."""
        return check_number(self.batch, self.to, self.cards)

    @property
    def id(self) -> str:
        """The id of the hand-over that is asked for."""
        return handover_id(self.batch, self.to, self.check)


class Withdraw(Operation, frozen=True, array_like=True, kw_only=True):
    """撤回申请: a request that nobody has decided is taken back; its cards are free again."""

    kind: ClassVar[str] = "handover.withdraw"

    handover: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        refuse_decided(own_request(world, self.handover, occasion, REQUEST), REQUEST)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return _decided(world, self.handover, "withdrawn", occasion, "")


class Decide(Operation, frozen=True, array_like=True, kw_only=True):
    """交接处理 (2.1.2): a request is approved and its cards leave, or it is refused and why."""

    kind: ClassVar[str] = "handover.decide"

    handover: str
    verdict: Literal["approved", "refused"]
    reason: str = ""
    """Why it is refused."""
    part: int = 0
    """Which `PART` of the approved list leaves with this record; 0 is also the decision."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        handover = own_request(world, self.handover, occasion, PROCESS)
        if self.part:
            if self.verdict != "approved" or handover.decision != "approved":
                raise Refusal("handover.not_approved", clause=PROCESS)
            if not 0 < self.part * PART < handover.count:
                raise Refusal("handover.part", clause=PROCESS)
            return
        refuse_decided(handover, PROCESS)
        if self.verdict == "refused":
            if not bounded(self.reason, _MOST_REASON):
                raise Refusal("handover.reason", clause=PROCESS)
            return
        own = occasion.clerk == handover.requested_by
        if rules.settings.handover_four_eyes and own:
            raise Refusal("handover.same_clerk", clause=PROCESS)
        if not handover.counter:  # else they have arrived already, and the count says which
            for number in handover.expected:
                refuse_absent(known_card(world, number, PROCESS), handover.sender, PROCESS)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        handover = world.handover(self.handover)
        if handover is None:
            return ()
        if not self.part:
            if handover.decision:
                return ()  # the first decision stands
            decided = _decided(world, self.handover, self.verdict, occasion, self.reason)
            if self.verdict == "refused":
                return decided
            handover = decided[0]
        if handover.decision != "approved":
            return ()
        start = self.part * PART
        leaving = handover.expected[start : start + PART]
        sent = replace(handover, sent=max(handover.sent, start + len(leaving)))
        return (*self._gone(world, handover, leaving, occasion), sent)

    def _gone(
        self, world: World, handover: Handover, leaving: tuple[str, ...], occasion: Occasion
    ) -> Iterator[Card]:
        for card in filter(None, map(world.card, leaving)):
            if card.custody == handover.sender and not card.is_out:
                yield replace(card, custody="", sent_at=occasion.at, sent_to=handover.to)


class TakeAnswer(Operation, frozen=True, array_like=True, kw_only=True):
    """接收回执: what the receiving counter's file says it counted; shaped like the count itself."""

    kind: ClassVar[str] = "handover.answer"

    handover: str
    counter: str
    """The counter that counted."""
    seen: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    """Of those seen in this lot."""
    issued: tuple[str, ...] = ()
    """On the list, handed out there before."""
    extra: tuple[str, ...] = ()
    """Not on the list."""
    last: bool = True

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        handover = own_request(world, self.handover, occasion, PROCESS)
        if handover.decision != "approved":
            raise Refusal("handover.not_approved", clause=PROCESS)
        if not self.counter or handover.counter not in ("", self.counter):
            raise Refusal("handover.other_counter", clause=PROCESS, counter=handover.counter)
        if max(len(self.seen), len(self.issued), len(self.extra)) > MOST_SEEN:
            raise Refusal("handover.lines", clause=PROCESS, most=MOST_SEEN)
        if not frozenset(handover.expected).issuperset((*self.seen, *self.issued)):
            raise Refusal("handover.not_on_list", clause=PROCESS)
        if not frozenset(self.seen).issuperset(self.damaged):
            raise Refusal("handover.damaged_unseen", clause=PROCESS)
        for code in self.extra:
            if CardNumber.parse(code) in handover.expected:
                raise Refusal("handover.not_extra", clause=PROCESS, card=code)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        handover = world.handover(self.handover)
        if handover is None:
            return ()
        lot = Lot(self.seen, self.damaged, self.issued, self.extra)
        cards, counted = counted_in(world, handover, lot, self.counter, occasion)
        counted = replace(counted, answered=True)
        if self.last:
            counted = replace(counted, closed_at=handover.closed_at or occasion.at)
        # What has gone on from there since is left where it is.
        return (*(card for card in cards if self._is_on_its_way(world, handover, card)), counted)

    def _is_on_its_way(self, world: World, handover: Handover, arrived: Card) -> bool:
        before = world.card(arrived.number)
        return before is not None and before.custody in ("", handover.sender)


def own_request(world: World, handover_id: str, occasion: Occasion, clause: str) -> Handover:
    """Return a hand-over that this counter asked for.

    Raises:
        Refusal: `handover.unknown_request`, `handover.of_another`.
    """
    handover = world.handover(handover_id)
    if handover is None or not handover.sender:
        raise Refusal("handover.unknown_request", clause=clause)
    if handover.sender != occasion.seat.counter:
        raise Refusal("handover.of_another", clause=clause, counter=handover.sender)
    return handover


def refuse_decided(handover: Handover, clause: str) -> None:
    """Return when nobody has decided yet.

    Raises:
        Refusal: `handover.withdrawn` when it was taken back, else `handover.decided`.
    """
    if handover.decision == "withdrawn":
        raise Refusal("handover.withdrawn", clause=clause, batch=handover.batch)
    if handover.decision:
        raise Refusal("handover.decided", clause=clause, batch=handover.batch)


def refuse_absent(card: Card, counter: str, clause: str) -> None:
    """Return when a card lies at `counter` to be handed on.

    Raises:
        Refusal: `handover.card_out`, `handover.card_elsewhere`.
    """
    if card.is_out:
        raise Refusal("handover.card_out", clause=clause, card=card.number)
    if card.custody != counter:
        raise Refusal("handover.card_elsewhere", clause=clause, card=card.number)


def _decided(
    world: World, handover_id: str, decision: str, occasion: Occasion, reason: str
) -> tuple[Handover, ...]:
    handover = world.handover(handover_id)
    if handover is None or handover.decision:
        return ()
    decided = replace(
        handover,
        decision=decision,
        decided_at=occasion.at,
        decided_by=occasion.clerk,
        reason=reason,
    )
    return (decided,)
