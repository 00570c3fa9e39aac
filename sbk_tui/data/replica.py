"""The city's records at a counter: pages of its feed applied whole or not at all.

A page brings rows, verdicts and blocked cards; with them go the cursor and the clock, in one
transaction, and our own work is laid on top anew. A whole new copy is fetched beside the old one
and takes its place at once: the clerk never sees half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data import outbox
from sbk_tui.data.cases import CaseItem, close_referrals, file_case
from sbk_tui.data.handovers import settle_told
from sbk_tui.data.rebase import cursor_of, rebase
from sbk_tui.data.record import hlc_of
from sbk_tui.data.records import knows
from sbk_tui.data.store import Store

FOLLOWED_MS = 10 * 60 * 1000
"""How far the city's clock may be ahead of ours and still move ours on."""
_STAGED = "staged_cursor"


class HubRow(NamedTuple):
    """A record as the city has it; no body: it is no longer for this counter."""

    subject: str
    version: int
    pos: int
    body: bytes | None


class Blocked(NamedTuple):
    """A card of the city that is lost or cancelled, or was until now."""

    number: str
    state: str
    """A card state; a card in another state than lost or cancelled leaves the list."""
    pos: int


class Page(NamedTuple):
    """What one page says, already verified."""

    next: int
    rows: Sequence[HubRow]
    receipts: Sequence[outbox.Filed]
    blocked: Sequence[Blocked]
    cases: Sequence[CaseItem]
    hub_ms: int
    last: bool = True
    """Whether it reaches what the city had decided when it was made."""


class Place(NamedTuple):
    """Where to go on."""

    after: int
    whole: bool
    """True: a whole new copy is being fetched."""


def place_of(store: Store) -> Place:
    """Return where the next page begins; a counter without a copy begins with a whole one."""
    known = outbox.peer(store)
    if _STAGED in known:
        return Place(int(known[_STAGED]), whole=True)
    if "cursor" in known:
        return Place(int(known["cursor"]), whole=False)
    return Place(0, whole=True)


class Replica:
    """The city's records of one counter."""

    def __init__(
        self,
        store: Store,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
        block_states: frozenset[str],
    ) -> None:
        """Take the counter's database, and the card states that are on the block list."""
        self._store = store
        self._initials = initials
        self._now_ms = now_ms
        self._block_states = block_states

    def place(self) -> Place:
        """Return where the next page begins; see `place_of`."""
        return place_of(self._store)

    def begin_again(self, inc: str, ack_seq: int) -> None:
        """Fetch everything anew, since the city was restored from a backup.

        The old copy stays in use until the new one is whole. Receipts of operations that the city
        no longer has are set aside as proof; the operations wait for a verdict once more.
        """
        with self._store.write() as db:
            lost = "SELECT op FROM operation WHERE inc = ? AND seq > ?"
            db.execute_sql(
                "INSERT INTO former_receipt (op, at, body) SELECT op, at, body FROM receipt"  # noqa: S608
                f" WHERE op IN ({lost}) ON CONFLICT DO NOTHING",
                (inc, ack_seq),
            )
            db.execute_sql(f"DELETE FROM receipt WHERE op IN ({lost})", (inc, ack_seq))  # noqa: S608
            db.execute_sql("DELETE FROM staged")
            _remember(db, _STAGED, 0)

    def apply(self, page: Page, *, after: int) -> None:
        """Take a page in; on return it is on disk, with all that follows from it.

        The same page again, or one that another process was faster with, changes nothing.
        """
        with self._store.write() as db:
            cursor = cursor_of(db)
            if after > cursor or page.next < cursor:
                return
            touched = _keep_rows(db, page.rows)
            for filed in page.receipts:
                outbox.file_in(db, filed)
                touched |= _about(db, filed.op)
            self._keep_blocked(db, page.blocked)
            for case in page.cases:
                file_case(db, case)
            self._finish(db, page, touched)

    def stage(self, page: Page, *, after: int, last: bool) -> None:
        """Put a page of a whole new copy aside; the last one puts the copy in use."""
        with self._store.write() as db:
            if after != _staged_cursor(db):
                return
            _stage_page(db, page)
            _remember(db, _STAGED, page.next)
            if last:
                self._swap(db, page)

    def _swap(self, db: SqliteDatabase, page: Page) -> None:
        touched = {name for (name,) in db.execute_sql("SELECT id FROM subject")}
        db.execute_sql("DELETE FROM hub_row")
        db.execute_sql(
            "INSERT INTO hub_row (subject, version, pos, body)"
            " SELECT subject, version, pos, body FROM staged WHERE type = 'row'"
        )
        touched |= {name for (name,) in db.execute_sql("SELECT subject FROM hub_row")}
        rows = db.execute_sql("SELECT body FROM staged WHERE type = 'verdict' ORDER BY pos")
        for (body,) in rows.fetchall():
            outbox.file_in(db, msgspec.msgpack.decode(body, type=outbox.Filed))
        rows = db.execute_sql("SELECT body FROM staged WHERE type = 'case' ORDER BY pos")
        for (body,) in rows.fetchall():
            file_case(db, msgspec.msgpack.decode(body, type=CaseItem))
        db.execute_sql("DELETE FROM blocked_card")
        rows = db.execute_sql("SELECT subject, body, pos FROM staged WHERE type = 'block'")
        blocked = [Blocked(name, bytes(state).decode(), pos) for name, state, pos in rows]
        self._keep_blocked(db, blocked)
        db.execute_sql("DELETE FROM staged")
        db.execute_sql("DELETE FROM peer WHERE name IN (?, 'cursor')", (_STAGED,))
        self._finish(db, page, touched)

    def _finish(self, db: SqliteDatabase, page: Page, touched: Iterable[str]) -> None:
        _remember(db, "cursor", page.next)
        if page.last:
            _remember(db, "complete", max(_known(db, "complete"), page.hub_ms))
        if page.hub_ms - self._now_ms() < FOLLOWED_MS:
            _remember(db, "hlc", max(_known(db, "hlc"), hlc_of(page.hub_ms)))
        known = set(filter(knows, touched))
        rebase(db, self._initials, known)
        settle_told(db, known, at_ms=self._now_ms())
        close_referrals(db, known, self._now_ms())

    def _keep_blocked(self, db: SqliteDatabase, blocked: Iterable[Blocked]) -> None:
        for card in blocked:
            db.execute_sql(
                "INSERT INTO blocked_card (number, state, pos) VALUES (?, ?, ?)"
                " ON CONFLICT (number) DO UPDATE SET state = excluded.state, pos = excluded.pos"
                " WHERE excluded.pos > blocked_card.pos",
                card,
            )
            if card.state not in self._block_states:
                db.execute_sql(
                    "DELETE FROM blocked_card WHERE number = ? AND pos = ?", (card.number, card.pos)
                )


def blocked_state(store: Store, number: str) -> str | None:
    """Return the state of a lost or cancelled card of the city, None for any other card."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT state FROM blocked_card WHERE number = ?", (number,)
        ).fetchone()
    return row[0] if row else None


def _keep_rows(db: SqliteDatabase, rows: Iterable[HubRow]) -> set[str]:
    """Keep the rows that are newer than ours; return the subjects that changed."""
    touched: set[str] = set()
    for row in rows:
        if row.body is None:
            sql = "DELETE FROM hub_row WHERE subject = ? AND pos < ?"
            changed = db.execute_sql(sql, (row.subject, row.pos)).rowcount
        else:
            changed = db.execute_sql(
                "INSERT INTO hub_row (subject, version, pos, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (subject) DO UPDATE SET version = excluded.version,"
                " pos = excluded.pos, body = excluded.body WHERE excluded.pos > hub_row.pos",
                (row.subject, row.version, row.pos, row.body),
            ).rowcount
        if changed:
            touched.add(row.subject)
    return touched


def _stage_page(db: SqliteDatabase, page: Page) -> None:
    for row in page.rows:
        kind = "row" if row.body is not None else "gone"
        _stage(db, f"row/{row.subject}", kind, row.subject, row.version, row.pos, row.body or b"")
    for filed in page.receipts:
        body = msgspec.msgpack.encode(filed)
        _stage(db, f"verdict/{filed.op}", "verdict", filed.op, 0, filed.hub_pos or 0, body)
    for card in page.blocked:
        body = card.state.encode()
        _stage(db, f"block/{card.number}", "block", card.number, 0, card.pos, body)
    for case in page.cases:
        _stage(db, f"case/{case.id}", "case", case.id, 0, 0, msgspec.msgpack.encode(case))


def _stage(
    db: SqliteDatabase, key: str, kind: str, subject: str, version: int, pos: int, body: bytes
) -> None:
    db.execute_sql(
        "INSERT INTO staged (key, type, subject, version, pos, body) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET type = excluded.type, version = excluded.version,"
        " pos = excluded.pos, body = excluded.body WHERE excluded.pos > staged.pos",
        (key, kind, subject, version, pos, body),
    )


def _about(db: SqliteDatabase, op: str) -> set[str]:
    return {name for (name,) in db.execute_sql("SELECT subject FROM about WHERE op = ?", (op,))}


def _staged_cursor(db: SqliteDatabase) -> int:
    return _known(db, _STAGED)


def _known(db: SqliteDatabase, name: str) -> int:
    row = db.execute_sql("SELECT value FROM peer WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _remember(db: SqliteDatabase, name: str, value: int) -> None:
    db.execute_sql(
        "INSERT INTO peer (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, str(value).encode()),
    )
