"""Fees at the city: townships refused, doubles kept as cases, 交费登记 decided (5.1.1, 5.1.2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.operations.fee import (
    Charge,
    GiveNote,
    GiveNotice,
    Pay,
    RegisterFee,
    UnregisterFee,
)
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.domain.payment import PaySlip
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office, make_office
from tests.data.days import CARDS, HOLDERS, SELF, money_wishes, payment_of, stock
from tests.sync.city import City, Forger, join, push, receipts, sync

HOLDER = next(iter(HOLDERS))
FEE = payment_of(HOLDER)
BILL = {"person": HOLDER, "payer": HOLDERS[HOLDER], "reason": "51", "amount_fen": 2500}
SLIP = PaySlip(reference="112410000123", paid_on=date(2026, 11, 24))


@pytest.mark.clause("A4", "P7", "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "5.1.2.3")
def test_a_township_takes_no_money_whatever_its_program_says(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    misdeeds = [
        forger.make(wish, nature="decision", clause="2.2.2") for wish in money_wishes(HOLDER)
    ]
    answers = receipts(push(office, client, 2, misdeeds))
    assert {(a.state, a.code, a.clause) for a in answers} == {
        ("quarantined", "capability.level", "第四条")
    }
    for table in ("payment", "number_batch", "spent_number"):
        assert city.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 -- ours


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Office]:
    """Give a county counter with a formally lost card and a paid, noted fee, known to the city."""
    office = make_office(tmp_path / "county", level="C", key=None, counter="410782-c1")
    office.do(stock())
    office.do(TakeInNumbers(paper="1", batch="甲", first="A001", last="A009"))
    office.do(TakeInNumbers(paper="2", batch="乙", first="F001", last="F009"))
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    office.do(Charge(**BILL), FEE)  # type: ignore[arg-type]
    office.do(Pay(payment=FEE, slip=SLIP))
    office.do(GiveNote(payment=FEE, number="F001"))
    yield office
    office.opened.store.close()


@pytest.fixture
def desk(county: Office, city: City) -> tuple[Forger, HubClient]:
    """Give a program at that counter that can say anything, once its work is at the city."""
    client = join(county, city)
    forger = Forger(county, Ed25519Signer(new_private_key()))
    sync(county, client)
    return forger, client


@pytest.mark.clause("5.1.2.3")
def test_the_city_registers_a_paid_fee_once_and_frees_it_again(
    county: Office, city: City, desk: tuple[Forger, HubClient]
) -> None:
    forger, client = desk
    batch = [
        forger.make(RegisterFee(payment=FEE, application="a" * 32)),  # before its application
        forger.make(
            ApplyForReplacement(card=CARDS[0], type="5", reason="51", bank="95533"), op="a" * 32
        ),
        forger.make(RegisterFee(payment=FEE, application="a" * 32)),
        forger.make(RegisterFee(payment=FEE, application="a" * 32)),
        forger.make(UnregisterFee(payment=FEE, reason="1")),
    ]
    first = forger.seq - len(batch) + 1
    answers = receipts(push(county, client, first, batch))
    assert [(a.verdict, a.code) for a in answers] == [
        ("refused", "fee.no_application"),
        ("accepted", ""),
        ("accepted", ""),
        ("refused", "fee.registered"),
        ("accepted", ""),
    ]
    assert city.rows("SELECT application, note FROM payment") == [("", "F001")]


@pytest.mark.clause("F10", "P6")
def test_a_number_and_a_reference_used_twice_are_kept_and_become_cases(
    county: Office, city: City, desk: tuple[Forger, HubClient]
) -> None:
    forger, client = desk
    other = list(HOLDERS)[1]
    second = {**BILL, "person": other, "payer": HOLDERS[other]}
    batch = [
        forger.make(Charge(**second), op="b" * 32),  # type: ignore[arg-type]
        forger.make(Pay(payment="b" * 32, slip=replace(SLIP, terminal="41070002"))),
        forger.make(GiveNote(payment="b" * 32, number="F001")),
        forger.make(
            GiveNotice(person=other, payer="x", reason="51", amount_fen=2500, number="A001")
        ),
    ]
    answers = receipts(push(county, client, forger.seq - len(batch) + 1, batch))
    assert [(a.verdict, a.code) for a in answers] == [
        ("accepted", ""),
        ("accepted", "finance.reference_twice"),
        ("accepted", "finance.number_twice"),
        ("accepted", "fee.open_already"),
    ]
    cases = {row[0] for row in city.rows("SELECT code FROM case_item")}
    assert cases >= {"finance.reference_twice", "finance.number_twice", "fee.open_already"}
    assert city.rows("SELECT count(*) FROM payment WHERE reference = ?", SLIP.reference) == [(2,)]
