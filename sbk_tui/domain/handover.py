"""成品卡交接 (2.1) from both ends: what is asked for, decided and sent, and what came of it.

Counted in by difference (B7): what is on the list and not in the hand stays open by name. Both
ends, and the city, write into one record: its id follows from batch, place and cards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from sbk_tui.domain.card import Receiver

MISSING, DAMAGED = "handover.missing", "handover.damaged"
EXTRA, ISSUED = "handover.extra", "handover.issued"
"""What can be wrong with one card of a hand-over; each becomes a case of this code."""


class Difference(NamedTuple):
    """One card that is not as the list says."""

    code: str
    """`handover.missing`, `handover.damaged`, `handover.extra` or `handover.issued`."""
    card: str


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """交接: one list of finished cards, from its request until every card is accounted for."""

    id: str
    """From batch, place and check number: the same list taken in twice is known."""
    batch: str
    from_office: str
    to: str
    """行政区划代码 of the receiving place."""
    count: int
    """Cards, as the list's first line says."""
    check: str
    counter: str = ""
    """The receiving counter; empty until its list came or its cards were counted."""
    announced_at: datetime | None = None
    """When the list came to the receiving counter."""
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
    listed: int = 0
    """Lines of the list that came to the receiving counter."""
    sender: str = ""
    """The counter that hands over; empty where only the receiving end is known."""
    request: str = ""
    """The operation that asked for it (2.1.1)."""
    requested_at: datetime | None = None
    requested_by: str = ""
    receiver: Receiver | None = None
    """领卡人: who fetches the cards for the receiving place."""
    decision: str = ""
    """`approved`, `refused` or `withdrawn` (2.1.2); empty while nobody has decided."""
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    """Why it was refused."""
    sent: int = 0
    """Cards of the list, from its beginning, that have left the sending counter."""
    answered: bool = False
    """Whether the sending end has the count from the receiving end's file."""

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
        """How far it is, the same word at both ends.

        `requested`, then `refused`, `withdrawn` or `sending` and `sent`; with the list at the
        receiving counter `open`; after its count `short` while cards are missing, else `done`.
        """
        if self.closed_at is not None:
            return "short" if self.missing else "done"
        if self.counter:
            return "open"
        if self.decision == "approved":
            return "sent" if self.sent >= self.count else "sending"
        return self.decision or "requested"

    @property
    def is_over(self) -> bool:
        """Whether its cards are free for another hand-over: it never left."""
        return self.state in {"refused", "withdrawn"}

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
