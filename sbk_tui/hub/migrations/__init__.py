"""The hub's own numbered steps, on top of the counter's tables; each runs once, in order."""

from __future__ import annotations

from sbk_tui.data.migrations import migrate as migrate_common
from sbk_tui.data.store import Store
from sbk_tui.errors import IntegrityFault
from sbk_tui.hub.migrations import (
    m0001_first,
    m0002_feed,
    m0004_page,
    m0005_attachment,
    m0007_settle,
    m0008_reach,
    m0010_ahead,
    m0011_outside,
)

STEPS = (
    (1, m0001_first.statements),
    (2, m0002_feed.statements),
    (4, m0004_page.statements),
    (5, m0005_attachment.statements),
    (7, m0007_settle.statements),
    (8, m0008_reach.statements),
    (10, m0010_ahead.statements),
    (11, m0011_outside.statements),
)
NEWEST = STEPS[-1][0]


def migrate(store: Store) -> int:
    """Bring a hub's database to the newest schema; return the number of its own schema.

    Raises:
        IntegrityFault: `store.newer` when a later version of the program made this database.
    """
    migrate_common(store)
    with store.write() as db:
        store.alter(db, "CREATE TABLE IF NOT EXISTS hub_schema (number INTEGER NOT NULL)")
        done = {number for (number,) in db.execute_sql("SELECT number FROM hub_schema")}
        if done and max(done) > NEWEST:
            raise IntegrityFault("store.newer", found=max(done), known=NEWEST)
        for number, statements in STEPS:
            if number not in done:
                for statement in statements():
                    store.alter(db, statement)
                db.execute_sql("INSERT INTO hub_schema (number) VALUES (?)", (number,))
    return NEWEST
