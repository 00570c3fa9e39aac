"""Does the log hold together, and do the tables equal what the log says? (P8)

`verify` checks every record's chain, seals and numbering, then folds the whole log into a
scratch database and compares it with the tables, row by row. It reads only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data import models
from sbk_tui.data.log import StoredRecord, fold, records_of, seat_of
from sbk_tui.data.migrations import migrate
from sbk_tui.data.rebase import hub_rows, pending
from sbk_tui.data.record import (
    Approval,
    Certificate,
    Envelope,
    anchor,
    approved_by,
    flaw_of,
)
from sbk_tui.data.records import Records, knows
from sbk_tui.data.seal import verify as verify_signature
from sbk_tui.data.store import Store, open_store
from sbk_tui.domain.world import Seat
from sbk_tui.errors import Fact, Refusal, SbkError


class Flaw(NamedTuple):
    """One thing that does not hold: where (incarnation and number, or subject) and what."""

    code: str
    place: str
    facts: dict[str, Fact]


class Report(NamedTuple):
    """What an audit found."""

    operations: int
    flaws: tuple[Flaw, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.flaws


_Row = tuple[Any, ...]


def verify(store: Store, *, key: bytes | None, initials: Callable[[str], Sequence[str]]) -> Report:
    """Check the whole log and compare the tables with its replay.

    Args:
        key: the database's key, for the scratch copy (encrypted alike).
        initials: as for the ledger.
    """
    with store.session() as db, tempfile.TemporaryDirectory(prefix="sbk-audit-") as folder:
        scratch = open_store(Path(folder) / "scratch.db", key)
        try:
            migrate(scratch)
            with scratch.write() as other:
                audit = _Audit(db, Records(other, initials))
                audit.lay_hub_rows()
                audit.check_log()
                audit.compare_tables(other)
        finally:
            scratch.close()
    return Report(audit.count, tuple(audit.flaws))


def verify_chain(store: Store) -> Report:
    """Check chain, seals and numbering of the whole log; the tables are not looked at."""
    with store.session() as db:
        audit = _Audit(db, Records(db, lambda _name: ()), replayed=frozenset())
        audit.check_log()
    return Report(audit.count, tuple(audit.flaws))


class _Audit:
    """The findings of one run."""

    def __init__(
        self, db: SqliteDatabase, replay: Records, *, replayed: frozenset[str] | None = None
    ) -> None:
        """Take the database and where its log is replayed; `replayed`: what of it, None: all."""
        self._db = db
        self._replay = replay
        self._keys = {
            row.id: bytes(row.public) for row in models.Clerk.select().bind(db).execute(db)
        }
        self._pending = pending(db) if replayed is None else replayed
        self._laid = False
        self.count = 0
        self.flaws: list[Flaw] = []

    def lay_hub_rows(self) -> None:
        """Begin the replay with what the city has told; our own work comes on top."""
        for subject, version, body in hub_rows(self._db):
            self._laid = True
            if not knows(subject):
                continue
            try:
                self._replay.restore(subject, version, body)
            except SbkError as error:
                self._say(error.code, subject)

    def check_log(self) -> None:
        lives = models.Incarnation.select().order_by(models.Incarnation.opened).bind(self._db)
        for life in list(lives):
            certificate = bytes(life.certificate)
            held = msgspec.msgpack.decode(certificate, type=Certificate)
            if held.issuer == "self" and not verify_signature(
                held.suite, held.public, bytes(life.signature), certificate
            ):
                self._say("record.certificate", life.inc)
            self._check_chain(life.inc, certificate, held.public)

    def _check_chain(self, inc: str, certificate: bytes, counter_key: bytes) -> None:
        head, expected, seat = anchor(certificate), 1, seat_of(certificate)
        for stored in records_of(self._db, inc):
            place = f"{inc[:8]}/{stored.seq}"
            self.count += 1
            if stored.seq != expected:
                self._say("record.gap", place, expected=expected)
            try:
                envelope = stored.record.read()
                self._check_record(stored, envelope, place, head, counter_key)
                if stored.op in self._pending:
                    self._fold(stored, envelope, seat)
            except SbkError as error:
                self._say(error.code, place)
            head, expected = stored.record.hash, stored.seq + 1

    def _fold(self, stored: StoredRecord, envelope: Envelope, seat: Seat) -> None:
        try:
            fold(self._replay, stored.record, envelope, seat)
        except Refusal:
            if not self._laid:  # else the city has decided otherwise meanwhile
                raise

    def _check_record(
        self, stored: StoredRecord, envelope: Envelope, place: str, head: bytes, counter_key: bytes
    ) -> None:
        flaw = flaw_of(
            stored.record,
            envelope,
            prev=head,
            counter_key=counter_key,
            clerk_key=self._keys.get(envelope.clerk),
        )
        if flaw:
            self._say(flaw, place)
        if (envelope.op, envelope.inc, envelope.seq) != (stored.op, stored.inc, stored.seq):
            self._say("record.columns", place)
        for approval in envelope.approvals:
            if not self._holds(envelope, approval):
                self._say("record.approval", place)

    def _holds(self, envelope: Envelope, approval: Approval) -> bool:
        public = self._keys.get(approval.clerk)
        return public is not None and approved_by(envelope, approval, public)

    def compare_tables(self, other: SqliteDatabase) -> None:
        """Name every row in which the tables and the replayed tables differ."""
        for model in models.PROJECTIONS:
            table, key = model._meta.table_name, _key_of(model)
            query = f"SELECT * FROM {table} ORDER BY {key}"  # noqa: S608 -- our own table names
            ours = {row[0]: row for row in self._db.execute_sql(query)}
            theirs = {row[0]: row for row in other.execute_sql(query)}
            for name in sorted(ours.keys() | theirs.keys()):
                if self._differ(table, ours.get(name), theirs.get(name)):
                    self._say("tables.differ", f"{table}/{name}")

    def _differ(self, table: str, ours: _Row | None, theirs: _Row | None) -> bool:
        """Whether two rows differ; a version may be higher here than it is in the replay.

        No version goes back at a counter, although the city refuses work that had raised it.
        """
        if ours is None or theirs is None or table != "subject" or not self._laid:
            return ours != theirs
        return (ours[0], ours[2]) != (theirs[0], theirs[2]) or ours[1] < theirs[1]

    def _say(self, code: str, place: str, **facts: Fact) -> None:
        self.flaws.append(Flaw(code, place, facts))


def _key_of(model: type[models.Base]) -> str:
    return ", ".join(field.column_name for field in model._meta.get_primary_keys())
