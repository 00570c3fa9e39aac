"""财务事项: what a named person must clear up about money, read off the records alone.

Counter and city find the same from the same record: a case opens when the record says so, and
closes when it no longer does. Nothing here refuses or repairs; facts stay as they were told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.refund import MatchPosList
from sbk_tui.domain.paper_number import NumberState, SpentNumber
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.domain.world import Entity
from sbk_tui.errors import Fact


class FinanceRow(NamedTuple):
    """How one sort of finding is followed up."""

    code: str
    """Its sentence, in the texts of errors."""
    clause: str
    severity: Literal["red", "yellow"]
    days: int
    """Until it should be cleared up; nothing is decided by the clock."""
    by_hand: bool
    """Whether a person may close it with a word; else only the record does."""


FINANCE = (
    #          code                       clause      urgency   days  by hand    all days [A]
    FinanceRow("finance.unclear",         "5.1.1.1.2", "red",    3, False),  # sync page C3
    FinanceRow("finance.reference_twice", "5.1.1.1.2", "red",    3, True),   # 11.3: refund case
    FinanceRow("finance.paid_twice",      "5.1.1.1.2", "red",    3, True),
    FinanceRow("finance.number_twice",    "F10",       "red",    3, False),  # 11.3: one is void
    FinanceRow("finance.number_outside",  "F11",       "yellow", 7, True),
    FinanceRow("finance.pos_differs",     "B6",        "red",    3, True),   # C23
)  # fmt: skip
_ROWS = {row.code: row for row in FINANCE}


class Finding(NamedTuple):
    """One thing to be cleared up."""

    code: str
    op: str
    """The operation that brought it about; cases of one finding share it."""
    counter: str
    """Whose clerk made that operation."""
    others: tuple[str, ...]
    """Counters that must hear of it as well."""
    subject: str
    facts: Mapping[str, Fact]

    @property
    def row(self) -> FinanceRow:
        """How it is followed up."""
        return _ROWS[self.code]


def row_of(code: str) -> FinanceRow | None:
    """Return how a case of `code` is followed up; None: it is not about money."""
    return _ROWS.get(code)


def findings(entity: Entity) -> tuple[Finding, ...]:
    """Return what must be cleared up about a record as it stands."""
    match entity:
        case Payment():
            return _of_payment(entity)
        case SpentNumber():
            return _of_number(entity)
        case _:
            return ()


def findings_told(
    operation: Operation, *, op: str, counter: str, clerk: str
) -> tuple[Finding, ...]:
    """Return what an operation itself says is wrong, that no record shows."""
    if not isinstance(operation, MatchPosList) or not operation.differs:
        return ()
    facts: dict[str, Fact] = {
        "day": operation.day.isoformat(),
        "extra": len(operation.extra),
        "missing": len(operation.missing),
        "clerk": clerk,
    }
    subject = f"pos/{operation.day.isoformat()}"
    return (Finding("finance.pos_differs", op, counter, (), subject, facts),)


def yuan(amount_fen: int) -> str:
    """Return an amount as it stands in a case: `25.00`."""
    whole, rest = divmod(amount_fen, 100)
    return f"{whole}.{rest:02d}"


def _of_payment(payment: Payment) -> tuple[Finding, ...]:
    facts: dict[str, Fact] = {"amount": yuan(payment.amount_fen), "clerk": payment.clerk}
    if payment.state is PaymentState.CHARGING and payment.unclear_op:
        found = Finding(
            "finance.unclear", payment.unclear_op, payment.counter, (), payment.subject, facts
        )
        return (found,)
    if payment.state is not PaymentState.PAID or not payment.doubt or payment.slip is None:
        return ()
    facts["reference"] = (*payment.more, payment.slip)[0].reference
    code = f"finance.{payment.doubt}"
    return (Finding(code, payment.doubt_op, payment.counter, (), payment.subject, facts),)


def _of_number(spent: SpentNumber) -> tuple[Finding, ...]:
    facts: dict[str, Fact] = {"form_kind": spent.form.value, "number": spent.number}
    twice = tuple(
        Finding(
            "finance.number_twice", each.op, each.counter,
            (spent.counter,) if spent.counter != each.counter else (), spent.subject,
            {**facts, "clerk": each.clerk},
        )
        for each in spent.twice
    )  # fmt: skip
    if spent.stray and spent.state is NumberState.USED:
        outside = Finding(
            "finance.number_outside", spent.op, spent.counter, (), spent.subject,
            {**facts, "clerk": spent.clerk},
        )  # fmt: skip
        return (*twice, outside)
    return twice
