"""制卡 from 获取数据 to the printed face: real drivers against the twins, a real city (5.1.3)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import process
from sbk_tui.domain.operations.correct import ChangePhoto
from sbk_tui.domain.operations.make import SpoilBlank
from sbk_tui.domain.production import BlankState, ProductionState
from sbk_tui.errors import DeviceBusy, DeviceFault, HubUnreachable, OutcomeUnknown, Refusal
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin
from sbk_tui.services.make_jobs import MAKE, REPRINT, RESTORE
from tests.screens.conftest import do, kinds
from tests.services.production import (
    BANK,
    HOLDER,
    NEVER,
    OTHER_BANK,
    SERIALS,
    Rig,
    hasty,
    holder_on,
    picture,
    set_up,
    twin_named,
)

S, B = ProductionState, BlankState
THE_WAY = ["fetch", "compare", "ask", "feed", "write", "read_back", "print", "eject", "look"]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a county and its city, with one marked replacement."""
    folder = tmp_path_factory.mktemp("marked")
    set_up(folder)
    return folder


@pytest.fixture
def twin(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CardPrinterTwin]:
    hasty(monkeypatch)
    with twin_named(f"make-{id(request)}") as twin:
        yield twin


@pytest.fixture
def rig(marked: Path, tmp_path: Path, twin: CardPrinterTwin) -> Iterator[Rig]:
    """Give that county, open."""
    folder = tmp_path / "offices"
    shutil.copytree(marked, folder)
    rig = Rig(folder, twin)
    yield rig
    rig.check()
    rig.close()


def again(rig: Rig) -> None:
    """Sign out and in again."""
    rig.close()
    Rig.__init__(rig, rig.folder, rig.twin)


def tear(twin: CardPrinterTwin, fault: str, nth: int) -> None:
    """Let the chip in the printer lose its contact at its `nth` write."""
    assert twin.inside is not None
    twin.inside.chip.fault(fault, nth)


def plug_in(twin: CardPrinterTwin) -> None:
    """Let the chip in the printer have contact again."""
    assert twin.inside is not None
    twin.chip_unit.insert(twin.inside.chip)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


@pytest.mark.clause("5.1.3.2", "N2")
def test_a_card_is_made_from_the_data_to_the_printed_face(rig: Rig, twin: CardPrinterTwin) -> None:
    assert rig.until("") == THE_WAY
    made = rig.production()
    assert (made.state, made.printed, made.blank) == (S.PRINTED, 1, SERIALS[0])
    assert made.central_at is not None
    (card,) = twin.output
    assert (card.serial, card.bank_card) == (SERIALS[0], made.bank_card)
    assert holder_on(card.chip)
    assert card.face
    assert rig.blanks()[SERIALS[0]] is B.MADE
    assert rig.making.made() == (0, 0, 0, 1)


@pytest.mark.clause("5.1.3.2", "B3", "N1")
def test_each_step_is_found_again_by_whoever_signs_in_next(rig: Rig) -> None:
    done = []
    while following := rig.next_act():
        again(rig)
        assert rig.next_act() == following
        done.append(rig.act())
        rig.check()
    assert done == THE_WAY


@pytest.mark.clause("5.1.3.2", "N1")
def test_no_step_can_be_done_before_its_turn(rig: Rig) -> None:
    now = rig.shown().now
    for early in (
        lambda: rig.desk.ask_feed(now, SERIALS[0]),
        lambda: rig.desk.read_back(now),
        lambda: rig.desk.print_face(now, NEVER),
    ):
        with pytest.raises(Refusal):
            early()
    assert rig.next_act() == "fetch"
    assert rig.twin.inside is None


# ---------------------------------------------------------------------- the city


@pytest.mark.clause("5.1.3.2", "B3")
@pytest.mark.parametrize("fault", ["lost", "answer_lost", "twice"])
def test_a_question_to_the_city_is_asked_once_whatever_the_line_does(rig: Rig, fault: str) -> None:
    for step in ("fetch", "ask", "read_back"):
        rig.until(step)
        rig.city.faults = [fault, fault]
        rig.act()
    assert rig.until("")[-1] == "look"
    made = [kind for kind in kinds(rig.counter) if kind.startswith("make.")]
    assert made == ["make.fetch", "make.feed", "make.write", "make.read_back", "make.print"]
    assert {verdict for _, _, verdict, _ in rig.city.verdicts()} <= {"accepted", "", None}


@pytest.mark.clause("5.1.3.2", "A5")
def test_without_a_line_nothing_is_sealed_and_nothing_moves(rig: Rig) -> None:
    rig.until("ask")
    rig.line_is_cut = True
    with rig.counter.opened.store.session() as db:
        db.execute_sql("DELETE FROM peer WHERE name LIKE 'line%'")
    with pytest.raises(HubUnreachable, match=r"hub\.first"):
        rig.act()
    assert (rig.state(), rig.next_act(), rig.twin.inside) == (S.FETCHED, "ask", None)


@pytest.mark.clause("N2", "5.1.3.4", "F8")
def test_three_times_no_answer_to_the_write_back_is_a_failure_with_a_report(rig: Rig) -> None:
    rig.until("read_back")
    rig.line_is_cut = True
    for _ in range(3):
        assert rig.next_act() == "read_back"
        with pytest.raises(HubUnreachable, match=r"hub\.waits"):
            rig.act()
    now, act = rig.shown()
    assert act is not None
    assert act.do == "report"
    rig.desk.fail(now, "2")
    failed = rig.production()
    assert (failed.state, failed.failed_step, failed.failed_answer) == (
        S.FAILED, "read_back", "hub.waits",
    )  # fmt: skip
    assert (failed.central_at, failed.reported_at is None) == (None, False)
    rig.line_is_cut = False
    rig.sync()
    # The city had the question in time: its word stands, and the card exists.
    assert rig.state() is S.RETURNED
    assert rig.until("")[-1] == "look"


# ---------------------------------------------------------------------- the records change


@pytest.mark.clause("5.1.3.2")
def test_a_holder_corrected_after_the_data_is_fetched_and_compared_again(rig: Rig) -> None:
    rig.until("ask")
    photo = rig.counter.desks.apply.keep_picture(picture() + b"\0")
    do(rig.counter, ChangePhoto(person=HOLDER.id, photo=photo, reason="2"))
    assert rig.until("")[:3] == ["fetch", "compare", "ask"]


@pytest.mark.clause("5.1.3.2", "5.1.3.4")
def test_a_holder_corrected_while_the_blank_is_inside_is_never_written(rig: Rig) -> None:
    rig.until("write")
    photo = rig.counter.desks.apply.keep_picture(picture() + b"\0")
    do(rig.counter, ChangePhoto(person=HOLDER.id, photo=photo, reason="2"))
    with pytest.raises(Refusal) as refused:
        rig.act()
    assert code_of(refused) == "make.data_changed_inside"
    assert rig.chips_with_numbers() == []
    assert rig.desk.fail(rig.shown().now, "9") is None
    assert rig.blanks()[SERIALS[0]] is B.STOCK
    assert rig.until("mark", RESTORE) == ["restore"]
    rig.desk.mark(rig.shown(RESTORE).now)
    assert rig.next_act() == "fetch"


@pytest.mark.clause("5.1.3.2")
def test_a_face_without_a_photo_is_not_even_written(rig: Rig) -> None:
    do(rig.counter, ChangePhoto(person=HOLDER.id, photo="not-here", reason="2"))
    rig.until("compare")
    with pytest.raises(Refusal) as refused:
        rig.act()
    assert code_of(refused) == "make.no_photo"
    assert rig.next_act() == "compare"


# ---------------------------------------------------------------------- the machine


@pytest.mark.clause("5.1.3.2", "B3", "N1")
@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("feed", "lose_feed"), ("feed", "repeat_answer"), ("feed", "wrong_check"),
        ("feed", "line_cut"), ("feed", "slow"), ("eject", "lose_eject"),
        ("eject", "repeat_answer"), ("print", "repeat_answer"), ("print", "slow"),
    ],
)  # fmt: skip
def test_an_answer_lost_doubled_or_late_does_nothing_twice(
    rig: Rig, twin: CardPrinterTwin, step: str, fault: str
) -> None:
    rig.until(step)
    twin.fault(fault)
    try:
        rig.act()
    except OutcomeUnknown:
        assert fault.startswith("lose") or fault in {"wrong_check", "line_cut"}
        if fault == "line_cut":
            return  # the pty is gone for good
        assert rig.next_act() == step
    rig.until("")
    assert (twin.printed, len(twin.output), len(twin.hopper)) == (1, 1, 5)


@pytest.mark.clause("F6", "F7", "5.1.3.2")
@pytest.mark.parametrize(
    ("step", "fault", "code"),
    [
        ("feed", "absent", "cardprinter.absent"),
        ("feed", "hopper_empty", "cardprinter.hopper_empty"),
        ("print", "ribbon_chip", "cardprinter.ribbon_chip"),
        ("print", "ribbon_out", "cardprinter.ribbon_out"),
    ],
)
def test_what_is_mended_goes_on_at_the_same_step(
    rig: Rig, twin: CardPrinterTwin, step: str, fault: str, code: str
) -> None:
    rig.until(step)
    twin.fault(fault)
    with pytest.raises(DeviceFault) as failed:
        rig.act()
    assert failed.value.code == code
    twin.mend()
    assert rig.next_act() == step
    rig.until("")
    assert (twin.printed, len(twin.output)) == (1, 1)


@pytest.mark.clause("F5", "5.1.3.2")
def test_a_chip_without_power_is_put_out_and_fed_again_or_waste(
    rig: Rig, twin: CardPrinterTwin
) -> None:
    rig.until("feed")
    twin.fault("chip_unit")
    with pytest.raises(DeviceFault):
        rig.act()
    twin.mend()
    rig.desk.take_out(rig.shown().now)
    twin.put_back(twin.output[0])
    twin.fault("dead_chip")
    assert (rig.act(), rig.next_act()) == ("feed", "write")
    with pytest.raises(DeviceFault, match=r"chip\.unpowered"):
        rig.act()
    assert rig.desk.spoil(rig.shown().now, "1") is None
    assert [card.serial for card in twin.rejected] == SERIALS[:1]
    rig.until("")
    assert rig.production().blank == SERIALS[1]


@pytest.mark.clause("5.1.3.2")
def test_a_blank_of_the_wrong_bank_is_not_written(rig: Rig, twin: CardPrinterTwin) -> None:
    rig.until("feed")
    twin.fault("blank_of_other_bank")
    rig.act()
    with pytest.raises(Refusal) as refused:
        rig.act()
    assert (code_of(refused), refused.value.facts["bank"]) == ("make.other_bank", OTHER_BANK)
    assert rig.chips_with_numbers() == []
    rig.desk.take_out(rig.shown().now)
    assert rig.until("") == ["feed", "write", "read_back", "print", "eject", "look"]


@pytest.mark.clause("5.1.3.2", "B3", "F8")
@pytest.mark.parametrize(("fault", "item"), [("tear_before", 1), ("tear_after", 4)])
def test_a_chip_torn_away_while_it_is_written_is_gone_on_with(
    rig: Rig, twin: CardPrinterTwin, fault: str, item: int
) -> None:
    rig.until("write")
    tear(twin, fault, item)
    with pytest.raises(OutcomeUnknown):
        rig.act()
    assert rig.next_act() == "write"
    again(rig)
    plug_in(twin)
    assert rig.until("")[0] == "write"
    assert rig.chips_with_numbers() == SERIALS[:1]


@pytest.mark.clause("5.1.3.4", "F8")
def test_a_written_blank_serves_its_person_only(rig: Rig, twin: CardPrinterTwin) -> None:
    rig.until("write")
    tear(twin, "tear_after", 5)
    with pytest.raises(OutcomeUnknown):
        rig.act()
    rig.desk.fail(rig.shown().now, "1")
    failed = rig.production()
    assert (failed.failed_step, failed.failed_answer) == ("write", "chip.write_unfinished")
    assert rig.blanks()[SERIALS[0]] is B.WRITTEN
    rig.act(RESTORE)
    rig.act(RESTORE)
    rig.until("ask")
    assert rig.desk.next_blank(rig.shown().now) == SERIALS[0]
    with pytest.raises(Refusal) as refused:
        rig.act(serial=SERIALS[1])
    assert code_of(refused) == "blank.other_first"
    (card,) = twin.output
    twin.put_back(card)
    rig.until("")
    assert (rig.chips_with_numbers(), rig.production().blank) == (SERIALS[:1], SERIALS[0])


@pytest.mark.clause("5.1.3.2", "5.1.3.3")
def test_another_blank_laid_in_for_a_written_one_is_refused(rig: Rig) -> None:
    rig.until("read_back")
    rig.desk.fail(rig.shown().now, "2")
    rig.act(RESTORE)
    rig.act(RESTORE)
    rig.until("write")  # the hopper gives the second blank
    with pytest.raises(Refusal) as refused:
        rig.act()
    assert code_of(refused) == "chip.another_card"
    assert rig.chips_with_numbers() == SERIALS[:1]


# ---------------------------------------------------------------------- the face


@pytest.mark.clause("5.1.3.3", "F4")
def test_an_unclear_face_is_printed_anew_without_touching_the_chip(
    rig: Rig, twin: CardPrinterTwin
) -> None:
    rig.until("look")
    (card,) = twin.output
    heard = len(card.chip.heard)
    rig.desk.unclear(rig.shown().now)
    twin.put_back(card)
    assert rig.until("") == ["feed", "print", "eject", "look"]
    assert (twin.printed, len(card.chip.heard), rig.production().printed) == (2, heard, 1)


@pytest.mark.clause("5.1.3.3")
def test_a_printed_face_is_printed_again_on_the_same_card(rig: Rig, twin: CardPrinterTwin) -> None:
    with pytest.raises(Refusal):
        rig.shown(REPRINT)
    rig.until("")
    assert rig.next_act(MAKE) == ""
    (card,) = twin.output
    heard = len(card.chip.heard)
    twin.put_back(card)
    rig.act(REPRINT)
    assert rig.until("reprint", REPRINT) == ["feed", "print", "eject", "look"]
    assert (rig.production().printed, len(card.chip.heard)) == (2, heard)


@pytest.mark.clause("5.1.3.2", "B3")
@pytest.mark.parametrize(("fault", "printed"), [("lose_print", True), ("lose_print_before", False)])
def test_a_print_without_an_answer_is_settled_by_the_printers_counter(
    rig: Rig, twin: CardPrinterTwin, fault: str, printed: bool
) -> None:
    rig.until("print")
    twin.fault(fault)
    with pytest.raises(OutcomeUnknown):
        rig.act()
    assert rig.next_act() == "ask_printed"
    assert rig.desk.was_printed(rig.shown().now) is printed
    assert rig.next_act() == ("eject" if printed else "print")
    rig.until("")
    assert twin.printed == 1


@pytest.mark.clause("5.1.3.2")
def test_a_card_jammed_under_the_ribbon_is_waste_and_costs_nothing_more(
    rig: Rig, twin: CardPrinterTwin
) -> None:
    rig.until("print")
    number = rig.production().card
    twin.fault("jam")
    with pytest.raises(DeviceFault, match="jam"):
        rig.act()
    stuck = rig.desk.spoil(rig.shown().now, "2")
    assert stuck is not None
    assert stuck.code == "cardprinter.jam"
    assert (rig.state(), rig.blanks()[SERIALS[0]]) == (S.FETCHED, B.SPOILED)
    twin.mend()
    rig.until("")
    made = rig.production()
    assert (made.card, made.blank, made.state) == (number, SERIALS[1], S.PRINTED)


# ---------------------------------------------------------------------- others, and too many


@pytest.mark.clause("B3")
def test_a_second_window_waits_while_the_first_one_works(rig: Rig) -> None:
    rig.until("feed")
    with rig.counter.opened.store.write() as db:  # a process that lives: whoever started this one
        db.execute_sql(
            "UPDATE saga_step SET state = 'sent', holder = ? WHERE name = 'ask'",
            (f"{os.getppid()}:{process._started(os.getppid())}",),
        )
    with pytest.raises(DeviceBusy):
        rig.shown()


@pytest.mark.clause("5.1.3.2")
def test_after_some_failures_in_a_row_somebody_looks_at_the_machine(rig: Rig) -> None:
    for place in range(3):
        rig.until("write")
        assert rig.desk.spoil(rig.shown().now, "3") is None
        assert rig.production().blank == ""
        assert rig.making.failures_in_a_row(rig.counter.ledger.today(), 10) == place + 1
    assert rig.desk.must_stop() == 3


@pytest.mark.clause("B6", "5.1.3.1")
def test_the_day_close_names_what_is_left_of_production(rig: Rig) -> None:
    rig.until("print")
    book = rig.counter.desks.day.book()
    assert book.made == (1, 0, 1, 0)
    ours = next(each for each in book.blanks if each.bank == BANK)
    assert (ours.stock, ours.made, ours.next, book.ribbons) == (4, 1, SERIALS[1], 2)
    rig.until("")
    assert rig.counter.desks.day.book().made == (0, 0, 0, 1)


@pytest.mark.clause("B12", "5.1.3.1")
def test_the_morning_minute_says_which_bank_has_no_blank_left(rig: Rig) -> None:
    look = rig.counter.desks.morning.look
    assert look("blanks").state == "ok"
    assert "6 张" in look("blanks").found
    do(rig.counter, SpoilBlank(blank=f"{OTHER_BANK}0000001", reason="3"))
    found = look("blanks")
    assert (found.state, "工商银行" in found.found) == ("wrong", True)
