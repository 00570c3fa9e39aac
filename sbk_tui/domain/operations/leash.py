"""延长离线办理 (B21): a second clerk answers for seven more days without contact, once.

A fact: it changes no record, but stands in the log with its reason and both signatures.
"""

from __future__ import annotations

from typing import ClassVar

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal


class ExtendLeash(Operation, frozen=True, array_like=True, kw_only=True):
    """延长离线办理: why the line is down, a code of the table `leash_reason`."""

    kind: ClassVar[str] = "leash.extend"

    reason: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not rules.knows("leash_reason", self.reason):
            raise Refusal("leash.no_reason", clause="B21")
        if not occasion.approvers:
            raise Refusal("approval.needed", clause="B21")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return ()
