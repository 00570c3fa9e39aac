"""What stands on 缴款通知书 and 财政票据: a payment by the keys of `assets/forms/`."""

from __future__ import annotations

from datetime import date

from sbk_tui.domain.capital_amount import capital_amount
from sbk_tui.domain.fees import Fee
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment
from sbk_tui.services.fees import decimal
from sbk_tui.services.slips import Desk
from sbk_tui.texts import word

FORMS = {FormKind.NOTICE: "notice", FormKind.NOTE: "note"}
"""Paper → its file, and the name of the saga's step that prints it."""


def form_values(
    payment: Payment, number: str, *, fee: Fee | None, desk: Desk, today: date
) -> dict[str, str]:
    """Return the values of one paper; the pre-printed number is printed beside for comparing.

    Args:
        fee: the row of the price table; None: the table has it no longer.
    """
    amount = decimal(payment.amount_fen)
    return {
        "bill_number": number,
        "date": word("fee.date", year=today.year, month=today.month, day=today.day),
        "unit_name": desk.office,
        "unit_code": desk.counter,
        "payer": payment.payer,
        "item_code": fee.code if fee else "",
        "item_name": fee.title if fee else "",
        "quantity": "1",
        "standard": amount,
        "amount": amount,
        "total": amount,
        "total_capital": word("fee.capital", amount=capital_amount(payment.amount_fen)),
        "issuer": desk.clerk,
        "checker": "",
        "note": word("fee.note_of", notice=payment.notice) if payment.notice else "",
    }
