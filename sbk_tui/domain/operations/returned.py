"""What came back: 回执验卡 (2.3.2) looks at a card, 零星重发 (2.3.4) hands it out again."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Receiver, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import check_receiver, handed_over
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.stock import GOOD
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

SIGNED = "01"
"""回执原因 已发放（签收）: the one reason with which the card stays where it is."""
UNREADABLE = "2"
"""验卡结果 无法读卡: the only one that 手动验卡 can have (R 2.3.2)."""


def taken_back(card: Card, reason: str, occasion: Occasion) -> Card:
    """Return a card that did not reach its holder: it lies at the counter that acts, in no place.

    A card that is in use already is the holder's, whoever brings it: it is only noted.
    """
    noted = replace(card, receipt_reason=reason)
    if reason == SIGNED or card.state is not CardState.SEALED:
        return noted
    if card.collected_at is None and card.custody == occasion.seat.counter:
        return noted
    return replace(
        noted,
        custody=occasion.seat.counter,
        place="",
        stored_at=None,
        collected_at=None,
        receiver=None,
        issuing=None,
    )


class CheckCard(Operation, frozen=True, array_like=True, kw_only=True):
    """回执验卡 (2.3.2): a returned card is put into the reader, or its number is typed."""

    kind: ClassVar[str] = "card.check"

    card: str
    reason: str
    """回执原因, a code of the table `receipt_reason`."""
    result: str
    """验卡结果, a code of the table `check_result`."""
    manual: bool
    """手动验卡: the number was typed because the card could not be read."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "2.3.2")
        move(card.state, self.kind)
        if not rules.knows("receipt_reason", self.reason):
            raise Refusal("check.reason", clause="2.3.2")
        if not rules.knows("check_result", self.result):
            raise Refusal("check.result", clause="2.3.2")
        if self.manual and self.result != UNREADABLE:
            raise Refusal("check.manual", clause="2.3.2")
        if card.custody not in ("", occasion.seat.counter):
            raise Refusal("check.elsewhere", clause="2.3.2", counter=card.custody)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "2.3.2")
        back = taken_back(card, self.reason, occasion)
        return (replace(back, check_result=self.result, checked_at=occasion.at),)


def reissuable(card: Card, counter: str) -> None:
    """Return when `counter` may hand out `card` once more: a sound card of its stock (2.3.4).

    Raises:
        Refusal: `again.not_stored`, `again.faulty`, `issue.already`, `issue.not_in_custody`, or
            the card's state does not allow it.
    """
    clause = "2.3.4"
    move(card.state, IssueAgain.kind)
    if card.collected_at is not None:
        at = card.collected_at.astimezone(CHINA).date().isoformat()
        raise Refusal("issue.already", clause=clause, at=at)
    if card.custody != counter:
        raise Refusal("issue.not_in_custody", clause=clause)
    if card.stored_at is None:
        raise Refusal("again.not_stored", clause=clause, card=card.number)
    if card.check_result not in ("", GOOD):
        raise Refusal("again.faulty", clause=clause, check_result=card.check_result)


class IssueAgain(Operation, frozen=True, array_like=True, kw_only=True):
    """零星重发 (2.3.4): a card of the stock of returned cards is handed out; no phone is asked."""

    kind: ClassVar[str] = "issue.again"

    card: str
    receiver: Receiver

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "2.3.4")
        reissuable(card, occasion.seat.counter)
        check_receiver(self.receiver, "2.3.4", ("name", "number"))

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "2.3.4")
        return (handed_over(card, self.receiver, occasion),)
