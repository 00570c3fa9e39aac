"""The matrix of conflicts as a value: what an operation meets that it had not seen.

The table itself is data (`assets/conflicts.toml`). Kinds stand in groups; a cell names what the
city does when an operation of the row arrives and one of the column was accepted before, unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

ACCEPT, SAME = "A", "M"
"""The two cells that need no person: accepted by the ordinary rule; the wish is true already."""


class Answer(StrEnum):
    """What the city does with an operation."""

    ACCEPT = "accept"
    SAME = "same"
    """Accepted, and nothing changes: its slip stays valid."""
    OVERTURN = "overturn"
    """Accepted; it undoes what another counter was told."""
    NOTE = "note"
    """Accepted, and both are told something."""
    FACT = "fact"
    """It has happened: kept, whatever it breaks."""
    HOLD = "hold"
    """Waits for a person at the city; the card is blocked meanwhile."""
    REFUSE = "refuse"


class Ruling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one code of a cell means; its sentence is the text `conflict.CODE`."""

    answer: Answer
    clause: str
    severity: Literal["red", "yellow", "grey"]
    told: Literal["", "counter", "city"] = ""
    """Who hears of it besides the counter that made the operation (text `conflict.CODE.other`)."""
    days: int = 0
    """Until the standard answer is taken; 0: no deadline [A]."""
    choices: tuple[str, ...] = ()
    standard: str = ""
    duty: bool = False
    """告知持卡人: whether somebody must tell the holder."""
    blocks: bool = False
    """Whether the card cannot be enabled until a person has settled it."""


class Conflicts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole matrix."""

    columns: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}
    cells: Mapping[str, tuple[str, ...]] = {}
    rulings: Mapping[str, Ruling] = {}
    """The strongest first."""

    def group_of(self, kind: str) -> str | None:
        """Return the group of `kind`; None when it concerns no person and no card."""
        return next((name for name, kinds in self.groups.items() if kind in kinds), None)

    def cell(self, kind: str, column: str) -> str:
        """Return the code for an operation of `kind` that has not seen one of group `column`.

        Raises:
            KeyError, ValueError: the table has no such cell, which a test excludes.
        """
        row = self.group_of(kind)
        if row is None:
            raise KeyError(kind)
        return self.cells[row][self.columns.index(column)]

    def strength(self, code: str) -> int:
        """Return a number that is the smaller the stronger `code` is."""
        order = (*self.rulings, ACCEPT, SAME)
        return order.index(code)
