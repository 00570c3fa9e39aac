"""Hand-overs that go out (2.1.1, 2.1.2): listed by who sends them, newest first.

Frozen: later changes are later files.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from peewee import SqliteDatabase


def _fill_places(db: SqliteDatabase) -> None:
    for handover, body in db.execute_sql("SELECT id, body FROM handover").fetchall():
        record = msgspec.msgpack.decode(body)
        made = record["announced_at"].isoformat()
        db.execute_sql(
            "UPDATE handover SET place = ?, made = ? WHERE id = ?", (record["to"], made, handover)
        )


def statements() -> list[str | Callable[[SqliteDatabase], None]]:
    """Return the steps, in order."""
    return [
        """ALTER TABLE "handover" ADD COLUMN "sender" TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE "handover" ADD COLUMN "place" TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE "handover" ADD COLUMN "made" TEXT NOT NULL DEFAULT ''""",
        _fill_places,
        """CREATE INDEX "handover_batch" ON "handover" ("batch")""",
        """CREATE INDEX "handover_sender_made_id" ON "handover" ("sender", "made", "id")""",
    ]
