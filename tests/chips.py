"""A counter with a social-card reader whose slot is in the test's hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

from sbk_tui import wiring
from sbk_tui.data.planned_sagas import PlannedSagas
from sbk_tui.data.temp_cards import TempCards
from sbk_tui.domain.people import Person
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_profiles import PERSON, profile, social_card
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import KeyService
from sbk_tui.services.chip_desk import ChipDesk
from sbk_tui.services.slips import Desk
from sbk_tui.services.temp_chip import TempChips
from sbk_tui.services.temp_desk import TempDesk


def powered(card_profile: str = "blank") -> VirtualCard:
    """Return a virtual card by its profile's name, with random numbers that count."""
    counter = itertools.count(1)
    return VirtualCard(profile(card_profile), lambda size: next(counter).to_bytes(size, "big"))


def card_of(person: Person, number: str, pin: str = "123456") -> VirtualCard:
    """Return the social-security card of `person`."""
    values = {
        "social_number": person.number,
        "name": person.name,
        "sex": person.sex,
        "nation": person.nation,
        "birth": f"{person.birth:%Y%m%d}" if person.birth else "",
    }
    counter = itertools.count(1)
    made = social_card(number=number, person=PERSON | values)
    made.pin = pin
    return VirtualCard(made, lambda size: next(counter).to_bytes(size, "big"))


def with_reader(
    counter: wiring.Counter,
    reader: SocialCardReaderTwin,
    service: KeyService | None = None,
    *,
    run: str = "run 1",
) -> wiring.Counter:
    """Return the counter as it is with a reader and a key service; `run` names its process."""
    store = counter.opened.store
    sagas = PlannedSagas(store, run)
    keys = service or KeyServiceTwin()
    chips = TempChips(
        sagas, counter.lookup, reader=lambda: reader, service=lambda: keys,
        clerk=counter.session.clerk, now_ms=wiring.now_ms, new_id=counter.new_id,
    )  # fmt: skip
    seat = counter.desks.seat
    temp = TempDesk(
        ledger=counter.ledger,
        cards=TempCards(store, seat.counter),
        sagas=sagas,
        chips=chips,
        rules=counter.rules,
        desk=Desk(seat.office, seat.counter, seat.clerk_name),
        today=counter.ledger.today,
        new_id=counter.new_id,
    )
    beside = ChipDesk(lambda: reader, counter.lookup)
    return replace(counter, desks=replace(counter.desks, temp=temp, chips=beside))
