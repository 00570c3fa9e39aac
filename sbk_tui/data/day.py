"""What a day close and a statistic count: the drawer, the day's work, the chain's end.

Reads only.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data import models
from sbk_tui.data.log import records_of
from sbk_tui.data.record import Certificate, anchor, decode_payload, flaw_of, hlc_ms, hlc_of
from sbk_tui.data.store import Store
from sbk_tui.domain.operations.day import CloseDay
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import SbkError


class Work(NamedTuple):
    """How often one clerk did one kind."""

    kind: str
    clerk: str
    times: int


class Closed(NamedTuple):
    """The newest day close in the log."""

    seq: int
    at_ms: int
    close: CloseDay


class Left(NamedTuple):
    """What is not finished."""

    waiting: int
    refused: int
    papers: int
    drafts: int
    cases: int


class DayBook:
    """The counts of one counter."""

    def __init__(self, store: Store, *, counter: str, inc: str, certificate: bytes) -> None:
        self._store = store
        self._counter = counter
        self._inc = inc
        self._certificate = certificate

    def places(self) -> dict[str, int]:
        """Return how many cards in this counter's custody lie at each place, by place."""
        with self._store.session() as db:
            rows = db.execute_sql(
                "SELECT place, count(*) FROM card WHERE custody = ? GROUP BY place ORDER BY place",
                (self._counter,),
            )
            return {place: int(count) for place, count in rows}

    def work(self, first: date, last: date) -> tuple[Work, ...]:
        """Return what was done from the day `first` to `last`, by kind and clerk's name."""
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT o.kind, coalesce(c.name, o.clerk), count(*) FROM operation o"
                " LEFT JOIN clerk c ON c.id = o.clerk WHERE o.hlc >= ? AND o.hlc < ?"
                " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
                (day_hlc(first), day_hlc(last + timedelta(days=1))),
            )
            return tuple(Work(kind, clerk, int(count)) for kind, clerk, count in rows)

    def left(self, without_job: str) -> Left:
        """Return what is not finished; drafts of the job `without_job` do not count."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT (SELECT count(*) FROM operation o LEFT JOIN receipt r ON r.op = o.op"
                " WHERE r.op IS NULL), (SELECT count(*) FROM receipt WHERE verdict = 'refused'),"
                " (SELECT count(*) FROM paper WHERE state = 'owed'),"
                " (SELECT count(*) FROM draft WHERE job != ?),"
                " (SELECT count(*) FROM case_item WHERE closed IS NULL)",
                (without_job,),
            ).fetchone()
        return Left(*map(int, row))

    def head(self) -> tuple[int, bytes]:
        """Return number and hash of the newest record; 0 and the anchor when there is none."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT seq, hash FROM operation WHERE inc = ? ORDER BY seq DESC LIMIT 1",
                (self._inc,),
            ).fetchone()
        return (int(row[0]), bytes(row[1])) if row else (0, anchor(self._certificate))

    def last_close(self) -> Closed | None:
        """Return the newest day close."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT seq, hlc, payload FROM operation WHERE inc = ? AND kind = ?"
                " AND payload IS NOT NULL ORDER BY seq DESC LIMIT 1",
                (self._inc, CloseDay.kind),
            ).fetchone()
        if row is None:
            return None
        close = decode_payload(CloseDay.kind, bytes(row[2]))
        assert isinstance(close, CloseDay)  # noqa: S101 -- what the kind says
        return Closed(int(row[0]), hlc_ms(row[1]), close)

    def flaws(self, after: int) -> tuple[str, ...]:
        """Return what does not hold in the chain behind record `after`: code and number each."""
        found: list[str] = []
        held = msgspec.msgpack.decode(self._certificate, type=Certificate)
        with self._store.session() as db:
            keys = {row.id: bytes(row.public) for row in models.Clerk.select().bind(db).execute(db)}
            first: Any = db.execute_sql(
                "SELECT hash FROM operation WHERE inc = ? AND seq = ?", (self._inc, after)
            ).fetchone()
            head = bytes(first[0]) if first else anchor(self._certificate)
            expected = after + 1
            for stored in records_of(db, self._inc, after):
                if stored.seq != expected:
                    found.append(f"record.gap {expected}")
                try:
                    envelope = stored.record.read()
                except SbkError as error:
                    found.append(f"{error.code} {stored.seq}")
                else:
                    flaw = flaw_of(
                        stored.record, envelope, prev=head, counter_key=held.public,
                        clerk_key=keys.get(envelope.clerk),
                    )  # fmt: skip
                    if flaw is not None:
                        found.append(f"{flaw} {stored.seq}")
                head, expected = stored.record.hash, stored.seq + 1
        return tuple(found)


def day_hlc(day: date) -> int:
    """Return the hybrid logical time at which a day at the counter begins."""
    return hlc_of(int(datetime.combine(day, time(), CHINA).timestamp()) * 1000)
