"""Everything about one person as text: the way of the card, cards, applications, timeline."""

from __future__ import annotations

from datetime import date

from rich.text import Text

from sbk_tui.domain import mask
from sbk_tui.services import fee_words, words
from sbk_tui.services.progress import Road, Standing, standing
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import name_of, word


def dossier_text(
    seen: Dossier,
    *,
    revealed: bool,
    road: Road | None = None,
    chain: str = "",
    today: date | None = None,
    heard: str = "",
) -> Text:
    """Return everything about a person, numbers masked unless `revealed`.

    Args:
        road: where the card is; None when there is nothing to wait for.
        chain: what is next in a running replacement, in words.
        today: the day at the counter, for the days a step lasts.
        heard: when the city last answered anything, in words.
    """
    person = seen.person
    hide = (lambda text: text) if revealed else mask.number
    hide_phone = (lambda text: text) if revealed else mask.phone
    text = Text()
    text.append(person.name, "bold")
    text.append(
        f"  {name_of('sex', person.sex)}  {hide(person.number)}"
        f"  {person.birth.isoformat() if revealed and person.birth else ''}"
        f"  {word('query.photo' if person.photo else 'query.no_photo')}\n"
    )
    _line(text, "mobile", hide_phone(person.mobile) if person.mobile else "")
    _line(text, "address", person.address)
    _line(text, "category", name_of("category", person.category))
    _line(text, "unit_name", person.unit_name or person.village_name)
    for former in seen.formers:
        text.append(f"{words.former(former, hide(former.number))}\n", "dim")
    if road is not None:
        _way(text, road, today, chain)
    _standing(text, standing(seen.timeline), heard)
    _cards(text, seen, revealed=revealed)
    text.append(f"\n{word('query.timeline', count=len(seen.timeline))}\n", "bold")
    for event in seen.timeline:
        text.append(f" {words.moment(event.at_ms)}  {words.kind(event.kind)}")
        text.append(f"  {event.clerk}  {event.code}  {words.standing(event)}\n")
    return text


def _way(text: Text, road: Road, today: date | None, chain: str) -> None:
    """Draw the bar, the step one is at, the dated steps, and whose turn it is."""
    done, all_ = road.done, len(road.marks)
    bar = "#" * done + "-" * (all_ - done)
    at = name_of("progress", road.marks[done - 1].code) if done else word("progress.begin")
    text.append(f"\n{word('progress.title')} [{bar}] {done}/{all_} {at}", "bold")
    days = road.days(today) if today else None
    text.append(f"  {word('progress.days', days=days)}\n" if days is not None else "\n")
    dated = "  ".join(
        f"{name_of('progress', mark.code)} {mark.at.isoformat()}" for mark in road.marks if mark.at
    )
    if dated:
        text.append(f" {dated}\n", "dim")
    if chain:
        text.append(f" {chain}\n")
    elif done < all_ or road.turn not in ("nobody", "cancelled"):
        text.append(f" {word('progress.' + road.turn, place=road.place)}\n")


def _standing(text: Text, counts: Standing, heard: str) -> None:
    parts = [
        word(f"query.{name}", count=count) for name, count in counts._asdict().items() if count
    ] or [word("query.settled")]
    text.append(f" {'  '.join(parts)}  {heard}\n", "dim")


def _cards(text: Text, seen: Dossier, *, revealed: bool) -> None:
    hide_bank = (lambda text: text) if revealed else mask.bank_card
    text.append(f"\n{word('query.cards', count=len(seen.cards))}\n", "bold")
    for card in seen.cards:
        text.append(f" {card.number}  {words.card_state(card)}")
        text.append(f"  {name_of('bank', card.bank)} {hide_bank(card.bank_card)}  {card.place}\n")
        text.append(f"   {words.accounts(card)}\n")
        if card.bank_todo:
            text.append(f"   {words.bank_todo(card)}\n", "bold")
        for key, when in (
            ("collected", words.moment(card.collected_at)),
            ("enabled", words.moment(card.enabled_at)),
            ("activated", words.moment(card.financial_at)),
            ("lost", words.moment(card.lost_at)),
            ("lost_until", card.lost_until.isoformat() if card.lost_until else ""),
            ("cancelled", words.moment(card.cancelled_at)),
        ):
            if when:
                text.append(f"   {word('query.' + key)} {when}\n", "dim")
    for temp_card in seen.temp_cards:
        text.append(f" {words.temp_card(temp_card)}\n")
    for each in seen.applications:
        text.append(f" {word('query.application')} {words.moment(each.made_at)}")
        text.append(f"  {name_of('apply_state', each.state)}  {name_of('bank', each.bank)}\n")
    for payment in seen.payments:
        text.append(f" {word('query.fee')} {fee_words.line(payment, seen.applications)}\n")


def _line(text: Text, name: str, value: str) -> None:
    if value:
        text.append(f"{word('fields.' + name)}：", "dim")
        text.append(f"{value}\n")
