"""成品卡入库 (2.1): finished cards arrive with their list and come into a counter's custody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

import msgspec

from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.domain.world import Entity, Occasion, World, names_of
from sbk_tui.errors import Refusal

MOST_LINES = 200
"""Lines an operation holds at most: about 30 KB, half of what a record may weigh."""


class Line(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One card of a list: who it is for and where it lies."""

    person: str
    """Id for the holder if the holder is not known yet; random."""
    number: str
    name: str
    card: str
    bank: str = "00000"
    bank_card: str = ""
    made_on: date | None = None
    valid_to: date | None = None
    mobile: str = ""
    village_code: str = ""
    village_name: str = ""
    unit_code: str = ""
    unit_name: str = ""
    place: str = ""
    sex: str = ""
    birth: date | None = None
    address: str = ""
    version: str = "2.00"
    replaces: str = ""


class TakeIn(Operation, frozen=True, array_like=True, kw_only=True):
    """成品卡入库: the lines of one batch, counted in here; a line known already changes nothing."""

    kind: ClassVar[str] = "batch.take_in"

    batch: str
    lines: tuple[Line, ...]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.lines) <= MOST_LINES:
            raise Refusal("batch.size", clause="2.1", most=MOST_LINES)
        for line in self.lines:
            check_line(world, line)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        counter = occasion.seat.counter
        return records_of_lines(
            world, self.lines, batch=self.batch, counter=counter, at=occasion.at
        )


def check_line(world: World, line: Line) -> None:
    """Return when a line of a list can be believed.

    Raises:
        Refusal: `batch.card_of_another`, `batch.name_differs`, or as the parsers of its fields.
    """
    SocialNumber.parse(line.number)
    PersonName.parse(line.name)
    CardNumber.parse(line.card)
    known, holder = world.card(line.card), _holder(world, line)
    if known is not None and (holder is None or known.person != holder.id):
        raise Refusal("batch.card_of_another", clause="2.1", card=line.card)
    if holder is not None and line.name not in names_of(world, holder):
        raise Refusal("batch.name_differs", clause="2.1", card=line.card)


def records_of_lines(
    world: World, lines: Iterable[Line], *, batch: str, counter: str, at: datetime
) -> tuple[Person | Card, ...]:
    """Return the people and cards of a list that are not known yet.

    Args:
        counter: who has the cards; empty while they are on their way.
        at: when the list came.
    """
    people: dict[str, Person] = {}
    cards: dict[str, Card] = {}
    for line in lines:
        holder = _holder(world, line) or people.get(line.number)
        if holder is None:
            holder = people[line.number] = _person(line)
        if world.card(line.card) is None and line.card not in cards:
            cards[line.card] = _card(line, holder.id, batch, counter, at)
    return (*people.values(), *cards.values())


def _holder(world: World, line: Line) -> Person | None:
    """Return whose card it is: a list made before a correction (F2) still has the old number."""
    return world.person_by_number(line.number) or world.person_once(line.number)


def _person(line: Line) -> Person:
    return Person(
        id=line.person,
        number=line.number,
        name=line.name,
        sex=line.sex,
        birth=line.birth,
        address=line.address,
        mail_address=line.address,
        mobile=line.mobile,
        village_code=line.village_code,
        village_name=line.village_name,
        unit_code=line.unit_code,
        unit_name=line.unit_name,
        district=line.village_code,
    )


def _card(line: Line, person: str, batch: str, counter: str, at: datetime) -> Card:
    return Card(
        number=line.card,
        person=person,
        bank=line.bank,
        bank_card=line.bank_card,
        batch=batch,
        place=line.place,
        custody=counter,
        known_at=at,
        made_on=line.made_on,
        valid_to=line.valid_to,
        version=line.version,
        replaces=line.replaces,
    )
