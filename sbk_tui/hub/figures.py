"""What the supervisors' page shows, each figure one statement (B23): plots equal the queries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data.record import Envelope, Record, hlc_ms
from sbk_tui.domain.world import CHINA
from sbk_tui.hub.registry import Member

LATE_MS = 24 * 60 * 60 * 1000
"""A counter that was not heard of for so long is late [A]: the first step of the leash."""
_DAY = timedelta(days=1)


class CounterLine(NamedTuple):
    """One counter on the page."""

    counter: str
    office: str
    level: str
    district: str
    contact: int
    """Unix ms of the last contact."""
    late: bool
    revoked: bool
    frozen: bool
    """Two machines live under its name, and none was named to go on."""
    operations: int
    waiting: int
    """Received and not judged, or held."""
    refused: int
    quarantined: int
    lives: int
    """Incarnations; more than one: restored, moved or cloned."""


def count(db: Any, who: Member, envelope: Envelope, verdict: str, now_ms: int) -> None:
    """Count one judgement for the plots, inside its transaction."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(CHINA).date().isoformat()
    db.execute_sql(
        "INSERT INTO work_tally (day, district, counter, kind, verdict, count, delay_ms)"
        " VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT (day, district, counter, kind, verdict)"
        " DO UPDATE SET count = work_tally.count + 1,"
        " delay_ms = work_tally.delay_ms + excluded.delay_ms",
        (
            day, who.grant.district, who.counter, envelope.kind, verdict,
            max(0, now_ms - hlc_ms(envelope.hlc)),
        ),
    )  # fmt: skip


def counters(db: Any, now_ms: int) -> list[CounterLine]:
    """Return every counter, by district and id, with what stands of its work."""
    rows = db.execute_sql(
        "SELECT c.counter, max(c.office), max(c.level), max(c.district), max(c.contact),"
        " min(CASE WHEN c.revoked IS NULL THEN 0 ELSE 1 END), sum(coalesce(i.n, 0)),"
        " sum(coalesce(i.waiting, 0)), sum(coalesce(i.refused, 0)), sum(coalesce(i.aside, 0)),"
        " count(*), min(CASE WHEN c.frozen IS NULL THEN 0 ELSE 1 END)"
        " FROM counter_cert c LEFT JOIN (SELECT counter, count(*) AS n,"
        " count(*) FILTER (WHERE state IN ('received', 'held')) AS waiting,"
        " count(*) FILTER (WHERE state = 'judged' AND verdict = 'refused') AS refused,"
        " count(*) FILTER (WHERE state = 'quarantined') AS aside, substr(inc, 1, 32) AS inc"
        " FROM inbox GROUP BY counter, substr(inc, 1, 32))"
        " i ON i.counter = c.counter AND i.inc = c.inc"
        " GROUP BY c.counter ORDER BY max(c.district), c.counter"
    ).fetchall()
    return [
        CounterLine(
            counter=row[0],
            office=row[1],
            level=row[2],
            district=row[3],
            contact=row[4],
            late=now_ms - row[4] > LATE_MS,
            revoked=bool(row[5]),
            frozen=bool(row[11]),
            operations=int(row[6]),
            waiting=int(row[7]),
            refused=int(row[8]),
            quarantined=int(row[9]),
            lives=int(row[10]),
        )
        for row in rows
    ]


def work_by_day(db: Any, now_ms: int, days: int) -> dict[str, int]:
    """Return judgements a day for the last `days` days, the oldest first, empty days too."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(CHINA).date()
    first = today - (days - 1) * _DAY
    found: Mapping[str, int] = dict(
        db.execute_sql(
            "SELECT day, sum(count) FROM work_tally WHERE day >= ? GROUP BY day",
            (first.isoformat(),),
        ).fetchall()
    )
    every = ((first + n * _DAY).isoformat() for n in range(days))
    return {day: int(found.get(day, 0)) for day in every}


def work_by_kind(db: Any, first_day: str) -> dict[str, int]:
    """Return judgements by kind since a day, most first."""
    rows = db.execute_sql(
        "SELECT kind, sum(count) FROM work_tally WHERE day >= ? GROUP BY kind ORDER BY 2 DESC, 1",
        (first_day,),
    ).fetchall()
    return {kind: int(number) for kind, number in rows}


def work_by_district(db: Any, first_day: str) -> dict[str, int]:
    """Return judgements by county (six digits) since a day, most first."""
    rows = db.execute_sql(
        "SELECT substr(district, 1, 6), sum(count) FROM work_tally WHERE day >= ?"
        " GROUP BY 1 ORDER BY 2 DESC, 1",
        (first_day,),
    ).fetchall()
    return {district: int(number) for district, number in rows}


def delay_by_day(db: Any, now_ms: int, days: int) -> dict[str, int]:
    """Return how many minutes lay on average between an operation and its verdict, by day."""
    rows = db.execute_sql(
        "SELECT day, sum(delay_ms) / sum(count) / 60000 FROM work_tally GROUP BY day"
    ).fetchall()
    found = {day: int(minutes) for day, minutes in rows}
    return {day: found.get(day, 0) for day in work_by_day(db, now_ms, days)}


class CaseAt(NamedTuple):
    """An open case that lies in a counter's in-tray: no person in it."""

    counter: str
    office: str
    code: str
    facts: str
    """JSON."""
    opened: int
    due: str | None
    duty: bool
    """告知持卡人."""


def cases_at_counters(db: Any, limit: int = 200) -> list[CaseAt]:
    """Return what waits at the counters, the earliest day first."""
    rows = db.execute_sql(
        "SELECT c.counter, coalesce((SELECT max(k.office) FROM counter_cert k"
        " WHERE k.counter = c.counter), ''), c.code, c.facts, c.opened, c.due, c.duty"
        " FROM case_item c WHERE c.closed IS NULL AND c.counter <> ''"
        " ORDER BY coalesce(c.due, '9999'), c.opened, c.id LIMIT ?",
        (limit,),
    ).fetchall()
    return [CaseAt._make((*row[:6], bool(row[6]))) for row in rows]


class OperationLine(NamedTuple):
    """One operation of a counter as the page lists it: no person in it."""

    seq: int
    received: int
    kind: str
    state: str
    verdict: str
    code: str


def newest_operations(db: Any, counter: str, limit: int = 100) -> list[OperationLine]:
    """Return a counter's newest operations, newest first."""
    rows = db.execute_sql(
        "SELECT seq, received, record, state, verdict, code FROM inbox WHERE counter = ?"
        " ORDER BY received DESC, seq DESC LIMIT ?",
        (counter, limit),
    ).fetchall()
    return [
        OperationLine(seq, received, _kind_of(bytes(record)), state, verdict, code)
        for seq, received, record, state, verdict, code in rows
    ]


def _kind_of(record: bytes) -> str:
    return msgspec.msgpack.decode(record, type=Record).read().kind
