"""成品卡交接 (2.1) as the receiving counter sees it: what a batch's list says, and what came.

Counted in by difference (B7): what is on the list and not in the hand stays open by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

MISSING, DAMAGED = "handover.missing", "handover.damaged"
EXTRA, ISSUED = "handover.extra", "handover.issued"
"""What can be wrong with one card of a hand-over; each becomes a case of this code."""


class Difference(NamedTuple):
    """One card that is not as the list says."""

    code: str
    """`handover.missing`, `handover.damaged`, `handover.extra` or `handover.issued`."""
    card: str


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """交接: one list of finished cards, from its arrival until every card is accounted for."""

    id: str
    """From batch, place and check number: the same list taken in twice is known."""
    batch: str
    from_office: str
    to: str
    """行政区划代码 of the receiving place."""
    count: int
    """Cards, as the list's first line says."""
    check: str
    counter: str
    announced_at: datetime
    expected: tuple[str, ...] = ()
    """Card numbers in the order of the list."""
    received: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    """Of those received."""
    issued: tuple[str, ...] = ()
    """On the list although they were handed out before."""
    extra: tuple[str, ...] = ()
    """In the box although not on the list."""
    closed_at: datetime | None = None
    """When the count was last confirmed; None while it was never."""
    clerk: str = ""

    @property
    def subject(self) -> str:
        """The name of this hand-over in envelopes."""
        return f"handover/{self.id}"

    @property
    def is_complete(self) -> bool:
        """Whether the whole list is on record."""
        return len(self.expected) == self.count

    @property
    def missing(self) -> tuple[str, ...]:
        """What is on the list and was not received yet."""
        here = frozenset((*self.received, *self.issued))
        return tuple(card for card in self.expected if card not in here)

    @property
    def state(self) -> str:
        """`open` before the first count, `short` while cards are missing, else `done`."""
        if self.closed_at is None:
            return "open"
        return "short" if self.missing else "done"

    @property
    def received_check(self) -> str:
        """The check number of what was received: the list's own when everything came."""
        return check_number(self.batch, self.to, self.received)

    def differences(self) -> tuple[Difference, ...]:
        """Return what is not as the list says; nothing before the first count."""
        if self.closed_at is None:
            return ()
        kinds = (
            (MISSING, self.missing),
            (DAMAGED, self.damaged),
            (ISSUED, self.issued),
            (EXTRA, self.extra),
        )
        return tuple(Difference(code, card) for code, cards in kinds for card in cards)


def check_number(batch: str, to: str, cards: Iterable[str]) -> str:
    """Return 校验码 of a list, `7F3A-91C2`: whoever has batch, place and cards gets the same."""
    content = "\n".join((batch, to, *sorted(cards)))
    digest = hashlib.sha256(f"sbk/handover/1\n{content}".encode()).hexdigest()[:8].upper()
    return f"{digest[:4]}-{digest[4:]}"


def handover_id(batch: str, to: str, check: str) -> str:
    """Return the id of a hand-over, 32 hexadecimal digits."""
    return hashlib.sha256(f"sbk/handover-id/1\n{batch}\n{to}\n{check}".encode()).hexdigest()[:32]
