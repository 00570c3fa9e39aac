"""退费 and POS 对账 (5.1.1.1, sync page C23): money that goes back, and the terminal's own list.

A refund undoes forward: the payment stays with what was paid, what was given back stands beside.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import CHARGE, known_payment
from sbk_tui.domain.payment import Payment, PaymentState, Refund
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

DAY_CLAUSE = "B6"
_MOST_LINES = 10_000
MOST_DIFFERENCES = 200
AT_TERMINAL = frozenset({"1", "2"})
"""退费方式 that the terminal's own list shows."""


class GiveBack(Operation, frozen=True, array_like=True, kw_only=True):
    """退费: what was paid went back, by the terminal or by the bank, and is never taken twice."""

    kind: ClassVar[str] = "fee.refund"

    payment: str
    of: str
    """参考号 of what is given back: of the payment, or of the one too many."""
    reference: str
    """参考号 of the void or the refund, or the number of the bank's receipt."""
    way: str
    """退费方式, a code of the table `refund_way`."""
    reason: str
    """退费原因, a code of the table `refund_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, CHARGE)
        if payment.state is not PaymentState.PAID or payment.slip is None:
            raise Refusal("fee.not_paid", clause=CHARGE, payment_state=payment.state.value)
        if self.of not in paid_references(payment):
            raise Refusal("refund.of", clause=CHARGE, reference=self.of)
        if not payment.more:  # with one too many, note and registration stay with the other
            refuse_while_used(payment)
        if not self.reference.strip():
            raise Refusal("fee.slip", clause=CHARGE)
        if not rules.knows("refund_way", self.way):
            raise Refusal("refund.way", clause=CHARGE)
        if not rules.knows("refund_reason", self.reason):
            raise Refusal("refund.reason", clause=CHARGE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None or payment.slip is None or self.of not in paid_references(payment):
            return ()
        refund = Refund(
            of=self.of, reference=self.reference, way=self.way, reason=self.reason, at=occasion.at
        )
        left = tuple(s for s in (payment.slip, *payment.more) if s.reference != self.of)
        after = replace(
            payment,
            slip=left[0] if left else payment.slip,
            more=left[1:],
            state=PaymentState.PAID if left else PaymentState.REFUNDED,
            refunds=(*payment.refunds, refund),
            doubt="",
            doubt_of="",
        )
        cleared = tuple(
            replace(other, doubt="", doubt_of="")
            for other in world.payments_of(payment.person)
            if other.id != payment.id and other.doubt_of == payment.id and not left
        )
        return (after, *cleared)


def paid_references(payment: Payment) -> tuple[str, ...]:
    """Return the references of what was paid on a fee and not given back, the latest first."""
    if payment.slip is None or payment.state is not PaymentState.PAID:
        return ()
    return (*(slip.reference for slip in reversed(payment.more)), payment.slip.reference)


def refuse_while_used(payment: Payment) -> None:
    """Return when nothing rests on a payment any more: no registration, no valid note.

    Raises:
        Refusal: `refund.registered`, `refund.note`.
    """
    if payment.application:
        raise Refusal("refund.registered", clause=CHARGE)
    if payment.note:
        raise Refusal("refund.note", clause=CHARGE, number=payment.note)


class PosLine(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """POS 清单的一笔: one transaction by the terminal's own list."""

    reference: str
    amount_fen: int
    """Negative: it went back."""
    voucher: str = ""
    time: str = ""


class MatchPosList(Operation, frozen=True, array_like=True, kw_only=True):
    """POS 对账: the terminal's list of a day against what was recorded; a fact, changes nothing."""

    kind: ClassVar[str] = "fee.match"

    day: date
    sales: int
    """Sales on the list."""
    total_fen: int
    extra: tuple[PosLine, ...] = ()
    """On the list, and recorded nowhere here."""
    missing: tuple[str, ...] = ()
    """Payments that were recorded as charged and are not on the list."""

    @property
    def differs(self) -> bool:
        """Whether somebody must clear something up."""
        return bool(self.extra or self.missing)

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if self.day > occasion.today:
            raise Refusal("day.future", clause=DAY_CLAUSE, day=self.day.isoformat())
        most = max(len(self.extra), len(self.missing))
        if not 0 <= self.sales <= _MOST_LINES or most > MOST_DIFFERENCES:
            raise Refusal("pos_list.size", clause=DAY_CLAUSE, most=_MOST_LINES)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return ()
