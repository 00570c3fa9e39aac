"""缴款: one fee of one person, from the notice or the card terminal to the registration (5.1).

Money is `int` fen. A payment is never deleted and its amount never changes: what went wrong is
undone forward, by a void number, a charge that did not happen, or a registration taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import msgspec


class PaymentState(StrEnum):
    """缴款状态."""

    DUE = "1"
    """待缴: a notice was given, the bank has not been paid."""
    CHARGING = "2"
    """刷卡未定: the terminal was asked; charged or not is not known yet."""
    PAID = "3"
    """已缴."""
    REFUNDED = "4"
    """已退费: it was paid, and given back."""
    ENDED = "9"
    """未缴结束: nobody paid, and nobody will on this record."""


class PaySlip(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """缴款凭证: what the bank or the card terminal says of a payment that was made."""

    reference: str
    """系统参考号 of the terminal, or the number of the bank's receipt."""
    paid_on: date
    paid_time: str = ""
    """HHMMSS by the terminal's clock, or empty."""
    bank: str = ""
    """A code of the table `bank`: where a notice was paid, or empty."""
    terminal: str = ""
    merchant: str = ""
    batch: str = ""
    trace: str = ""
    """流水号."""
    voucher: str = ""
    """票据号 of the terminal, needed to void the sale there."""
    authorisation: str = ""
    card: str = ""
    """Masked: at most the first six and the last four digits."""
    issuer: str = ""


class Refund(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """退费: money that went back."""

    of: str
    """参考号 of the payment that was given back."""
    reference: str
    """参考号 of the void, or the number of the bank's receipt."""
    way: str
    """退费方式, a code of the table `refund_way`."""
    reason: str
    """退费原因, a code of the table `refund_reason`."""
    at: datetime


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """缴款: one fee as it stands."""

    id: str
    person: str
    payer: str
    """缴款人名称, as it stands on the papers."""
    item: str
    reason: str
    """补换原因, a code of the table `replace_reason`."""
    amount_fen: int
    state: PaymentState
    counter: str
    made_at: datetime
    notice: str = ""
    """Number of the valid 缴款通知书, or empty."""
    slip: PaySlip | None = None
    paid_at: datetime | None = None
    note: str = ""
    """Number of the valid 财政票据, or empty."""
    application: str = ""
    """The 补换卡申请 it is registered for (交费登记), or empty."""
    registered_at: datetime | None = None
    clerk: str = ""
    """Who took it on, and answers for it."""
    unclear_op: str = ""
    """说不清: the operation that handed the charge to the finance people; empty: none."""
    doubt: Literal["", "reference_twice", "paid_twice"] = ""
    """What is wrong with it by the records; both payments stay as they were told."""
    doubt_op: str = ""
    """The operation with which that came about."""
    doubt_of: str = ""
    """The other payment, or itself when it was paid in two ways."""
    more: tuple[PaySlip, ...] = ()
    """What was paid on it besides `slip`: one too many, to be given back."""
    refunds: tuple[Refund, ...] = ()

    @property
    def subject(self) -> str:
        """The name of this payment in envelopes."""
        return f"payment/{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done with it: paid, noted or registered."""
        ended = (PaymentState.ENDED, PaymentState.REFUNDED)
        return self.state not in ended and not self.application


def open_payment(payments: Iterable[Payment]) -> Payment | None:
    """Return the payment with which something is still to be done, if there is one.

    One that was paid beside another is the last choice: it waits to be given back.
    """
    found = [each for each in payments if each.is_open]
    return next((each for each in found if not each.doubt), found[0] if found else None)
