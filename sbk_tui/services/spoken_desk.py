"""口头挂失 (B2): the digits to read to the city over the telephone while the line is down."""

from __future__ import annotations

from sbk_tui.data.line import line_state
from sbk_tui.data.spoken import next_number, spoken_key
from sbk_tui.data.store import Store
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.loss import FormalLoss, TemporaryLoss
from sbk_tui.domain.spoken import SpokenAction, speak


class SpokenDesk:
    """Gives each loss its digits when it cannot be sent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def code(self, operation: Operation, number: str) -> str:
        """Return the digits for a loss of the person with this number, in groups of four.

        Empty while the line is up, for what is no loss, and before the city has agreed on a key.
        """
        action = _action(operation)
        if action is None or not number or not line_state(self._store).code:
            return ""
        agreed = spoken_key(self._store)
        if agreed is None:
            return ""
        said = next_number(self._store)
        return speak(agreed.key, agreed.counter, said, action, SocialNumber.parse(number))


def _action(operation: Operation) -> SpokenAction | None:
    match operation:
        case TemporaryLoss():
            return SpokenAction.TEMPORARY
        case FormalLoss():
            return SpokenAction.FORMAL
        case BlindLoss():
            return SpokenAction.BLIND
    return None
