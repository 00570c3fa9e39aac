"""密码修改, 解锁, 重置 (4.1–4.3): what the chip did; facts, and no PIN is in them."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import CLAUSE_OF
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.pin import Presence
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World, known_card


class PinWork(Operation, frozen=True, array_like=True, kw_only=True):
    """What the three have in common; recorded only once the chip has done it (B3)."""

    card: str
    presence: str = Presence.SEEN.value
    """谁到场, a code of the table `pin_presence`."""
    confirmed: bool = True
    """False: the card was pulled in the middle, and nobody could say what it did."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        # No state is asked: the desk asked it before the chip was touched, and a loss that came in
        # meanwhile must not lose what has happened.
        known_card(world, self.card, CLAUSE_OF[self.kind])

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.card(self.card)
        return (replace(card, pin_at=occasion.at),) if card else ()


class ChangePin(PinWork, frozen=True, array_like=True, kw_only=True):
    """修改密码 (4.1): the old one was known."""

    kind: ClassVar[str] = "pin.change"


class UnlockPin(PinWork, frozen=True, array_like=True, kw_only=True):
    """解锁密码 (4.2): the tries are back, the PIN is as it was."""

    kind: ClassVar[str] = "pin.unlock"


class ResetPin(PinWork, frozen=True, array_like=True, kw_only=True):
    """重置密码 (4.3): a new one, the old one being forgotten."""

    kind: ClassVar[str] = "pin.reset"
