"""补卡, 换卡 (5.1.2.2, 5.2): wishes that only a county or city counter may bring to the city."""

from __future__ import annotations

from typing import ClassVar

from sbk_tui.domain.card import move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Application
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

LOST = "5"
"""补换类别 5_遗失补卡."""


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

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = "5.1.2.2" if self.type == LOST else "5.2"
        card = known_card(world, self.card, clause)
        move(card.state, self.kind if self.type == LOST else "replace.exchange")
        if not rules.knows("replace_reason", self.reason) or self.reason[0] != self.type:
            raise Refusal("replace.reason", clause=clause)
        if self.bank and not rules.knows("bank", self.bank):
            raise Refusal("replace.bank", clause=clause)
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
