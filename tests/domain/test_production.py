"""Replacement and production (5.1.2.2, 5.1.2.4, 5.1.3, 5.2): rules over a world of values."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.making import allot
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable
from sbk_tui.domain.operations.loss import Cancel, Release
from sbk_tui.domain.operations.make import (
    FailProduction,
    FeedBlank,
    FetchData,
    PrintFace,
    ReadBack,
    RestoreApplication,
    SpoilBlank,
    WriteChip,
)
from sbk_tui.domain.operations.replace import (
    ApplyForReplacement,
    MarkForProduction,
    UnmarkForProduction,
    WithdrawReplacement,
)
from sbk_tui.domain.operations.supplies import ChangeRibbon, TakeInBlanks, TakeInRibbons
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.domain.people import Application
from sbk_tui.domain.production import Blank, BlankState, Production, ProductionState, serials_from
from sbk_tui.domain.world import Occasion, World
from sbk_tui.errors import NotPermitted, Refusal
from tests.data.days import SELF
from tests.domain.known import CARD, HOLDER, NOW, RULES, Known, application, card, occasion

S = ProductionState
WISH = application(type="5", reason="51", bank="95533", old_card=CARD)
PAID = Payment(
    id="c" * 32, person=HOLDER.id, payer=HOLDER.name, item="replace", reason="51",
    amount_fen=2500, state=PaymentState.PAID, counter="x", made_at=NOW, note="F001",
    application=WISH.id,
)  # fmt: skip
HERE = occasion(level="C", district="410782")
CHIP = {"identification": "41" * 16, "historical": "00" * 13, "bank_card": "6217000000000000007"}
FETCH = FetchData(application=WISH.id, series="J", valid_to=date(2036, 11, 24))
FEED = FeedBlank(application=WISH.id, blank="Y0001")
WRITE = WriteChip(application=WISH.id, version="3.0", **CHIP)
BACK = ReadBack(application=WISH.id, **CHIP)
PRINT = PrintFace(application=WISH.id)
MARK = MarkForProduction(application=WISH.id)
WAY = (MARK, FETCH, FEED, WRITE, BACK, PRINT)
AFTER = (S.MARKED, S.FETCHED, S.FED, S.WRITTEN, S.RETURNED, S.PRINTED)


def begun(*more: object) -> Known:
    """Return a formally lost card, its paid application, and two blanks."""
    return Known(
        HOLDER, card(CardState.FORMAL_LOST, bank="95533"), WISH, PAID, blank("Y0001"),
        blank("Y0002"), *more,  # type: ignore[arg-type]
    )  # fmt: skip


def blank(serial: str, bank: str = "95533") -> Blank:
    return Blank(serial=serial, bank=bank, custody=HERE.seat.counter, taken_at=NOW)


def do(world: Known, *wishes: Operation, here: Occasion = HERE) -> Known:
    """Return the world once all of `wishes` have happened."""
    for wish in wishes:
        wish.admit(world, here, RULES)
        world = world.with_(*wish.effect(world, here))
    return world


def refused(world: World, wish: Operation, here: Occasion = HERE) -> str:
    with pytest.raises(Refusal) as no:
        wish.admit(world, here, RULES)
    return no.value.code


def making(world: Known) -> Production:
    found = world.production(WISH.id)
    assert found is not None
    return found


def later(minutes: int, counter: str = HERE.seat.counter) -> Occasion:
    seat = replace(HERE.seat, counter=counter)
    return replace(HERE, at=NOW + timedelta(minutes=minutes), seat=seat)


@pytest.mark.clause("5.1.2.4", "5.1.3.2")
def test_the_whole_way_ends_with_a_sealed_card_in_this_counters_drawer() -> None:
    world = do(begun(), *WAY)
    number = making(world).card
    made = world.card(number)
    assert made is not None
    assert CardNumber.parse(number).check_ok
    assert (made.state, made.person, made.replaces) == (CardState.SEALED, HOLDER.id, CARD)
    assert (made.custody, made.bank_card) == (HERE.seat.counter, CHIP["bank_card"])
    assert making(world).central_at is not None
    used = world.blank("Y0001")
    assert used is not None
    assert used.state is BlankState.MADE


@pytest.mark.clause("5.1.3.2", "N1")
@pytest.mark.parametrize("at", range(len(WAY)))
def test_no_step_goes_before_its_turn_or_after_it(at: int) -> None:
    world = do(begun(), *WAY[:at])
    for n, wish in enumerate(WAY):
        again = {0: (0, 1, 2), 1: (1, 2), 5: (5, 6)}.get(n, (n,))  # may be said twice
        if at not in again:
            assert refused(world, wish), (at, n)


@pytest.mark.clause("5.1.2.3", "5.1.2.4")
def test_without_a_registered_fee_nothing_is_marked() -> None:
    unpaid = begun().with_(replace(PAID, application=""))
    assert refused(unpaid, MARK) == "make.fee_open"
    warranty = replace(WISH, type="7", reason="71")
    good = unpaid.with_(warranty, card(CardState.ACTIVE, bank="95533"))
    MARK.admit(good, HERE, RULES)  # 质保 free


@pytest.mark.clause("5.1.2.4")
def test_a_lease_keeps_others_away_until_it_runs_out_and_a_blank_keeps_it() -> None:
    other = later(29, "410702-c9")
    world = do(begun(), MARK, FETCH)
    assert refused(world, MARK, other) == "make.leased"
    assert refused(world, FETCH, other) == "make.other_counter"
    taken = do(world, MARK, here=later(31, "410702-c9"))
    assert making(taken).counter == "410702-c9"
    assert refused(taken, FEED) == "make.other_counter"
    assert refused(world, FEED, later(31)) == "make.lease_over"
    assert refused(do(world, FEED), MARK, later(60, "410702-c9")) == "make.in_work"
    free = do(world, UnmarkForProduction(application=WISH.id))
    MARK.admit(free, other, RULES)


@pytest.mark.clause("5.1.3.2")
def test_a_person_corrected_after_the_data_were_fetched_is_compared_again() -> None:
    world = do(begun(), MARK, FETCH).with_(replace(HOLDER, name="刘阳"))
    assert refused(world, FEED) == "make.data_changed"
    do(world, FETCH, FEED)


@pytest.mark.clause("5.1.3.1")
def test_a_blank_of_another_bank_or_counter_or_a_used_one_is_not_fed() -> None:
    world = do(begun(), MARK, FETCH)
    for wrong, code in (
        (blank("Y0001", bank="95588"), "blank.bank"),
        (replace(blank("Y0001"), custody="x"), "blank.elsewhere"),
        (replace(blank("Y0001"), state=BlankState.SPOILED), "blank.state"),
        (replace(blank("Y0001"), state=BlankState.WRITTEN, application="z"), "blank.state"),
    ):
        assert refused(world.with_(wrong), FEED) == code
    assert refused(world, FeedBlank(application=WISH.id, blank="Y0009")) == "blank.unknown"


@pytest.mark.clause("5.1.3.4", "F8")
def test_a_failed_write_back_is_restored_and_goes_on_with_the_same_blank_only() -> None:
    failed = do(
        begun(), *WAY[:4], FailProduction(application=WISH.id, step="read_back", reason="2")
    )
    assert making(failed).state is S.FAILED
    assert making(failed).central_at is None
    assert failed.card(making(failed).card) is None
    assert refused(failed, MARK) == "make.restore_first"
    again = do(failed, RestoreApplication(application=WISH.id), MARK, FETCH)
    assert making(again).card == making(failed).card
    other = FeedBlank(application=WISH.id, blank="Y0002")
    assert refused(again, other) == "blank.other_first"
    do(again, FEED, WRITE, BACK, PRINT)
    spoilt = do(again, SpoilBlank(blank="Y0001", reason="1"))
    do(spoilt, other, WRITE, BACK, PRINT)


@pytest.mark.clause("5.1.3.3")
def test_a_spoiled_face_takes_a_new_blank_but_the_same_number_and_no_second_fee() -> None:
    world = do(begun(), *WAY[:5])
    number = making(world).card
    assert refused(world, Collect(card=number, receiver=SELF)) == "make.not_printed"
    world = do(world, SpoilBlank(blank="Y0001", reason="2"))
    assert (making(world).state, making(world).card) == (S.FETCHED, number)
    assert making(world).central_at is None
    assert refused(world, Collect(card=number, receiver=SELF)) == "make.not_printed"
    world = do(world, FeedBlank(application=WISH.id, blank="Y0002"), WRITE, BACK, PRINT, PRINT)
    assert making(world).printed == 2
    out = do(world, Collect(card=number, receiver=SELF))
    assert refused(out, SpoilBlank(blank="Y0002", reason="2")) == "blank.handed_out"


@pytest.mark.clause("5.1.4", "A5")
def test_enabling_the_new_card_ends_the_old_one_and_says_why() -> None:
    world = do(begun(), *WAY)
    number = making(world).card
    world = do(world, Collect(card=number, receiver=SELF))
    with pytest.raises(NotPermitted):
        Enable(card=number).admit(world, occasion(level="T"), RULES)
    done = do(world, Enable(card=number))
    new, old = done.card(number), done.card(CARD)
    assert new is not None
    assert old is not None
    assert (new.state, new.social_account) == (CardState.ACTIVE, "1")
    assert (old.state, old.cancel_reason) == (CardState.CANCELLED, "06")
    away = do(world, Enable(card=number), here=occasion(level="C", district="410702"))
    elsewhere = away.card(number)
    assert elsewhere is not None
    assert elsewhere.social_account == "0"
    assert refused(world, Enable(card=number), occasion(level="C", district="410105")) == (
        "card.other_district"
    )


@pytest.mark.clause("5.2")
def test_an_exchange_wants_the_old_card_and_no_loss_report() -> None:
    world = Known(HOLDER, card(CardState.ACTIVE, bank="95533"))
    wish = ApplyForReplacement(card=CARD, type="6", reason="61")
    assert refused(world, wish) == "replace.old_card_missing"
    world = do(world, replace(wish, card_handed_in=True))
    asked = world.applications_of(HOLDER.id)[0]
    assert (asked.type, asked.old_card) == ("6", CARD)
    made = Card(number="J00000008", person=HOLDER.id, replaces=CARD, collected_at=NOW)
    done = do(
        world.with_(made, replace(asked, card=made.number, state="02")), Enable(card=made.number)
    )
    old = done.card(CARD)
    assert old is not None
    assert old.cancel_reason == "07"


@pytest.mark.clause("5.1.2.2", "3.4")
def test_a_holder_who_died_withdraws_first_and_then_the_card_is_cancelled() -> None:
    signed = replace(HERE, approvers=("1002",))
    cancel = Cancel(card=CARD, reason="01", proof="死亡证明")
    withdraw = WithdrawReplacement(application=WISH.id, reason="1")
    for steps in ((), WAY[:1], WAY[:2]):
        world = do(begun(), *steps)
        assert refused(world, cancel, signed) == "cancel.replacement_runs"
        ended = do(world, withdraw)
        assert refused(ended, MARK) == "replace.no_application"
        cancel.admit(ended, signed, RULES)
    for steps in (WAY[:3], WAY[:4]):
        assert refused(do(begun(), *steps), withdraw) == "make.in_work"
    failed = do(begun(), *WAY[:4], FailProduction(application=WISH.id, step="write", reason="1"))
    gone = do(failed, withdraw).blank("Y0001")
    assert gone is not None
    assert gone.state is BlankState.SPOILED
    assert refused(do(begun(), *WAY), withdraw) == "replace.no_application"


@pytest.mark.clause("5.1.2.4")
def test_a_card_that_was_released_or_cancelled_elsewhere_is_not_made() -> None:
    for state in (CardState.ACTIVE, CardState.CANCELLED):
        assert refused(begun(card(state)), MARK) == "make.old_card"
    world = do(begun(), *WAY[:4]).with_(card(CardState.CANCELLED, bank="95533"))
    assert refused(world, BACK) == "make.old_card"
    assert refused(begun(), Release(card=CARD, in_person=True, id_shown=True)) == (
        "release.replacement_runs"
    )


def test_another_chip_than_the_one_written_is_not_taken_over() -> None:
    world = do(begun(), *WAY[:4])
    assert refused(world, replace(BACK, identification="42" * 16)) == "make.chip_differs"


def test_a_late_fact_of_another_counter_moves_nothing() -> None:
    world = do(begun(), MARK, FETCH, FEED)
    stranger = later(5, "410702-c9")
    assert WRITE.effect(world, stranger) == ()
    assert PRINT.effect(do(world, WRITE, BACK), stranger) == ()


@given(st.text("0123456789abcdef", min_size=32, max_size=32))
def test_a_number_is_allotted_once_and_used_by_nobody(wish: str) -> None:
    first = allot(Known(), wish, "J")
    taken = Known(Card(number=first, person="z"))
    second = allot(taken, wish, "J")
    assert first == allot(Known(), wish, "J") != second
    assert {CardNumber.parse(each).check_ok for each in (first, second)} == {True}


@pytest.mark.clause("5.1.3.1")
def test_blanks_and_ribbons_are_counted() -> None:
    world = do(Known(), TakeInBlanks(bank="95533", first="Y0098", last="Y0101"))
    assert world.blank("Y0100") == blank("Y0100")
    assert refused(world, TakeInBlanks(bank="95533", first="Y0101")) == "blank.known"
    assert refused(world, TakeInBlanks(bank="00000", first="Y0201")) == "replace.bank"
    assert refused(world, ChangeRibbon()) == "ribbon.none_left"
    world = do(world, TakeInRibbons(count=2), ChangeRibbon())
    ribbons = world.ribbons(HERE.seat.counter)
    assert ribbons is not None
    assert (ribbons.left, ribbons.used) == (1, 1)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [("Y9", "", "blank.form"), ("Y0009", "Y0001", "blank.range"), ("Y0001", "Z0002", "blank.range"),
     ("Y0001", "Y0501", "blank.size")],
)  # fmt: skip
def test_a_wrong_range_of_blanks_says_what_is_wrong(first: str, last: str, code: str) -> None:
    with pytest.raises(Refusal) as no:
        serials_from(first, last)
    assert no.value.code == code


def test_an_application_knows_that_it_waits_for_a_machine() -> None:
    def state(world: Known) -> str:
        wish: Application = world.applications_of(HOLDER.id)[0]
        return wish.state

    assert state(do(begun(), MARK)) == "05"
    assert state(do(begun(), *WAY)) == "02"
