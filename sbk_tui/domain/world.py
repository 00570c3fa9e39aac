"""What rules may look at, and what surrounds an operation: views and values, no effects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

import msgspec

from sbk_tui.domain.capability import Authority
from sbk_tui.domain.card import Card
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.paper_number import NumberBatch, SpentNumber
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.people import Application, FormerIdentity, Person
from sbk_tui.domain.production import Blank, Production, Ribbons
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.errors import Refusal

Money = Payment | NumberBatch | SpentNumber
Making = Production | Blank | Ribbons
Entity = Person | Card | Application | TempCard | FormerIdentity | Handover | Money | Making
CHINA = timezone(timedelta(hours=8), "CST")
"""The counters' one time zone; China has no summer time."""


class World(Protocol):
    """The records as they stand, to be read by a rule; a counter's or the hub's."""

    def person(self, person_id: str) -> Person | None: ...

    def person_by_number(self, number: str) -> Person | None: ...

    def card(self, number: str) -> Card | None: ...

    def cards_of(self, person_id: str) -> tuple[Card, ...]: ...

    def application(self, application_id: str) -> Application | None: ...

    def applications_of(self, person_id: str) -> tuple[Application, ...]: ...

    def temp_card(self, number: str) -> TempCard | None: ...

    def temp_cards_of(self, person_id: str) -> tuple[TempCard, ...]: ...

    def formers_of(self, person_id: str) -> tuple[FormerIdentity, ...]: ...

    def person_once(self, number: str) -> Person | None: ...

    def handover(self, handover_id: str) -> Handover | None: ...

    def handovers_of(self, batch: str) -> tuple[Handover, ...]: ...
    def number_batches(self, form: str) -> tuple[NumberBatch, ...]: ...

    def spent_number(self, form: str, number: str) -> SpentNumber | None: ...

    def payment(self, payment_id: str) -> Payment | None: ...

    def payments_of(self, person_id: str) -> tuple[Payment, ...]: ...

    def payment_by_reference(self, reference: str) -> Payment | None: ...

    def production(self, application_id: str) -> Production | None: ...

    def production_of_card(self, number: str) -> Production | None: ...

    def blank(self, serial: str) -> Blank | None: ...

    def ribbons(self, counter: str) -> Ribbons | None: ...


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """Which counter acts: its id, its place and its rights."""

    counter: str
    district: str
    """Division code of the office, 4 to 12 digits; its region follows from its level."""
    authority: Authority
    bank: str = ""
    """服务银行 that runs the window, a code of the table `bank`; empty: no bank's window."""

    def is_in_city(self, district: str) -> bool:
        """Return whether `district` is in this counter's city (unknown: yes)."""
        return not district or district[:4] == self.district[:4]

    def is_own(self, district: str) -> bool:
        """Return whether `district` is in this counter's city and county (unknown: yes).

        A city counter owns its city (four digits), all others their county (six).
        """
        digits = 4 if self.authority.level.value == "M" else 6
        return not district or district[:digits] == self.district[:digits]


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """When, where and by whom: all that an effect may depend on beside the records (replay)."""

    at: datetime
    """Aware, UTC."""
    op: str
    """The operation's id: new records take their ids from it, so that a replay gives the same."""
    seat: Seat
    clerk: str
    approvers: tuple[str, ...] = ()
    """Clerks whose signed approval of exactly this operation was verified."""

    @property
    def today(self) -> date:
        """The calendar day at the counter."""
        return self.at.astimezone(CHINA).date()


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC time of a Unix time in milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(at: datetime | None) -> int:
    """Return an aware time as Unix time in milliseconds; 0 for none."""
    return (at - _EPOCH) // timedelta(milliseconds=1) if at else 0


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def known_card(world: World, number: str, clause: str) -> Card:
    """Return the card `number`, or refuse with `card.unknown`."""
    card = world.card(number)
    if card is None:
        raise Refusal("card.unknown", clause=clause, card=number)
    return card


def names_of(world: World, person: Person) -> frozenset[str]:
    """Return the names that are a person's now, or were before a correction (F2)."""
    return frozenset({person.name, *(former.name for former in world.formers_of(person.id))})


def holder_of(world: World, card: Card) -> Person:
    """Return the person of `card`; a card without one is a broken record."""
    person = world.person(card.person)
    if person is None:
        raise Refusal("person.unknown")
    return person
