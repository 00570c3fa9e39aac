"""Judging: each stored operation once, in its counter's order, by the rules the counter used.

One transaction an operation: effect, verdict, receipt and feed position are there together or
not at all. What cannot be judged is set aside and never blocks what follows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Set
from datetime import datetime

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.finance import cases_after
from sbk_tui.data.handovers import settle_cases
from sbk_tui.data.record import Envelope, Record, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.data.seal import Signer
from sbk_tui.data.store import Store
from sbk_tui.domain import mask
from sbk_tui.domain.conflicts import Answer
from sbk_tui.domain.finance import row_of
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.loss import FormalLoss, TemporaryLoss
from sbk_tui.domain.operations.make import ReportToCentre
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.settle import Settlement, subjects_of
from sbk_tui.domain.world import CHINA, Occasion, from_ms
from sbk_tui.errors import BadUsage, Fact, IntegrityFault, Refusal
from sbk_tui.hub import feed, inbox, leases, newer, registry, spoken, unseen
from sbk_tui.hub.cases import RED, YELLOW, conflict_cases, open_case, publish, report_to_centre
from sbk_tui.hub.decisions import Decider
from sbk_tui.hub.figures import count as count_work
from sbk_tui.hub.judgement import Judgement, View, decide, held, readable, set_aside, with_finding
from sbk_tui.hub.near import near_cards
from sbk_tui.hub.registry import Member
from sbk_tui.sync.wire import Receipt, State, Verdict, seal_receipt

_LOSSES = TemporaryLoss | FormalLoss | BlindLoss
"""What takes effect even from one of two machines under one name."""
_log = logging.getLogger(__name__)
LOT = 50
"""Operations judged in one transaction; others of the hub wait for no longer than it takes."""


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
        self.decider = Decider(hub=hub, signer=signer, initials=initials, now_ms=now_ms)

    def judge_all(self, who: Member, most: int | None = None) -> None:
        """Judge what of `who` was stored and not judged, oldest first.

        Before that, what a person was to decide and did not gets its standard answer.

        Args:
            most: about how many; None: everything.

        Raises:
            StorageFault, IntegrityFault: the database says no; what is not judged stays stored.
        """
        with self._store.session() as db:
            late = self.decider.late(db)
        if late:
            with self._store.write() as db:
                self.decider.pass_deadlines(db)
        self._take_up_newer(who.counter)
        judged = 0
        while (most is None or judged < most) and self._judge_lot(who):
            judged += LOT

    def release(self, who: Member, head: bytes) -> None:
        """Judge what was set aside of the log that ends with `head`: its machine goes on.

        Each in a transaction of its own; done again it changes nothing.
        """
        with self._store.session() as db:
            waiting = leases.branch(db, who, head)
        for stored in waiting:
            with self._store.write() as db:
                if stored.read().op in {each.read().op for each in leases.branch(db, who, head)}:
                    behind = newer.about_waiting(db, who.counter)
                    judgement = self._judgement(db, who, stored, behind)
                    self._file(db, who, stored, judgement, again=leases.ASIDE)

    def _take_up_newer(self, counter: str) -> None:
        """Judge what was held because only a newer program knew it, and now this one does."""
        with self._store.session() as db:
            if not newer.is_ripe(db, counter):
                return
            held = newer.waiting(db, counter)
        behind: set[str] = set()
        for inc, stored in held:
            envelope = stored.read()
            with self._store.write() as db:
                if not newer.is_held(db, envelope.op):
                    continue
                who = registry.member(db, counter, inc)
                if self._judge_one(db, who, stored, behind, again=newer.DECISION):
                    newer.settled(db, envelope, self._now_ms())

    def _judge_lot(self, who: Member) -> bool:
        """Judge the next operations of `who` in one transaction; return whether there were any.

        One flush for a lot instead of one an operation: on a slow disk that is what judging takes.
        """
        with self._store.write() as db:
            behind = newer.about_waiting(db, who.counter)
            for judged in range(LOT):
                stored = inbox.next_unjudged(db, who)
                if stored is None:
                    return judged > 0
                self._judge_one(db, who, stored, behind)
        return True

    def _judge_one(
        self,
        db: SqliteDatabase,
        who: Member,
        stored: Record,
        behind: set[str],
        *,
        again: str = "",
    ) -> bool:
        """Judge one operation and file the judgement; return False if it was and stays held.

        Args:
            behind: what is held for a newer program is about that; grows with this one, if held.
            again: it was held; how the name of its second verdict ends.
        """
        db.execute_sql("SAVEPOINT one")
        try:
            judgement = self._judgement(db, who, stored, behind)
            waits = judgement.state is State.HELD and judgement.code in newer.CODES
            if waits:
                behind |= set(stored.read().about)
            if not (waits and again):
                self._file(db, who, stored, judgement, again=again)
        except Exception as error:  # a poisonous operation must not block those behind it
            if self._store.is_fault(error):
                raise
            _log.exception("cannot judge an operation of %s: %s", who.counter, type(error).__name__)
            db.execute_sql("ROLLBACK TO SAVEPOINT one")
            waits = False
            self._file(db, who, stored, set_aside(Refusal("hub.cannot_judge")), again=again)
        db.execute_sql("RELEASE SAVEPOINT one")
        return not (waits and again)

    def _judgement(
        self,
        db: SqliteDatabase,
        who: Member,
        stored: Record,
        behind: Set[str],
    ) -> Judgement:
        envelope = stored.read()
        try:
            kind, operation = readable(stored, envelope)
        except BadUsage:
            if leases.is_aside(who):
                return set_aside(Refusal(leases.CODE))
            return held(newer.NEWER, envelope)
        except IntegrityFault as error:
            return set_aside(error)
        occasion = Occasion(
            at=from_ms(hlc_ms(envelope.hlc)),
            op=envelope.op,
            seat=who.seat,
            clerk=envelope.clerk,
            approvers=registry.approvers(db, who, envelope),
        )
        if leases.is_aside(who) and not isinstance(operation, _LOSSES):
            return set_aside(Refusal(leases.CODE))
        world = Records(db, self._initials)
        subjects = subjects_of(operation, world)
        if isinstance(operation, _LOSSES) and spoken.is_known(
            db, world, operation, subjects, counter=who.counter, op=envelope.op
        ):
            return Judgement(State.JUDGED, Verdict.ACCEPTED, subjects=subjects)
        view = View(
            subjects,
            unseen.unseen(db, subjects, counter=who.counter, seen=envelope.seen),
            unseen.blocks(db, subjects.cards),
        )
        judgement = decide(kind, operation, world, occasion, self._rules, view)
        waits_with = behind & {*envelope.about, *subjects.cards, *subjects.persons}
        is_loss = isinstance(operation, _LOSSES) and judgement.verdict is Verdict.ACCEPTED
        if waits_with and not is_loss:
            return held(newer.BEHIND, envelope)
        if leases.is_aside(who) and judgement.state is State.HELD:
            return set_aside(Refusal(leases.CODE))
        judgement = with_finding(judgement, operation, occasion)
        told = {**judgement.facts, **_told(db, judgement.settlement)}
        if judgement.settlement is not None and subjects.cards:
            told["card"] = subjects.cards[0].partition("/")[2]
        near: tuple[str, ...] = ()
        if isinstance(operation, BlindLoss) and judgement.state is State.HELD:
            near = near_cards(operation, world)
            told |= {"card": operation.card or mask.number(operation.number)}
        return judgement._replace(facts=told, subjects=subjects, near=near)

    def _file(
        self,
        db: SqliteDatabase,
        who: Member,
        stored: Record,
        judgement: Judgement,
        *,
        again: str = "",
    ) -> None:
        """Write everything that follows from a judgement, inside its transaction.

        Args:
            again: how the name of a second verdict ends; the first one (set aside, held) stays.
        """
        envelope, now = stored.read(), self._now_ms()
        records = Records(db, self._initials)
        feed.publish(db, records, judgement.changed, op=envelope.op, who=who, now_ms=now)
        for entity in judgement.changed:
            if isinstance(entity, Handover):
                settle_cases(db, entity, op=envelope.op, at_ms=now)
        for item in cases_after(
            db, judgement.changed, op=envelope.op, at_ms=now, told=judgement.told
        ):
            publish(db, item)
        pos = feed.next_position(db)
        receipt = self._answer(db, who, stored, judgement, pos, again)
        count_work(db, who, envelope, receipt.verdict.value or receipt.state.value, now)
        if judgement.settlement is None or not judgement.settlement.code:
            self._ring(db, who, envelope, judgement, now)
        if receipt.verdict is Verdict.ACCEPTED or receipt.state is State.HELD:
            subjects = [name for each in judgement.subjects for name in each]
            subjects += [entity.subject for entity in judgement.changed]
            unseen.note(db, subjects, pos=pos, op=envelope.op, counter=who.counter)
        if judgement.settlement is not None and judgement.settlement.code:
            self._open_cases(db, who, envelope, judgement, pos)
        if receipt.verdict is Verdict.ACCEPTED:
            self._after(db, who, envelope, stored)

    def _answer(
        self,
        db: SqliteDatabase,
        who: Member,
        stored: Record,
        judgement: Judgement,
        pos: int,
        again: str,
    ) -> Receipt:
        """Sign the receipt of a judgement, put it into the counter's feed at `pos`, and keep it."""
        envelope = stored.read()
        receipt = Receipt(
            hub=self._hub,
            counter=who.counter,
            inc=envelope.inc,
            seq=envelope.seq,
            op=envelope.op,
            hash=stored.hash.hex(),
            state=judgement.state,
            verdict=judgement.verdict,
            code=judgement.code,
            clause=judgement.clause,
            facts=dict(judgement.facts),
            pos=pos,
            at=self._now_ms(),
        )
        sealed = msgspec.msgpack.encode(seal_receipt(self._signer, receipt))
        feed.insert(
            db, pos, "verdict", feed.Audience(counter=who.counter), op=envelope.op,
            subject=f"counter/{who.counter}", body=sealed,
        )  # fmt: skip
        db.execute_sql(
            "UPDATE inbox SET state = ?, verdict = ?, code = ?, pos = ? WHERE op = ?",
            (
                receipt.state.value, receipt.verdict.value, receipt.code, receipt.pos,
                envelope.op,
            ),
        )  # fmt: skip
        if again:
            leases.decide(db, receipt, sealed, again)
        else:
            db.execute_sql("UPDATE inbox SET receipt = ? WHERE op = ?", (sealed, envelope.op))
        return receipt

    def _after(self, db: SqliteDatabase, who: Member, envelope: Envelope, stored: Record) -> None:
        """Carry out what an accepted operation asks of the people at the city."""
        if envelope.kind == SettleCase.kind:
            answer = stored.operation(envelope)
            assert isinstance(answer, SettleCase)  # noqa: S101 -- what the kind says
            self.decider.answered(db, who.counter, envelope.op, answer)
        if envelope.kind == ReportToCentre.kind:
            report = stored.operation(envelope)
            assert isinstance(report, ReportToCentre)  # noqa: S101 -- what the kind says
            report_to_centre(db, who.counter, envelope.op, report, self._now_ms())

    def _open_cases(
        self, db: SqliteDatabase, who: Member, envelope: Envelope, judgement: Judgement, pos: int
    ) -> None:
        """Tell everybody who must know of a conflict, and keep what waits for a person."""
        settled = judgement.settlement
        assert settled is not None  # noqa: S101 -- the caller has looked
        ruling = self._rules.conflicts.rulings[settled.code]
        subject = next(iter((*judgement.subjects.cards, *judgement.subjects.persons)), "")
        other: dict[str, Fact] = {
            "counter": who.counter,
            "office": who.grant.office,
            "at": _moment(from_ms(hlc_ms(envelope.hlc))),
            "kind": envelope.kind,
            "card": subject.partition("/")[2] if judgement.subjects.cards else "",
        }
        cases = conflict_cases(
            settled, ruling, op=envelope.op, counter=who.counter, subject=subject,
            facts={"row": dict(judgement.facts), "column": other}, now_ms=self._now_ms(),
            near=judgement.near,
        )  # fmt: skip
        for item in cases:
            publish(db, item)
        if ruling.blocks or ruling.answer is Answer.HOLD:
            unseen.hold(
                db, f"{envelope.op}/city", op=envelope.op, subject=subject, code=settled.code,
                before=settled.before, pos=pos, due=cases[-1].due,
            )  # fmt: skip

    def _ring(
        self, db: SqliteDatabase, who: Member, envelope: Envelope, judgement: Judgement, now: int
    ) -> None:
        """Open the supervisor's case for what was set aside and for a fact that breaks a rule."""
        if judgement.code == newer.NEWER:
            newer.ring(db, who, envelope, now)
        aside = judgement.state is State.QUARANTINED
        if judgement.code == leases.CODE:
            return  # the case of the two machines stands for all of them
        if row_of(judgement.code) is not None:
            return  # has its cases with those who must clear it up
        if aside or (judgement.code and judgement.verdict is Verdict.ACCEPTED):
            open_case(
                db,
                envelope.op,
                op=envelope.op,
                severity=RED if aside else YELLOW,
                code=judgement.code,
                facts={**judgement.facts, "counter": who.counter, "seq": envelope.seq},
                now_ms=now,
            )


def _told(db: SqliteDatabase, settled: Settlement | None) -> dict[str, Fact]:
    """Return when and in which office the other operation was made, for the sentences."""
    if settled is None or settled.met is None:
        return {}
    office = registry.office_of(db, settled.met.counter)
    return {"office": office, "at": _moment(settled.met.at)}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%m-%d %H:%M}"
