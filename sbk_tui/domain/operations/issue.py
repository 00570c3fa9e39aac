"""个人发卡, 领取, 启用 (2.2.2, 5.1.4): a finished card reaches its holder and comes to life."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.capability import Capability
from sbk_tui.domain.card import LIVE, Card, CardState, Issuing, Receiver, move
from sbk_tui.domain.making import LOST, check_printed
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import held
from sbk_tui.domain.world import Entity, Occasion, World, holder_of, known_card
from sbk_tui.errors import Refusal

_SELF = "1"


def check_receiver(
    receiver: Receiver, clause: str, wanted: tuple[str, ...] = ("name", "number", "phone")
) -> None:
    """Return when `receiver` is complete: of a proxy each of `wanted` is mandatory.

    Raises:
        Refusal: `receiver.missing` with the first missing item (domain rule 4.7, [1] K3).
    """
    if receiver.type == _SELF:
        return
    for item in wanted:
        if not getattr(receiver, item):
            raise Refusal("receiver.missing", clause=clause, item=item)


def handed_over(card: Card, receiver: Receiver, occasion: Occasion) -> Card:
    """Return `card` in the hands of `receiver`: out of the drawer, out of custody."""
    step = Issuing(op=occasion.op, counter=occasion.seat.counter, clerk=occasion.clerk)
    return replace(
        card,
        collected_at=occasion.at,
        receiver=receiver,
        issuing=step,
        place="",
        custody="",
        stored_at=None,
        uncollected=(),
        receipt_reason="",
        receipt_on=None,
        not_home_on=None,
    )


class IssueToPerson(Operation, frozen=True, array_like=True, kw_only=True):
    """个人发卡 (2.2.2): a finished card of this counter's stock is handed out."""

    kind: ClassVar[str] = "issue.person"

    card: str
    receiver: Receiver

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "2.2.2")
        move(card.state, self.kind)
        check_receiver(self.receiver, "2.2.2")
        if self.receiver.type == _SELF and not self.receiver.phone:
            raise Refusal("receiver.missing", clause="2.2.2", item="phone")
        if card.collected_at is not None:
            raise Refusal("issue.already", clause="2.2.2", at=_day(card))
        if card.custody != occasion.seat.counter:
            raise Refusal("issue.not_in_custody", clause="2.2.2")
        check_printed(world, card, "2.2.2")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return (handed_over(known_card(world, self.card, "2.2.2"), self.receiver, occasion),)


class Collect(Operation, frozen=True, array_like=True, kw_only=True):
    """领取 (5.1.4): the holder or a proxy takes a card; first half of 个人领卡启用."""

    kind: ClassVar[str] = "card.collect"

    card: str
    receiver: Receiver

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "5.1.4")
        move(card.state, self.kind)
        check_receiver(self.receiver, "5.1.4")
        if card.collected_at is not None:
            raise Refusal("card.already_collected", clause="5.1.4", at=_day(card))
        if card.custody and card.custody != occasion.seat.counter:
            raise Refusal("issue.not_in_custody", clause="5.1.4")
        check_printed(world, card, "5.1.4")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return (handed_over(known_card(world, self.card, "5.1.4"), self.receiver, occasion),)


class Enable(Operation, frozen=True, array_like=True, kw_only=True):
    """启用 (5.1.4): 封存 becomes 正常; a card it replaces is cancelled in the same judgement.

    A replaced card is enabled where replacement may be done, for anybody of the city (第五条); its
    社保账户 is then activated at the insured place.
    """

    kind: ClassVar[str] = "card.enable"

    card: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "5.1.4")
        move(card.state, self.kind)
        if card.collected_at is None:
            raise Refusal("card.not_collected", clause="5.1.4")
        district, seat = holder_of(world, card).district, occasion.seat
        if card.replaces:
            seat.authority.require(Capability.REPLACE)
        if not (seat.is_in_city(district) if card.replaces else seat.is_own(district)):
            raise Refusal("card.other_district", clause="第五条", kind=self.kind)
        for other in world.cards_of(card.person):
            if other.number not in (card.number, card.replaces) and other.state in LIVE:
                raise Refusal("card.live_exists", clause="5.1.4", card_state=other.state.value)
        out = held(world.temp_cards_of(card.person))
        if out is not None and rules.settings.temp_card_require_return:
            raise Refusal("card.temp_card_out", clause="5.1.4", temp_card=out.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "5.1.4")
        holder = world.person(card.person)
        own = holder is None or occasion.seat.is_own(holder.district)
        live = replace(
            card,
            state=CardState.ACTIVE,
            enabled_at=occasion.at,
            social_account="1" if own else "0",
        )
        old = world.card(card.replaces) if card.replaces else None
        if old is None or old.state is CardState.CANCELLED:
            return (live,)
        dead = replace(
            old,
            state=CardState.CANCELLED,
            cancelled_at=occasion.at,
            cancel_reason=_replaced_for(world, card),
            lost_until=None,
            social_account="9",
        )
        return (live, dead)


def _replaced_for(world: World, card: Card) -> str:
    """Return 注销原因 of the card that `card` replaces: 06 补卡换新, 07 换卡换新."""
    wishes = world.applications_of(card.person)
    exchanged = any(wish.card == card.number and wish.type != LOST for wish in wishes)
    return "07" if exchanged else "06"


def _day(card: Card) -> str:
    return card.collected_at.date().isoformat() if card.collected_at else ""
