"""A person's decision on what was held or disputed: a record of its own, never changed.

The command line, later a page, and the clock (the standard answer at the deadline) call the same
`Decider`; each decision is filed, takes effect, and is told to the counters in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from peewee import SqliteDatabase

from sbk_tui.data.cases import CaseItem, case_rows, close_case
from sbk_tui.data.record import Record, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.data.seal import Signer
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.settle import HELD, UNKNOWN
from sbk_tui.domain.world import CHINA, Entity, Occasion, from_ms
from sbk_tui.errors import BadUsage
from sbk_tui.hub import feed, registry, unseen
from sbk_tui.hub.cases import publish
from sbk_tui.sync.wire import Receipt, State, Verdict, seal_receipt

BY_DEADLINE = "deadline"
"""Who decided when nobody did."""
_REFUSED = {HELD: "conflict.H1.refused", UNKNOWN: "conflict.H4.refused"}
_CONFIRMS = frozenset({"here", "given"})
"""Answers of an office that has the card, or gave it to its holder: the dispute is over."""


class _Hold(NamedTuple):
    case: str
    op: str
    subject: str
    code: str
    before: bytes | None
    pos: int


class Decider:
    """Settles what waits for a person; every method inside the caller's write transaction."""

    def __init__(
        self,
        *,
        hub: str,
        signer: Signer,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
    ) -> None:
        self._hub = hub
        self._signer = signer
        self._initials = initials
        self._now_ms = now_ms

    def waiting(self, db: SqliteDatabase) -> tuple[CaseItem, ...]:
        """Return the city's own open cases, the most urgent first."""
        return case_rows(db, "closed IS NULL AND counter = ''")

    def settle(
        self, db: SqliteDatabase, case_id: str, answer: str, *, by: str, reason: str = ""
    ) -> None:
        """Decide a case.

        Args:
            by: who decided; `BY_DEADLINE` for the clock.

        Raises:
            BadUsage: `case.unknown`, `case.closed`, `case.answer` (with the answers it has).
        """
        case = next(iter(case_rows(db, "id = ? AND counter = ''", case_id)), None)
        if case is None:
            raise BadUsage("case.unknown", case=case_id)
        if case.closed is not None:
            raise BadUsage("case.closed", case=case_id)
        choices = case.choices or ("done",)
        known = case.code == f"conflict.{UNKNOWN}" and self._records(db).card(answer) is not None
        if answer not in choices and not known:
            raise BadUsage("case.answer", answer=answer, choices=" ".join(choices))
        receipt = None
        for hold in _holds(db, '"case" = ?', case_id):
            if hold.code in {HELD, UNKNOWN}:
                receipt = self._end_hold(db, hold, answer)
            self._ended(db, hold)
        db.execute_sql(
            'INSERT INTO decision ("case", op, answer, "by", reason, at, pos, receipt)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                case_id, case.op, answer, by, reason, self._now_ms(),
                receipt[0] if receipt else None, receipt[1] if receipt else None,
            ),
        )  # fmt: skip
        self._close_all(db, case, answer)

    def late(self, db: SqliteDatabase) -> tuple[CaseItem, ...]:
        """Return the city's open cases whose day is over and which have a standard answer."""
        today = from_ms(self._now_ms()).astimezone(CHINA).date().isoformat()
        return case_rows(
            db, "closed IS NULL AND counter = '' AND standard <> '' AND due < ?", today
        )

    def pass_deadlines(self, db: SqliteDatabase) -> int:
        """Take the standard answer of every case whose day is over; return how many."""
        late = self.late(db)
        for case in late:
            self.settle(db, case.id, case.standard, by=BY_DEADLINE)
        return len(late)

    def answered(self, db: SqliteDatabase, counter: str, op: str, answer: SettleCase) -> None:
        """Take a clerk's answer to a case of `counter`; an office that has the card ends F1."""
        for case in case_rows(db, "id = ? AND counter = ?", answer.case, counter):
            if case.closed is not None:
                return
            close_case(
                db, case.id, answer=answer.answer or answer.told, op=op, at_ms=self._now_ms()
            )
            if answer.answer not in _CONFIRMS:
                return
            for hold in _holds(db, "op = ? AND code <> ?", case.op, HELD):
                self._ended(db, hold)
                self._close_all(db, case, answer.answer)

    # ------------------------------------------------------------------ holds

    def _end_hold(self, db: SqliteDatabase, hold: _Hold, answer: str) -> tuple[int, bytes]:
        """Let a held cancellation take effect or not; return position and bytes of its verdict."""
        inbox: Any = db.execute_sql(
            "SELECT counter, record FROM inbox WHERE op = ?", (hold.op,)
        ).fetchone()
        counter, body = inbox
        record = msgspec.msgpack.decode(body, type=Record)
        envelope = record.read()
        inc, seq = envelope.inc, envelope.seq  # set aside, it lies under another name
        accepted = answer not in {"refuse", "keep", "none"}
        records = self._records(db)
        if accepted:
            occasion = Occasion(
                at=from_ms(hlc_ms(envelope.hlc)),
                op=envelope.op,
                seat=registry.member(db, counter, inc).seat,
                clerk=envelope.clerk,
            )
            operation = record.operation(envelope)
            if isinstance(operation, BlindLoss):  # the answer is the card that was meant
                operation = replace(operation, card=answer)
            changed = operation.effect(records, occasion)
        else:
            changed = self._freed(db, records, hold) if answer == "refuse" else ()
        who = registry.member(db, counter, inc)
        feed.publish(db, records, changed, op=hold.op, who=who, now_ms=self._now_ms())
        clause = "3.4" if hold.code == HELD else "A5"
        receipt = Receipt(
            hub=self._hub, counter=counter, inc=inc, seq=seq, op=hold.op, hash=record.hash.hex(),
            state=State.JUDGED, verdict=Verdict.ACCEPTED if accepted else Verdict.REFUSED,
            code="" if accepted else _REFUSED[hold.code], clause=clause,
            pos=feed.next_position(db), at=self._now_ms(),
        )  # fmt: skip
        sealed = msgspec.msgpack.encode(seal_receipt(self._signer, receipt))
        pos = receipt.pos or 0
        feed.insert(
            db, pos, "verdict", feed.Audience(counter=counter), op=hold.op,
            subject=f"counter/{counter}", body=sealed,
        )  # fmt: skip
        db.execute_sql(
            "UPDATE inbox SET state = ?, verdict = ?, code = ? WHERE op = ?",
            (receipt.state.value, receipt.verdict.value, receipt.code, hold.op),
        )
        if accepted:
            subjects = [entity.subject for entity in changed]
            subjects += [f"card/{answer}"] if hold.code == UNKNOWN else []
            unseen.note(db, subjects, pos=pos, op=hold.op, counter=counter)
        return pos, sealed

    def _records(self, db: SqliteDatabase) -> Records:
        return Records(db, self._initials)

    def _freed(self, db: SqliteDatabase, records: Records, hold: _Hold) -> tuple[Entity, ...]:
        """Return the card as it was before it was blocked, unless something else blocks it too."""
        card = records.card(hold.subject.partition("/")[2])
        if card is None or card.state is not CardState.TEMP_LOST or hold.before is None:
            return ()
        if _lost_since(db, hold) or len(_holds(db, "subject = ?", hold.subject)) > 1:
            return ()
        before = msgspec.msgpack.decode(hold.before, type=Card)
        freed = replace(
            card,
            state=before.state,
            lost_at=before.lost_at,
            lost_until=before.lost_until,
            social_account=before.social_account,
        )
        return (freed,)

    def _ended(self, db: SqliteDatabase, hold: _Hold) -> None:
        db.execute_sql('UPDATE hold SET ended = ? WHERE "case" = ?', (self._now_ms(), hold.case))

    def _close_all(self, db: SqliteDatabase, decided: CaseItem, answer: str) -> None:
        """Close the cases of a conflict everywhere; a duty to tell the holder stays open.

        A case that no operation opened (a forked log, a clerk's other key) stands for itself.
        """
        same = ("op = ?", decided.op) if decided.op else ("id = ?", decided.id)
        for case in case_rows(db, f"{same[0]} AND closed IS NULL", same[1]):
            if case.duty:
                continue
            close_case(db, case.id, answer=answer, op="", at_ms=self._now_ms())
            publish(db, replace(case, answer=answer, closed=self._now_ms()))


def _holds(db: SqliteDatabase, where: str, *values: object) -> list[_Hold]:
    rows = db.execute_sql(
        'SELECT "case", op, subject, code, before, pos FROM hold'  # noqa: S608 -- our own words
        f" WHERE ended IS NULL AND {where} ORDER BY pos",
        values,
    )
    return [_Hold(*row) for row in rows]


def _lost_since(db: SqliteDatabase, hold: _Hold) -> bool:
    """Return whether a loss was accepted while the card was blocked: it stays lost."""
    rows = db.execute_sql(
        "SELECT i.record FROM settled s JOIN inbox i ON i.op = s.op"
        " WHERE s.subject = ? AND s.pos > ?",
        (hold.subject, hold.pos),
    )
    kinds = {msgspec.msgpack.decode(row[0], type=Record).read().kind for row in rows}
    return bool(kinds & {"loss.temporary", "loss.formal"})
