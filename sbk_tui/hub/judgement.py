"""What the rules say to one operation: pure, the judge's database is not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sbk_tui.data.record import Envelope, Record
from sbk_tui.domain.conflicts import Answer
from sbk_tui.domain.finance import Finding, findings, findings_told
from sbk_tui.domain.kinds import Kind
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.settle import Settlement, Subjects, Unseen, settle
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import BadUsage, Fact, NotPermitted, Refusal, SbkError
from sbk_tui.hub import newer
from sbk_tui.sync.wire import State, Verdict


class Judgement(NamedTuple):
    """What the rules say to one operation."""

    state: State
    verdict: Verdict
    code: str = ""
    clause: str | None = None
    facts: Mapping[str, Fact] = {}
    changed: tuple[Entity, ...] = ()
    settlement: Settlement | None = None
    """What it met that its counter had not seen, if that decided."""
    subjects: Subjects = Subjects()
    told: tuple[Finding, ...] = ()
    """What the operation itself says is wrong about money."""
    near: tuple[str, ...] = ()
    """For a loss of an unknown card: cards whose number, or whose holder's, is nearly the same."""


class View(NamedTuple):
    """What an operation concerns, what its counter had not seen of that, and what waits."""

    subjects: Subjects = Subjects()
    unseen: tuple[Unseen, ...] = ()
    blocks: frozenset[str] = frozenset()


def decide(
    kind: Kind,
    operation: Operation,
    world: World,
    occasion: Occasion,
    rules: Rules,
    view: View = View(),  # noqa: B008 -- immutable
) -> Judgement:
    """Return the judgement on `operation`; pure, the world is only read.

    A counter without the right is refused and set aside, whatever it sent (第四条). What its
    counter had not seen decides next (`settle`). Then a decision that a rule forbids is refused;
    a fact is accepted, what it breaks becomes a case, and its effect is kept as far as it can be.
    """
    try:
        occasion.seat.authority.require(kind.capability)
    except NotPermitted as error:
        verdict = Verdict.NONE if kind.nature is Nature.FACT else Verdict.REFUSED
        return Judgement(State.QUARANTINED, verdict, error.code, error.clause, error.facts)
    try:
        settled = settle(world, operation, occasion, rules, view.unseen, view.blocks)
        if settled is not None:
            return _settled(settled, rules)
        operation.admit(world, occasion, rules)
    except Refusal as error:
        if kind.nature is not Nature.FACT:
            return Judgement(State.JUDGED, Verdict.REFUSED, error.code, error.clause, error.facts)
        changed = _effect_if_possible(operation, world, occasion)
        return Judgement(
            State.JUDGED, Verdict.ACCEPTED, error.code, error.clause, error.facts, changed
        )
    return Judgement(State.JUDGED, Verdict.ACCEPTED, changed=operation.effect(world, occasion))


def _settled(settled: Settlement, rules: Rules) -> Judgement:
    """Return a settlement as a judgement."""
    state = State.HELD if settled.answer is Answer.HOLD else State.JUDGED
    verdict = {Answer.HOLD: Verdict.NONE, Answer.REFUSE: Verdict.REFUSED}.get(
        settled.answer, Verdict.ACCEPTED
    )
    if not settled.code:
        return Judgement(state, verdict, changed=settled.changed, settlement=settled)
    ruling = rules.conflicts.rulings[settled.code]
    code = f"conflict.{settled.code}"
    return Judgement(state, verdict, code, ruling.clause, settled.facts, settled.changed, settled)


def _effect_if_possible(
    operation: Operation, world: World, occasion: Occasion
) -> tuple[Entity, ...]:
    try:
        return operation.effect(world, occasion)
    except Refusal:
        return ()


def with_finding(judgement: Judgement, operation: Operation, occasion: Occasion) -> Judgement:
    """Return the judgement with what must be cleared up about money, if that is what it found.

    It takes the place of the rule that was broken: the same words then stand in the receipt and
    in the cases of all who must hear of it.
    """
    if judgement.state is not State.JUDGED or judgement.verdict is not Verdict.ACCEPTED:
        return judgement
    told = findings_told(
        operation, op=occasion.op, counter=occasion.seat.counter, clerk=occasion.clerk
    )
    shown = (each for entity in judgement.changed for each in findings(entity))
    found = next((each for each in (*told, *shown) if each.op == occasion.op), None)
    if found is None:
        return judgement
    return judgement._replace(
        code=found.code, clause=found.row.clause, facts=found.facts, told=told
    )


def readable(record: Record, envelope: Envelope) -> tuple[Kind, Operation]:
    """Return kind and operation of a record.

    Raises:
        BadUsage: `kind.newer`, for a newer program; IntegrityFault: `record.payload`,
            `record.erased`.
    """
    kind = newer.known_kind(envelope)
    if kind is None:
        raise BadUsage(newer.NEWER, kind=envelope.kind)
    return kind, record.operation(envelope)


def held(code: str, envelope: Envelope) -> Judgement:
    """Return the judgement on what waits for this hub to be brought up to date."""
    return Judgement(State.HELD, Verdict.NONE, code, facts={"kind": envelope.kind})


def set_aside(error: SbkError) -> Judgement:
    """Return the judgement on what no rule can be asked about: stored, without effect."""
    return Judgement(State.QUARANTINED, Verdict.NONE, error.code, error.clause, error.facts)
