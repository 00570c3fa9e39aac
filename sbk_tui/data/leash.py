"""How long this counter has not heard from its city, read from its own database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from sbk_tui.data.line import LineState
from sbk_tui.data.record import hlc_ms
from sbk_tui.domain.leash import FREE, Alone, alone_for
from sbk_tui.domain.operations.leash import ExtendLeash
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.world import from_ms


def alone(db: Any, at: datetime, settings: Settings) -> Alone:
    """Return how it stands at `at`, inside an open session.

    `at` is the log's time, which never goes back: setting the clock back gains nothing.
    """
    row = db.execute_sql("SELECT value FROM peer WHERE name = 'line'").fetchone()
    reached = msgspec.json.decode(row[0], type=LineState).reached if row else 0
    if not reached:
        return FREE
    newest = db.execute_sql(
        "SELECT max(hlc) FROM operation WHERE kind = ?", (ExtendLeash.kind,)
    ).fetchone()[0]
    extended = newest is not None and hlc_ms(newest) > reached
    return alone_for(max(at - from_ms(reached), timedelta(0)), settings, extended=extended)
