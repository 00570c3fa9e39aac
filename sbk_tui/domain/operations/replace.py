"""补换卡 (5.1.2.2, 5.1.2.4, 5.2): wishes that only county and city counters bring to the city."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.application import BANK_PENDING
from sbk_tui.domain.card import move
from sbk_tui.domain.making import LOST, check_fee, check_ground, open_wish, own_production
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Application
from sbk_tui.domain.production import (
    BEFORE_BLANK,
    BlankState,
    Production,
    ProductionState,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

S = ProductionState
MARK = "5.1.2.4"
_FREE = frozenset({S.WAITING, S.FAILED}) | BEFORE_BLANK
"""States in which an application can be taken back: no chip is at work for it."""


class ApplyForReplacement(Operation, frozen=True, array_like=True, kw_only=True):
    """补换卡申请: type 5 for a formally lost card, 6 or 7 for one that is handed back."""

    kind: ClassVar[str] = "replace.apply"

    card: str
    type: str
    """补换类别: 5 遗失补卡, 6 普通换卡, 7 质保换卡."""
    reason: str
    """补换原因, a code of the table `replace_reason`; its first digit is the type."""
    bank: str = ""
    """变更服务银行; empty: as it was."""
    card_handed_in: bool = False
    """换卡 (5.2): whether the old card lies on the counter. It works until the new one does."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = "5.1.2.2" if self.type == LOST else "5.2"
        card = known_card(world, self.card, clause)
        move(card.state, self.kind if self.type == LOST else "replace.exchange")
        if not rules.knows("replace_reason", self.reason) or self.reason[0] != self.type:
            raise Refusal("replace.reason", clause=clause)
        if self.bank and not rules.knows("bank", self.bank):
            raise Refusal("replace.bank", clause=clause)
        if (self.bank or card.bank) == BANK_PENDING:  # a blank belongs to a bank (第六条)
            raise Refusal("replace.bank_open", clause=clause)
        if self.type != LOST and not self.card_handed_in:
            raise Refusal("replace.old_card_missing", clause=clause)
        if any(a.is_open for a in world.applications_of(card.person)):
            raise Refusal("apply.already", clause=clause)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, "5.1.2.2")
        wish = Application(
            id=occasion.op,
            person=card.person,
            type=self.type,
            reason=self.reason,
            bank=self.bank or card.bank,
            old_card=card.number,
            made_at=occasion.at,
            counter=occasion.seat.counter,
        )
        return (wish,)


class WithdrawReplacement(Operation, frozen=True, array_like=True, kw_only=True):
    """撤销补换卡申请: the holder died, changed their mind, or the old card was found."""

    kind: ClassVar[str] = "replace.withdraw"

    application: str
    reason: str
    """撤销原因, a code of the table `withdraw_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        open_wish(world, self.application, "5.1.2.2")
        if not rules.knows("withdraw_reason", self.reason):
            raise Refusal("replace.withdraw_reason", clause="5.1.2.2")
        production = world.production(self.application)
        if production is not None and production.state not in _FREE:
            raise Refusal(
                "make.in_work", clause="5.1.2.2", counter=production.counter,
                production_state=production.state.value,
            )  # fmt: skip

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        wish = world.application(self.application)
        if wish is None:
            return ()
        production = world.production(wish.id)
        if production is None:
            return (replace(wish, state="01"),)
        ended = replace(production, state=S.ENDED, moved_at=occasion.at, blank="")
        blank = world.blank(production.blank) if production.blank else None
        if blank is None:
            return (replace(wish, state="01"), ended)
        # Somebody's numbers are on its chip: it serves nobody else.
        spoiled = replace(blank, state=BlankState.SPOILED, reason="4", spoiled_at=occasion.at)
        return (replace(wish, state="01"), ended, spoiled)


class MarkForProduction(Operation, frozen=True, array_like=True, kw_only=True):
    """即制卡标注 (5.1.2.4): this counter makes the card; one lease an application."""

    kind: ClassVar[str] = "replace.mark"

    application: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        wish = open_wish(world, self.application, MARK)
        check_ground(world, wish, MARK)
        check_fee(world, wish, rules, MARK)
        production = world.production(wish.id)
        if production is None or production.state in {S.WAITING, S.ENDED}:
            return
        if production.state is S.FAILED:
            raise Refusal("make.restore_first", clause="5.1.3.4")
        if production.state not in BEFORE_BLANK:
            raise Refusal(
                "make.in_work", clause=MARK, counter=production.counter,
                production_state=production.state.value,
            )  # fmt: skip
        ends = production.lease_ends(rules.settings.production_lease_minutes)
        if production.counter != occasion.seat.counter and occasion.at < ends:
            raise Refusal(
                "make.leased", clause=MARK, counter=production.counter, until=_clock(ends)
            )

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        wish = world.application(self.application)
        if wish is None:
            return ()
        before = world.production(wish.id)
        marked = Production(
            application=wish.id,
            person=wish.person,
            counter=occasion.seat.counter,
            state=S.MARKED,
            bank=wish.bank,
            moved_at=occasion.at,
            card=before.card if before else "",
            blank=before.blank if before else "",
        )
        return (replace(wish, state="05"), marked)


class UnmarkForProduction(Operation, frozen=True, array_like=True, kw_only=True):
    """撤销标注: the lease is given up, another counter may make the card at once."""

    kind: ClassVar[str] = "replace.unmark"

    application: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        own_production(world, self.application, occasion, MARK, BEFORE_BLANK)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return stopped(world, self.application, occasion)


def stopped(world: World, application: str, occasion: Occasion) -> tuple[Entity, ...]:
    """Return application and production once nobody works on it any more; total."""
    production, wish = world.production(application), world.application(application)
    if production is None or wish is None or production.state not in BEFORE_BLANK:
        return ()
    waiting = replace(production, state=S.WAITING, moved_at=occasion.at)
    return (replace(wish, state="00"), waiting)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M}"
