"""业务回退 (2.5): the last issuing step is taken back, by rule and with reason; nothing is deleted.

The card lies at the counter again; what was done stays in the log, and so does its undoing.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import Card, Issuing, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

CLAUSE = "2.5"
OTHER = "99"
"""回退原因 其他: wants a note."""


def undoable(card: Card, *, counter: str, today: date, days: int) -> Issuing:
    """Return the issuing step of `card` that `counter` may take back today.

    Args:
        days: how many days back a step may lie (`rollback_days`, domain rule 8.30 [A]).

    Raises:
        Refusal: `rollback.enabled`, `rollback.nothing`, `rollback.other_office`,
            `rollback.too_late`, or the card's state does not allow it.
    """
    if card.enabled_at is not None:
        at = card.enabled_at.astimezone(CHINA).date().isoformat()
        raise Refusal("rollback.enabled", clause=CLAUSE, card=card.number, at=at)
    move(card.state, RollBack.kind)
    if card.issuing is None or card.collected_at is None:
        raise Refusal("rollback.nothing", clause=CLAUSE, card=card.number)
    if card.issuing.counter != counter:
        raise Refusal("rollback.other_office", clause=CLAUSE, counter=card.issuing.counter)
    issued_on = card.collected_at.astimezone(CHINA).date()
    if (today - issued_on).days > days:
        raise Refusal("rollback.too_late", clause=CLAUSE, at=issued_on.isoformat(), days=days)
    return card.issuing


class RollBack(Operation, frozen=True, array_like=True, kw_only=True):
    """业务回退: undo the last 发卡 or 领取 of a card that has not been enabled."""

    kind: ClassVar[str] = "issue.roll_back"

    card: str
    reason: str
    """回退原因, a code of the table `rollback_reason`."""
    card_back: bool
    """The card lies at the counter: the clerk holds it in the hand."""
    note: str = ""
    """In words; needed when the reason is 其他."""
    step: str = ""
    """Id of the operation that is undone, as it was shown; empty: whatever is the last."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, CLAUSE)
        step = undoable(
            card,
            counter=occasion.seat.counter,
            today=occasion.today,
            days=rules.settings.rollback_days,
        )
        if self.step and self.step != step.op:
            raise Refusal("rollback.not_last", clause=CLAUSE, card=card.number)
        if not rules.knows("rollback_reason", self.reason):
            raise Refusal("rollback.reason", clause=CLAUSE)
        if self.reason == OTHER and not self.note:
            raise Refusal("rollback.note", clause=CLAUSE)
        if not self.card_back:
            raise Refusal("rollback.card_not_back", clause=CLAUSE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = known_card(world, self.card, CLAUSE)
        back = replace(
            card,
            collected_at=None,
            receiver=None,
            issuing=None,
            custody=occasion.seat.counter,
            place="",
        )
        return (back,)
