"""Replacement and production at the city: one lease, one card, townships refused (5.1.2, 5.1.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import Charge, GiveNote, Pay, RegisterFee, UnregisterFee
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.make import (
    FeedBlank,
    FetchData,
    PrintFace,
    ReadBack,
    ReportToCentre,
    WriteChip,
)
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.operations.replace import ApplyForReplacement, MarkForProduction
from sbk_tui.domain.operations.supplies import TakeInBlanks
from sbk_tui.domain.payment import PaySlip
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office, make_office
from tests.data.days import CARDS, HOLDERS, SELF, making_wishes, payment_of, stock
from tests.hub.outsiders import Outsider
from tests.sync.city import City, Forger, join, push, receipts, sync

HOLDER = next(iter(HOLDERS))
FEE, WISH = payment_of(HOLDER), "a" * 32
APPLY = ApplyForReplacement(card=CARDS[0], type="5", reason="51", bank="95533")
MARK = MarkForProduction(application=WISH)
CHIP = {"identification": "41" * 16, "historical": "00" * 13, "bank_card": "6217000000000000007"}
WAY: list[Operation] = [
    MARK,
    FetchData(application=WISH, series="J", valid_to=date(2036, 11, 24)),
    FeedBlank(application=WISH, blank="Y0001"),
    WriteChip(application=WISH, version="3.0", **CHIP),
    ReadBack(application=WISH, **CHIP),
    PrintFace(application=WISH),
]


@pytest.mark.clause("A4", "5.1.2.4", "5.1.3.2", "5.2")
def test_a_township_makes_no_card_whatever_its_program_says(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    wishes = [APPLY, *making_wishes(CARDS[0])]
    misdeeds = [forger.make(wish, nature="decision", clause="2.2.2") for wish in wishes]
    answers = receipts(push(office, client, 2, misdeeds))
    assert {(a.state, a.code, a.clause) for a in answers} == {
        ("quarantined", "capability.level", "第四条")
    }
    for table in ("production", "blank", "application"):
        assert city.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 -- ours


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Office]:
    """Give a county counter with a lost card, a paid fee with its note, and two blanks."""
    office = make_office(tmp_path / "county", level="C", key=None, counter="410782-c1")
    office.do(stock())
    office.do(TakeInNumbers(paper="2", batch="乙", first="F001", last="F009"))
    office.do(TakeInBlanks(bank="95533", first="Y0001", last="Y0002"))
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    office.do(Charge(person=HOLDER, payer=HOLDERS[HOLDER], reason="51", amount_fen=2500), FEE)
    office.do(Pay(payment=FEE, slip=PaySlip(reference="1124", paid_on=date(2026, 11, 24))))
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


def say(
    office: Office, desk: tuple[Forger, HubClient], *wishes: Operation
) -> list[tuple[str, str]]:
    """Push wishes; return verdict and code of each."""
    forger, client = desk
    batch = [
        forger.make(wish, **({"op": WISH} if wish is APPLY else {}))  # type: ignore[arg-type]
        for wish in wishes
    ]
    answers = receipts(push(office, client, forger.seq - len(batch) + 1, batch))
    return [(a.verdict.value, a.code) for a in answers]


GOOD = ("accepted", "")
REGISTER = RegisterFee(payment=FEE, application=WISH)


@pytest.mark.clause("5.1.2.4", "5.1.3.2", "N2")
def test_a_card_exists_once_the_city_has_the_write_back_and_never_before(
    county: Office, city: City, desk: tuple[Forger, HubClient]
) -> None:
    assert say(county, desk, APPLY, MARK) == [GOOD, ("refused", "make.fee_open")]
    assert say(county, desk, REGISTER, *WAY[:4]) == [GOOD] * 5
    number = city.rows("SELECT card FROM production")[0][0]
    assert city.rows("SELECT count(*) FROM card WHERE number = ?", number) == [(0,)]
    assert say(county, desk, *WAY[4:]) == [GOOD, GOOD]
    assert city.rows("SELECT person, custody FROM card WHERE number = ?", number) == [
        (HOLDER, "410782-c1")
    ]
    assert say(county, desk, WAY[4]) == [("refused", "make.state")]


@pytest.mark.clause("5.1.2.3", "5.1.2.4")
def test_a_fee_taken_back_stops_what_is_not_in_the_machine_yet(
    county: Office, city: City, desk: tuple[Forger, HubClient]
) -> None:
    back = UnregisterFee(payment=FEE, reason="1")
    assert say(county, desk, APPLY, REGISTER, *WAY[:2], back) == [GOOD] * 5
    assert city.rows("SELECT state FROM production") == [("0",)]
    assert say(county, desk, WAY[2]) == [("refused", "make.state")]
    again = [REGISTER, *WAY[:3]]
    assert say(county, desk, *again, back) == [GOOD] * 4 + [("refused", "make.in_work")]


@pytest.mark.clause("N2")
def test_a_report_for_the_info_centre_is_a_case_at_the_city(
    county: Office, city: City, desk: tuple[Forger, HubClient]
) -> None:
    report = ReportToCentre(application=WISH, step="read_back", answer="hub.waits")
    assert say(county, desk, APPLY, REGISTER, *WAY[:4], report) == [GOOD] * 7
    assert city.rows("SELECT code FROM case_item") == [("centre.report",)]


@pytest.mark.clause("5.1.2.2", "5.1.2.3", "5.1.3.2")
def test_the_province_gets_the_write_back_and_the_fiscal_office_the_payment(
    county: Office, city: City, desk: tuple[Forger, HubClient], tmp_path: Path
) -> None:
    assert say(county, desk, APPLY, REGISTER, *WAY) == [GOOD] * 8
    province = Outsider(city, tmp_path / "province")
    told = province.tell()
    (back,) = [line for line in told if "identification" in line]
    number = city.rows("SELECT card FROM production")[0][0]
    assert (back["card"], back["identification"], back["bank_card"], back["made_on"]) == (
        number, CHIP["identification"], CHIP["bank_card"], "20261118",
    )  # fmt: skip
    # The list of the delivery had neither sex nor nation: the wish itself cannot travel.
    assert ("unfit", "outside.missing") in province.states()
    fiscal = Outsider(city, tmp_path / "fiscal", "fiscal")
    (paid,) = fiscal.tell()
    assert (paid["pay_code"], paid["amount"], paid["state"]) == ("1124", "25.00", "2")
    assert province.answer() == (2, 0)
    assert fiscal.answer() == (1, 0)
