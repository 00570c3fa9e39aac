"""Every way of asking for a person is answered, and by an index."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sbk_tui.data import lookup
from sbk_tui.domain.card import CardState
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.fee import Charge
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from tests.data.conftest import Office, make_office
from tests.data.days import CARDS, HOLDERS, SELF, number, payment_of, stock


@pytest.fixture
def full(office: Office) -> Office:
    """Give a counter with four people in stock and one with telephone and bank card."""
    office.do(stock())
    line = Line(
        person="e" * 32, number=number(77), name="欧阳示例", card="C00000014",
        bank_card="6217001234567890128", mobile="13900007777", made_on=date(2026, 1, 2),
    )  # fmt: skip
    office.do(TakeIn(batch="b", lines=(line,)))
    return office


@pytest.mark.clause("2.4.2")
@pytest.mark.parametrize(
    "text",
    [number(77), number(77)[:10], number(77)[-4:], number(77)[-6:].lower(), "欧阳", "欧阳示例",
     "zxh", "13900007777", "139000", "6217001234", "C00000014", "c0000", " 欧阳 "],
)  # fmt: skip
def test_a_person_is_found_by(full: Office, text: str) -> None:
    assert "欧阳示例" in {hit.person.name for hit in full.lookup.find(text)}


@pytest.mark.parametrize(
    "text", ["", "  ", "1", "12", "没有的人", "%", "_", "'; DROP TABLE person"]
)
def test_nothing_is_found_by(full: Office, text: str) -> None:
    assert full.lookup.find(text) == ()


def test_no_more_than_asked_for(full: Office) -> None:
    assert len(full.lookup.find("zxh", limit=2)) == 2


def test_the_card_that_matters_is_the_live_one(full: Office) -> None:
    second = Line(person="e" * 32, number=number(0), name="持卡人甲", card="D00000012")
    full.do(TakeIn(batch="c", lines=(second,)))
    full.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    full.do(Enable(card=CARDS[0]))
    full.do(FormalLoss(card=CARDS[0], id_shown=True))
    (hit,) = full.lookup.find(number(0))
    assert hit.cards == 2
    assert hit.card is not None
    assert (hit.card.number, hit.card.state) == (CARDS[0], CardState.FORMAL_LOST)


def test_every_search_goes_by_an_index(full: Office) -> None:
    statements = [value for name, value in vars(lookup).items() if name.startswith("_BY_")]
    assert len(statements) == 11
    with full.opened.store.session() as db:
        for sql in statements:
            plan: Any = db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", ("a", "b", 5)).fetchall()
            steps = [row[-1] for row in plan]
            assert all("SEARCH" in step and "INDEX" in step for step in steps), (sql, steps)
            assert not any("TEMP B-TREE" in step for step in steps), (sql, steps)


@pytest.mark.clause("2.4.2", "P1")
def test_a_dossier_holds_the_fees_and_asks_by_indexes_only(tmp_path: Path) -> None:
    county = make_office(tmp_path / "county", level="C", key=None)
    county.do(stock())
    holder = next(iter(HOLDERS))
    charge = Charge(person=holder, payer=HOLDERS[holder], reason="51", amount_fen=2500)
    county.do(charge, payment_of(holder))
    seen = county.lookup.dossier(holder)
    assert seen is not None
    assert [payment.id for payment in seen.payments] == [payment_of(holder)]
    assert "fee.charge" in {event.kind for event in seen.timeline}
    with county.opened.store.session() as db:
        plan: Any = db.execute_sql(
            "EXPLAIN QUERY PLAN SELECT body FROM payment WHERE person = ? ORDER BY made, id", ("x",)
        ).fetchall()
    assert any("SEARCH payment USING INDEX" in row[-1] for row in plan)
    county.opened.store.close()
