"""收费 (5.1.1.1.2, 5.1.2.3): the card terminal, the bank's receipt, the registration.

A charge is on disk before the terminal is asked. What a crash or a lost answer leaves open is
asked about: nothing here charges again by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple

from sbk_tui.data.beside import Beside, DroppedDraft
from sbk_tui.data.ledger import Done
from sbk_tui.data.lookup import Dossier
from sbk_tui.data.sagas import SettledStep, Step, StepState
from sbk_tui.domain.fees import Fee
from sbk_tui.domain.operations.fee import (
    Charge,
    NotCharged,
    Pay,
    RegisterFee,
    Unclear,
    UnregisterFee,
)
from sbk_tui.domain.operations.refund import GiveBack
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip, open_payment
from sbk_tui.errors import DeviceBusy, DeviceFault, OutcomeUnknown, Refusal
from sbk_tui.hardware.ports import PosResult, PosTerminal
from sbk_tui.services.till import Till

__all__ = ["FeeDesk", "Paid", "PosResult", "Standing"]
CHARGE = "charge"
P = PaymentState
Seen = Literal["query", "slip", "finance"]


class Standing(NamedTuple):
    """How far a person's fee is."""

    payment: Payment | None
    """The payment with which something is to be done, else the newest one."""
    step: Step | None
    """A step with a device that somebody must settle."""


class Paid(NamedTuple):
    """What came of asking the terminal."""

    done: Done
    result: PosResult

    @property
    def approved(self) -> bool:
        """Whether the card was charged."""
        return self.result.approved


class FeeDesk:
    """Payments, for the clerk who is signed in."""

    def __init__(
        self,
        till: Till,
        *,
        pos: Callable[[], PosTerminal] | None,
        new_id: Callable[[], str],
        new_nonce: Callable[[], str],
    ) -> None:
        """Take what makes the terminal's driver, None: there is no terminal.

        Args:
            new_nonce: gives four digits for one request.
        """
        self._till = till
        self._pos = pos
        self._new_id = new_id
        self._new_nonce = new_nonce

    # ------------------------------------------------------------------ looking

    def standing(self, person: str) -> Standing:
        """Return how far a person's fee is, across restarts and windows.

        Raises:
            DeviceBusy: `fee.other_window`, another window works on it at this moment.
        """
        payments = self._till.money.payments_of(person)
        payment = open_payment(payments) or next(iter(payments), None)
        if payment is None:
            return Standing(None, None)
        step = self._till.sagas.open_step(payment.id)
        if step is not None and self._till.sagas.is_running(step):
            raise DeviceBusy("fee.other_window")
        if step is not None and step.name == CHARGE and payment.state is not P.CHARGING:
            # Another machine of the office said what came of it.
            state = StepState.CONFIRMED if payment.slip else StepState.FAILED
            self._till.sagas.settle(payment.id, CHARGE, state, {"seen": "record"})
            step = None
        return Standing(payment, step)

    def to_give_back(self, person: str) -> Standing:
        """Return the payment of a person that would be given back: the doubted one first."""
        paid = [p for p in self._till.money.payments_of(person) if p.state is P.PAID]
        chosen = min(paid, key=lambda p: (not p.doubt, bool(p.application)), default=None)
        return Standing(chosen, None) if chosen else self.standing(person)

    def price(self, reason: str) -> Fee | None:
        """Return what a replacement costs today for a reason."""
        return self._till.price(reason)

    def today(self) -> date:
        """Return the calendar day at the counter."""
        return self._till.today()

    @property
    def has_pos(self) -> bool:
        """Whether a terminal is configured."""
        return self._pos is not None

    # ------------------------------------------------------------------ the terminal

    def charge(
        self, seen: Dossier, payer: str, reason: str, cancel: threading.Event, *, op: str,
        draft: str = "",
    ) -> Paid:  # fmt: skip
        """Charge the fee at the terminal, once; on return its outcome is on disk.

        Raises:
            Refusal: `pos.missing`, and as `Charge`; nothing was asked.
            OutcomeUnknown: `pos.unknown`, `pos.other_request`: settle it with `settle_…`.
            DeviceFault: nothing was charged, and that is on disk too.
        """
        pos = self._terminal()
        before = self._till.due(seen.person.id)
        operation = Charge(
            person=seen.person.id,
            payer=before.payer if before else payer,
            reason=before.reason if before else reason,
            amount_fen=before.amount_fen if before else self._till.amount(reason),
            payment=before.id if before else "",
        )
        saga, nonce = (before.id if before else op), self._new_nonce()
        facts = {"nonce": nonce, "amount_fen": str(operation.amount_fen)}
        planned = self._till.planned(saga, CHARGE, "pos", facts)
        beside: list[Beside] = [planned, *([DroppedDraft(draft)] if draft else [])]
        done = self._till.perform(operation, *beside, op=op)
        if done.repeated:
            raise OutcomeUnknown("pos.unknown")  # it was asked before: never again by itself
        self._till.sagas.sent(saga, CHARGE, self._till.now_ms())
        return self._asked(pos, saga, operation.amount_fen, nonce, cancel)

    def _asked(
        self, pos: PosTerminal, saga: str, amount_fen: int, nonce: str, cancel: threading.Event
    ) -> Paid:
        try:
            result = pos.charge(amount_fen, nonce, cancel)
        except OutcomeUnknown as error:
            self._till.sagas.settle(saga, CHARGE, StepState.UNKNOWN, {"code": error.code})
            raise
        except DeviceFault as error:
            self._not_charged(saga, "not_sent", error.code, op=self._new_id())
            raise
        if not result.approved:
            done = self._not_charged(saga, "terminal", result.code, op=self._new_id())
            return Paid(done, result)
        if result.amount_fen not in (None, amount_fen):
            evidence = {"code": "pos.other_amount", "amount_fen": str(result.amount_fen)}
            self._till.sagas.settle(saga, CHARGE, StepState.UNKNOWN, evidence)
            raise OutcomeUnknown("pos.other_amount")
        pay = Pay(payment=saga, slip=self.slip_of(result), seen="terminal")
        return Paid(self._settled(pay, saga, {"code": result.code}, op=self._new_id()), result)

    def query(self, payment_id: str, cancel: threading.Event) -> PosResult:
        """Ask the terminal for its last transaction: what the clerk compares with the slip.

        Raises:
            Refusal: `pos.missing`; DeviceFault: `pos.no_answer`, as the driver's.
        """
        self._till.known(payment_id)
        return self._terminal().last(self._new_nonce(), cancel)

    def settle_paid(self, payment_id: str, slip: PaySlip, seen: Seen, *, op: str) -> Done:
        """The clerk saw that the card was charged, on the slip or in the terminal's answer.

        Raises:
            Refusal: as `Pay`.
        """
        pay = Pay(payment=payment_id, slip=slip, seen=seen)
        return self._settled(pay, payment_id, {"seen": seen}, op=op)

    def settle_not_charged(self, payment_id: str, seen: Seen, *, op: str) -> Done:
        """The clerk saw that the card was not charged; the holder may try again.

        Raises:
            Refusal: as `NotCharged`.
        """
        return self._not_charged(payment_id, seen, "", op=op)

    def settle_unclear(self, payment_id: str, *, op: str) -> Done:
        """Nobody here can tell: the charge stays open, and becomes a case of the finance people.

        Raises:
            Refusal: as `Unclear`.
        """
        step = SettledStep(payment_id, CHARGE, StepState.UNKNOWN, {"seen": "unclear"})
        return self._till.perform(Unclear(payment=payment_id), step, op=op)

    def pay_at_bank(self, payment: Payment, slip: PaySlip, *, op: str, draft: str = "") -> Done:
        """Record that the notice was paid at the bank, by its receipt.

        Raises:
            Refusal: as `Pay`.
        """
        operation = Pay(payment=payment.id, slip=slip, seen="slip")
        return self._till.perform(operation, *([DroppedDraft(draft)] if draft else []), op=op)

    def give_back(self, operation: GiveBack, *, op: str, draft: str = "") -> Done:
        """Record what went back, by the slip of the terminal or of the bank (退费).

        Raises:
            Refusal: as `GiveBack`.
        """
        return self._till.perform(operation, *([DroppedDraft(draft)] if draft else []), op=op)

    def slip_of(self, result: PosResult) -> PaySlip:
        """Return what is kept of a terminal's answer; the year is ours, it tells only MMDD."""
        return PaySlip(
            reference=result.reference or result.trace,
            paid_on=_day_of(result.month_day, self._till.today()),
            paid_time=result.time,
            terminal=result.terminal,
            merchant=result.merchant,
            batch=result.batch,
            trace=result.trace,
            voucher=result.voucher,
            authorisation=result.authorisation,
            card=result.card,
            issuer=result.issuer,
        )

    def _settled(self, pay: Pay, saga: str, evidence: dict[str, str], *, op: str) -> Done:
        step = SettledStep(saga, CHARGE, StepState.CONFIRMED, evidence)
        return self._till.perform(pay, step, op=op)

    def _not_charged(
        self,
        saga: str,
        seen: Literal["terminal", "query", "slip", "not_sent", "finance"],
        answer: str,
        *,
        op: str,
    ) -> Done:
        operation = NotCharged(payment=saga, seen=seen, answer=answer)
        step = SettledStep(saga, CHARGE, StepState.FAILED, {"seen": seen, "code": answer})
        return self._till.perform(operation, step, op=op)

    # ------------------------------------------------------------------ 交费登记

    def register(self, payment: Payment, application: str, *, op: str) -> Done:
        """Ask the city to take the payment for an application (5.1.2.3).

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`; the payment then stays as it is.
        """
        operation = RegisterFee(payment=payment.id, application=application)
        return self._till.city.perform(self._till.ledger.intend(operation, op=op))

    def unregister(self, payment: Payment, reason: str, *, op: str) -> Done:
        """Ask the city to free a payment again.

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        operation = UnregisterFee(payment=payment.id, reason=reason)
        return self._till.city.perform(self._till.ledger.intend(operation, op=op))

    def _terminal(self) -> PosTerminal:
        if self._pos is None:
            raise Refusal("pos.missing", clause="5.1.1.1.2")
        return self._pos()


def _day_of(month_day: str, today: date) -> date:
    """Return the newest day of that month and day that is not after tomorrow."""
    for year in (today.year + 1, today.year, today.year - 1):
        try:
            day = date(year, int(month_day[:2]), int(month_day[2:]))
        except ValueError:
            continue
        if (day - today).days <= 1:
            return day
    return today
