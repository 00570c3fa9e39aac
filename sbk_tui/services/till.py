"""What the desks of fees share: the records of money, the day's price, steps that are on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sbk_tui.data.beside import Beside
from sbk_tui.data.finance import FinanceCases
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.money import Money
from sbk_tui.data.sagas import PlannedStep, Sagas
from sbk_tui.domain.fees import Fee, fee_on
from sbk_tui.domain.finance import findings_told
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import ITEM
from sbk_tui.domain.payment import Payment, PaymentState, open_payment
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.slips import Desk

SAGA = "fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The collaborators of a counter's fees, and what is asked of them together."""

    ledger: Ledger
    city: CityFirst
    money: Money
    sagas: Sagas
    rules: Rules
    desk: Desk
    now_ms: Callable[[], int]
    clerk: str

    def perform(self, operation: Operation, *beside: Beside, op: str) -> Done:
        """Record an operation of money, with the cases that follow from it; on disk on return.

        Raises:
            As `Ledger.perform`.
        """
        told = findings_told(operation, op=op, counter=self.desk.counter, clerk=self.clerk)
        cases = FinanceCases(self.desk.counter, told)
        return self.ledger.perform(self.ledger.intend(operation, op=op), beside=(*beside, cases))

    def today(self) -> date:
        """Return the calendar day at the counter."""
        return from_ms(self.now_ms()).astimezone(CHINA).date()

    def price(self, reason: str) -> Fee | None:
        """Return what a replacement costs today for a reason."""
        return fee_on(self.rules.fees, self.today(), ITEM, reason)

    def amount(self, reason: str) -> int:
        """Return the price in fen; 0 when no row says it, which the rule refuses."""
        fee = self.price(reason)
        return fee.amount_fen if fee else 0

    def known(self, payment_id: str) -> Payment:
        """Return a payment.

        Raises:
            Refusal: `fee.unknown`.
        """
        payment = self.money.payment(payment_id)
        if payment is None:
            raise Refusal("fee.unknown")
        return payment

    def due(self, person: str) -> Payment | None:
        """Return the fee that is due and wants its paper or its charge again."""
        payment = open_payment(self.money.payments_of(person))
        return payment if payment and payment.state is PaymentState.DUE else None

    def planned(self, saga: str, name: str, device: str, baseline: dict[str, str]) -> PlannedStep:
        """Return a step to be written as `intent` with its operation."""
        subject = f"payment/{saga}"
        return PlannedStep(
            saga, SAGA, subject, self.clerk, name, device, self.sagas.holder, baseline
        )
