"""Judging: each stored operation once, in its counter's order, by the rules the counter used.

One transaction an operation: effect, verdict, receipt and feed position are there together or
not at all. What cannot be judged is set aside and never blocks what follows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.handovers import settle_cases
from sbk_tui.data.record import Envelope, Record, approved_by, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.data.seal import Signer
from sbk_tui.data.store import Store
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.kinds import Kind, kind_named
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World, from_ms
from sbk_tui.errors import (
    BadUsage,
    Fact,
    IntegrityFault,
    NotPermitted,
    Refusal,
    SbkError,
    StorageFault,
)
from sbk_tui.hub import feed, registry
from sbk_tui.hub.cases import RED, YELLOW, open_case
from sbk_tui.hub.figures import count as count_work
from sbk_tui.hub.registry import Member
from sbk_tui.sync.wire import Receipt, State, Verdict, seal_receipt

_log = logging.getLogger(__name__)


class Judgement(NamedTuple):
    """What the rules say to one operation."""

    state: State
    verdict: Verdict
    code: str = ""
    clause: str | None = None
    facts: Mapping[str, Fact] = {}
    changed: tuple[Entity, ...] = ()


def decide(
    kind: Kind, operation: Operation, world: World, occasion: Occasion, rules: Rules
) -> Judgement:
    """Return the judgement on `operation`; pure, the world is only read.

    A counter without the right is refused and set aside, whatever it sent (第四条). A decision
    that a rule forbids is refused. A fact is accepted; what it breaks becomes a case, and its
    effect is kept as far as it can be.
    """
    try:
        occasion.seat.authority.require(kind.capability)
    except NotPermitted as error:
        verdict = Verdict.NONE if kind.nature is Nature.FACT else Verdict.REFUSED
        return Judgement(State.QUARANTINED, verdict, error.code, error.clause, error.facts)
    try:
        operation.admit(world, occasion, rules)
    except Refusal as error:
        if kind.nature is not Nature.FACT:
            return Judgement(State.JUDGED, Verdict.REFUSED, error.code, error.clause, error.facts)
        changed = _effect_if_possible(operation, world, occasion)
        return Judgement(
            State.JUDGED, Verdict.ACCEPTED, error.code, error.clause, error.facts, changed
        )
    return Judgement(State.JUDGED, Verdict.ACCEPTED, changed=operation.effect(world, occasion))


def _effect_if_possible(
    operation: Operation, world: World, occasion: Occasion
) -> tuple[Entity, ...]:
    try:
        return operation.effect(world, occasion)
    except Refusal:
        return ()


def readable(record: Record, envelope: Envelope) -> tuple[Kind, Operation]:
    """Return kind and operation of a record.

    Raises:
        BadUsage: `kind.unknown`, `kind.newer`; IntegrityFault: `record.payload`, `record.erased`.
    """
    kind = kind_named(envelope.kind)
    if envelope.kv > kind.version:
        raise BadUsage("kind.newer", kind=kind.name)
    return kind, record.operation(envelope)


class Judge:
    """The hub's judge over one database."""

    def __init__(
        self,
        store: Store,
        *,
        hub: str,
        signer: Signer,
        rules: Rules,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._hub = hub
        self._signer = signer
        self._rules = rules
        self._initials = initials
        self._now_ms = now_ms

    def judge_all(self, who: Member) -> None:
        """Judge everything of `who` that was stored and not judged, oldest first.

        Raises:
            StorageFault, IntegrityFault: the database says no; what is not judged stays stored.
        """
        while self._judge_next(who):
            pass

    def _judge_next(self, who: Member) -> bool:
        try:
            with self._store.write() as db:
                stored = _next(db, who)
                if stored is None:
                    return False
                self._file(db, who, stored, self._judgement(db, who, stored))
        except (StorageFault, IntegrityFault):
            raise
        except Exception as error:  # a poisonous operation must not block those behind it
            _log.exception("cannot judge an operation of %s: %s", who.counter, type(error).__name__)
            with self._store.write() as db:
                stored = _next(db, who)
                if stored is not None:
                    self._file(db, who, stored, _set_aside(Refusal("hub.cannot_judge")))
        return True

    def _judgement(self, db: SqliteDatabase, who: Member, stored: Record) -> Judgement:
        envelope = stored.read()
        try:
            kind, operation = readable(stored, envelope)
        except (BadUsage, IntegrityFault) as error:
            return _set_aside(error)
        occasion = Occasion(
            at=from_ms(hlc_ms(envelope.hlc)),
            op=envelope.op,
            seat=who.seat,
            clerk=envelope.clerk,
            approvers=_approvers(db, who, envelope),
        )
        world = Records(db, self._initials)
        return decide(kind, operation, world, occasion, self._rules)

    def _file(self, db: SqliteDatabase, who: Member, stored: Record, judgement: Judgement) -> None:
        """Write everything that follows from a judgement, inside its transaction."""
        envelope, now = stored.read(), self._now_ms()
        records = Records(db, self._initials)
        feed.publish(db, records, judgement.changed, op=envelope.op, who=who, now_ms=now)
        for entity in judgement.changed:
            if isinstance(entity, Handover):
                settle_cases(db, entity, op=envelope.op, at_ms=now)
        pos = feed.next_position(db)
        receipt = Receipt(
            hub=self._hub,
            counter=who.counter,
            inc=who.inc,
            seq=envelope.seq,
            op=envelope.op,
            hash=stored.hash.hex(),
            state=judgement.state,
            verdict=judgement.verdict,
            code=judgement.code,
            clause=judgement.clause,
            facts=dict(judgement.facts),
            pos=pos,
            at=now,
        )
        sealed = msgspec.msgpack.encode(seal_receipt(self._signer, receipt))
        feed.insert(
            db, pos, "verdict", feed.Audience(counter=who.counter), op=envelope.op,
            subject=f"counter/{who.counter}", body=sealed,
        )  # fmt: skip
        db.execute_sql(
            "UPDATE inbox SET state = ?, verdict = ?, code = ?, pos = ?, receipt = ?"
            " WHERE counter = ? AND inc = ? AND seq = ?",
            (
                receipt.state.value, receipt.verdict.value, receipt.code, receipt.pos, sealed,
                who.counter, who.inc, envelope.seq,
            ),
        )  # fmt: skip
        count_work(db, who, envelope, receipt.verdict.value or receipt.state.value, now)
        self._ring(db, who, envelope, judgement, now)

    def _ring(
        self, db: SqliteDatabase, who: Member, envelope: Envelope, judgement: Judgement, now: int
    ) -> None:
        """Open the supervisor's case for what was set aside and for a fact that breaks a rule."""
        set_aside = judgement.state is State.QUARANTINED
        if set_aside or (judgement.code and judgement.verdict is Verdict.ACCEPTED):
            open_case(
                db,
                envelope.op,
                op=envelope.op,
                severity=RED if set_aside else YELLOW,
                code=judgement.code,
                facts={**judgement.facts, "counter": who.counter, "seq": envelope.seq},
                now_ms=now,
            )


def _set_aside(error: SbkError) -> Judgement:
    return Judgement(State.QUARANTINED, Verdict.NONE, error.code, error.clause, error.facts)


def _next(db: SqliteDatabase, who: Member) -> Record | None:
    row = db.execute_sql(
        "SELECT record FROM inbox WHERE counter = ? AND inc = ? AND state = 'received'"
        " ORDER BY seq LIMIT 1",
        (who.counter, who.inc),
    ).fetchone()
    return msgspec.msgpack.decode(row[0], type=Record) if row else None


def _approvers(db: SqliteDatabase, who: Member, envelope: Envelope) -> tuple[str, ...]:
    """Return the clerks whose signed yes holds against the keys that the hub has filed."""
    return tuple(
        approval.clerk
        for approval in envelope.approvals
        if (public := registry.clerk_key(db, who.counter, approval.clerk)) is not None
        and approved_by(envelope, approval, public)
    )
