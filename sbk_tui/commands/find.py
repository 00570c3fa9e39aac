"""`sbk find TEXT`: people by number, last digits, name, initials, telephone or card; masked."""

from __future__ import annotations

import argparse
from typing import Any

from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.lookup import Hit
from sbk_tui.domain import mask
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.text import clean
from sbk_tui.services import words
from sbk_tui.services.city_desk import PURPOSES
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("text", metavar="TEXT", help=word("find.text"))
    parser.add_argument("--city", action="store_true", help=word("lookup.city_option"))
    parser.add_argument("--json", action="store_true", help=word("find.json"))


def run(args: argparse.Namespace) -> int:
    """Print who is found; nobody found is an answer too."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        counter.seat.authority.require(Capability.QUERY)
        hits = counter.desks.query.find(clean(args.text))
        if args.city and not hits:
            _ask_city(counter, clean(args.text))
            hits = counter.desks.query.find(clean(args.text))
    finally:
        counter.close()
    if args.json:
        emit([_document(hit) for hit in hits])
        return 0
    for hit in hits:
        say(_line(hit))
    note(word("find.count", count=len(hits)))
    return 0


def _ask_city(counter: Counter, text: str) -> None:
    """Ask the city for a person who is not known here; on return the records are (A5).

    Raises:
        BadUsage: `sync.not_enrolled`; Refusal `lookup.…`; HubUnreachable.
    """
    # Late: TLS and the city's own program.
    from sbk_tui import own_hub
    from sbk_tui.commands.sync import caller_of

    caller = caller_of(counter)
    question = counter.desks.city.ask(text, clause="2.4.2", purpose=PURPOSES[0])
    with own_hub.running(counter.home, caller.url):
        caller.call()
    counter.desks.city.answer(question)


def _document(hit: Hit) -> dict[str, Any]:
    return {
        "person": hit.person.id,
        "name": hit.person.name,
        "number": mask.number(hit.person.number),
        "mobile": mask.phone(hit.person.mobile),
        "card": hit.card.number if hit.card else None,
        "state": hit.card.state.value if hit.card else None,
        "cards": hit.cards,
    }


def _line(hit: Hit) -> str:
    number = mask.number(hit.person.number)
    if hit.card is None:
        return word("find.no_card", name=hit.person.name, number=number, id=hit.person.id)
    return word(
        "find.line",
        name=hit.person.name,
        number=number,
        card=hit.card.number,
        state=words.card_state(hit.card),
        id=hit.person.id,
    )
