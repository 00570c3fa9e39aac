"""What a replacement and its production ask of the records (5.1.2, 5.1.3): rules they share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.payment import PaymentState
from sbk_tui.domain.people import Application, Person
from sbk_tui.domain.production import Production, ProductionState
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Occasion, World
from sbk_tui.errors import Refusal

ITEM = "replace"
LOST = "5"
"""补换类别 5_遗失补卡."""
REPLACEMENTS = frozenset({"5", "6", "7"})
"""补换类别: 5 遗失补卡, 6 普通换卡, 7 质保换卡."""
_TRIES = 1_000
_SERIES_SIZE = 10_000_000


def known_production(world: World, application: str, clause: str) -> Production:
    """Return the production of an application.

    Raises:
        Refusal: `make.not_marked`.
    """
    production = world.production(application)
    if production is None:
        raise Refusal("make.not_marked", clause=clause)
    return production


def own_production(
    world: World,
    application: str,
    occasion: Occasion,
    clause: str,
    states: Iterable[ProductionState],
) -> Production:
    """Return the production of an application that this counter works on, in one of `states`.

    Raises:
        Refusal: `make.not_marked`, `make.other_counter`, `make.state`.
    """
    production = known_production(world, application, clause)
    if production.counter != occasion.seat.counter:
        raise Refusal("make.other_counter", clause=clause, counter=production.counter)
    if production.state not in states:
        raise Refusal("make.state", clause=clause, production_state=production.state.value)
    return production


def open_wish(world: World, application: str, clause: str) -> Application:
    """Return an open replacement application.

    Raises:
        Refusal: `replace.no_application`.
    """
    wish = world.application(application)
    if wish is None or not wish.is_open or wish.type not in REPLACEMENTS:
        raise Refusal("replace.no_application", clause=clause)
    return wish


def check_ground(world: World, wish: Application, clause: str) -> None:
    """Return when the old card still allows a new one: 5 formally lost, 6 and 7 handed back.

    Raises:
        Refusal: `make.old_card`, with the old card's state.
    """
    old = world.card(wish.old_card)
    if old is None:
        return
    lost = wish.type == LOST
    wanted = {CardState.FORMAL_LOST} if lost else {CardState.ACTIVE, CardState.LOCKED}
    if old.state not in wanted:
        raise Refusal("make.old_card", clause=clause, card_state=old.state.value)


def check_fee(world: World, wish: Application, rules: Rules, clause: str) -> None:
    """Return when nothing is to be paid for an application, or its fee is registered (5.1.2.3).

    Raises:
        Refusal: `fee.no_row`; `make.fee_open`, with the reason of the application.
    """
    paid = (PaymentState.PAID,)
    if any(p.application == wish.id and p.state in paid for p in world.payments_of(wish.person)):
        return
    fee = fee_on(rules.fees, wish.made_at.astimezone(CHINA).date(), ITEM, wish.reason)
    if fee is None:
        raise Refusal("fee.no_row", clause=clause, replace_reason=wish.reason)
    if fee.amount_fen:
        raise Refusal("make.fee_open", clause=clause, replace_reason=wish.reason)


def data_of(person: Person, wish: Application) -> str:
    """Return a digest of all that goes onto chip and face (C12)."""
    born = person.birth.isoformat() if person.birth else ""
    items = (
        person.number, person.name, person.sex, person.nation, born, person.photo, wish.bank,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(items).encode()).hexdigest()[:16]


def allot(world: World, application: str, series: str) -> str:
    """Return the 社保卡号 for an application: of `series` (one capital letter), used by nobody.

    The province allots numbers when it makes a batch; nothing is known of how it does for an
    instant card. Ours follows from the application alone, so that the same wish gets the same
    number however often it is asked [A].
    """
    for attempt in range(_TRIES):
        seed = hashlib.sha256(f"{application}/{attempt}".encode()).digest()
        body = f"{series}{int.from_bytes(seed[:8]) % _SERIES_SIZE:07d}"
        number = body + card_check(body)
        user = world.production_of_card(number)
        if world.card(number) is None and (user is None or user.application == application):
            return number
    raise Refusal("make.no_number", clause="5.1.3.2")


def check_printed(world: World, card: Card, clause: str) -> None:
    """Return when `card` was not made at a counter, or its face is printed.

    Raises:
        Refusal: `make.not_printed`: it is not handed out before.
    """
    production = world.production_of_card(card.number)
    if production is not None and production.state is not ProductionState.PRINTED:
        raise Refusal("make.not_printed", clause=clause, production_state=production.state.value)
