"""The shape all operations share."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World


class Nature(StrEnum):
    """What the city may say to an operation."""

    FACT = "fact"
    """It happened in the room: recorded always, never refused, at most followed by a case."""
    DECISION = "decision"
    """A wish that a rule must allow: done here, provisional until the city's verdict."""
    HUB_FIRST = "hub-first"
    """Needs the city's answer before anything is touched; without a line it stays a draft."""


class Operation(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One wish or fact about people and cards; encoded as a MessagePack array, fields in order.

    New fields are added at the end with a default, and the kind's version is raised.
    """

    kind: ClassVar[str]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        """Return when the operation may happen now.

        Raises:
            Refusal: with code, clause and facts; nothing has changed.
        """

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        """Return every record as it stands afterwards, changed ones only."""
        return ()
