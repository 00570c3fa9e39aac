"""What a supervisor asks first: which counters, when last heard, what waits, what was refused."""

from __future__ import annotations

import msgspec

from sbk_tui.hub.home import Hub


class CounterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One incarnation of a counter, and its operations by where they stand."""

    counter: str
    inc: str
    office: str
    level: str
    district: str
    contact: int
    """Unix ms of its last contact."""
    revoked: bool
    operations: int
    received: int
    accepted: int
    refused: int
    held: int
    quarantined: int


class HubStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The whole hub."""

    hub: str
    epoch: str
    head: int
    open_cases: int
    counters: tuple[CounterStatus, ...]


def status_of(hub: Hub) -> HubStatus:
    """Return how the hub stands now."""
    with hub.store.session() as db:
        counters = db.execute_sql(
            "SELECT c.counter, c.inc, c.office, c.level, c.district, c.contact,"
            " c.revoked IS NOT NULL, count(i.op),"
            " count(*) FILTER (WHERE i.state = 'received'),"
            " count(*) FILTER (WHERE i.state = 'judged' AND i.verdict = 'accepted'),"
            " count(*) FILTER (WHERE i.state = 'judged' AND i.verdict = 'refused'),"
            " count(*) FILTER (WHERE i.state = 'held'),"
            " count(*) FILTER (WHERE i.state = 'quarantined')"
            " FROM counter_cert c LEFT JOIN inbox i ON i.counter = c.counter AND i.inc = c.inc"
            " GROUP BY c.counter, c.inc ORDER BY c.counter, c.enrolled"
        ).fetchall()
        head = db.execute_sql("SELECT pos FROM feed_head").fetchone()[0]
        cases = db.execute_sql(
            "SELECT count(*) FROM case_item WHERE closed IS NULL AND counter = ''"
        ).fetchone()[0]
    return HubStatus(
        hub=hub.id,
        epoch=hub.epoch,
        head=head,
        open_cases=cases,
        counters=tuple(_counter(row) for row in counters),
    )


def _counter(row: tuple[object, ...]) -> CounterStatus:
    named = dict(zip(CounterStatus.__struct_fields__, row, strict=True))
    return msgspec.convert(named, CounterStatus, strict=False)  # SQLite has no booleans
