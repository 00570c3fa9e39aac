"""Stock by place: cards are listed in the order in which they lie (2.3.3).

Frozen: later changes are later files. `shelf` is `place` with its numbers padded, so that
position 10 comes behind position 9; a place that is no chain of numbers stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from peewee import SqliteDatabase

_CHAIN = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})*")


def _fill_shelves(db: SqliteDatabase) -> None:
    rows = db.execute_sql("SELECT number, place FROM card WHERE place <> ''").fetchall()
    for number, place in rows:
        shelf = place
        if _CHAIN.fullmatch(place):
            shelf = "-".join(part.zfill(5) for part in place.split("-"))
        db.execute_sql("UPDATE card SET shelf = ? WHERE number = ?", (shelf, number))


def statements() -> list[str | Callable[[SqliteDatabase], None]]:
    """Return the steps, in order."""
    return [
        """ALTER TABLE "card" ADD COLUMN "shelf" TEXT NOT NULL DEFAULT ''""",
        _fill_shelves,
        """CREATE INDEX "card_custody_state_shelf_number" ON "card"
        ("custody", "state", "shelf", "number")""",
    ]
