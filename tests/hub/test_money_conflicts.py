"""Money of two offices that did not know of each other: kept, told to all, cleared up (11.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from sbk_tui.data.cases import CaseItem, case_rows
from sbk_tui.data.finance import FinanceCases
from sbk_tui.data.money import Money
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import Charge, GiveNote, NotCharged, Pay, Unclear
from sbk_tui.domain.operations.numbers import TakeInNumbers, VoidNumber
from sbk_tui.domain.operations.refund import GiveBack, MatchPosList, PosLine
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office, make_office
from tests.data.days import HOLDERS, stock
from tests.sync.city import City, join, sync

FIRST, SECOND = list(HOLDERS)[:2]
P = PaymentState


class Desk(NamedTuple):
    """A county counter, its way to the city, and the city."""

    office: Office
    client: HubClient
    city: City

    @property
    def counter(self) -> str:
        return self.office.opened.certificate.counter

    def do(self, operation: Operation) -> str:
        """Do something here; the city does not hear of it yet."""
        self.office.clock[0] += 60_000
        op = f"{self.counter[-1]}{self.office.clock[0]:031x}"
        intent = self.office.ledger.intend(operation, op=op)
        self.office.ledger.perform(intent, beside=[FinanceCases(self.counter)])
        return intent.op

    def call(self) -> None:
        """Tell the city everything, and hear everything."""
        self.office.clock[0] = self.city.clock[0] = max(self.office.clock[0], self.city.clock[0])
        sync(self.office, self.client)

    def charged(self, person: str, reference: str) -> str:
        """Charge a fee here; return the payment's id."""
        bill = Charge(person=person, payer=HOLDERS[person], reason="51", amount_fen=2500)
        payment = self.do(bill)
        self.do(Pay(payment=payment, slip=PaySlip(reference=reference, paid_on=date(2026, 11, 18))))
        return payment

    def payment(self, payment: str) -> Payment:
        found = Money(self.office.opened.store, self.counter).payment(payment)
        assert found is not None
        return found

    def cases(self) -> dict[str, CaseItem]:
        """Return the open cases about money here, by code."""
        with self.office.opened.store.session() as db:
            rows = case_rows(db, "closed IS NULL AND code >= 'finance.' AND code < 'finance/'")
        assert len({row.code for row in rows}) == len(rows)
        return {row.code: row for row in rows}

    def receipt(self, op: str) -> tuple[str, str]:
        with self.office.opened.store.session() as db:
            row = db.execute_sql("SELECT verdict, code FROM receipt WHERE op = ?", (op,)).fetchone()
        return (row[0], row[1])


def city_cases(city: City) -> dict[str, CaseItem]:
    with city.hub.store.session() as db:
        rows = case_rows(db, "closed IS NULL AND counter = '' AND code LIKE 'finance.%'")
    return {row.code: row for row in rows}


@pytest.fixture
def desks(tmp_path: Path, city: City) -> Iterator[tuple[Desk, Desk]]:
    """Give two county counters that know the same people and hold a carton of the same notes."""
    found = []
    for name in ("410782-c1", "410782-c2"):
        office = make_office(tmp_path / name, level="C", key=None, counter=name)
        found.append(Desk(office, join(office, city), city))
    one, two = found
    one.do(stock())
    one.call()
    two.call()
    for desk in found:  # neither knows of the other's carton
        desk.do(TakeInNumbers(paper="2", batch="乙", first="F001", last="F009"))
    yield one, two
    for desk in found:
        desk.office.opened.store.close()


@pytest.mark.clause("F10", "F11", "P6")
def test_a_note_number_used_twice_stops_the_batch_until_one_is_void(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, two = desks
    first = one.charged(FIRST, "111111111111")
    one.do(GiveNote(payment=first, number="F001"))
    second = two.charged(SECOND, "222222222222")
    used = two.do(GiveNote(payment=second, number="F001"))
    one.call()
    two.call()
    one.call()
    assert two.receipt(used) == ("accepted", "finance.number_twice")
    for desk in desks:
        case = desk.cases()["finance.number_twice"]
        assert (case.facts["number"], case.severity) == ("F001", "red")
    assert two.cases()["finance.number_twice"].id == used  # its receipt and the case are one
    assert city_cases(city)["finance.number_twice"].due == due(city, 3)
    assert two.payment(second).note == "F001"  # both facts are kept
    with pytest.raises(Refusal, match=r"numbers\.blocked"):
        two.do(VoidNumber(paper="2", number="F002", reason="5"))
    two.do(VoidNumber(paper="2", number="F001", reason="2"))
    assert two.cases() == {}
    assert two.payment(second).note == ""
    two.do(GiveNote(payment=second, number="F002"))
    two.call()
    one.call()
    assert (one.cases(), city_cases(city)) == ({}, {})
    assert one.payment(first).note == "F001"
    assert Money(two.office.opened.store, two.counter).top(FormKind.NOTE).next == "F003"


def due(city: City, days: int) -> str:
    today = from_ms(city.clock[0]).astimezone(CHINA).date()
    return (today + timedelta(days=days)).isoformat()


@pytest.mark.clause("F11", "P6")
def test_a_number_outside_its_lease_is_a_case_of_maker_and_finance(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, two = desks
    payment = one.charged(FIRST, "111111111111")
    one.call()
    with city.hub.store.write() as db:  # the city never heard of that carton
        db.execute_sql("DELETE FROM number_batch WHERE counter = ?", (one.counter,))
    used = one.do(GiveNote(payment=payment, number="F001"))
    one.call()
    two.call()
    assert one.receipt(used) == ("accepted", "finance.number_outside")
    assert set(one.cases()) == set(city_cases(city)) == {"finance.number_outside"}
    assert two.cases() == {}
    assert one.payment(payment).note == "F001"


@pytest.mark.clause("5.1.1.1.2", "P6")
def test_one_reference_on_two_payments_is_a_refund_case_with_a_name_and_three_days(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, two = desks
    one.charged(FIRST, "111111111111")
    second = two.charged(SECOND, "111111111111")
    one.call()
    two.call()
    case = two.cases()["finance.reference_twice"]
    assert (case.due, case.facts["amount"]) == (due(city, 3), "25.00")
    assert case.facts["clerk"]  # who answers for it
    assert set(city_cases(city)) == {"finance.reference_twice"}
    assert two.payment(second).state is P.PAID
    two.do(GiveBack(payment=second, of="111111111111", reference="T1", way="1", reason="1"))
    two.call()
    assert (two.cases(), city_cases(city)) == ({}, {})
    assert two.payment(second).state is P.REFUNDED


@pytest.mark.clause("5.1.1.1.2", "5.1.2.3", "P6")
def test_a_fee_paid_at_two_counters_is_kept_twice_and_one_is_given_back(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, two = desks
    first = one.charged(FIRST, "111111111111")
    second = two.charged(FIRST, "222222222222")
    one.call()
    two.call()
    assert {two.payment(each).state for each in (first, second)} == {P.PAID}
    assert two.payment(second).doubt_of == first
    assert set(city_cases(city)) == {"finance.paid_twice"}
    # The first may go back as well: then the second is what counts.
    one.call()
    one.do(GiveBack(payment=first, of="111111111111", reference="T1", way="3", reason="1"))
    one.call()
    two.call()
    assert (two.cases(), city_cases(city)) == ({}, {})
    assert two.payment(second).doubt == ""


@pytest.mark.clause("5.1.1.1.2", "P6")
def test_c3_what_nobody_can_tell_is_a_finance_case_until_the_finance_people_say(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, two = desks
    bill = Charge(person=FIRST, payer=HOLDERS[FIRST], reason="51", amount_fen=2500)
    payment = one.do(bill)
    handed = one.do(Unclear(payment=payment))
    assert one.cases()["finance.unclear"].id == handed  # known here before any line is there
    one.call()
    two.call()
    assert one.cases()["finance.unclear"].due == due(city, 3)
    assert set(city_cases(city)) == {"finance.unclear"}
    for desk in desks:  # never a second charge meanwhile, at any counter
        with pytest.raises(Refusal, match=r"fee\.open_already"):
            desk.do(bill)
        with pytest.raises(Refusal, match=r"fee\.charging"):
            desk.do(Charge(**{**bill_fields(bill), "payment": payment}))  # type: ignore[arg-type]
    with pytest.raises(Refusal, match=r"fee\.finance_only"):
        one.do(NotCharged(payment=payment, seen="slip"))
    one.do(NotCharged(payment=payment, seen="finance"))
    assert one.cases() == {}
    one.call()
    assert city_cases(city) == {}
    two.call()
    two.charged(FIRST, "222222222222")


def bill_fields(bill: Charge) -> dict[str, object]:
    return {"person": bill.person, "payer": bill.payer, "reason": "51", "amount_fen": 2500}


@pytest.mark.clause("B6", "P6")
def test_c23_a_list_that_differs_is_a_case_and_one_that_fits_is_none(
    desks: tuple[Desk, Desk], city: City
) -> None:
    one, _two = desks
    day = date(2026, 11, 18)
    one.do(MatchPosList(day=day, sales=3, total_fen=7500))
    one.call()
    assert city_cases(city) == {}
    extra = (PosLine(reference="333333333333", amount_fen=2500),)
    matched = one.do(MatchPosList(day=day, sales=4, total_fen=10000, extra=extra))
    one.call()
    assert one.receipt(matched) == ("accepted", "finance.pos_differs")
    case = city_cases(city)["finance.pos_differs"]
    assert (case.facts["extra"], case.facts["missing"]) == (1, 0)
    assert one.cases()["finance.pos_differs"].facts == case.facts
