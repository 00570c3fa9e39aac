"""Receipts of units (2.3.1), since when cards wait (滞留), and indexes that answer alone.

Frozen: later changes are later files. A card waits since its first record in the log here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from peewee import SqliteDatabase


class _Receiver(msgspec.Struct, array_like=True):
    type: str = "1"


class _Card(msgspec.Struct):
    receiver: _Receiver | None = None
    receipt_reason: str = ""
    collected_at: str | None = None


def _fill(db: SqliteDatabase) -> None:
    for number, body in db.execute_sql("SELECT number, body FROM card").fetchall():
        card = msgspec.msgpack.decode(body, type=_Card)
        by_others = card.receiver is not None and card.receiver.type in ("3", "4")
        owed = "owed" if by_others and card.collected_at else ""
        first = db.execute_sql(
            "SELECT min(o.hlc) FROM about a JOIN operation o ON o.op = a.op WHERE a.subject = ?",
            (f"card/{number}",),
        ).fetchone()[0]
        db.execute_sql(
            "UPDATE card SET receipt = ?, known = ? WHERE number = ?",
            (card.receipt_reason or owed, (first or 0) >> 16, number),
        )


def statements() -> list[str | Callable[[SqliteDatabase], None]]:
    """Return the steps, in order."""
    return [
        """ALTER TABLE "card" ADD COLUMN "known" BIGINT NOT NULL DEFAULT 0""",
        """ALTER TABLE "card" ADD COLUMN "receipt" TEXT NOT NULL DEFAULT ''""",
        _fill,
        """CREATE INDEX "card_custody_state_known_number" ON "card"
        ("custody", "state", "known", "number")""",
        """CREATE INDEX "card_receipt_person" ON "card" ("receipt", "person")""",
        'DROP INDEX "card_person"',
        """CREATE INDEX "card_person_asked" ON "card"
        ("person", "custody", "state", "receipt", "known", "shelf", "number", "collected")""",
        *(
            statement
            for column in ("name", "village_code", "unit_code")
            for statement in (
                f'DROP INDEX "person_{column}"',
                f'CREATE INDEX "person_{column}_id" ON "person" ("{column}", "id")',
            )
        ),
    ]
