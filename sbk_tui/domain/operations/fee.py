"""补换卡收费 (5.1.1, 5.1.2.3): notice or card terminal, payment, fiscal note, 交费登记.

A charge at the terminal is two operations: `fee.charge` before the terminal is asked, and what
came of it. Between the two the payment is 刷卡未定, on every machine, and cannot be charged again.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec.structs import replace

from sbk_tui.domain.card import CardState
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.numbers import refuse_unless_next, spend
from sbk_tui.domain.operations.replace import stopped
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip, open_payment
from sbk_tui.domain.people import Application
from sbk_tui.domain.production import IN_MACHINE
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

ITEM = "replace"
NOTICE, CHARGE, NOTE, REGISTER = "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "5.1.2.3"
FINANCE = "finance"
P = PaymentState
_MASKED_DIGITS = 10
"""Digits of a bank card that may be kept: the first six and the last four."""


def known_payment(world: World, payment_id: str, clause: str) -> Payment:
    """Return the payment, or refuse with `fee.unknown`."""
    payment = world.payment(payment_id)
    if payment is None:
        raise Refusal("fee.unknown", clause=clause)
    return payment


class _Bill(Operation, frozen=True, array_like=True, kw_only=True):
    """What a notice and a charge ask alike: whose fee it is, for what, and how much."""

    person: str
    payer: str
    """缴款人名称."""
    reason: str
    """补换原因, a code of the table `replace_reason`; it decides the amount."""
    amount_fen: int
    """By the dated fee table; in fen."""
    payment: str = ""
    """A payment that is open already and wants this paper or this charge; empty: a new one."""

    def _check_bill(self, world: World, occasion: Occasion, rules: Rules, clause: str) -> None:
        person = world.person(self.person)
        if person is None:
            raise Refusal("person.unknown", clause=clause)
        PersonName.parse(self.payer)
        fee = fee_on(rules.fees, occasion.today, ITEM, self.reason)
        if fee is None:
            raise Refusal("fee.no_row", clause=clause, replace_reason=self.reason)
        if not fee.amount_fen:
            raise Refusal("fee.free", clause=clause, replace_reason=self.reason)
        if self.payment:
            self._check_same(known_payment(world, self.payment, clause), clause)
            return
        if self.amount_fen != fee.amount_fen:
            raise Refusal("fee.amount", clause=clause)
        if not any(c.state is not CardState.CANCELLED for c in world.cards_of(self.person)):
            raise Refusal("fee.no_card", clause=clause)
        if open_payment(world.payments_of(self.person)) is not None:
            raise Refusal("fee.open_already", clause=clause)

    def _check_same(self, payment: Payment, clause: str) -> None:
        same = (payment.person, payment.reason, payment.amount_fen)
        if same != (self.person, self.reason, self.amount_fen):
            raise Refusal("fee.other", clause=clause)

    def _billed(self, world: World, occasion: Occasion, state: PaymentState) -> Payment:
        before = world.payment(self.payment) if self.payment else None
        if before is not None:
            return before
        return Payment(
            id=occasion.op,
            person=self.person,
            payer=self.payer,
            item=ITEM,
            reason=self.reason,
            amount_fen=self.amount_fen,
            state=state,
            counter=occasion.seat.counter,
            made_at=occasion.at,
            clerk=occasion.clerk,
        )


class GiveNotice(_Bill, frozen=True, array_like=True, kw_only=True):
    """开缴款通知书·机打 (5.1.1.1.1): a pre-printed notice on the next number; the bank is paid."""

    kind: ClassVar[str] = "fee.notice"

    number: str
    """票号 of the paper in the printer."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        self._check_bill(world, occasion, rules, NOTICE)
        if self.payment:
            payment = known_payment(world, self.payment, NOTICE)
            if payment.state is not P.DUE:
                raise Refusal("fee.state", clause=NOTICE, payment_state=payment.state.value)
            if payment.notice:
                raise Refusal("fee.has_notice", clause=NOTICE, number=payment.notice)
        refuse_unless_next(world, occasion, FormKind.NOTICE, self.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = self._billed(world, occasion, P.DUE)
        gone = spend(world, occasion, FormKind.NOTICE, self.number, payment=payment.id)
        return (replace(payment, notice=payment.notice or self.number), *gone)


class Charge(_Bill, frozen=True, array_like=True, kw_only=True):
    """刷卡 (5.1.1.1.2): recorded before the terminal is asked; until settled nobody asks again."""

    kind: ClassVar[str] = "fee.charge"

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        self._check_bill(world, occasion, rules, CHARGE)
        if self.payment:
            payment = known_payment(world, self.payment, CHARGE)
            if payment.state is P.CHARGING:
                raise Refusal("fee.charging", clause=CHARGE)
            if payment.state is not P.DUE:
                raise Refusal("fee.state", clause=CHARGE, payment_state=payment.state.value)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = self._billed(world, occasion, P.CHARGING)
        if payment.state is P.DUE:
            payment = replace(payment, state=P.CHARGING)
        return (payment,)


class Pay(Operation, frozen=True, array_like=True, kw_only=True):
    """缴款 (5.1.1.1): the terminal charged the card, or the bank's receipt was brought."""

    kind: ClassVar[str] = "fee.pay"

    payment: str
    slip: PaySlip
    seen: Literal["terminal", "query", "slip", "finance"] = "terminal"
    """How it is known: the terminal's answer, a query of the terminal, a slip of paper, or the
    bank's books, by the finance people."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, CHARGE)
        clause = NOTICE if payment.state is P.DUE else CHARGE
        late = payment.state is P.ENDED and self.seen == FINANCE
        if payment.state not in (P.CHARGING, P.DUE) and not late:
            raise Refusal("fee.state", clause=clause, payment_state=payment.state.value)
        _refuse_unless_finance(payment, self.seen)
        if not self.slip.reference.strip():
            raise Refusal("fee.slip", clause=clause)
        if sum(char.isdigit() for char in self.slip.card) > _MASKED_DIGITS:
            raise Refusal("fee.card_unmasked", clause=clause)
        if payment.state is P.DUE and not rules.knows("bank", self.slip.bank):
            raise Refusal("fee.bank", clause=clause)
        # What a terminal has charged is a fact, whatever number it gives; what a person copies
        # may be another holder's slip.
        other = world.payment_by_reference(self.slip.reference)
        if self.seen != "terminal" and other is not None and other.id != payment.id:
            raise Refusal("fee.reference_twice", clause=clause, reference=self.slip.reference)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None:
            return ()
        if payment.slip is not None:
            return self._paid_again(payment, occasion)
        paid = replace(payment, state=P.PAID, slip=self.slip, paid_at=occasion.at, unclear_op="")
        return (_doubted(world, paid, occasion.op),)

    def _paid_again(self, payment: Payment, occasion: Occasion) -> tuple[Entity, ...]:
        """Keep what was paid a second time on one fee: at the bank, and at a terminal elsewhere."""
        known = {slip.reference for slip in (payment.slip, *payment.more) if slip is not None}
        if self.slip.reference in known:
            return ()
        twice = replace(
            payment, more=(*payment.more, self.slip), doubt="paid_twice", doubt_op=occasion.op,
            doubt_of=payment.id,
        )  # fmt: skip
        return (twice,)


class NotCharged(Operation, frozen=True, array_like=True, kw_only=True):
    """未扣款: the card was not charged, by the terminal's answer or by the clerk's look at it."""

    kind: ClassVar[str] = "fee.not_charged"

    payment: str
    seen: Literal["terminal", "query", "slip", "not_sent", "finance"]
    """How it is known; `not_sent`: the terminal never took the request."""
    answer: str = ""
    """The terminal's code, where it gave one."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, CHARGE)
        if payment.state is not P.CHARGING:
            raise Refusal("fee.state", clause=CHARGE, payment_state=payment.state.value)
        _refuse_unless_finance(payment, self.seen)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None or payment.state is not P.CHARGING:
            return ()
        # With a notice in the holder's hand the bank may still be paid.
        left = P.DUE if payment.notice else P.ENDED
        return (replace(payment, state=left, unclear_op=""),)


class Unclear(Operation, frozen=True, array_like=True, kw_only=True):
    """说不清: nobody here can tell whether the card was charged; the finance people must (C3).

    The payment stays 刷卡未定, so that nobody charges again; it is settled on their word alone.
    """

    kind: ClassVar[str] = "fee.unclear"

    payment: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, CHARGE)
        if payment.state is not P.CHARGING:
            raise Refusal("fee.state", clause=CHARGE, payment_state=payment.state.value)
        if payment.unclear_op:
            raise Refusal("fee.finance_only", clause=CHARGE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None or payment.state is not P.CHARGING or payment.unclear_op:
            return ()
        return (replace(payment, unclear_op=occasion.op),)


def _refuse_unless_finance(payment: Payment, seen: str) -> None:
    if payment.unclear_op and seen != FINANCE:
        raise Refusal("fee.finance_only", clause=CHARGE)


def _doubted(world: World, paid: Payment, op: str) -> Payment:
    """Return a payment with what is wrong with it beside the others: kept, to be cleared up."""
    assert paid.slip is not None  # noqa: S101 -- the caller has set it
    same = world.payment_by_reference(paid.slip.reference)
    if same is not None and same.id != paid.id and same.state is P.PAID:
        return replace(paid, doubt="reference_twice", doubt_op=op, doubt_of=same.id)
    other = next((p for p in world.payments_of(paid.person) if _is_beside(world, p, paid)), None)
    if other is not None:
        return replace(paid, doubt="paid_twice", doubt_op=op, doubt_of=other.id)
    return paid


def _is_beside(world: World, other: Payment, paid: Payment) -> bool:
    """Return whether `other` has paid for the same card already: it is free, or its wish open."""
    if other.id == paid.id or other.state is not P.PAID or other.item != paid.item:
        return False
    if not other.application:
        return True
    wish = application_of(world, other.person, other.application)
    return wish is not None and wish.is_open


class GiveNote(Operation, frozen=True, array_like=True, kw_only=True):
    """开具财政票据 (5.1.1.2): one valid note a payment, on the next number of its stock."""

    kind: ClassVar[str] = "fee.note"

    payment: str
    number: str
    """票号 of the paper in the printer."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, NOTE)
        if payment.state is not P.PAID:
            raise Refusal("fee.not_paid", clause=NOTE, payment_state=payment.state.value)
        if payment.note:
            raise Refusal("fee.has_note", clause=NOTE, number=payment.note)
        refuse_unless_next(world, occasion, FormKind.NOTE, self.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        gone = spend(world, occasion, FormKind.NOTE, self.number, payment=self.payment)
        if payment is None:
            return gone
        return (replace(payment, note=payment.note or self.number), *gone)


class RegisterFee(Operation, frozen=True, array_like=True, kw_only=True):
    """交费登记 (5.1.2.3): the paid fee belongs to this application; the city says so first."""

    kind: ClassVar[str] = "fee.register"

    payment: str
    application: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, REGISTER)
        if payment.state is not P.PAID:
            raise Refusal("fee.not_paid", clause=REGISTER, payment_state=payment.state.value)
        if payment.application:
            raise Refusal("fee.registered", clause=REGISTER)
        if not payment.note:
            raise Refusal("fee.no_note", clause=REGISTER)
        wish = application_of(world, payment.person, self.application)
        if wish is None or not wish.is_open:
            raise Refusal("fee.no_application", clause=REGISTER)
        others = world.payments_of(payment.person)
        if any(each.application == wish.id for each in others):
            raise Refusal("fee.application_paid", clause=REGISTER)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None or payment.application:
            return ()
        return (replace(payment, application=self.application, registered_at=occasion.at),)


class UnregisterFee(Operation, frozen=True, array_like=True, kw_only=True):
    """撤销交费登记: the payment is free again for the right application."""

    kind: ClassVar[str] = "fee.unregister"

    payment: str
    reason: str
    """撤销原因, a code of the table `unregister_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        payment = known_payment(world, self.payment, REGISTER)
        if not payment.application:
            raise Refusal("fee.not_registered", clause=REGISTER)
        if not rules.knows("unregister_reason", self.reason):
            raise Refusal("fee.unregister_reason", clause=REGISTER)
        wish = application_of(world, payment.person, payment.application)
        if wish is not None and wish.card:
            raise Refusal("fee.card_made", clause=REGISTER, card=wish.card)
        production = world.production(payment.application)
        if production is not None and production.state in IN_MACHINE:
            raise Refusal(
                "make.in_work",
                clause=REGISTER,
                counter=production.counter,
                production_state=production.state.value,
            )

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        payment = world.payment(self.payment)
        if payment is None:
            return ()
        # A card that was marked is not made without its fee.
        stop = stopped(world, payment.application, occasion) if payment.application else ()
        return (replace(payment, application="", registered_at=None), *stop)


def application_of(world: World, person: str, application: str) -> Application | None:
    """Return one of a person's replacement wishes (types 5, 6, 7) by its id."""
    wishes = world.applications_of(person)
    return next((w for w in wishes if w.id == application and w.type in ("5", "6", "7")), None)
