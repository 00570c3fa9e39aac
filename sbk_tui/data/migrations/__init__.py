"""Numbered steps from an empty file to the schema of this version; each runs once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from peewee import SqliteDatabase

from sbk_tui.data.migrations import (
    m0001_first,
    m0002_temp_card,
    m0003_stock,
    m0004_handover,
    m0006_replica,
    m0007_case,
    m0008_receipt,
    m0009_money,
    m0011_city_ask,
    m0012_handover_out,
    m0013_production,
)
from sbk_tui.data.store import Store
from sbk_tui.errors import IntegrityFault

Step = str | Callable[[SqliteDatabase], None]
"""A statement, or what must look at each row."""
STEPS: tuple[tuple[int, Callable[[], Sequence[Step]]], ...] = (
    (1, m0001_first.statements),
    (2, m0002_temp_card.statements),
    (3, m0003_stock.statements),
    (4, m0004_handover.statements),
    (6, m0006_replica.statements),
    (7, m0007_case.statements),
    (8, m0008_receipt.statements),
    (9, m0009_money.statements),
    (11, m0011_city_ask.statements),
    (12, m0012_handover_out.statements),
    (13, m0013_production.statements),
)
NEWEST = STEPS[-1][0]


def migrate(store: Store) -> int:
    """Bring the database to the newest schema in one transaction; return the schema number.

    Raises:
        IntegrityFault: `store.newer` when a later version of the program made this database:
            nothing is opened, nothing is lost.
    """
    with store.session() as db:
        found = store.schema(db)
    if found > NEWEST:
        raise IntegrityFault("store.newer", found=found, known=NEWEST)
    if found < NEWEST:
        with store.write() as db:
            for number, statements in STEPS:
                if number > found:
                    for step in statements():
                        if callable(step):
                            step(db)
                        else:
                            store.alter(db, step)
            store.set_schema(db, NEWEST)
    return NEWEST
