"""申领, 新增申请 (1.2, 6.1.2.1): a resident asks for a card, or for a record to hang one on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.application import ApplicationForm
from sbk_tui.domain.application_check import check
from sbk_tui.domain.card import LIVE, Card
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Application, Person
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

# Fields that the form and the person share by name: what is stored of one in the other.
_SHARED = tuple(
    name for name in ApplicationForm.__struct_fields__ if name in Person.__struct_fields__
)


def check_may_apply(
    cards: Iterable[Card], applications: Iterable[Application], clause: str
) -> None:
    """Return when somebody with these cards and applications may apply for a first card.

    Raises:
        Refusal: `apply.live_card`, `apply.already`.
    """
    for card in cards:
        if card.state in LIVE:
            raise Refusal("apply.live_card", clause=clause, card_state=card.state.value)
    if any(application.is_open for application in applications):
        raise Refusal("apply.already", clause=clause)


class Apply(Operation, frozen=True, array_like=True, kw_only=True):
    """申领: the form as signed; makes the person known and opens an application."""

    kind: ClassVar[str] = "person.apply"

    person: str
    """Id for the applicant if not known yet; random."""
    form: ApplicationForm

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        form = self.form
        clause = "1.2" if form.path == "capture" else "6.1.2.1"
        problems = check(form, today=occasion.today, rules=rules, path=form.path)
        for problem in problems:
            if not problem.warning:
                raise Refusal(
                    problem.code, clause=problem.clause, field=problem.field, **problem.facts
                )
        known = world.person_by_number(form.number)
        if known is None:
            if world.person_once(form.number) is not None:
                raise Refusal("apply.former_number", clause=clause, field="number")
            return
        if form.name != known.name:
            raise Refusal("apply.name_differs", clause=clause, field="name")
        check_may_apply(world.cards_of(known.id), world.applications_of(known.id), clause)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        form = self.form
        shared = {name: getattr(form, name) for name in _SHARED}
        known = world.person_by_number(form.number)
        district = form.village_code or occasion.seat.district
        person = (
            Person(id=self.person, district=district, **shared)
            if known is None
            else replace(known, district=known.district or district, **shared)
        )
        wish = Application(
            id=occasion.op,
            person=person.id,
            bank=form.bank,
            old_card=form.old_card,
            made_at=occasion.at,
            counter=occasion.seat.counter,
            proxy_name=form.proxy_name,
            proxy_number=form.proxy_number,
            proxy_phone=form.proxy_phone,
        )
        return (person, wish)
