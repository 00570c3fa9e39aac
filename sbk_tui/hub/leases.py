"""Two machines under one name: seen by the lease or by their logs, frozen, and told apart (§9).

Every hello brings a new lease and must show the one before (or, after a lost answer, the one
before that). A copied disk cannot show it for long. A frozen incarnation hands in: its losses
take effect, all else is set aside until the city has named the machine that goes on.
"""

from __future__ import annotations

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Record
from sbk_tui.errors import Refusal
from sbk_tui.hub.cases import RED, open_case
from sbk_tui.hub.registry import Member
from sbk_tui.sync.wire import Mark, Receipt, State

CODE = "hub.frozen"
"""Why an operation of a frozen incarnation is set aside."""
ASIDE = "/aside"
_LONGEST = 16


def aside(who: Member) -> Member:
    """Return the member under whose name the inbox keeps what a frozen incarnation hands in."""
    return who._replace(inc=who.inc + ASIDE)


def is_aside(who: Member) -> bool:
    """Return whether this is the name of what was set aside."""
    return who.inc.endswith(ASIDE)


def renew(db: SqliteDatabase, who: Member, shown: str, token: str) -> str | None:
    """Take the lease that a hello shows and return the next one; None: it is another machine's.

    Leases are numbered: one that is newer than all the hub knows was given by the hub before it
    was put back from a backup.

    Args:
        token: random, what nobody else can show.
    """
    row = db.execute_sql(
        "SELECT lease, lease_shown FROM counter_cert WHERE counter = ? AND inc = ?"
        " AND frozen IS NULL",
        (who.counter, who.inc),
    ).fetchone()
    if row is None:
        return None
    newest, before = row
    if shown not in (newest, before) and _number(shown) <= _number(newest):
        return None
    fresh = f"{max(_number(shown), _number(newest)) + 1}.{token}"
    db.execute_sql(
        "UPDATE counter_cert SET lease_shown = ?, lease = ? WHERE counter = ? AND inc = ?",
        (shown, fresh, who.counter, who.inc),
    )
    return fresh


def _number(lease: str) -> int:
    number = lease.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < _LONGEST else 0


def is_other_log(db: SqliteDatabase, who: Member, last: Mark) -> bool:
    """Return whether the hub holds another record where a counter says its log ends."""
    row = db.execute_sql(
        "SELECT hash FROM inbox WHERE counter = ? AND inc = ? AND seq = ?",
        (who.counter, who.inc, last.seq),
    ).fetchone()
    return row is not None and bytes(row[0]) != last.hash


def end(db: SqliteDatabase, who: Member, now_ms: int) -> None:
    """Let an incarnation do no more: another life of the counter has begun."""
    db.execute_sql(
        "UPDATE counter_cert SET frozen = ? WHERE counter = ? AND inc = ? AND frozen IS NULL",
        (now_ms, who.counter, who.inc),
    )


def freeze(db: SqliteDatabase, who: Member, now_ms: int) -> Member:
    """Freeze an incarnation, once, and tell the supervisor."""
    end(db, who, now_ms)
    open_case(
        db, f"{who.inc}/frozen", op="", severity=RED, code="hub.cloned",
        facts={"counter": who.counter, "office": who.grant.office}, now_ms=now_ms,
    )  # fmt: skip
    return who._replace(frozen=who.frozen or now_ms)


def decide(db: SqliteDatabase, receipt: Receipt, sealed: bytes, ending: str) -> None:
    """File the second verdict on what was set aside or held, in the way of every decision."""
    db.execute_sql(
        'INSERT INTO decision ("case", op, answer, "by", reason, at, pos, receipt)'
        " VALUES (?, ?, 'judge', ?, '', ?, ?, ?)",
        (
            f"{receipt.op}{ending}", receipt.op, receipt.counter, receipt.at, receipt.pos, sealed,
        ),
    )  # fmt: skip


def refuse_frozen(who: Member) -> Member:
    """Return a member that may be told and served.

    Raises:
        Refusal: `hub.frozen`.
    """
    if who.frozen:
        raise Refusal("hub.frozen")
    return who


def branch(db: SqliteDatabase, who: Member, head: bytes) -> tuple[Record, ...]:
    """Return what was set aside of the log that ends with the record `head`, oldest first."""
    found: list[Record] = []
    while True:
        row = db.execute_sql(
            "SELECT record, state, code FROM inbox WHERE counter = ? AND inc = ? AND hash = ?",
            (who.counter, aside(who).inc, head),
        ).fetchone()
        if row is None:
            return tuple(reversed(found))
        record = msgspec.msgpack.decode(row[0], type=Record)
        if (row[1], row[2]) == (State.QUARANTINED, CODE):
            found.append(record)
        head = record.prev
