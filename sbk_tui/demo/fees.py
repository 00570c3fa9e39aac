"""People of a training counter who stand in the middle of 补卡: notice, payment, note (5.1.1).

What comes behind needs the city's word and is for the trainee: the hub beside the counter answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sbk_tui.codes import fee_table
from sbk_tui.data.ids import uuid7
from sbk_tui.demo.till import number
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.making import ITEM
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.fee import GiveNote, GiveNotice, Pay
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaySlip
from sbk_tui.domain.world import CHINA, from_ms

_REASON, _BANK = "51", "95533"
_MINUTE = 60_000
STAGES = ("due", "due", "paid", "paid", "noted", "noted")
"""How far each of the people is; whoever else is lost has paid nothing yet."""


class Step(NamedTuple):
    """One operation of the story of a fee."""

    at_ms: int
    op: str
    operation: Operation


class Lost(NamedTuple):
    """Somebody whose card is formally lost, with no new one."""

    person: str
    name: str


def lost_people(operations: Iterable[Operation]) -> list[Lost]:
    """Return who could have a new card, of a story in order of time."""
    holders: dict[str, Lost] = {}
    lost: dict[str, Lost] = {}
    for operation in operations:
        if isinstance(operation, TakeIn):
            for line in operation.lines:
                holders[line.card] = Lost(line.person, line.name)
                lost.pop(line.replaces, None)
            continue
        card = getattr(operation, "card", "")
        if isinstance(operation, FormalLoss):
            lost[card] = holders[card]
        else:
            lost.pop(card, None)  # found again, cancelled
    return list(lost.values())


def steps(people: Sequence[Lost], *, last_ms: int) -> Iterator[Step]:
    """Yield how some of `people` came to where they stand; the last of it before `last_ms`."""
    at, notes = last_ms - 3 * len(STAGES) * _MINUTE, 0
    for running, (who, stage) in enumerate(zip(people, STAGES, strict=False), 1):
        notes += stage == "noted"
        payment = uuid7(at)
        acts = [_notice(who, running, at)]
        if stage != "due":
            acts.append(_paid(payment, running, at))
        if stage == "noted":
            acts.append(GiveNote(payment=payment, number=number(FormKind.NOTE, notes)))
        for n, operation in enumerate(acts):
            yield Step(at, uuid7(at) if n else payment, operation)
            at += _MINUTE


def _notice(who: Lost, running: int, at: int) -> Operation:
    fee = fee_on(fee_table(), _day(at), ITEM, _REASON)
    return GiveNotice(
        person=who.person, payer=who.name, reason=_REASON,
        amount_fen=fee.amount_fen if fee else 0, number=number(FormKind.NOTICE, running),
    )  # fmt: skip


def _paid(payment: str, running: int, at: int) -> Operation:
    slip = PaySlip(reference=f"JH{_day(at):%Y%m%d}{running:02d}", paid_on=_day(at), bank=_BANK)
    return Pay(payment=payment, slip=slip, seen="slip")


def _day(at_ms: int) -> date:
    return from_ms(at_ms).astimezone(CHINA).date()
