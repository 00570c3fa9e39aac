"""The one write path: an operation becomes effect and record in one flushed transaction.

Nothing else writes a business table. What `perform` has returned is on disk; what it refused
has changed nothing; the same operation id met again gives the first result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data import record as rec
from sbk_tui.data.beside import Beside
from sbk_tui.data.block_list import listed_in
from sbk_tui.data.leash import alone
from sbk_tui.data.line import is_up
from sbk_tui.data.log import subjects_of
from sbk_tui.data.rebase import cursor_of
from sbk_tui.data.records import Records
from sbk_tui.data.seal import Signer
from sbk_tui.data.store import Store
from sbk_tui.domain.block_list import refuse_listed
from sbk_tui.domain.kinds import Kind, kind_of
from sbk_tui.domain.leash import Alone, refuse_too_far
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.world import CHINA, Entity, Occasion, Seat, from_ms
from sbk_tui.errors import HubUnreachable, Outdated, Refusal

_NONE: Mapping[str, int] = {}
_INSERT = (
    "INSERT INTO operation (op, inc, seq, hlc, kind, clerk, envelope, payload, salt, prev, hash,"
    " counter_sig, clerk_sig) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Incarnation(NamedTuple):
    """The life of the database that new records belong to."""

    inc: str
    certificate: bytes


class Session(NamedTuple):
    """A signed-in clerk, able to sign."""

    clerk: str
    name: str
    role: str
    signer: Signer


class Intent(NamedTuple):
    """An operation with its id, salted and hashed: what a second clerk can approve."""

    op: str
    operation: Operation
    kind: Kind
    payload: bytes
    salt: bytes
    payload_hash: bytes
    base: Mapping[str, int]
    blobs: tuple[str, ...]


class Done(NamedTuple):
    """An operation that is on disk."""

    op: str
    seq: int
    hash: bytes
    at_ms: int
    changed: tuple[Entity, ...]
    repeated: bool
    """True: the same id was met before and this is the first result."""

    @property
    def code(self) -> str:
        """The eight characters that are printed on every slip."""
        return self.hash.hex()[:8].upper()


class Ledger:
    """The log of one counter, open for one signed-in clerk.

    Time, salt and approvers' keys come in as functions; `wiring` alone knows where from.
    """

    def __init__(
        self,
        store: Store,
        *,
        seat: Seat,
        incarnation: Incarnation,
        counter: Signer,
        session: Session,
        rules: Rules,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
        new_salt: Callable[[], bytes],
        clerk_key: Callable[[str], bytes | None],
    ) -> None:
        self._store = store
        self._seat = seat
        self._incarnation = incarnation
        self._counter = counter
        self._session = session
        self._rules = rules
        self._initials = initials
        self._now_ms = now_ms
        self._new_salt = new_salt
        self._clerk_key = clerk_key

    def intend(
        self,
        operation: Operation,
        *,
        op: str,
        base: Mapping[str, int] = _NONE,
        blobs: tuple[str, ...] = (),
    ) -> Intent:
        """Return `operation` ready to be approved and performed; touches nothing.

        Args:
            op: its id, 32 hex digits, made when the form was opened.
            base: subject → version that the clerk saw; a subject changed since is refused.

        Raises:
            NotPermitted: the counter may not do this kind (A3, A4).
            Refusal: `record.too_large`.
        """
        kind = kind_of(operation)
        self._seat.authority.require(kind.capability)
        payload = rec.encode_payload(operation)
        salt = self._new_salt()
        hashed = rec.hash_payload(salt, payload)
        return Intent(op, operation, kind, payload, salt, hashed, base, blobs)

    def perform(
        self,
        intent: Intent,
        approvals: Sequence[rec.Approval] = (),
        beside: Sequence[Beside] = (),
    ) -> Done:
        """Do `intent`: on return its effect and its record are on disk, flushed.

        Args:
            approvals: of second clerks, to exactly this intent.
            beside: what else is written in the same transaction; not again for a repeat.

        Raises:
            Refusal: a rule says no (`Outdated`: the subject was changed since it was seen).
            HubUnreachable: `hub.first`, a kind that needs the city's answer first.
            StorageFault, IntegrityFault: the disk or the database said no; nothing changed.
        """
        with self._store.write() as db:
            writer = _Writer(db, Records(db, self._initials), self._incarnation)
            done = self._one(writer, intent, approvals)
            if not done.repeated:
                for each in beside:
                    each.write(db, done)
            return done

    def perform_all(self, intents: Iterable[Intent], beside: Sequence[Beside] = ()) -> list[Done]:
        """Do several intents in one transaction: all of them, or none (lots of many cards).

        Args:
            beside: what else is written, given the last of them; not again for a repeat.
        """
        with self._store.write() as db:
            writer = _Writer(db, Records(db, self._initials), self._incarnation)
            done = [self._one(writer, intent, ()) for intent in intents]
            if done and not done[-1].repeated:
                for each in beside:
                    each.write(db, done[-1])
            return done

    def refuse(self, intent: Intent) -> None:
        """Return when `perform` would do `intent` now; touches nothing.

        For work that begins with a device: it is not touched for what may not be.

        Raises:
            As `perform`.
        """
        with self._store.session() as db:
            writer = _Writer(db, Records(db, self._initials), self._incarnation)
            if writer.find(intent) is None:
                self._admitted(writer, intent, rec.tick(writer.last_hlc, self._now_ms()), ())

    def today(self) -> date:
        """Return the calendar day that the next record will bear: never before the last one's."""
        with self._store.session() as db:
            row = db.execute_sql("SELECT hlc FROM operation ORDER BY hlc DESC LIMIT 1").fetchone()
            last = max(row[0] if row else 0, _hub_hlc(db))
        hlc = rec.tick(last, self._now_ms())
        return from_ms(rec.hlc_ms(hlc)).astimezone(CHINA).date()

    def approve(self, intent: Intent, approver: Session, minutes: int = 10) -> rec.Approval:
        """Return a second clerk's signed yes to exactly this intent (复核).

        Raises:
            Refusal: `approval.same_clerk`.
        """
        if approver.clerk == self._session.clerk:
            raise Refusal("approval.same_clerk", clause=intent.kind.clause)
        valid_until = self._now_ms() + minutes * 60_000
        message = rec.approval_message(
            intent.op, intent.kind.name, intent.payload_hash, valid_until
        )
        return rec.Approval(
            clerk=approver.clerk,
            valid_until=valid_until,
            signature=approver.signer.sign(message),
        )

    def _one(self, writer: _Writer, intent: Intent, approvals: Sequence[rec.Approval]) -> Done:
        self._seat.authority.require(intent.kind.capability)
        first = writer.find(intent)
        if first is not None:
            return first
        hlc = rec.tick(writer.last_hlc, self._now_ms())
        envelope, occasion = self._admitted(writer, intent, hlc, approvals)
        changed = intent.operation.effect(writer.records, occasion)
        about = tuple(dict.fromkeys(subjects_of(changed)))
        seen = {name: version for name in about if (version := writer.records.version(name))}
        envelope = msgspec.structs.replace(envelope, about=about, base=seen)
        sealed = rec.seal(
            envelope, intent.payload, intent.salt, writer.head,
            counter=self._counter, clerk=self._session.signer,
        )  # fmt: skip
        if intent.kind.nature is Nature.HUB_FIRST:
            changed = ()  # what it changes comes with the city's verdict, as the city's row
        writer.append(envelope, sealed, changed)
        return Done(intent.op, envelope.seq, sealed.hash, rec.hlc_ms(hlc), changed, False)

    def _admitted(
        self, writer: _Writer, intent: Intent, hlc: int, approvals: Sequence[rec.Approval]
    ) -> tuple[rec.Envelope, Occasion]:
        """Return the envelope's draft and the occasion once every rule has said yes."""
        envelope = self._draft_envelope(writer, intent, hlc, approvals)
        occasion = Occasion(
            at=from_ms(rec.hlc_ms(hlc)),
            op=intent.op,
            seat=self._seat,
            clerk=self._session.clerk,
            approvers=tuple(a.clerk for a in approvals if self._is_yes(envelope, a)),
        )
        _refuse_outdated(writer.records, intent.base)
        refuse_too_far(
            intent.operation, intent.kind.nature, writer.records,
            writer.alone(occasion.at, self._rules.settings),
        )  # fmt: skip
        refuse_listed(intent.operation, writer.records, writer.listed)
        intent.operation.admit(writer.records, occasion, self._rules)
        if intent.kind.nature is Nature.HUB_FIRST and not writer.is_line_up(self._now_ms()):
            raise HubUnreachable("hub.first", clause=intent.kind.clause, kind=intent.kind.name)
        return envelope, occasion

    def _draft_envelope(
        self, writer: _Writer, intent: Intent, hlc: int, approvals: Sequence[rec.Approval]
    ) -> rec.Envelope:
        return rec.Envelope(
            op=intent.op,
            suite=self._counter.suite,
            counter=self._seat.counter,
            inc=self._incarnation.inc,
            seq=writer.seq + 1,
            hlc=hlc,
            off=None,
            clerk=self._session.clerk,
            kind=intent.kind.name,
            kv=intent.kind.version,
            nature=intent.kind.nature.value,
            clause=intent.kind.clause,
            about=(),
            base={},
            seen=writer.seen,
            payload_hash=intent.payload_hash,
            blobs=intent.blobs,
            approvals=tuple(approvals),
        )

    def _is_yes(self, envelope: rec.Envelope, approval: rec.Approval) -> bool:
        public = self._clerk_key(approval.clerk)
        return public is not None and rec.approved_by(envelope, approval, public)


class _Writer:
    """Chain head and inserts of one open write transaction."""

    def __init__(self, db: SqliteDatabase, records: Records, incarnation: Incarnation) -> None:
        self._db = db
        self.records = records
        head = db.execute_sql(
            "SELECT seq, hash FROM operation WHERE inc = ? ORDER BY seq DESC LIMIT 1",
            (incarnation.inc,),
        ).fetchone()
        self.seq: int = head[0] if head else 0
        self.head: bytes = bytes(head[1]) if head else rec.anchor(incarnation.certificate)
        self.last_hlc: int = (
            db.execute_sql("SELECT hlc FROM operation ORDER BY hlc DESC LIMIT 1").fetchone() or (0,)
        )[0]
        self.last_hlc = max(self.last_hlc, _hub_hlc(db))
        self.seen = cursor_of(db)

    def alone(self, at: datetime, settings: Settings) -> Alone:
        """Return how long this counter has not heard from its city, as of `at`."""
        return alone(self._db, at, settings)

    def listed(self, number: str) -> str | None:
        """Return the state under which the city lists a card whose row is not here."""
        return listed_in(self._db, number)

    def is_line_up(self, now_ms: int) -> bool:
        """Return whether the city has answered lately."""
        return is_up(self._db, now_ms)

    def find(self, intent: Intent) -> Done | None:
        """Return the first result of this id, if it was met before.

        Raises:
            Refusal: `op.reused` when the id came with another content.
        """
        row: Any = self._db.execute_sql(
            "SELECT seq, hash, hlc, kind, payload FROM operation WHERE op = ?", (intent.op,)
        ).fetchone()
        if row is None:
            return None
        seq, hashed, hlc, kind, payload = row
        if kind != intent.kind.name or bytes(payload or b"") != intent.payload:
            raise Refusal("op.reused", kind=kind)
        return Done(intent.op, seq, bytes(hashed), rec.hlc_ms(hlc), (), True)

    def append(
        self, envelope: rec.Envelope, sealed: rec.Record, changed: tuple[Entity, ...]
    ) -> None:
        self._db.execute_sql(
            _INSERT,
            (
                envelope.op, envelope.inc, envelope.seq, envelope.hlc, envelope.kind,
                envelope.clerk, sealed.envelope, sealed.payload, sealed.salt, sealed.prev,
                sealed.hash, sealed.counter_sig, sealed.clerk_sig,
            ),
        )  # fmt: skip
        for subject in envelope.about:
            self._db.execute_sql(
                "INSERT INTO about (subject, op) VALUES (?, ?)", (subject, envelope.op)
            )
        for entity in changed:
            self.records.put(entity)
        self.seq, self.head, self.last_hlc = envelope.seq, sealed.hash, envelope.hlc


def _hub_hlc(db: SqliteDatabase) -> int:
    """Return the city's time as it was last taken over (only while it was near ours)."""
    row = db.execute_sql("SELECT value FROM peer WHERE name = 'hlc'").fetchone()
    return int(row[0]) if row else 0


def _refuse_outdated(records: Records, base: Mapping[str, int]) -> None:
    for subject, version in base.items():
        if records.version(subject) != version:
            raise Outdated("subject.changed", subject=subject.partition("/")[0])
