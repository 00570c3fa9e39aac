"""A fee in a clerk's words: what it costs, how it stands, which paper must lie in the printer."""

from __future__ import annotations

from collections.abc import Iterable

from sbk_tui.data.money import Top
from sbk_tui.data.sagas import Step
from sbk_tui.domain.capital_amount import capital_amount
from sbk_tui.domain.fees import Fee
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaySlip
from sbk_tui.domain.people import Application
from sbk_tui.hardware.ports import PosResult
from sbk_tui.services import words
from sbk_tui.services.fees import amount_words, decimal
from sbk_tui.services.match_desk import Match, Matched
from sbk_tui.texts import name_of, word


def amount(fee: Fee | None) -> str:
    """Return the price in words; empty when there is none."""
    return amount_words(fee.amount_fen) if fee else ""


def amount_of(payment: Payment) -> str:
    """Return what a payment is about, in words."""
    return amount_words(payment.amount_fen)


def price(fee: Fee | None) -> str:
    """Return item, amount and basis of a price."""
    if fee is None:
        return word("fee.no_price")
    if not fee.amount_fen:
        return word("fee.for_free")
    capital = capital_amount(fee.amount_fen)
    return word("fee.price", title=fee.title, amount=amount(fee), capital=capital, basis=fee.basis)


def standing(payment: Payment) -> str:
    """Return how a payment stands, with every number that it has."""
    said = [
        word(
            "fee.state",
            amount=amount_of(payment),
            state=name_of("payment_state", payment.state.value),
            payer=payment.payer,
            reason=name_of("replace_reason", payment.reason),
        )
    ]
    if payment.unclear_op:
        said.append(word("fee.handed_over"))
    if payment.doubt:
        said.append(word(f"refund.{payment.doubt}"))
    said += [
        word(
            "refund.was",
            of=each.of,
            way=name_of("refund_way", each.way),
            reference=each.reference,
            at=words.moment(each.at),
        )
        for each in payment.refunds
    ]
    numbers = []
    if payment.notice:
        numbers.append(word("fee.notice_is", number=payment.notice))
    if payment.slip is not None:
        numbers.append(word("fee.slip_is", number=payment.slip.reference))
        numbers.append(word("fee.note_is", number=payment.note or "—"))
        key = "fee.registered" if payment.application else "fee.not_registered"
        numbers.append(word(key))
    if numbers:
        said.append("　".join(numbers))
    return "\n".join(said)


def line(payment: Payment, applications: Iterable[Application]) -> str:
    """Return a fee in one line of a dossier: amount, state, numbers, what it is registered for."""
    parts = [
        amount_of(payment),
        name_of("payment_state", payment.state.value),
        words.moment(payment.paid_at or payment.made_at),
    ]
    if payment.notice:
        parts.append(word("fee.notice_is", number=payment.notice))
    if payment.slip is not None:
        parts.append(word("fee.slip_is", number=payment.slip.reference))
    if payment.note:
        parts.append(word("fee.note_is", number=payment.note))
    if payment.slip is not None:
        parts.append(_registration(payment, applications))
    return "  ".join(parts)


def _registration(payment: Payment, applications: Iterable[Application]) -> str:
    if not payment.application:
        return word("fee.not_registered")
    wish = next((each for each in applications if each.id == payment.application), None)
    if wish is None:
        return word("fee.registered")
    made = words.moment(wish.made_at)
    return word("fee.registered_for", type=name_of("replace_type", wish.type), made=made)


def match_said(match: Match) -> str:
    """Return what a list beside the records shows."""
    key = "match.fits" if match.fits else "match.differs"
    return word(
        key,
        day=match.day.isoformat(),
        sales=match.sales,
        total=decimal(match.total_fen),
        extra=len(match.extra),
        missing=len(match.missing),
    )


def differences(match: Match) -> list[tuple[str, str, str, str]]:
    """Return the differences as lines: where, reference, amount, what helps to find it."""
    extra = [
        (word("match.extra"), line.reference, decimal(line.amount_fen),
         f"{line.voucher} {line.time}".strip())
        for line in match.extra
    ]  # fmt: skip
    missing = [
        (word("match.missing"), each.references[0], decimal(each.amount_fen), each.payer)
        for each in match.missing
    ]
    return extra + missing


def matched(last: Matched | None) -> str:
    """Return what came of the newest match of a day."""
    if last is None:
        return word("match.never")
    if not last.match.differs:
        return word("match.is_fit", at=words.moment(last.at_ms))
    extra, missing = len(last.match.extra), len(last.match.missing)
    return word("match.is_off", extra=extra, missing=missing)


def next_number(form: FormKind, top: Top) -> str:
    """Return which paper must lie in the printer."""
    name = name_of("form_kind", form.value)
    if not top.next:
        return word("fee.no_number", form=name)
    return word("fee.next_number", form=name, number=top.next, left=top.left)


def resumed(step: Step) -> str:
    """Return what an earlier visit left open."""
    key = "fee.resumed_charge" if step.device == "pos" else "fee.resumed_print"
    return word("fee.resumed", what=word(key))


def found(result: PosResult, slip: PaySlip) -> str:
    """Return the terminal's last transaction, to be compared with its slip of paper."""
    return word(
        "fee.found",
        amount=decimal(result.amount_fen or 0),
        day=slip.paid_on.isoformat(),
        time=":".join((slip.paid_time[:2], slip.paid_time[2:4], slip.paid_time[4:])),
        reference=slip.reference,
        card=slip.card,
    )
