"""What a slip says: the texts of an operation, a person and a card, named in words.

The values are kept with the paper as it was owed, so that a reprint says what the first said.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui import divisions
from sbk_tui.data.beside import Performed
from sbk_tui.domain import mask
from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.operations.account import ACTIVATED, ActivateAccount
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.operations.pin import PinWork
from sbk_tui.domain.operations.returned import IssueAgain
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.domain.people import Person
from sbk_tui.services import words
from sbk_tui.texts import name_of, word

_NOT_ACTIVATED = "0"
"""社保账户 of a card that was replaced where its holder is not insured."""


class Desk(NamedTuple):
    """Whose paper it is."""

    office: str
    counter: str
    clerk: str


_AFTER = {
    IssueToPerson: CardState.SEALED,
    IssueAgain: CardState.SEALED,
    Collect: CardState.SEALED,
    RollBack: CardState.SEALED,
    Enable: CardState.ACTIVE,
    TemporaryLoss: CardState.TEMP_LOST,
    FormalLoss: CardState.FORMAL_LOST,
    Release: CardState.ACTIVE,
    Cancel: CardState.CANCELLED,
}
"""What a card is afterwards; all others leave it as it was."""


def slip_record(
    operation: Operation, done: Performed, person: Person, before: Card, desk: Desk
) -> dict[str, str]:
    """Return the values of the slip of an operation on a card, by the layouts' keys."""
    at = words.moment(done.at_ms)
    values = {
        **head(desk, at, done.op),
        "short_hash": done.code,
        "kind": words.kind(operation.kind),
        "done_at": at,
        "name": person.name,
        "number": person.number,
        "card": before.number,
        "bank": name_of("bank", before.bank),
        "batch": before.batch,
        "state_before": words.card_state(before),
        "state_after": name_of("card_state", _AFTER.get(type(operation), before.state).value),
        "standing": word("standing.slip"),
        "bank_todo": words.bank_todo(before),
        **_particulars(operation, before, person),
        **(_activation(done, person, desk) if isinstance(operation, Enable) else {}),
    }
    return {key: str(value) for key, value in values.items()}


def head(desk: Desk, printed_at: str, op: str) -> dict[str, str]:
    """Return what every paper carries; the serial is the tail of the operation's id."""
    return {
        "office": desk.office,
        "office_code": desk.counter,
        "clerk": desk.clerk,
        "printed_at": printed_at,
        "serial": op[-12:].upper(),
    }


def _particulars(operation: Operation, card: Card, person: Person) -> dict[str, str]:
    match operation:
        case TemporaryLoss():
            return {
                "caller_name": operation.caller_name,
                "caller_phone": operation.caller_phone,
                "lost_until": operation.until.isoformat(),
            }
        case FormalLoss():
            return {
                "proxy_name": operation.proxy_name,
                "proxy_number": operation.proxy_number,
            }
        case Cancel():
            return {
                "reason": name_of("cancel_reason", operation.reason),
                "proof": operation.proof,
            }
        case RollBack():
            return {
                "reason": name_of("rollback_reason", operation.reason),
                "note": operation.note,
                "issued_at": words.moment(card.collected_at),
                "receiver": words.receiver(card, person.name),
                "state_after": word("card.in_stock"),
            }
        case IssueToPerson() | IssueAgain() | Collect():
            return _receiver(operation.receiver)
        case Enable():
            return {
                "bank_account": name_of("financial_account", card.financial_account),
                "phone": person.mobile,
            }
        case ActivateAccount():
            return {
                "bank_card": mask.bank_card(card.bank_card),
                "presence": name_of("pin_presence", operation.presence),
                "account_before": name_of("financial_account", card.financial_account),
                "account_after": name_of("financial_account", ACTIVATED),
                "guardian": _guardian(operation),
                "standing": word("standing.accepted"),
            }
        case PinWork():
            return {
                "presence": name_of("pin_presence", operation.presence),
                "unconfirmed": "" if operation.confirmed else word("pin.unconfirmed"),
            }
        case _:
            return {}


def _guardian(operation: ActivateAccount) -> str:
    return f"{operation.guardian_name} {mask.number(operation.guardian_number)}".strip()


def _activation(done: Performed, person: Person, desk: Desk) -> dict[str, str]:
    """Return where both accounts of an enabled card are activated, and the old bank's (第五条).

    Insured elsewhere: the bank's branches of the place where it was handled, but pharmacies and
    hospitals of the insured place.
    """
    cards = [each for each in done.changed if isinstance(each, Card)]
    live = next(each for each in cards if each.state is CardState.ACTIVE)
    old = next((each for each in cards if each.number == live.replaces), None)
    elsewhere = live.social_account == _NOT_ACTIVATED
    bank = name_of("bank", live.bank)
    place = divisions.full_name(person.district[:6])
    key = "slip.bank_place_here" if elsewhere else "slip.bank_place"
    closing = ""
    if old is not None and old.bank != live.bank:
        closing = word("slip.bank_closing", bank=name_of("bank", old.bank))
    return {
        "social_account": name_of("social_account", live.social_account),
        "bank_place": word(key, bank=bank, office=desk.office),
        "social_place": word("slip.social_place", place=place) if elsewhere else "",
        "bank_closing": closing,
    }


def _receiver(receiver: Receiver) -> dict[str, str]:
    return {
        "phone": receiver.phone,
        "proxy_name": receiver.name,
        "proxy_number": receiver.number,
    }
