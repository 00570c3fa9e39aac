"""How records are said in a clerk's words: one place for screens, papers and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sbk_tui.data.lookup import Dossier, Event
from sbk_tui.domain import mask
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.people import FormerIdentity
from sbk_tui.domain.temp_card import TempCard, TempCardState, held
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.texts import name_of, word

_TONES = {
    CardState.SEALED: "",
    CardState.ACTIVE: "ok",
    CardState.FORMAL_LOST: "bad",
    CardState.LOCKED: "warn",
    CardState.TEMP_LOST: "warn",
    CardState.CANCELLED: "dim",
}


def card_state(card: Card) -> str:
    """Return the state of a card in words; a sealed one also says whether it was handed out."""
    if card.state is CardState.SEALED:
        if card.collected_at is not None:
            return word("card.sealed")
        return word("card.in_stock" if card.custody else "card.on_the_way")
    return name_of("card_state", card.state.value)


def accounts(card: Card) -> str:
    """Return how the two accounts of a card stand (第三条, 第五条)."""
    return word(
        "card.accounts",
        social=name_of("social_account", card.social_account),
        financial=name_of("financial_account", card.financial_account),
    )


def bank_todo(card: Card) -> str:
    """Return what the holder must still do at the bank (answer 02), empty when nothing."""
    if not card.bank_todo:
        return ""
    matter = name_of("outside_matter", card.bank_todo)
    return word("outside.todo", matter=matter, bank=name_of("bank", card.bank))


def receiver(card: Card, holder: str) -> str:
    """Return who took a card, in words: the holder's own name, or the proxy's with the kind."""
    if card.receiver is None:
        return ""
    name = card.receiver.name or holder
    return word("card.receiver", type=name_of("receiver", card.receiver.type), name=name)


def issuing_step(seen: Dossier, card: Card) -> str:
    """Return the last issuing step of a card: what, when, by whom, to whom (2.5)."""
    if card.issuing is None:
        return ""
    step = next((event for event in seen.timeline if event.op == card.issuing.op), None)
    return word(
        "card.issuing",
        kind=kind(step.kind) if step else "",
        time=moment(card.collected_at),
        clerk=step.clerk if step else card.issuing.clerk,
        code=step.code if step else "",
        receiver=receiver(card, seen.person.name),
        phone=mask.phone(card.receiver.phone) if card.receiver else "",
    )


def tone(card: Card | None) -> str:
    """Return how a card's line is coloured: "ok", "warn", "bad", "dim" or ""."""
    return _TONES[card.state] if card else "dim"


def kind(name: str) -> str:
    """Return the name of a kind of operation."""
    return word(f"kinds.{name.replace('.', '_')}")


def former(identity: FormerIdentity, number: str) -> str:
    """Return who a person was before a correction (F2); `number` masked or not."""
    until = moment(identity.until)
    return word(
        "correct.former", name=identity.name, number=number, until=until, proof=identity.proof
    )


def temp_card(card: TempCard) -> str:
    """Return a temporary card in one line: number, state, until when."""
    state = name_of("temp_card_state", card.state.value)
    if card.state is TempCardState.ISSUED:
        state = word("temp.enabled" if card.enabled_at else "temp.not_enabled")
    until = card.valid_to.isoformat() if card.valid_to else ""
    return word("temp.panel", card=card.number, state=state, until=until)


def temp_card_reminder(temp_cards: Iterable[TempCard]) -> str:
    """Return the reminder to take a temporary card back (6.3), empty when there is none."""
    card = held(temp_cards)
    if card is None:
        return ""
    until = card.valid_to.isoformat() if card.valid_to else ""
    return word("temp.reminder", card=card.number, until=until)


def moment(when: datetime | int | None) -> str:
    """Return a time at the counter: `2026-11-24 09:05`; empty for None."""
    if when is None:
        return ""
    at = from_ms(when) if isinstance(when, int) else when
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def standing(event: Event) -> str:
    """Return where an operation stands: here, at the city, accepted or refused (B5)."""
    if event.state == "judged":
        return word(f"standing.{event.verdict}")
    return word(f"standing.{event.state}")


_FAR = re.compile(
    r"(?:[^省]{2,8}省)?(?:[^市]{1,8}市)?(?:[^县区市]{1,8}(?:县|市|(?<!社)区))?"
    r"(?:.{1,10}?(?:镇|乡|街道))?"
)


def near(address: str) -> str:
    """Return an address from the village or street on: in a list of one place the rest is noise."""
    far = _FAR.match(address)
    return (address[far.end() :] if far else "") or address
