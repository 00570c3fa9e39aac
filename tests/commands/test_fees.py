"""Fees by script: the same rules, the same numbers, nothing for a township (5.1.1, F10, F11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import CARD, LINE
from tests.commands.desk import Sbk, new_counter
from tests.people import CHANG_GUILAN

BILL = (
    f"person={CHANG_GUILAN.number}", f"payer={CHANG_GUILAN.name}", "reason=51", "amount_fen=2500",
)  # fmt: skip
FEE = "c" * 32
SLIP = ("slip.reference=JH1", "slip.paid_on=20261124", "slip.bank=95533", "seen=slip")


@pytest.fixture
def county(private_folder: Path) -> Sbk:
    """Give a county counter with a card and both papers in stock."""
    sbk = new_counter(private_folder, "C", "410782")
    sbk.do("batch.take_in", "batch=2026-11-A", f"lines={LINE}")
    sbk.do("numbers.take_in", "paper=1", "batch=甲", "first=A0001", "last=A0010")
    sbk.do("numbers.take_in", "paper=2", "batch=乙", "first=F0001", "last=F0010")
    return sbk


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2", "F10", "F11")
def test_a_fee_by_script_and_its_numbers_found_again(county: Sbk) -> None:
    assert CARD
    done = county("do", "fee.notice", *BILL, "number=A0001", "--op", FEE, "--json").document
    assert done["op"] == FEE
    again = county("do", "fee.notice", *BILL, "number=A0001", "--op", FEE, "--json").document
    assert again["repeated"]
    county.do("numbers.void", "paper=1", "number=A0001", "reason=1")
    county.do("fee.notice", *BILL, "number=A0002", f"payment={FEE}")
    county.do("fee.pay", f"payment={FEE}", *SLIP)
    county.do("fee.note", f"payment={FEE}", "number=F0001")
    skipped = county("do", "fee.notice", *BILL, "number=A0005", "--json")
    assert skipped.code == 3
    notices, notes = county("fees", "numbers", "--json").document
    assert (notices["used"], notices["void"], notices["left"], notices["missing"]) == (1, 1, 8, 0)
    assert (notes["used"], notes["next"]) == (1, "F0002")
    assert "下一号 A0003" in county("fees", "numbers").out


@pytest.mark.clause("2.4.2", "5.1.1.2")
def test_a_person_is_shown_with_the_fees(county: Sbk) -> None:
    county("do", "fee.notice", *BILL, "number=A0001", "--op", FEE)
    county.do("fee.pay", f"payment={FEE}", *SLIP)
    county.do("fee.note", f"payment={FEE}", "number=F0001")
    line = next(
        line
        for line in county("show", "person", CHANG_GUILAN.number).out.splitlines()
        if line.startswith("缴费")
    )
    for said in ("25元", "已缴", "通知书 A0001", "参考号 JH1", "财政票据 F0001", "未登记"):
        assert said in line
    (payment,) = county("show", "person", CHANG_GUILAN.number, "--json").document["payments"]
    assert (payment["amount_fen"], payment["slip"]["reference"]) == (2500, "JH1")


@pytest.mark.clause("5.1.2.3")
def test_registering_by_script_waits_for_the_city(county: Sbk) -> None:
    county("do", "fee.notice", *BILL, "number=A0001", "--op", FEE)
    answer = county("do", "fee.register", f"payment={FEE}", f"application={'d' * 32}", "--json")
    assert answer.code == 3  # not paid: refused before the line is asked


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2")
def test_a_test_sheet_is_printed_for_the_ruler(county: Sbk) -> None:
    told = county("fees", "test-sheet", "--form", "note", "--json").document
    assert told["form"] == "note"
    (sheet,) = (county.home / "papers").iterdir()
    assert "+交款人".encode("gb18030") in sheet.read_bytes()


@pytest.mark.clause("A4", "F11")
def test_a_township_is_refused_by_script_too(private_folder: Path) -> None:
    township = new_counter(private_folder, "T", "410782105")
    for words in (
        ("do", "numbers.take_in", "paper=1", "batch=甲", "first=A0001", "last=A0010"),
        ("do", "fee.pay", f"payment={FEE}", *SLIP),
        ("do", "fee.not_charged", f"payment={FEE}", "seen=slip"),
        ("fees", "numbers"),
        ("fees", "test-sheet"),
    ):
        answer = township(*words, "--json")
        assert (answer.code, "capability.level" in answer.out + answer.err) == (3, True), words
