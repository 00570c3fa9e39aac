"""日终核对 (B6): what was counted in the drawer against the records, with a cause for a difference.

A fact: it changes no record, but stands in the log, signed, with the place in it up to which it
looked.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

CLAUSE = "B6"
_MOST = 1_000_000


class BoxCount(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """盒: one box of the drawer, by the records and by hand."""

    box: str
    """柜-层-盒; empty: cards that lie in no box."""
    recorded: int
    counted: int
    cause: str = ""
    """差异原因, a code of the table `difference_cause`; needed where the two differ."""

    @property
    def balances(self) -> bool:
        """Whether nothing differs, or the difference has a cause."""
        return self.counted == self.recorded or bool(self.cause)


class NumberCount(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """票号: one batch of pre-printed numbers at the close."""

    form: str
    batch: str
    next: str
    """The paper that must lie on top; empty when the batch is used up."""
    used: int
    void: int
    left: int


class MoneyCount(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """款: what was taken in the day, and what is left open."""

    pos: int = 0
    pos_fen: int = 0
    """Through the terminal."""
    bank: int = 0
    bank_fen: int = 0
    """At the bank, by receipts."""
    hanging: int = 0
    """Charges whose outcome nobody knows yet."""
    unregistered: int = 0
    """Paid, not registered (交费登记)."""
    unseen: int = 0
    """Papers sent to the printer and not looked at."""


class CloseDay(Operation, frozen=True, array_like=True, kw_only=True):
    """日终核对: the drawer as counted, and what was left undone."""

    kind: ClassVar[str] = "day.close"

    day: date
    boxes: tuple[BoxCount, ...]
    last_seq: int
    """Number of the newest record that was looked at."""
    last_hash: str
    """The first 16 characters of its hash."""
    waiting: int = 0
    """Operations that the city has not received."""
    papers: int = 0
    """Papers that were never printed."""
    drafts: int = 0
    cases: int = 0
    money: MoneyCount = MoneyCount()
    stock: tuple[NumberCount, ...] = ()
    """Pre-printed numbers, batch by batch."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if self.day > occasion.today:
            raise Refusal("day.future", clause=CLAUSE, day=self.day.isoformat())
        for box in self.boxes:
            if not (0 <= box.counted <= _MOST and 0 <= box.recorded <= _MOST):
                raise Refusal("day.count", clause=CLAUSE, box=box.box)
            unknown = bool(box.cause) and not rules.knows("difference_cause", box.cause)
            if not box.balances or unknown:
                raise Refusal("day.no_cause", clause=CLAUSE, box=box.box)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return ()
