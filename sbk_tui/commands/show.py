"""`sbk show person|card|operation|batch ID`: one record, masked for the eye, whole as JSON.

Whoever asks for the JSON sees full numbers: that look is noted in the access log first.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator

from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.data.access import AccessLog
from sbk_tui.data.documents import (
    batch_document,
    card_document,
    operation_document,
    person_document,
)
from sbk_tui.data.lookup import Filed
from sbk_tui.domain import mask
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.people import Application, Person
from sbk_tui.domain.text import clean
from sbk_tui.errors import Refusal
from sbk_tui.services import fee_words, words
from sbk_tui.texts import name_of, word
from sbk_tui.wiring import Counter, now_ms, sign_in

PURPOSE = "command line"
_ID = re.compile(r"[0-9a-f]+")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=sorted(SHOWN), help=word("show.what"))
    parser.add_argument("id", metavar="ID", help=word("show.id"))
    parser.add_argument("--json", action="store_true", help=word("show.json"))


def run(args: argparse.Namespace) -> int:
    """Show one record."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        counter.seat.authority.require(Capability.QUERY)
        SHOWN[args.what](counter, clean(args.id).strip(), args.json)
    finally:
        counter.close()
    return 0


def _person(counter: Counter, key: str, as_json: bool) -> None:
    # Ids are lower-case hexadecimal; numbers of people and cards are stored in upper case.
    found = counter.desks.query.dossier(key if _ID.fullmatch(key) else key.upper())
    if as_json:
        _note(counter, "show person", [found.person.id], "number,phone,bank_card")
        emit(person_document(found))
        return
    _say_all(_person_lines(found.person))
    for card in found.cards:
        _say_all(_card_lines(card))
    for application in found.applications:
        _say_all(_application_lines(application))
    for payment in found.payments:
        say(f"{word('query.fee')} {fee_words.line(payment, found.applications)}")
    for event in found.timeline:
        say(
            word(
                "show.event",
                at=words.moment(event.at_ms),
                kind=words.kind(event.kind),
                clerk=event.clerk,
                code=event.code,
                standing=words.standing(event),
            )
        )


def _card(counter: Counter, key: str, as_json: bool) -> None:
    number = CardNumber.parse(key)
    card = counter.lookup.card(number)
    if card is None:
        raise Refusal("card.unknown", card=number)
    if as_json:
        _note(counter, "show card", [card.person], "bank_card,receiver")
        emit(card_document(card))
        return
    holder = counter.lookup.person(card.person)
    if holder is not None:
        _say_all(_person_lines(holder))
    _say_all(_card_lines(card))


def _operation(counter: Counter, key: str, as_json: bool) -> None:
    filed = counter.lookup.operation(key)
    if filed is None:
        raise Refusal("operation.unknown")
    if as_json:
        people = [name.partition("/")[2] for name in filed.envelope.about if name[:7] == "person/"]
        _note(counter, "show operation", people, "payload")
        emit(operation_document(filed))
        return
    _say_all(_operation_lines(filed))


def _batch(counter: Counter, key: str, as_json: bool) -> None:
    rows = counter.lookup.batch(key)
    if not rows:
        raise Refusal("batch.unknown")
    cards = [card for _, card in rows]
    if as_json:
        _note(counter, "show batch", [f"batch/{key}"], "bank_card,receiver", rows=len(cards))
        emit(batch_document(key, cards))
        return
    say(word("show.batch", batch=key, cards=len(cards)))
    for holder, card in rows:
        number = mask.number(holder.number) if holder else ""
        name = holder.name if holder else ""
        state = words.card_state(card)
        say(
            word(
                "show.batch_line",
                card=card.number,
                name=name,
                number=number,
                state=state,
                place=card.place,
            )
        )


SHOWN: dict[str, Callable[[Counter, str, bool], None]] = {
    "person": _person,
    "card": _card,
    "operation": _operation,
    "batch": _batch,
}


def _note(
    counter: Counter, command: str, people: Iterable[str], revealed: str, rows: int = 1
) -> None:
    # Before anything is printed: a look that cannot be noted is not given.
    log = AccessLog(counter.opened.store, counter.session.clerk)
    for person in people:
        log.note(
            at_ms=now_ms(), person=person, command=command, purpose=PURPOSE, revealed=revealed,
            rows=rows,
        )  # fmt: skip


def _person_lines(person: Person) -> Iterator[str]:
    yield word(
        "show.person",
        name=person.name,
        number=mask.number(person.number),
        mobile=mask.phone(person.mobile),
        id=person.id,
    )
    place = person.village_name or person.unit_name
    if place:
        yield word("show.place", place=place)


def _card_lines(card: Card) -> Iterator[str]:
    yield word(
        "show.card",
        card=card.number,
        state=words.card_state(card),
        bank=name_of("bank", card.bank),
        bank_card=mask.bank_card(card.bank_card),
    )
    if card.place:
        yield word("show.drawer", batch=card.batch, place=card.place)
    for key, when in (
        ("show.collected", card.collected_at),
        ("show.enabled", card.enabled_at),
        ("show.lost", card.lost_at),
        ("show.cancelled", card.cancelled_at),
    ):
        if when is not None:
            yield word(key, at=words.moment(when))
    if card.lost_until is not None:
        yield word("show.lost_until", day=card.lost_until.isoformat())


def _application_lines(application: Application) -> Iterator[str]:
    yield word(
        "show.application",
        type=name_of("replace_type", application.type),
        state=name_of("apply_state", application.state),
        bank=name_of("bank", application.bank),
        at=words.moment(application.made_at),
    )


def _operation_lines(filed: Filed) -> Iterator[str]:
    event, envelope = filed.event, filed.envelope
    yield word(
        "show.operation",
        kind=words.kind(event.kind),
        clause=event.clause,
        at=words.moment(event.at_ms),
        code=event.code,
    )
    yield word(
        "show.sealed",
        counter=event.counter,
        seq=event.seq,
        clerk=event.clerk,
        approvers=" ".join(approval.clerk for approval in envelope.approvals) or "—",
    )
    yield word("show.about", subjects=" ".join(envelope.about) or "—")
    yield word("show.standing", standing=words.standing(event))


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
