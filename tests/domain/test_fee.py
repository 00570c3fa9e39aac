"""A fee from notice or terminal to 交费登记: every state × every step (5.1.1, 5.1.2.3)."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import CardState
from sbk_tui.domain.finance import findings
from sbk_tui.domain.kinds import kind_of
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.fee import (
    Charge,
    GiveNote,
    GiveNotice,
    NotCharged,
    Pay,
    RegisterFee,
    Unclear,
    UnregisterFee,
)
from sbk_tui.domain.operations.refund import GiveBack, paid_references
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip, open_payment
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity
from sbk_tui.errors import Refusal
from tests.domain.known import HOLDER, NOW, RULES, Known, application, card, occasion
from tests.domain.test_numbers import batch, payment

P = PaymentState
SLIP = PaySlip(
    reference="112410000123", paid_on=date(2026, 11, 24), terminal="41070001",
    card="621700******1234",
)  # fmt: skip
BANK = PaySlip(reference="JH2026-0001", paid_on=date(2026, 11, 24), bank="95533")
NOTICES = batch("A0001", "A0003")
NOTES = batch("F0001", "F0009", form=FormKind.NOTE)
LOST = card(CardState.FORMAL_LOST)
WISH = application(type="5", reason="51")
BILL = {"person": HOLDER.id, "payer": HOLDER.name, "reason": "51", "amount_fen": 2500}


def notice(number: str = "A0001", **fields: object) -> GiveNotice:
    return GiveNotice(**(BILL | {"number": number} | fields))  # type: ignore[arg-type]


def charge(**fields: object) -> Charge:
    return Charge(**(BILL | fields))  # type: ignore[arg-type]


def refused(operation: Operation, *entities: Entity, rules: Rules = RULES) -> str:
    try:
        operation.admit(Known(HOLDER, NOTICES, NOTES, *entities), occasion(level="C"), rules)
    except Refusal as refusal:
        return refusal.code
    return ""


@pytest.mark.clause("5.1.1.1.1", "5.1.1.1.2")
@pytest.mark.parametrize(("operation", "entities", "outcome"), [
    (notice(), [LOST], ""),
    (notice(), [card(CardState.ACTIVE)], ""),  # either order of loss report and fee
    (notice(), [], "fee.no_card"),
    (notice(), [card(CardState.CANCELLED)], "fee.no_card"),
    (notice(person="f" * 32), [LOST], "person.unknown"),
    (notice(reason="71"), [LOST], "fee.free"),
    (notice(reason="99"), [LOST], "fee.no_row"),
    (notice(amount_fen=2000), [LOST], "fee.amount"),
    (notice("A0002"), [LOST], "numbers.not_next"),
    (notice("F0001"), [LOST], "numbers.not_in_stock"),  # a note in the place of a notice
    (notice(), [LOST, payment(P.DUE)], "fee.open_already"),
    (notice(), [LOST, payment(P.CHARGING)], "fee.open_already"),
    (notice(), [LOST, payment(P.PAID)], "fee.open_already"),
    (notice(), [LOST, payment(P.PAID, application="old")], ""),  # a card lost again
    (notice(), [LOST, payment(P.ENDED)], ""),
    (notice(payment="p"), [LOST, payment(P.DUE)], ""),  # its first paper is void
    (notice(payment="p"), [LOST, payment(P.DUE, notice="A0000")], "fee.has_notice"),
    (notice(payment="p"), [LOST, payment(P.PAID)], "fee.state"),
    (notice(payment="p", reason="52"), [LOST, payment(P.DUE)], "fee.other"),
    (notice(payment="q"), [LOST], "fee.unknown"),
    (charge(), [LOST], ""),
    (charge(), [LOST, payment(P.CHARGING)], "fee.open_already"),
    (charge(payment="p"), [LOST, payment(P.DUE, notice="A0000")], ""),  # pays here after all
    (charge(payment="p"), [LOST, payment(P.CHARGING)], "fee.charging"),
    (charge(payment="p"), [LOST, payment(P.PAID)], "fee.state"),
])  # fmt: skip
def test_who_may_be_billed(operation: Operation, entities: list[Entity], outcome: str) -> None:
    assert refused(operation, *entities) == outcome


@pytest.mark.clause("5.1.1.1.1")
def test_without_a_row_for_the_day_nobody_is_billed() -> None:
    rules = Rules(settings=RULES.settings, codes=RULES.codes)
    assert refused(notice(), LOST, rules=rules) == "fee.no_row"


@pytest.mark.clause("5.1.1.1.1", "5.1.1.1.2")
@pytest.mark.parametrize(("state", "slip", "outcome"), [
    (P.CHARGING, SLIP, ""),
    (P.DUE, BANK, ""),
    (P.DUE, SLIP, "fee.bank"),
    (P.PAID, SLIP, "fee.state"),
    (P.ENDED, SLIP, "fee.state"),
    (P.CHARGING, replace(SLIP, reference=" "), "fee.slip"),
    (P.CHARGING, replace(SLIP, card="6217001234561234"), "fee.card_unmasked"),
])  # fmt: skip
def test_what_pays(state: PaymentState, slip: PaySlip, outcome: str) -> None:
    assert refused(Pay(payment="p", slip=slip), payment(state)) == outcome


@pytest.mark.clause("5.1.1.1.2")
def test_a_reference_pays_once() -> None:
    other = payment(P.PAID, id="other", slip=SLIP)
    copied = Pay(payment="p", slip=SLIP, seen="slip")
    assert refused(copied, payment(P.CHARGING), other) == "fee.reference_twice"
    charged = Pay(payment="p", slip=SLIP)  # the terminal says so itself: a fact, and a doubt
    assert refused(charged, payment(P.CHARGING), other) == ""
    (after,) = charged.effect(Known(payment(P.CHARGING), other), occasion())
    assert isinstance(after, Payment)
    assert (after.state, after.doubt, after.doubt_of) == (P.PAID, "reference_twice", "other")


@pytest.mark.clause("5.1.1.1.2")
def test_what_nobody_can_tell_is_settled_by_the_finance_people_alone() -> None:
    hanging = payment(P.CHARGING)
    (unclear,) = Unclear(payment="p").effect(Known(hanging), occasion())
    assert isinstance(unclear, Payment)
    assert (unclear.state, unclear.unclear_op) == (P.CHARGING, "0" * 32)
    assert refused(Unclear(payment="p"), unclear) == "fee.finance_only"
    assert refused(charge(payment="p"), unclear, LOST) == "fee.charging"
    for seen in ("terminal", "query", "slip"):
        assert refused(Pay(payment="p", slip=SLIP, seen=seen), unclear) == "fee.finance_only"  # type: ignore[arg-type]
    assert refused(NotCharged(payment="p", seen="slip"), unclear) == "fee.finance_only"
    for operation, state in (
        (Pay(payment="p", slip=SLIP, seen="finance"), P.PAID),
        (NotCharged(payment="p", seen="finance"), P.ENDED),
    ):
        assert refused(operation, unclear) == ""
        (after,) = operation.effect(Known(unclear), occasion())
        assert isinstance(after, Payment)
        assert (after.state, after.unclear_op) == (state, "")
    assert refused(Pay(payment="p", slip=SLIP, seen="finance"), payment(P.ENDED)) == ""


@pytest.mark.clause("5.1.1.1.2")
def test_one_fee_paid_in_two_ways_keeps_both_and_gives_one_back() -> None:
    paid = payment(P.PAID, slip=BANK, note="F0001")
    (twice,) = Pay(payment="p", slip=SLIP).effect(Known(paid), occasion())
    assert isinstance(twice, Payment)
    assert (twice.slip, twice.more, twice.doubt) == (BANK, (SLIP,), "paid_twice")
    assert Pay(payment="p", slip=SLIP).effect(Known(twice), occasion()) == ()  # said again
    assert paid_references(twice) == (SLIP.reference, BANK.reference)
    back = GiveBack(payment="p", of=SLIP.reference, reference="T1", way="1", reason="1")
    assert refused(back, twice) == ""
    (after,) = back.effect(Known(twice), occasion())
    assert isinstance(after, Payment)
    assert (after.state, after.slip, after.more, after.doubt) == (P.PAID, BANK, (), "")
    assert [refund.of for refund in after.refunds] == [SLIP.reference]


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize(("before", "changes", "outcome"), [
    (payment(P.PAID, slip=SLIP), {}, ""),
    (payment(P.PAID, slip=SLIP, note="F0001"), {}, "refund.note"),
    (payment(P.PAID, slip=SLIP, application="x"), {}, "refund.registered"),
    (payment(P.PAID, slip=SLIP), {"of": "other"}, "refund.of"),
    (payment(P.PAID, slip=SLIP), {"reference": " "}, "fee.slip"),
    (payment(P.PAID, slip=SLIP), {"way": "9"}, "refund.way"),
    (payment(P.PAID, slip=SLIP), {"reason": "9"}, "refund.reason"),
    (payment(P.DUE), {}, "fee.not_paid"),
    (payment(P.CHARGING), {}, "fee.not_paid"),
    (payment(P.ENDED), {}, "fee.not_paid"),
    (payment(P.REFUNDED, slip=SLIP), {}, "fee.not_paid"),
])  # fmt: skip
def test_what_can_be_given_back(before: Payment, changes: dict[str, str], outcome: str) -> None:
    asked = {"of": SLIP.reference, "reference": "T1", "way": "1", "reason": "2"} | changes
    assert refused(GiveBack(payment="p", **asked), before) == outcome


@pytest.mark.clause("5.1.1.1.2", "P6")
def test_a_refund_ends_the_payment_and_a_new_fee_may_begin() -> None:
    paid = payment(P.PAID, slip=SLIP)
    back = GiveBack(payment="p", of=SLIP.reference, reference="T1", way="1", reason="2")
    (after,) = back.effect(Known(paid), occasion())
    assert isinstance(after, Payment)
    assert (after.state, after.slip, after.is_open) == (P.REFUNDED, SLIP, False)
    assert back.effect(Known(after), occasion()) == ()
    assert refused(charge(), after, LOST) == ""
    assert refused(RegisterFee(payment="p", application=WISH.id), after, WISH) == "fee.not_paid"


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize(("other", "doubt"), [
    (payment(P.PAID, id="o", slip=BANK), "paid_twice"),
    (payment(P.PAID, id="o", slip=BANK, application=WISH.id), "paid_twice"),
    (payment(P.PAID, id="o", slip=BANK, application="made long ago"), ""),
    (payment(P.REFUNDED, id="o", slip=BANK), ""),
    (payment(P.ENDED, id="o"), ""),
    (payment(P.PAID, id="o", slip=BANK, person="f" * 32), ""),
])  # fmt: skip
def test_a_second_fee_for_one_card_is_kept_and_doubted(other: Payment, doubt: str) -> None:
    world = Known(payment(P.CHARGING), other, WISH)
    (after,) = Pay(payment="p", slip=SLIP).effect(world, occasion())
    assert isinstance(after, Payment)
    assert (after.state, after.doubt) == (P.PAID, doubt)
    found = findings(after)
    assert [each.code for each in found] == ([f"finance.{doubt}"] if doubt else [])
    if doubt and other.is_open:
        assert open_payment([after, other]) is other  # the doubted one waits to be given back


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize("state", PaymentState)
def test_only_what_hangs_can_be_found_not_charged(state: PaymentState) -> None:
    outcome = refused(NotCharged(payment="p", seen="query"), payment(state))
    assert outcome == ("" if state is P.CHARGING else "fee.state")


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize(("given", "left"), [("", P.ENDED), ("A0001", P.DUE)])
def test_what_was_not_charged_is_due_again_only_with_its_notice(
    given: str, left: PaymentState
) -> None:
    world = Known(payment(P.CHARGING, notice=given))
    (after,) = NotCharged(payment="p", seen="slip").effect(world, occasion())
    assert after == payment(left, notice=given)


@pytest.mark.clause("5.1.1.2")
@pytest.mark.parametrize(("before", "number", "outcome"), [
    (payment(P.PAID), "F0001", ""),
    (payment(P.PAID), "A0001", "numbers.not_in_stock"),
    (payment(P.PAID, note="F0000"), "F0001", "fee.has_note"),
    (payment(P.DUE), "F0001", "fee.not_paid"),
    (payment(P.CHARGING), "F0001", "fee.not_paid"),
    (payment(P.ENDED), "F0001", "fee.not_paid"),
])  # fmt: skip
def test_one_valid_note_a_payment(before: Payment, number: str, outcome: str) -> None:
    assert refused(GiveNote(payment="p", number=number), before) == outcome


DONE = payment(P.PAID, note="F0001")


@pytest.mark.clause("5.1.2.3")
@pytest.mark.parametrize(("before", "entities", "outcome"), [
    (DONE, [WISH], ""),
    (DONE, [], "fee.no_application"),
    (DONE, [replace(WISH, state="01")], "fee.no_application"),
    (DONE, [replace(WISH, type="1")], "fee.no_application"),  # a first card is free
    (DONE, [replace(WISH, person="f" * 32)], "fee.no_application"),  # another's wish
    (payment(P.PAID), [WISH], "fee.no_note"),
    (payment(P.DUE, note="F0001"), [WISH], "fee.not_paid"),
    (payment(P.CHARGING), [WISH], "fee.not_paid"),
    (replace(DONE, application="x"), [WISH], "fee.registered"),
    (DONE, [WISH, payment(P.PAID, id="q", application=WISH.id)], "fee.application_paid"),
])  # fmt: skip
def test_what_can_be_registered(before: Payment, entities: list[Entity], outcome: str) -> None:
    assert refused(RegisterFee(payment="p", application=WISH.id), before, *entities) == outcome


@pytest.mark.clause("5.1.2.3")
@pytest.mark.parametrize(("before", "entities", "reason", "outcome"), [
    (replace(DONE, application=WISH.id), [WISH], "1", ""),
    (replace(DONE, application=WISH.id), [WISH], "8", "fee.unregister_reason"),
    (replace(DONE, application=WISH.id), [replace(WISH, card="B1")], "1", "fee.card_made"),
    (DONE, [WISH], "1", "fee.not_registered"),
])  # fmt: skip
def test_what_can_be_taken_back(
    before: Payment, entities: list[Entity], reason: str, outcome: str
) -> None:
    assert refused(UnregisterFee(payment="p", reason=reason), before, *entities) == outcome


@pytest.mark.clause("5.1.2.3")
def test_registering_asks_the_city_first_and_taking_back_frees_the_payment() -> None:
    registered = RegisterFee(payment="p", application=WISH.id)
    assert kind_of(registered).nature is Nature.HUB_FIRST
    (after,) = registered.effect(Known(DONE), occasion())
    assert after == replace(DONE, application=WISH.id, registered_at=NOW)
    (free,) = UnregisterFee(payment="p", reason="1").effect(Known(after), occasion())
    assert free == DONE


@pytest.mark.clause("P6")
@pytest.mark.parametrize("operation", [
    notice("?!"), charge(payment="nobody"), Pay(payment="x", slip=SLIP),
    NotCharged(payment="x", seen="slip"), GiveNote(payment="x", number="?"),
    RegisterFee(payment="x", application="y"), UnregisterFee(payment="x", reason="9"),
], ids=lambda operation: operation.kind)  # fmt: skip
def test_an_effect_never_refuses(operation: Operation) -> None:
    operation.effect(Known(), occasion())
    operation.effect(Known(HOLDER, NOTICES, NOTES, payment(P.PAID, id="x")), occasion())
