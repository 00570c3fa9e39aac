"""挂失, 解挂, 注销 (annex 3): a card is reported lost, released or cancelled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import CardState, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.world import Entity, Occasion, World, holder_of, known_card
from sbk_tui.errors import Refusal

_SATURDAY = 5
_LONGEST_TERM = timedelta(days=366)


def term_end(today: date, settings: Settings) -> date:
    """Return the day on which a temporary loss reported `today` ends (domain rule 4.2, [A]).

    Working days are Monday to Friday; the public holidays of a year are not known beforehand.
    """
    if settings.temp_loss_unit == "calendar":
        return today + timedelta(days=settings.temp_loss_days)
    day, left = today, settings.temp_loss_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


class TemporaryLoss(Operation, frozen=True, array_like=True, kw_only=True):
    """临时挂失 (3.1): anyone who can name holder and number; the card need not be there."""

    kind: ClassVar[str] = "loss.temporary"

    card: str
    caller_name: str
    caller_phone: str
    until: date
    """The day it ends, by the office's term; printed on the slip."""
    self_service: bool = False
    """At a kiosk, by who held the card and knew its PIN; the clerk who started it only signed."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "3.1")
        move(card.state, self.kind)
        # Card and PIN say who it is: a holder without a telephone on record is not sent away.
        if not self.self_service and not (self.caller_name and self.caller_phone):
            raise Refusal("loss.caller_missing", clause="3.1")
        # The office's own term is the desk's to fill in. A city whose setting differs, or a clock
        # that passes midnight meanwhile, must not refuse a loss; nonsense it may.
        if not occasion.today <= self.until <= occasion.today + _LONGEST_TERM:
            raise Refusal("loss.term", clause="3.1", until=self.until.isoformat())

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "3.1")
        return (
            replace(
                card,
                state=CardState.TEMP_LOST,
                lost_at=occasion.at,
                lost_until=self.until,
                social_account="2",
            ),
        )


class FormalLoss(Operation, frozen=True, array_like=True, kw_only=True):
    """正式挂失 (3.2): with the holder's ID shown, in person or by a proxy with both IDs."""

    kind: ClassVar[str] = "loss.formal"

    card: str
    id_shown: bool
    proxy_name: str = ""
    proxy_number: str = ""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "3.2")
        move(card.state, self.kind)
        if not self.id_shown:
            raise Refusal("loss.id_not_shown", clause="3.2")
        if bool(self.proxy_name) != bool(self.proxy_number):
            raise Refusal("loss.proxy_incomplete", clause="3.2")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "3.2")
        lost = replace(
            card,
            state=CardState.FORMAL_LOST,
            lost_at=occasion.at,
            lost_until=None,
            social_account="2",
        )
        return (lost,)


class Release(Operation, frozen=True, array_like=True, kw_only=True):
    """解除挂失 (3.3): the holder in person with the ID; never once a replacement runs."""

    kind: ClassVar[str] = "card.release"

    card: str
    in_person: bool
    id_shown: bool

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "3.3")
        move(card.state, self.kind)
        if not (self.in_person and self.id_shown):
            raise Refusal("release.not_in_person", clause="3.3")
        if card.state is CardState.FORMAL_LOST and not rules.settings.formal_loss_releasable:
            raise Refusal("release.formal_final", clause="3.3")
        if any(a.is_open and a.old_card == card.number for a in world.applications_of(card.person)):
            raise Refusal("release.replacement_runs", clause="3.3")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "3.3")
        free = replace(
            card, state=CardState.ACTIVE, lost_at=None, lost_until=None, social_account="1"
        )
        return (free,)


class Cancel(Operation, frozen=True, array_like=True, kw_only=True):
    """注销 (3.4): own district's cards only, with reason and proof; final."""

    kind: ClassVar[str] = "card.cancel"

    card: str
    reason: str
    """注销原因, a code of the table `cancel_reason`."""
    proof: str
    """What was shown: 身份证, 死亡证明 …, in words."""
    card_taken_back: bool = False

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "3.4")
        move(card.state, self.kind)
        if not rules.knows("cancel_reason", self.reason):
            raise Refusal("cancel.reason", clause="3.4")
        if not self.proof:
            raise Refusal("cancel.proof", clause="3.4")
        if any(a.is_open and a.old_card == card.number for a in world.applications_of(card.person)):
            raise Refusal("cancel.replacement_runs", clause="3.4")
        if not occasion.seat.is_own(holder_of(world, card).district):
            raise Refusal("card.other_district", clause="第五条", kind=self.kind)
        if rules.settings.cancel_four_eyes and not occasion.approvers:
            raise Refusal("approval.needed", clause="3.4", kind=self.kind)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "3.4")
        dead = replace(
            card,
            state=CardState.CANCELLED,
            cancelled_at=occasion.at,
            cancel_reason=self.reason,
            lost_until=None,
            social_account="9",
        )
        return (dead,)
