"""The jobs of a fee as a table: which step is to be done now, and what is asked for it.

A step follows from the records alone, so that any window of the office can go on where another
stopped, or was cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sbk_tui.domain.operations.refund import GiveBack, paid_references, refuse_while_used
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip
from sbk_tui.domain.people import Application
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import Refusal
from sbk_tui.services.fee_desk import CHARGE as CHARGE_STEP
from sbk_tui.services.fee_desk import Standing
from sbk_tui.services.fee_papers import FORMS
from sbk_tui.services.forms import Field, Values, parse_date

NOTICE, CHARGE, NOTE, REGISTER = "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "5.1.2.3"
REFUND = "0.13"
P = PaymentState
_REPLACEMENT = frozenset({"5", "6", "7"})

_PAYER = Field("payer", parse=PersonName.parse, required=True)
_REASON = Field(
    "replace_reason", "choice", table="replace_reason", required=True, default="51", quiet=True
)
_TAIL = Field("paper_tail", required=True)
_SLIP = (
    Field("slip_reference", required=True),
    Field("paid_on", "date", required=True),
)
_BACK = (
    Field("refund_way", "choice", table="refund_way", required=True, default="1"),
    Field("refund_reason", "choice", table="refund_reason", required=True, default="2"),
    Field("refund_reference", required=True),
)


class FeeAct(NamedTuple):
    """One step that can be done now."""

    step: str
    fields: tuple[Field, ...] = ()
    form: FormKind | None = None
    """The paper it prints or looks at."""


def act_of(clause: str, standing: Standing) -> FeeAct | None:
    """Return what is to be done now in the job of `clause`; None: it is done.

    Raises:
        Refusal: `fee.…`, why the job cannot go on with this person.
    """
    return _ACTS[clause](standing)


def _notice(standing: Standing) -> FeeAct | None:
    payment, step = standing
    if payment is None or not payment.is_open:
        return FeeAct("notice", (_PAYER, _REASON, _TAIL), FormKind.NOTICE)
    if payment.state is P.CHARGING:
        raise Refusal("fee.charging", clause=NOTICE)
    if step is not None and step.name == FORMS[FormKind.NOTICE]:
        return FeeAct("look", form=FormKind.NOTICE)
    if payment.state is P.DUE and not payment.notice:
        return FeeAct("notice", (_TAIL,), FormKind.NOTICE)
    if payment.state is P.DUE:
        bank = Field("paid_bank", "choice", table="bank", required=True, default="95533")
        return FeeAct("paid", (bank, *_SLIP), FormKind.NOTICE)
    return None


def _charge(standing: Standing) -> FeeAct | None:
    payment, step = standing
    if payment is None or not payment.is_open:
        return FeeAct("charge", (_PAYER, _REASON))
    if payment.state is P.CHARGING:
        return FeeAct("settle", (*_SLIP, Field("slip_trace"), Field("slip_voucher")))
    if step is not None and step.name != CHARGE_STEP and payment.state is P.DUE:
        raise Refusal("fee.look_first", clause=CHARGE)
    return FeeAct("charge") if payment.state is P.DUE else None


def _note(standing: Standing) -> FeeAct | None:
    payment, step = standing
    if payment is None or payment.state is P.ENDED:
        raise Refusal("fee.nothing_paid", clause=NOTE)
    if payment.state is not P.PAID:
        raise Refusal("fee.not_paid", clause=NOTE, payment_state=payment.state.value)
    if step is not None and step.name == FORMS[FormKind.NOTE]:
        return FeeAct("look", form=FormKind.NOTE)
    return None if payment.note else FeeAct("note", (_TAIL,), FormKind.NOTE)


def _register(standing: Standing) -> FeeAct | None:
    payment, step = standing
    if payment is None or payment.state is P.ENDED:
        raise Refusal("fee.nothing_paid", clause=REGISTER)
    if payment.state is not P.PAID:
        raise Refusal("fee.not_paid", clause=REGISTER, payment_state=payment.state.value)
    if payment.application:
        return None
    if not payment.note:
        raise Refusal("fee.no_note", clause=REGISTER)
    if step is not None:
        raise Refusal("fee.look_first", clause=REGISTER)
    return FeeAct("register")


def _refund(standing: Standing) -> FeeAct | None:
    payment = standing.payment
    if payment is None or payment.state is P.ENDED:
        raise Refusal("fee.nothing_paid", clause=CHARGE)
    if payment.state is P.REFUNDED:
        return None
    if payment.state is not P.PAID:
        raise Refusal("fee.not_paid", clause=CHARGE, payment_state=payment.state.value)
    if payment.more:
        return FeeAct("refund", (Field("refund_of", required=True), *_BACK))
    refuse_while_used(payment)
    return FeeAct("refund", _BACK)


_ACTS: dict[str, Callable[[Standing], FeeAct | None]] = {
    NOTICE: _notice,
    CHARGE: _charge,
    NOTE: _note,
    REGISTER: _register,
    REFUND: _refund,
}
STEPS = {
    NOTICE: ("notice", "look", "paid"),
    CHARGE: ("charge", "settle"),
    NOTE: ("note", "look"),
    REGISTER: ("register",),
    REFUND: ("refund",),
}
"""Steps of each job behind finding and picking, in order."""


def slip_from(values: Values) -> PaySlip:
    """Return what the clerk copied from a slip or a receipt."""
    return PaySlip(
        reference=values["slip_reference"].strip(),
        paid_on=parse_date(values["paid_on"]),
        bank=values.get("paid_bank", ""),
        trace=values.get("slip_trace", "").strip(),
        voucher=values.get("slip_voucher", "").strip(),
    )


def give_back_from(payment: Payment, values: Values) -> GiveBack:
    """Return the refund of a payment as the clerk filled it in."""
    return GiveBack(
        payment=payment.id,
        of=values.get("refund_of", "").strip() or paid_references(payment)[0],
        reference=values["refund_reference"].strip(),
        way=values["refund_way"],
        reason=values["refund_reason"],
    )


def open_wish(applications: tuple[Application, ...], payment: Payment) -> str:
    """Return the id of the replacement wish that a payment is for, or empty.

    Raises:
        Refusal: `fee.no_application`.
    """
    wishes = [w for w in applications if w.is_open and w.type in _REPLACEMENT]
    fitting = [w for w in wishes if w.reason == payment.reason] or wishes
    if not fitting:
        raise Refusal("fee.no_application", clause=REGISTER)
    return fitting[-1].id
