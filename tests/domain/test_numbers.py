"""Pre-printed numbers: in order, one batch at a time, none used twice, none lost (F10, F11)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.numbers import TakeInNumbers, VoidNumber, spend
from sbk_tui.domain.paper_number import (
    DoubleUse,
    FormKind,
    NumberBatch,
    NumberState,
    PaperNumber,
    SpentNumber,
    check_next,
    in_use,
)
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.errors import Refusal
from tests.domain.known import COUNTER, HOLDER, NOW, RULES, Known, occasion

N, OTHER = FormKind.NOTICE, "410700-c2"


def batch(first: str, last: str, **fields: object) -> NumberBatch:
    made = {"id": first, "form": N, "batch": "2026甲", "counter": COUNTER, "taken_at": NOW}
    return NumberBatch(**(made | {"first": first, "last": last} | fields))  # type: ignore[arg-type]


def payment(state: PaymentState = PaymentState.DUE, **fields: object) -> Payment:
    made = {
        "id": "p", "person": HOLDER.id, "payer": HOLDER.name, "item": "replace", "reason": "51",
        "amount_fen": 2500, "state": state, "counter": COUNTER, "made_at": NOW,
    }  # fmt: skip
    return Payment(**(made | fields))  # type: ignore[arg-type]


def spent(number: str, state: NumberState = NumberState.USED, **fields: object) -> SpentNumber:
    made = {"form": N, "number": number, "state": state, "counter": COUNTER, "at": NOW}
    return SpentNumber(**(made | fields))  # type: ignore[arg-type]


def refused(world: Known, operation: Operation) -> str:
    try:
        operation.admit(world, occasion(level="C"), RULES)
    except Refusal as refusal:
        return refusal.code
    return ""


OLD = batch("A0001", "A0003", id="old")
NEW = batch("B0001", "B0100", id="new", taken_at=NOW + timedelta(days=1))
THEIRS = batch("C0001", "C0009", id="theirs", counter=OTHER)


@pytest.mark.clause("F11")
@pytest.mark.parametrize(("number", "outcome"), [
    ("A0001", ""),
    ("A0002", "numbers.not_next"),
    ("B0001", "numbers.mixed"),
    ("C0001", "numbers.elsewhere"),
    ("D0001", "numbers.not_in_stock"),
    ("A001", "numbers.not_in_stock"),  # another width is another series
])  # fmt: skip
def test_numbers_are_used_in_order_and_the_old_batch_first(number: str, outcome: str) -> None:
    if not outcome:
        check_next([NEW, OLD, THEIRS], None, form=N, number=number, counter=COUNTER)
        return
    with pytest.raises(Refusal) as refused_:
        check_next([NEW, OLD, THEIRS], None, form=N, number=number, counter=COUNTER)
    assert (refused_.value.code, refused_.value.clause) == (outcome, "5.1.1.1.1")


@pytest.mark.clause("F11")
def test_the_new_batch_comes_when_the_old_one_is_used_up() -> None:
    used_up = replace(OLD, spent=3)
    check_next([used_up, NEW], None, form=N, number="B0001", counter=COUNTER)
    assert (used_up.next, used_up.left) == ("", 0)
    with pytest.raises(Refusal, match=r"numbers\.none_left"):
        check_next([used_up], None, form=N, number="A0004", counter=COUNTER)
    with pytest.raises(Refusal, match=r"numbers\.spent"):
        check_next([OLD], spent("A0001"), form=N, number="A0001", counter=COUNTER)


@pytest.mark.clause("F11")
@pytest.mark.parametrize(("first", "last", "outcome"), [
    ("A0004", "A0100", ""),
    ("A0003", "A0100", "numbers.overlap"),
    ("A0001", "A0001", "numbers.overlap"),
    ("0000001", "0010000", ""),
    ("0000001", "0010001", "numbers.size"),
    ("A0005", "A0004", "numbers.range"),
    ("A0005", "B0006", "numbers.range"),
    ("A0005", "A00060", "numbers.range"),
    ("a0005", "A0006", "numbers.range"),  # not in its stored form
    ("A", "A0006", "numbers.form"),
    ("A000X", "A000X", "numbers.form"),
])  # fmt: skip
def test_a_batch_is_a_range_that_nobody_has(first: str, last: str, outcome: str) -> None:
    operation = TakeInNumbers(paper="1", batch="2026甲", first=first, last=last)
    assert refused(Known(OLD, THEIRS), operation) == outcome


@pytest.mark.clause("F11")
def test_the_same_numbers_on_another_paper_do_not_overlap() -> None:
    note = TakeInNumbers(paper="2", batch="2026乙", first="A0001", last="A0003")
    assert refused(Known(OLD), note) == ""
    assert refused(Known(), TakeInNumbers(paper="3", batch="x", first="A0001", last="A0003"))
    assert refused(Known(), TakeInNumbers(paper="1", batch="", first="A0001", last="A0003"))


@pytest.mark.clause("F10")
@pytest.mark.parametrize(("entities", "number", "reason", "outcome"), [
    ([OLD], "A0001", "1", ""),  # spoiled before use
    ([OLD], "A0002", "1", "numbers.not_next"),
    ([OLD], "A0001", "7", "numbers.void_reason"),
    ([OLD], "A0001", "4", "numbers.void_reason"),  # nobody was asked to pay on it
    ([spent("A0001", payment="p"), payment(notice="A0001")], "A0001", "3", ""),
    ([spent("A0001", payment="p"), payment(notice="A0001")], "A0001", "4", ""),
    ([spent("A0001", payment="p"), payment(PaymentState.PAID)], "A0001", "1",
     "numbers.notice_paid"),
    ([spent("A0001", payment="p"), payment(PaymentState.CHARGING)], "A0001", "1", "fee.charging"),
    ([spent("A0001", NumberState.VOID)], "A0001", "1", "numbers.spent"),
    ([spent("A0001", counter=OTHER)], "A0001", "1", "numbers.elsewhere"),
])  # fmt: skip
def test_what_can_be_void(entities: list[object], number: str, reason: str, outcome: str) -> None:
    world = Known(*entities)  # type: ignore[arg-type]
    assert refused(world, VoidNumber(paper="1", number=number, reason=reason)) == outcome


@pytest.mark.clause("F10")
@pytest.mark.parametrize(("reason", "state"), [
    ("3", PaymentState.DUE), ("4", PaymentState.ENDED),
])  # fmt: skip
def test_a_void_notice_keeps_both_numbers_and_the_amount(reason: str, state: PaymentState) -> None:
    world = Known(spent("A0001", payment="p"), payment(notice="A0001"))
    void, after = VoidNumber(paper="1", number="A0001", reason=reason).effect(world, occasion())
    assert isinstance(void, SpentNumber)
    assert (void.state, void.reason, void.payment) == (NumberState.VOID, reason, "p")
    assert after == payment(state, notice="")


@pytest.mark.clause("F10", "P6")
def test_a_number_used_twice_keeps_its_first_use_and_names_the_second() -> None:
    double, after = spend(Known(OLD, spent("A0001")), occasion(), N, "A0001", payment="q")
    assert isinstance(double, SpentNumber)
    assert isinstance(after, NumberBatch)
    use = DoubleUse(op="0" * 32, counter=COUNTER, clerk="1001", payment="q")
    assert (double.payment, double.doubles, double.twice) == ("", (use,), (use,))
    assert (after.spent, after.twice) == (1, ("A0001",))  # and the next number is another one
    with pytest.raises(Refusal, match=r"numbers\.blocked"):
        check_next([after], None, form=N, number="A0002", counter=COUNTER)
    void, freed, *_ = VoidNumber(paper="1", number="A0001", reason="2").effect(
        Known(after, double), occasion()
    )
    assert isinstance(void, SpentNumber)
    assert (void.state, void.twice) == (NumberState.USED, ())  # the first paper stays valid
    assert isinstance(freed, NumberBatch)
    check_next([freed], None, form=N, number="A0002", counter=COUNTER)
    assert len(spend(Known(), occasion(), N, "Z9", payment="q")) == 1  # of no known batch


@pytest.mark.clause("F11")
@settings(deadline=None, max_examples=60)
@given(first=st.from_regex(r"[0-9A-Z]{0,8}[0-9]{4}", fullmatch=True), steps=st.integers(0, 3000))
def test_a_number_and_its_place_are_each_others_inverse(first: str, steps: int) -> None:
    number = PaperNumber.parse(first)
    later = number.plus(steps)
    if len(later) == len(number):  # the counter did not run over
        assert number.steps_to(later) == steps
        assert later.plus(-steps) == number


@pytest.mark.clause("F11")
@settings(deadline=None, max_examples=60)
@given(
    starts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), min_size=2, max_size=2),
)
def test_overlap_is_sharing_a_number(starts: list[tuple[int, int]]) -> None:
    (one, more), (two, rest) = starts
    left = batch(f"{one:04d}", f"{one + more:04d}")
    shared = set(range(one, one + more + 1)) & set(range(two, two + rest + 1))
    assert left.overlaps(f"{two:04d}", f"{two + rest:04d}") == bool(shared)


@pytest.mark.clause("F11")
def test_the_batch_in_use_is_the_oldest_of_this_counter() -> None:
    assert in_use([NEW, OLD, THEIRS], COUNTER) == OLD
    assert in_use([THEIRS], COUNTER) is None
