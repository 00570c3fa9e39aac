"""What the rules say to one operation, and what it brings to light about money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sbk_tui.domain.finance import Finding, findings, findings_told
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.settle import Settlement, Subjects
from sbk_tui.domain.world import Entity, Occasion
from sbk_tui.errors import Fact
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
