"""What a supervisor must look at: the hub's own in-tray (table `case_item`)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from peewee import SqliteDatabase

from sbk_tui.errors import Fact

RED, YELLOW = "red", "yellow"
"""Call now, and today."""


def open_case(
    db: SqliteDatabase,
    case: str,
    *,
    op: str,
    severity: str,
    code: str,
    facts: Mapping[str, Fact],
    now_ms: int,
) -> None:
    """Open a case inside the caller's transaction; the same case again changes nothing."""
    db.execute_sql(
        "INSERT INTO case_item (id, op, severity, code, facts, opened)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (case, op, severity, code, msgspec.json.encode(dict(facts)).decode(), now_ms),
    )
