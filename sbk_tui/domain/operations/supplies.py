"""制卡耗材 (5.1.3.1): blanks come in by bank and serial, ribbons by count."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.production import Blank, Ribbons, serials_from
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

CLAUSE = "5.1.3.1"
MOST_RIBBONS = 100
"""Ribbons that are taken in by one operation at most [A]."""


class TakeInBlanks(Operation, frozen=True, array_like=True, kw_only=True):
    """预制卡入库: a carton of blanks of one bank comes to this counter."""

    kind: ClassVar[str] = "blank.take_in"

    bank: str
    """服务银行, a code of the table `bank`: each blank carries an account there."""
    first: str
    last: str = ""
    """Empty: `first` alone."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not rules.knows("bank", self.bank) or not self.bank.strip("0"):
            raise Refusal("replace.bank", clause=CLAUSE)
        for serial in serials_from(self.first, self.last):
            if world.blank(serial) is not None:
                raise Refusal("blank.known", clause=CLAUSE, blank=serial)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        try:
            serials = serials_from(self.first, self.last)
        except Refusal:
            return ()
        return tuple(
            Blank(
                serial=serial,
                bank=self.bank,
                custody=occasion.seat.counter,
                taken_at=occasion.at,
            )
            for serial in serials
            if world.blank(serial) is None
        )


class TakeInRibbons(Operation, frozen=True, array_like=True, kw_only=True):
    """色带入库."""

    kind: ClassVar[str] = "ribbon.take_in"

    count: int

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < self.count <= MOST_RIBBONS:
            raise Refusal("ribbon.count", clause=CLAUSE, most=MOST_RIBBONS)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        stock = _stock(world, occasion)
        return (replace(stock, left=stock.left + self.count, changed_at=occasion.at),)


class ChangeRibbon(Operation, frozen=True, array_like=True, kw_only=True):
    """更换色带: one of the stock goes into the printer (F7: with its chip)."""

    kind: ClassVar[str] = "ribbon.change"

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not _stock(world, occasion).left:
            raise Refusal("ribbon.none_left", clause=CLAUSE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        stock = _stock(world, occasion)
        changed = replace(
            stock, left=max(0, stock.left - 1), used=stock.used + 1, changed_at=occasion.at
        )
        return (changed,)


def _stock(world: World, occasion: Occasion) -> Ribbons:
    counter = occasion.seat.counter
    return world.ribbons(counter) or Ribbons(counter=counter)
