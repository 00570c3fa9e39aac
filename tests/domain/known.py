"""A world of plain values, and occasions in it: rules are tested without a database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sbk_tui.codes import code_tables, fee_table
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.paper_number import FormKind, NumberBatch, SpentNumber
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.people import Application, FormerIdentity, Person
from sbk_tui.domain.production import Blank, Production, Ribbons
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.domain.world import Entity, Occasion, Seat
from tests.people import LIU_YANG

COUNTER = "410782103-a1"
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOLDER = Person(id="a" * 32, number=LIU_YANG.number, name=LIU_YANG.name, district="410782103201")
CARD = "B00000019"
RULES = Rules(settings=Settings(), codes=code_tables(), fees=fee_table())


class Known:
    """What is known: a `World` over a handful of values."""

    def __init__(self, *entities: Entity) -> None:
        self._people = {e.id: e for e in entities if isinstance(e, Person)}
        self._cards = {e.number: e for e in entities if isinstance(e, Card)}
        self._temp_cards = {e.number: e for e in entities if isinstance(e, TempCard)}
        self._formers = [e for e in entities if isinstance(e, FormerIdentity)]
        self._handovers = {e.id: e for e in entities if isinstance(e, Handover)}
        self._batches = [e for e in entities if isinstance(e, NumberBatch)]
        self._spent = {(e.form, e.number): e for e in entities if isinstance(e, SpentNumber)}
        self._payments = {e.id: e for e in entities if isinstance(e, Payment)}
        self._productions = {e.application: e for e in entities if isinstance(e, Production)}
        self._blanks = {e.serial: e for e in entities if isinstance(e, Blank)}
        self._ribbons = {e.counter: e for e in entities if isinstance(e, Ribbons)}
        self._applications = [e for e in entities if isinstance(e, Application)]

    def person(self, person_id: str) -> Person | None:
        return self._people.get(person_id)

    def person_by_number(self, number: str) -> Person | None:
        return next((p for p in self._people.values() if p.number == number), None)

    def card(self, number: str) -> Card | None:
        return self._cards.get(number)

    def cards_of(self, person_id: str) -> tuple[Card, ...]:
        return tuple(card for card in self._cards.values() if card.person == person_id)

    def application(self, application_id: str) -> Application | None:
        return next((a for a in self._applications if a.id == application_id), None)

    def applications_of(self, person_id: str) -> tuple[Application, ...]:
        return tuple(a for a in self._applications if a.person == person_id)

    def temp_card(self, number: str) -> TempCard | None:
        return self._temp_cards.get(number)

    def temp_cards_of(self, person_id: str) -> tuple[TempCard, ...]:
        return tuple(c for c in self._temp_cards.values() if c.person == person_id)

    def formers_of(self, person_id: str) -> tuple[FormerIdentity, ...]:
        return tuple(f for f in self._formers if f.person == person_id)

    def person_once(self, number: str) -> Person | None:
        once = next((f for f in self._formers if f.number == number), None)
        return self._people.get(once.person) if once else None

    def handover(self, handover_id: str) -> Handover | None:
        return self._handovers.get(handover_id)

    def handovers_of(self, batch: str) -> tuple[Handover, ...]:
        return tuple(each for each in self._handovers.values() if each.batch == batch)

    def number_batches(self, form: str) -> tuple[NumberBatch, ...]:
        return tuple(batch for batch in self._batches if batch.form == form)

    def spent_number(self, form: str, number: str) -> SpentNumber | None:
        return self._spent.get((FormKind(form), number))

    def payment(self, payment_id: str) -> Payment | None:
        return self._payments.get(payment_id)

    def payments_of(self, person_id: str) -> tuple[Payment, ...]:
        return tuple(p for p in self._payments.values() if p.person == person_id)

    def payment_by_reference(self, reference: str) -> Payment | None:
        paid = (p for p in self._payments.values() if p.slip is not None)
        return next((p for p in paid if p.slip and p.slip.reference == reference), None)

    def production(self, application_id: str) -> Production | None:
        return self._productions.get(application_id)

    def production_of_card(self, number: str) -> Production | None:
        return next((p for p in self._productions.values() if p.card == number), None)

    def blank(self, serial: str) -> Blank | None:
        return self._blanks.get(serial)

    def ribbons(self, counter: str) -> Ribbons | None:
        return self._ribbons.get(counter)

    def with_(self, *entities: Entity) -> Known:
        """Return this world once `entities` stand as they are given."""
        kept = [
            *self._people.values(), *self._cards.values(), *self._temp_cards.values(),
            *self._formers, *self._handovers.values(), *self._batches, *self._spent.values(),
            *self._payments.values(), *self._productions.values(), *self._blanks.values(),
            *self._ribbons.values(), *self._applications,
        ]  # fmt: skip
        gone = {entity.subject for entity in entities}
        return Known(*(entity for entity in kept if entity.subject not in gone), *entities)


def card(state: CardState = CardState.ACTIVE, **fields: object) -> Card:
    """Return HOLDER's card in `state`."""
    return Card(number=CARD, person=HOLDER.id, state=state, **fields)  # type: ignore[arg-type]


def occasion(
    *, level: str = "T", district: str = "410782103", approvers: Iterable[str] = ()
) -> Occasion:
    """Return now, at a counter."""
    authority = Authority(level=CounterLevel(level))
    seat = Seat(counter=COUNTER, district=district, authority=authority)
    return Occasion(at=NOW, op="0" * 32, seat=seat, clerk="1001", approvers=tuple(approvers))


def application(state: str = "00", **fields: object) -> Application:
    """Return an application of HOLDER."""
    made = {"id": "b" * 32, "person": HOLDER.id, "made_at": NOW, "counter": COUNTER}
    return Application(**(made | {"state": state} | fields))  # type: ignore[arg-type]
