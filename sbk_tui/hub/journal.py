"""The feed's writing end: positions are taken under one row, so they are in commit order."""

from __future__ import annotations

from peewee import SqliteDatabase


def next_position(db: SqliteDatabase) -> int:
    """Take the next feed position, inside the caller's write transaction."""
    row = db.execute_sql("UPDATE feed_head SET pos = pos + 1 RETURNING pos").fetchone()
    return int(row[0])


def append(
    db: SqliteDatabase,
    entry: str,
    *,
    op: str,
    subject: str,
    body: bytes,
    version: int = 0,
    pos: int | None = None,
) -> None:
    """Write one entry of the type `entry` (row, verdict, case) to the feed.

    Args:
        pos: a position taken before; None: the next one.
    """
    db.execute_sql(
        "INSERT INTO feed (pos, type, op, subject, version, body) VALUES (?, ?, ?, ?, ?, ?)",
        (next_position(db) if pos is None else pos, entry, op, subject, version, body),
    )
