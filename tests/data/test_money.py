"""Fees through the ledger: a balanced till, whatever was done in which order (5.1.1, F10, F11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.data.audit import verify
from sbk_tui.data.migrations import STEPS, migrate
from sbk_tui.data.money import Money
from sbk_tui.data.records import Records
from sbk_tui.data.store import open_store
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import GiveNotice
from sbk_tui.domain.operations.numbers import TakeInNumbers, VoidNumber
from sbk_tui.domain.paper_number import FormKind, NumberState
from sbk_tui.domain.payment import PaymentState
from sbk_tui.errors import NotPermitted, SbkError
from tests.data.conftest import Office, letters, make_office
from tests.data.days import HOLDERS, money_wishes, op_of, payment_of, stock

COUNTER = "410782105-a1"
P = PaymentState


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Office]:
    """Give a county counter with cards and both papers in stock."""
    office = ready(tmp_path / "county")
    yield office
    office.opened.store.close()


def ready(folder: Path) -> Office:
    office = make_office(folder, level="C", key=None)
    office.do(stock())
    office.do(TakeInNumbers(paper="1", batch="甲", first="A001", last="A006"))
    office.do(TakeInNumbers(paper="2", batch="乙", first="F001", last="F006"))
    return office


def money(office: Office) -> Money:
    return Money(office.opened.store, COUNTER)


@pytest.mark.clause("A4", "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "5.1.2.3")
def test_a_township_takes_no_money_whatever_asks(office: Office) -> None:
    office.do(stock())
    asked = money_wishes(next(iter(HOLDERS)))
    assert {operation.kind for operation in asked} == {
        kind.name for kind in KINDS if kind.capability is Capability.FEES
    }
    for operation in asked:
        with pytest.raises(NotPermitted) as refused:
            office.do(operation, op_of(operation))
        assert (refused.value.code, refused.value.clause) == ("capability.level", "第四条")
    assert money(office).batches() == ()


PEOPLE = list(HOLDERS)[:2]


def acts(office: Office, person: str) -> list[Callable[[], Operation]]:
    """Return what a clerk does about a person's fee, with the number that lies on top."""
    wishes = money_wishes(person)
    by_kind = {operation.kind: operation for operation in wishes}
    notice, note = by_kind["fee.notice"], by_kind["fee.note"]
    top = money(office).top

    def number(operation: Operation, form: FormKind) -> Operation:
        return replace(operation, number=top(form).next or "A999")

    def again() -> Operation:
        return number(notice, FormKind.NOTICE)

    def void(form: FormKind, reason: str) -> Operation:
        payment = money(office).payment(payment_of(person))
        mine = (payment.notice if form is FormKind.NOTICE else payment.note) if payment else ""
        return VoidNumber(paper=form.value, number=mine or top(form).next, reason=reason)

    def renewed() -> Operation:
        return replace(again(), payment=payment_of(person))

    return [
        again,
        renewed,
        lambda: wishes[3],
        lambda: wishes[4],
        lambda: by_kind["fee.pay"],
        lambda: by_kind["fee.not_charged"],
        lambda: number(note, FormKind.NOTE),
        lambda: void(FormKind.NOTICE, "1"),
        lambda: void(FormKind.NOTICE, "4"),
        lambda: void(FormKind.NOTE, "3"),
    ]


@pytest.mark.clause("F10", "F11", "5.1.1.1.1", "5.1.1.1.2", "5.1.1.2", "P8")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=5, max_size=30))
def test_every_number_and_every_fen_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, day: list[tuple[int, int]]
) -> None:
    office = ready(tmp_path_factory.mktemp("till") / "counter")
    try:
        for who, which in day:
            operation = acts(office, PEOPLE[who])[which]()
            try:
                office.do(operation, op_of(operation))
            except SbkError:
                continue
        _check_balance(office)
        assert verify(office.opened.store, key=None, initials=letters).flaws == ()
    finally:
        office.opened.store.close()


def _check_balance(office: Office) -> None:
    for count in money(office).batches():
        assert count.used + count.void + count.batch.left == count.batch.size
        assert count.missing == 0
        assert money(office).missing_of(count) == ()
    used: dict[FormKind, set[str]] = {form: set() for form in FormKind}
    for person in PEOPLE:
        for payment in money(office).payments_of(person):
            assert (payment.state is P.PAID) == (payment.slip is not None)
            assert not payment.note or payment.state is P.PAID
            used[FormKind.NOTICE] |= {payment.notice} - {""}
            used[FormKind.NOTE] |= {payment.note} - {""}
    with office.opened.store.session() as db:
        records = Records(db, letters)
        for form, numbers in used.items():
            for count in money(office).batches():
                for place in range(count.batch.spent):
                    number = count.batch.number_at(place)
                    spent = records.spent_number(form.value, number)
                    if count.batch.form is form and spent is not None:
                        assert (spent.state is NumberState.USED) == (number in numbers)


@pytest.mark.clause("F11")
def test_a_hole_in_the_stock_is_named(county: Office) -> None:
    with county.opened.store.write() as db:
        records = Records(db, letters)
        (batch,) = records.number_batches("2")
        records.put(replace(batch, spent=3))
    found = next(c for c in money(county).batches() if c.batch.form is FormKind.NOTE)
    assert found.missing == 3
    assert money(county).missing_of(found) == ("F001", "F002", "F003")


@pytest.mark.clause("5.1.1.1.1")
def test_a_database_of_the_version_before_gets_its_tables(tmp_path: Path) -> None:
    store = open_store(tmp_path / "old.db", None)
    with store.write() as db:
        for number, statements in STEPS:
            if number < 9:
                for step in statements():
                    if callable(step):
                        step(db)
                    else:
                        store.alter(db, step)
        store.set_schema(db, max(number for number, _ in STEPS if number < 9))
    migrate(store)
    assert Money(store, COUNTER).batches() == ()
    assert Money(store, COUNTER).payments_of("x") == ()
    store.close()


@pytest.mark.clause("N1", "5.1.1.1.1")
def test_the_same_notice_met_again_uses_one_number(county: Office) -> None:
    person = PEOPLE[0]
    notice = next(w for w in money_wishes(person) if isinstance(w, GiveNotice))
    assert not county.do(notice, payment_of(person)).repeated
    assert county.do(notice, payment_of(person)).repeated
    assert money(county).top(FormKind.NOTICE) == ("A002", 5)
