"""案件处理 (B16): a clerk has told the holder, or has answered what the city asked."""

from __future__ import annotations

from typing import ClassVar, Literal

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import clean
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

CLAUSE = "B16"
_MOST_NOTE, _MOST_ID = 100, 128


class SettleCase(Operation, frozen=True, array_like=True, kw_only=True):
    """案件处理: closes a case of this counter; a fact, it changes no card and no person."""

    kind: ClassVar[str] = "case.settle"

    case: str
    answer: str = ""
    """One of the case's answers; empty: it asks for none."""
    told: Literal["", "told", "unreachable"] = ""
    """告知持卡人: 已告知, 无法联系; empty: nobody had to be told."""
    note: str = ""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.case) <= _MOST_ID:
            raise Refusal("case.missing", clause=CLAUSE)
        if len(self.note) > _MOST_NOTE or clean(self.note) != self.note:
            raise Refusal("case.note", clause=CLAUSE, most=_MOST_NOTE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return ()
