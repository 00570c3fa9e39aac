"""久未联系 (B21): what a counter may still decide when it has not heard from the city for long.

Facts are recorded always; loss reports are taken always; nothing here blocks sending, exporting
or printing what exists.
"""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple

from sbk_tui.domain.card import CardState
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.leash import ExtendLeash
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.operations.temp import IssueTempCard
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.world import World
from sbk_tui.errors import Refusal

CLAUSE = "B21"


class Step(IntEnum):
    """How short the leash is."""

    FREE = 0
    WARN = 1
    """Before a release or an enabling: what the city knows may be newer."""
    REMIND = 2
    """Said on every screen."""
    SHORT = 3
    """No cancel, no release of a formal loss, no new temporary card."""
    LOSS_ONLY = 4
    """Of decisions only loss reports."""


class Alone(NamedTuple):
    """How long a counter has not heard from the city, and what follows."""

    age: timedelta
    step: Step
    extended: bool
    """Whether the leash was extended since the last contact: it is so once."""

    @property
    def days(self) -> int:
        """Whole days without contact."""
        return self.age.days


FREE = Alone(timedelta(0), Step.FREE, False)
"""A counter without a city has no leash."""


def alone_for(age: timedelta, settings: Settings, *, extended: bool) -> Alone:
    """Return what follows from `age` without contact; an extension moves every limit on."""
    counted = age - timedelta(days=settings.leash_extend_days if extended else 0)
    limits = (
        (Step.LOSS_ONLY, timedelta(days=settings.leash_loss_only_days)),
        (Step.SHORT, timedelta(days=settings.leash_short_days)),
        (Step.REMIND, timedelta(days=settings.leash_remind_days)),
        (Step.WARN, timedelta(hours=settings.leash_warn_hours)),
    )
    step = next((step for step, limit in limits if counted >= limit), Step.FREE)
    return Alone(age, step, extended)


def refuse_too_far(operation: Operation, nature: Nature, world: World, alone: Alone) -> None:
    """Return when the leash lets `operation` be done here.

    Raises:
        Refusal: `leash.short`, `leash.loss_only`, with the days without contact;
            `leash.extended` for a second extension since the last contact.
    """
    if isinstance(operation, ExtendLeash) and alone.extended:
        raise Refusal("leash.extended", clause=CLAUSE)
    if nature is Nature.FACT or isinstance(operation, TemporaryLoss | FormalLoss):
        return
    if alone.step >= Step.LOSS_ONLY:
        raise Refusal("leash.loss_only", clause=CLAUSE, days=alone.days)
    if alone.step >= Step.SHORT and _is_risky(operation, world):
        raise Refusal("leash.short", clause=CLAUSE, days=alone.days)


def _is_risky(operation: Operation, world: World) -> bool:
    """Return whether a mistake could not be made good: the city may know better."""
    match operation:
        case Cancel() | IssueTempCard():
            return True
        case Release(card=number):
            card = world.card(number)
            return card is not None and card.state is CardState.FORMAL_LOST
    return False
