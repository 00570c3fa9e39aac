"""Many cards in one go: lots of at most 200, each an operation whose id follows from the form's.

All lots are one transaction, so a repeat after a crash finds all of them or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sbk_tui.data.beside import Beside
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.domain.operations.base import Operation

T = TypeVar("T")


def lots_of(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Yield the items in lots of at most `most`, in order."""
    for start in range(0, len(items), most):
        yield items[start : start + most]


def lot_id(op: str, lot: int) -> str:
    """Return the id of a form's lot; the first one bears the form's own id."""
    if not lot:
        return op
    return hashlib.sha256(f"sbk/lot/1 {op} {lot:d}".encode()).hexdigest()[:32]


def perform_lots(
    ledger: Ledger,
    op: str,
    items: Sequence[T],
    most: int,
    build: Callable[[Sequence[T]], Operation],
    beside: Sequence[Beside] = (),
    blobs: tuple[str, ...] = (),
) -> list[Done]:
    """Do an operation for every lot of `items`, all in one transaction.

    Args:
        blobs: scans that every lot refers to.

    Raises:
        Refusal: as the operation; nothing of any lot is done.
    """
    intents = (
        ledger.intend(build(lot), op=lot_id(op, number), blobs=blobs)
        for number, lot in enumerate(lots_of(items, most))
    )
    return ledger.perform_all(intents, beside)
