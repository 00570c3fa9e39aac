"""What waits for the city, and the city's signed word on what it got.

Reads the log, writes only `receipt`, `case_item` and `peer`. What a verdict changes in the
business tables comes with the city's feed (`replica`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.log import StoredRecord, records_of
from sbk_tui.data.store import Store
from sbk_tui.errors import Fact


class Filed(NamedTuple):
    """A receipt as it is kept: its words for searching, its signed bytes for proof."""

    op: str
    state: str
    verdict: str
    code: str
    facts: Mapping[str, Fact]
    hub_pos: int | None
    at: int
    body: bytes
    severity: str
    """Of the case it opens; empty: it opens none."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many operations are where (P3): made = waiting + received + held + judged + set aside."""

    made: int
    sent: int
    """Those for which the hub has given a signed receipt."""
    received: int
    accepted: int
    refused: int
    held: int
    quarantined: int
    waiting: int


def records_from(store: Store, inc: str, first: int, limit: int) -> tuple[StoredRecord, ...]:
    """Return up to `limit` records of an incarnation from number `first` on."""
    found: list[StoredRecord] = []
    with store.session() as db:
        for stored in records_of(db, inc, first - 1):
            found.append(stored)
            if len(found) == limit:
                break
    return tuple(found)


def head(store: Store, inc: str) -> tuple[int, bytes] | None:
    """Return number and hash of the newest record, None when there is none."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT seq, hash FROM operation WHERE inc = ? ORDER BY seq DESC LIMIT 1", (inc,)
        ).fetchone()
    return (int(row[0]), bytes(row[1])) if row else None


def hash_at(store: Store, inc: str, seq: int) -> bytes | None:
    """Return the hash of record `seq`, None when there is no such record."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT hash FROM operation WHERE inc = ? AND seq = ?", (inc, seq)
        ).fetchone()
    return bytes(row[0]) if row else None


def first_unsettled(store: Store, inc: str) -> int | None:
    """Return the number of the first record without the hub's verdict, None when all have one."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT min(o.seq) FROM operation o LEFT JOIN receipt r ON r.op = o.op"
            " WHERE o.inc = ? AND (r.state IS NULL OR r.state = 'received')",
            (inc,),
        ).fetchone()
    return None if row[0] is None else int(row[0])


def last_receipted(store: Store, inc: str) -> int:
    """Return the number of the last record for which the hub has ever given a receipt."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT max(o.seq) FROM operation o JOIN receipt r ON r.op = o.op WHERE o.inc = ?",
            (inc,),
        ).fetchone()
    return int(row[0] or 0)


def file_receipts(store: Store, receipts: Iterable[Filed]) -> None:
    """Keep receipts and open their cases, all in one transaction.

    A verdict is final: the same receipt again changes nothing. "Received" is replaced by it, and
    what was held or set aside by what a person decided later.
    """
    with store.write() as db:
        for filed in receipts:
            file_in(db, filed)


def file_in(db: SqliteDatabase, filed: Filed) -> None:
    """As `file_receipts`, for one receipt inside the caller's transaction."""
    facts = msgspec.json.encode(dict(filed.facts)).decode()
    db.execute_sql(
        "INSERT INTO receipt (op, state, verdict, code, facts, hub_pos, at, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (op) DO UPDATE SET"
        " state = excluded.state, verdict = excluded.verdict, code = excluded.code,"
        " facts = excluded.facts, hub_pos = excluded.hub_pos, at = excluded.at,"
        " body = excluded.body WHERE receipt.state = 'received'"
        " OR (receipt.state <> 'judged' AND excluded.hub_pos > receipt.hub_pos)",
        (
            filed.op, filed.state, filed.verdict, filed.code, facts, filed.hub_pos, filed.at,
            filed.body,
        ),
    )  # fmt: skip
    if filed.severity:
        db.execute_sql(
            "INSERT INTO case_item (id, op, severity, code, facts, opened)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (filed.op, filed.op, filed.severity, filed.code, facts, filed.at),
        )


def waits_for_newer(store: Store) -> int:
    """Return how many operations the city holds until its program is as new as ours."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT count(*) FROM receipt WHERE state = 'held' AND code LIKE 'kind.%'"
        ).fetchone()
    return int(row[0])


class Word(NamedTuple):
    """What the city said to one operation, once its rows are here."""

    verdict: str
    code: str
    facts: dict[str, Fact]


def word_on(store: Store, op: str) -> Word | None:
    """Return the city's verdict on an operation; None while it, or what it changed, is not here."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT verdict, code, facts, hub_pos FROM receipt"
            " WHERE op = ? AND state <> 'received'",
            (op,),
        ).fetchone()
        cursor = db.execute_sql("SELECT value FROM peer WHERE name = 'cursor'").fetchone()
    if row is None or (row[3] or 0) > int(cursor[0] if cursor else 0):
        return None
    return Word(row[0], row[1], msgspec.json.decode(row[2]))


def tally(store: Store) -> Tally:
    """Count every operation of this counter by where it stands with the city."""
    with store.session() as db:
        rows = db.execute_sql(
            "SELECT coalesce(r.state, ''), coalesce(r.verdict, ''), count(*) FROM operation o"
            " LEFT JOIN receipt r ON r.op = o.op GROUP BY 1, 2"
        ).fetchall()
    made = sum(count for _, _, count in rows)
    by_state = {"": 0, "received": 0, "held": 0, "quarantined": 0}
    for state, _, count in rows:
        by_state[state] = by_state.get(state, 0) + count
    judged = {verdict: count for state, verdict, count in rows if state == "judged"}
    return Tally(
        made=made,
        sent=made - by_state[""],
        received=by_state["received"],
        accepted=judged.get("accepted", 0),
        refused=judged.get("refused", 0),
        held=by_state["held"],
        quarantined=by_state["quarantined"],
        waiting=by_state[""],
    )


def peer(store: Store) -> dict[str, bytes]:
    """Return what this counter knows of its hub; empty before enrolment."""
    with store.session() as db:
        return {name: bytes(value) for name, value in db.execute_sql("SELECT * FROM peer")}


def remember_peer(store: Store, values: Mapping[str, bytes]) -> None:
    """Keep what the hub has said of itself."""
    with store.write() as db:
        for name, value in values.items():
            db.execute_sql(
                "INSERT INTO peer (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )
