"""A fee from notice or terminal to 交费登记: every state × every step (5.1.1, 5.1.2.3)."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import CardState
from sbk_tui.domain.kinds import kind_of
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.fee import (
    Charge,
    GiveNote,
    GiveNotice,
    NotCharged,
    Pay,
    RegisterFee,
    UnregisterFee,
)
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, PaySlip
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
    assert refused(Pay(payment="p", slip=SLIP), payment(P.CHARGING), other) == "fee.reference_twice"


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
