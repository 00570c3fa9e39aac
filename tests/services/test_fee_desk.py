"""Fees at a county counter: a notice, the terminal, a note, and a till that balances (5.1.1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from sbk_tui import wiring
from sbk_tui.data.audit import verify
from sbk_tui.domain.operations.fee import RegisterFee
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaymentState, PaySlip
from sbk_tui.errors import DeviceFault, HubUnreachable, OutcomeUnknown, Refusal
from sbk_tui.hardware.pos_driver import SerialPos
from sbk_tui.hardware.pos_twin import PosTwin
from sbk_tui.pinyin import initials
from sbk_tui.services.day_desk import BoxCount
from sbk_tui.services.fee_desk import _day_of
from tests.screens.conftest import kinds
from tests.services.counters import (
    HOLDER,
    charge,
    give_note,
    give_notice,
    killed_at,
    make_county,
    new_op,
    open_county,
    payment_of,
)

P, NEVER = PaymentState, threading.Event()
BANK = PaySlip(reference="JH20261124001", paid_on=date(2026, 11, 24), bank="95533")


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- no zone
        yield twin


@pytest.fixture
def home(private_folder: Path, twin: PosTwin) -> Path:
    """Give the folder of a county counter with that terminal."""
    home = private_folder / "county"
    make_county(home, twin.url)
    return home


@pytest.fixture
def county(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[wiring.Counter]:
    """Give it open; silence of the terminal is not waited for long."""
    monkeypatch.setattr(SerialPos.__init__, "__kwdefaults__", {
        **(SerialPos.__init__.__kwdefaults__ or {}), "taken_s": 0.3, "result_s": 0.6,
    })  # fmt: skip
    counter = open_county(home)
    yield counter
    counter.close()


def state(counter: wiring.Counter) -> PaymentState | None:
    payment = counter.desks.fees.standing(HOLDER.id).payment
    return payment.state if payment else None


def step(counter: wiring.Counter) -> tuple[str, str] | None:
    found = counter.desks.fees.standing(HOLDER.id).step
    return (found.name, found.state.value) if found else None


def is_sound(counter: wiring.Counter) -> bool:
    return verify(counter.opened.store, key=counter.key, initials=initials).flaws == ()


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2")
def test_a_notice_is_paid_at_the_bank_and_a_note_follows(county: wiring.Counter) -> None:
    payment_id = give_notice(county)
    county.desks.forms.print_paper(payment_id, FormKind.NOTICE)
    assert step(county) == ("notice", "sent")  # until the clerk has looked
    county.desks.forms.printed(payment_id, FormKind.NOTICE)
    assert (state(county), step(county)) == (P.DUE, None)
    payment = county.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    county.desks.fees.pay_at_bank(payment, BANK, op=new_op())
    give_note(county)
    county.desks.forms.print_paper(payment_id, FormKind.NOTE)
    county.desks.forms.printed(payment_id, FormKind.NOTE)
    after = county.desks.fees.standing(HOLDER.id).payment
    assert after is not None
    assert (after.state, after.notice, after.note) == (P.PAID, "A0001", "F0001")
    papers = sorted(path.name for path in (county.home / "papers").iterdir())
    assert [name.partition("-")[2].partition("-")[2] for name in papers] == [
        "缴款通知书-A0001.prn", "财政票据-F0001.prn",
    ]  # fmt: skip
    assert is_sound(county)


@pytest.mark.clause("F10", "5.1.1.2")
def test_another_paper_in_the_printer_is_refused_before_anything_happens(
    county: wiring.Counter,
) -> None:
    seen = county.desks.query.dossier(HOLDER.id)
    before = kinds(county)
    with pytest.raises(Refusal) as differs:
        county.desks.forms.give_notice(seen, HOLDER.name, "51", "0002", op=new_op())
    assert (differs.value.code, differs.value.facts) == ("numbers.paper_differs", {"next": "A0001"})
    assert kinds(county) == before


@pytest.mark.clause("F9", "F10")
def test_what_did_not_come_out_keeps_its_number_and_what_is_spoiled_takes_the_next(
    county: wiring.Counter,
) -> None:
    payment_id = give_notice(county)
    for _ in range(3):  # F9: again on the same number
        county.desks.forms.print_paper(payment_id, FormKind.NOTICE)
    assert county.desks.forms.top(FormKind.NOTICE).next == "A0002"
    county.desks.forms.spoiled(payment_id, FormKind.NOTICE, "1", op=new_op())
    assert step(county) is None
    assert give_notice(county) == payment_id  # the same fee, the same amount
    after = county.desks.fees.standing(HOLDER.id).payment
    assert after is not None
    assert (after.notice, after.amount_fen) == ("A0002", 2500)
    (count, _notes) = county.desks.numbers.batches()
    assert (count.used, count.void, count.batch.left, count.missing) == (1, 1, 48, 0)
    county.desks.forms.printed(payment_id, FormKind.NOTICE)
    county.desks.forms.print_paper(payment_id, FormKind.NOTICE)  # even after it was good
    assert step(county) == ("notice", "sent")


@pytest.mark.clause("5.1.1.1.2")
def test_a_charge_that_succeeds_is_a_payment_with_its_slip(
    county: wiring.Counter, twin: PosTwin
) -> None:
    assert charge(county).approved
    payment = county.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    assert payment.slip is not None
    assert (payment.state, payment.slip.reference) == (P.PAID, "112410000001")
    assert payment.slip.card == "621700******1234"
    assert [sale.amount_fen for sale in twin.charged] == [2500]
    with pytest.raises(Refusal, match=r"fee\.open_already"):
        charge(county)
    assert len(twin.charged) == 1


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize("fault", ["declined", "no_answer", "relay"])
def test_a_charge_that_did_not_happen_leaves_nothing_open(
    county: wiring.Counter, twin: PosTwin, fault: str
) -> None:
    twin.fault(fault, times=0)
    try:
        assert not charge(county).approved
    except DeviceFault as error:
        assert not isinstance(error, OutcomeUnknown)  # noqa: PT017 -- either way is right
    assert (state(county), step(county)) == (P.ENDED, None)
    assert kinds(county)[-2:] == ["fee.charge", "fee.not_charged"]
    twin.mend()
    assert charge(county).approved
    assert len(twin.charged) == 1


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize("fault", ["result_lost", "line_cut", "other_request"])
def test_a_lost_answer_is_settled_by_looking_and_never_charged_again(
    county: wiring.Counter, twin: PosTwin, fault: str
) -> None:
    twin.fault(fault)
    with pytest.raises(OutcomeUnknown):
        charge(county)
    assert (state(county), step(county)) == (P.CHARGING, ("charge", "unknown"))
    with pytest.raises(Refusal):  # never a second charge by itself
        charge(county)
    found = county.desks.fees.query(payment_of(county), NEVER)
    slip = county.desks.fees.slip_of(found)
    county.desks.fees.settle_paid(payment_of(county), slip, "query", op=new_op())
    assert (state(county), step(county)) == (P.PAID, None)
    assert len(twin.charged) == 1


@pytest.mark.clause("5.1.1.1.2")
def test_the_terminal_charged_another_amount_and_the_clerk_is_asked(
    county: wiring.Counter, twin: PosTwin
) -> None:
    def lower(fields: object) -> None:
        assert isinstance(fields, dict)
        fields["amount"] = f"{2000:012d}"

    twin.on_request = lower
    with pytest.raises(OutcomeUnknown, match=r"pos\.other_amount"):
        charge(county)
    assert step(county) == ("charge", "unknown")
    county.desks.fees.settle_not_charged(payment_of(county), "slip", op=new_op())
    assert (state(county), step(county)) == (P.ENDED, None)


# ---------------------------------------------------------------------- killed at every point


@pytest.mark.clause("5.1.1.1.1", "F9")
def test_c0_c1_a_filled_form_is_taken_up_and_the_same_number_offered(
    home: Path, twin: PosTwin
) -> None:
    killed_at(home, "form", "done")
    county = open_county(home)
    draft = county.desks.drafts.newest("5.1.1.1.1")
    assert draft is not None
    assert (draft.person, draft.values["payer"]) == (HOLDER.id, HOLDER.name)
    assert county.desks.forms.top(FormKind.NOTICE).next == "A0001"
    assert (state(county), step(county), twin.charged) == (None, None, [])
    assert "fee.notice" not in kinds(county)
    county.close()


@pytest.mark.clause("F9", "5.1.1.1.1")
@pytest.mark.parametrize("point", ["intent", "printing", "done"])
def test_c2_a_killed_notice_keeps_its_number_and_is_asked_about(home: Path, point: str) -> None:
    killed_at(home, "notice", point)
    county = open_county(home)
    assert (state(county), step(county)) == (P.DUE, ("notice", "unknown"))
    assert county.desks.forms.top(FormKind.NOTICE).next == "A0002"
    if point == "done":  # it lies in the tray and is good
        county.desks.forms.printed(payment_of(county), FormKind.NOTICE)
    else:  # nothing came: again, on the same number
        county.desks.forms.print_paper(payment_of(county), FormKind.NOTICE)
        county.desks.forms.printed(payment_of(county), FormKind.NOTICE)
    payment = county.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    assert (payment.notice, step(county)) == ("A0001", None)
    assert county.desks.forms.top(FormKind.NOTICE).next == "A0002"
    assert is_sound(county)
    county.close()


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize(("point", "charges"), [
    ("intent", 0), ("asking", 0), ("asked", 1), ("answered", 1),
])  # fmt: skip
def test_c3_a_killed_charge_is_unknown_and_settled_from_the_terminal(
    home: Path, twin: PosTwin, point: str, charges: int
) -> None:
    killed_at(home, "charge", point)
    assert len(twin.charged) == charges
    county = open_county(home)
    assert (state(county), step(county)) == (P.CHARGING, ("charge", "unknown"))
    with pytest.raises(Refusal):
        charge(county)
    found = county.desks.fees.query(payment_of(county), NEVER)
    assert found.approved is bool(charges)
    if found.approved:
        slip = county.desks.fees.slip_of(found)
        county.desks.fees.settle_paid(payment_of(county), slip, "query", op=new_op())
        assert state(county) is P.PAID
    else:
        county.desks.fees.settle_not_charged(payment_of(county), "query", op=new_op())
        assert state(county) is P.ENDED
        assert charge(county).approved
    assert len(twin.charged) == 1  # one fee, whatever happened
    assert is_sound(county)
    county.close()


@pytest.mark.clause("5.1.1.1.2", "5.1.1.2")
def test_c4_a_payment_before_its_note_is_neither_skipped_nor_paid_again(
    home: Path, twin: PosTwin
) -> None:
    killed_at(home, "charge", "done")
    county = open_county(home)
    assert (state(county), step(county)) == (P.PAID, None)
    with pytest.raises(Refusal, match=r"fee\.open_already"):
        charge(county)
    give_note(county)
    assert len(twin.charged) == 1
    county.close()


@pytest.mark.clause("F10", "5.1.1.2")
@pytest.mark.parametrize("point", ["intent", "printing", "done"])
def test_c5_a_killed_note_is_good_or_void_and_never_two(home: Path, point: str) -> None:
    killed_at(home, "charge", "done")
    killed_at(home, "note", point)
    county = open_county(home)
    payment = county.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    assert (payment.note, step(county)) == ("F0001", ("note", "unknown"))
    with pytest.raises(Refusal, match=r"fee\.has_note"):
        give_note(county)
    county.desks.forms.spoiled(payment.id, FormKind.NOTE, "1", op=new_op())
    give_note(county)
    after = county.desks.fees.standing(HOLDER.id).payment
    assert after == replace(payment, note="F0002")
    counts = county.desks.numbers.batches()[1]
    assert (counts.used, counts.void, counts.missing) == (1, 1, 0)
    assert is_sound(county)
    county.close()


# ---------------------------------------------------------------------- 交费登记


@pytest.mark.clause("5.1.2.3")
def test_registering_without_a_line_changes_nothing_and_the_payment_stays(
    county: wiring.Counter,
) -> None:
    charge(county)
    give_note(county)
    payment = county.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    before = kinds(county)
    with pytest.raises(Refusal, match=r"fee\.no_application"):
        county.desks.fees.register(payment, "a" * 32, op=new_op())
    with pytest.raises((HubUnreachable, Refusal)):
        county.ledger.perform(
            county.ledger.intend(RegisterFee(payment=payment.id, application="a" * 32), op=new_op())
        )
    assert kinds(county) == before
    assert county.desks.fees.standing(HOLDER.id).payment == payment


@pytest.mark.parametrize(("month_day", "today", "day"), [
    ("1124", date(2026, 11, 24), date(2026, 11, 24)),
    ("1231", date(2027, 1, 1), date(2026, 12, 31)),
    ("0101", date(2026, 12, 31), date(2027, 1, 1)),  # its clock is a little ahead
    ("0229", date(2026, 11, 24), date(2026, 11, 24)),  # no such day lately
    ("", date(2026, 11, 24), date(2026, 11, 24)),
])  # fmt: skip
def test_the_year_of_a_slip_is_ours(month_day: str, today: date, day: date) -> None:
    assert _day_of(month_day, today) == day


@pytest.mark.clause("B6")
def test_the_day_closes_with_money_and_numbers(county: wiring.Counter, twin: PosTwin) -> None:
    charge(county)
    give_note(county)
    county.desks.forms.print_paper(payment_of(county), FormKind.NOTE)
    book = county.desks.day.book()
    assert (book.money.pos, book.money.pos_fen, book.money.bank) == (1, 2500, 0)
    assert book.money.pos_fen == sum(sale.amount_fen for sale in twin.charged)
    assert (book.money.hanging, book.money.unregistered, book.money.unseen) == (0, 1, 1)
    assert [(count.next, count.used, count.left) for count in book.numbers] == [
        ("A0001", 0, 50), ("F0002", 1, 49),
    ]  # fmt: skip
    counts = {box: _counted(box, recorded) for box, recorded in book.boxes.items()}
    closing = county.desks.day.close(book, counts, op=new_op())
    paper = county.desks.papers.owed(closing.paper)
    assert paper.values["pos"] == "1 笔 25.00 元"
    assert paper.tables["numbers"][1]["next"] == "F0002"


def _counted(box: str, recorded: int) -> BoxCount:
    return BoxCount(box=box, recorded=recorded, counted=recorded)
