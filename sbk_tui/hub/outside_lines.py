"""What a system outside is told of one accepted operation: the records as lines of its layouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sbk_tui.data.records import Records
from sbk_tui.domain.application import ApplicationForm
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.fee import Pay
from sbk_tui.domain.operations.issue import Enable
from sbk_tui.domain.operations.loss import Cancel
from sbk_tui.domain.operations.make import ReadBack
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.domain.people import Person
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hub.registry import Grant
from sbk_tui.outside.layout import FOREVER, Tell

_FORMAL, _CANCEL = "02", "04"
_REGION, _OFFICE = 6, "00"
"""经办机构: six digits of the region and two more [A]."""
_PAID = "2"
_BANK_PENDING = "00000"
Values = Mapping[str, str]


class Accepted(NamedTuple):
    """An operation that the city accepted and that has changed something."""

    op: str
    kind: str
    operation: Operation | None
    """None for a loss that was read over the telephone (B2)."""
    cards: tuple[str, ...]
    """Numbers of the cards that it changed."""
    counter: str
    grant: Grant
    clerk: str
    at_ms: int


class Line(NamedTuple):
    """One line for one system."""

    bank: str
    """Whose it is, for a line to a bank; empty when no bank is chosen yet."""
    subject: str
    """What it is about: a card, an application, a payment, named as in envelopes."""
    number: str
    """业务类型 of a notice, or empty."""
    values: Values


def lines_of(tell: Tell, accepted: Accepted, records: Records) -> Iterator[Line]:
    """Yield what `tell` says of an operation; nothing when its records are not known."""
    grant, operation = accepted.grant, accepted.operation
    common = {
        "op": accepted.op.replace("/", "-"),
        "issuer": f"{grant.district[:_REGION]:0<6}{_OFFICE}",
        "clerk": accepted.clerk,
        "at": f"{from_ms(accepted.at_ms).astimezone(CHINA):%Y%m%d%H%M%S}",
    }
    match operation:
        case Apply():
            yield _first_application(operation.form, accepted.op, grant, common)
        case ApplyForReplacement():
            yield from _replacement(operation, accepted.op, records, grant, common)
        case Pay():
            yield from _payment(operation, records, grant, common)
        case ReadBack():
            yield from _write_back(operation, records, common)
        case _:
            yield from _of_cards(tell, accepted, records, common)


def _of_cards(tell: Tell, accepted: Accepted, records: Records, common: Values) -> Iterator[Line]:
    for each in accepted.cards:
        card = records.card(each)
        holder = records.person(card.person) if card else None
        if card is None or holder is None:
            continue
        number, reason = tell.number, ""
        match accepted.operation:
            case BlindLoss(until=None):
                number = _FORMAL
            case Cancel():
                reason = card.cancel_reason
            case Enable(card=named) if named != each:  # the card that it replaces has ended
                number, reason = _CANCEL, card.cancel_reason
        values = {**common, **_card(card, holder, accepted.grant), "number": number}
        yield Line(card.bank, card.subject, number, values | {"reason": reason})


def _card(card: Card, holder: Person, grant: Grant) -> Values:
    return {
        "card": card.number,
        "social_number": holder.number,
        "name": holder.name,
        "city": _city(holder, grant),
        "bank": card.bank,
        "bank_card": card.bank_card,
    }


def _city(holder: Person | None, grant: Grant) -> str:
    place = (holder.district or holder.village_code) if holder else ""
    return f"{(place or grant.district)[:_REGION]:0<6}"


def _first_application(form: ApplicationForm, op: str, grant: Grant, common: Values) -> Line:
    values = {name: str(getattr(form, name) or "") for name in _SAME}
    values |= {
        **common,
        **_identity(form),
        "city": _city(None, grant) if not form.village_code else form.village_code[:_REGION],
        "type": "1",
        "old_card": form.old_card,
        "email": form.email,
        "department": form.department,
        "school_class": form.school_class,
        "proxy_name": form.proxy_name,
        "proxy_number": form.proxy_number,
        "proxy_phone": form.proxy_phone,
        "bank": form.bank,
    }
    return Line(_chosen(form.bank), f"application/{op}", "", values)


def _replacement(
    operation: ApplyForReplacement, op: str, records: Records, grant: Grant, common: Values
) -> Iterator[Line]:
    card, wish = records.card(operation.card), records.application(op)
    holder = records.person(card.person) if card else None
    if card is None or holder is None:
        return
    bank = operation.bank or card.bank
    values = {name: str(getattr(holder, name) or "") for name in _SAME}
    values |= {
        **common,
        **_identity(holder),
        "city": _city(holder, grant),
        "type": operation.type,
        "reason": operation.reason,
        "old_card": card.number,
        "bank": bank,
    }
    if wish is not None:
        values |= {
            "proxy_name": wish.proxy_name,
            "proxy_number": wish.proxy_number,
            "proxy_phone": wish.proxy_phone,
        }
    yield Line(_chosen(bank), f"application/{op}", "", values)


_SAME = (
    "category", "status", "household", "country", "sex", "nation", "name", "doc_type", "address",
    "mail_address", "postcode", "mobile", "fixed_phone", "unit_code", "unit_name", "village_name",
    "guardian_name", "guardian_number", "guardian_phone",
)  # fmt: skip
"""Fields that a form and a person have alike, and that travel as they are."""


def _identity(who: ApplicationForm | Person) -> Values:
    return {
        "social_number": who.number,
        "doc_number": who.number,
        "doc_end": FOREVER if who.long_term else _day(who.doc_end),
        "birth": _day(who.birth),
        "rare": " ".join(f"{char}=U+{ord(char):04X}" for char in who.name if _is_rare(char)),
        "village_code": village_of(who.village_code),
    }


def village_of(code: str) -> str:
    """Return the province's 11 digits of a village's 12: six, two and three [A]."""
    return code[:6] + code[7:] if len(code) == 12 else code


def _is_rare(char: str) -> bool:
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return True
    return False


def _payment(operation: Pay, records: Records, grant: Grant, common: Values) -> Iterator[Line]:
    payment, slip = records.payment(operation.payment), operation.slip
    holder = records.person(payment.person) if payment else None
    if payment is None or holder is None:
        return
    values = {
        **common,
        "pay_code": slip.reference,
        "at": f"{slip.paid_on:%Y%m%d}{slip.paid_time or '000000'}",
        "city": _city(None, grant),
        "state": _PAID,
        "channel": "POS" if slip.terminal or slip.trace else "BANK",
        "payer": payment.payer,
        "mobile": holder.mobile,
        "social_number": holder.number,
        "account": slip.card,
        "trace": slip.trace,
        "amount": f"{payment.amount_fen // 100}.{payment.amount_fen % 100:02d}",
        "item": payment.item,
        "notice": payment.notice,
    }
    yield Line("", payment.subject, "", values)


def _write_back(operation: ReadBack, records: Records, common: Values) -> Iterator[Line]:
    production = records.production(operation.application)
    card = records.card(production.card) if production else None
    holder = records.person(card.person) if card else None
    if production is None or card is None or holder is None:
        return
    values = {
        **common,
        "card": card.number,
        "social_number": holder.number,
        "name": holder.name,
        "made_on": _day(card.made_on),
        "valid_to": _day(card.valid_to),
        "identification": production.identification,
        "historical": production.historical,
        "bank_card": card.bank_card,
        "place": card.place,
    }
    yield Line(card.bank, card.subject, "", values)


def _chosen(bank: str) -> str:
    return "" if bank == _BANK_PENDING else bank


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
