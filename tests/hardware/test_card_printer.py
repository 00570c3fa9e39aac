"""制卡机: our frames whatever comes, and the real driver against the twin's faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault, OutcomeUnknown, SbkError
from sbk_tui.hardware import card_printer_codec as codec
from sbk_tui.hardware.card_printer_driver import Limits, LineCardPrinter
from sbk_tui.hardware.card_printer_opening import open_card_printer
from sbk_tui.hardware.card_printer_twin import CONDITIONS, FAULTS, CardPrinterTwin, blanks
from sbk_tui.hardware.chip.opening import open_social_card_reader
from sbk_tui.hardware.ports import CardPlace, CardPrinter, PrinterCounters

NEVER = threading.Event()
FACE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
"""As long as three pieces; the printer does not look into it."""
CCB, RURAL = "95533", "96288"
SHORT = Limits(ask=0.3, move=0.4, print=0.4)


# ---------------------------------------------------------------------- the wire


def test_a_frame_is_counted_and_checked() -> None:
    assert codec.frame(0x01020304, codec.Ask()).hex(" ") == (
        "a5 c2 00 0e 01 02 03 04 81 a4 74 79 70 65 a3 61 73 6b 48 f0 6d c7"
    )


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(max_size=60), max_size=6), st.binary(max_size=60))
def test_whatever_comes_over_the_line_is_cut_and_read_without_an_error(
    chunks: list[bytes], tail: bytes
) -> None:
    cutter = codec.Cutter()
    for chunk in [*chunks, codec.MAGIC + tail]:
        for piece in cutter.feed(chunk):
            if isinstance(piece, codec.Frame):
                codec.answer_in(piece)
    codec.request_in(tail)


@settings(deadline=None, max_examples=100)
@given(noise=st.binary(max_size=20), data=st.binary(max_size=codec.PIECE), step=st.integers(1, 700))
def test_a_frame_in_any_pieces_behind_any_noise_is_the_same_frame(
    noise: bytes, data: bytes, step: int
) -> None:
    wish = codec.Load(offset=7, data=data)
    sent, cutter = codec.frame(9, wish), codec.Cutter()
    # Noise that announces a long frame would swallow a true one until that length has come.
    sent = noise.replace(codec.MAGIC[:1], b"") + sent
    found = [p for at in range(0, len(sent), step) for p in cutter.feed(sent[at : at + step])]
    [piece] = [p for p in found if isinstance(p, codec.Frame)]
    assert (piece.tag, codec.request_in(piece.body[codec.TAG :])) == (9, wish)


# ---------------------------------------------------------------------- driver and twin


@pytest.fixture
def twin(request: pytest.FixtureRequest) -> Iterator[CardPrinterTwin]:
    """Give a printer with three blanks of one bank and two of another, one behind the other."""
    stock = [*blanks(CCB, 3), *blanks(RURAL, 2)]
    with CardPrinterTwin(f"t-{id(request)}", stock, slow_s=0.9) as twin:
        yield twin


@pytest.fixture(params=["device", "url", "sim"])
def printer(request: pytest.FixtureRequest, twin: CardPrinterTwin) -> CardPrinter:
    """Give the driver, on the pty, on the TCP port, and by the twin's name."""
    if request.param == "sim":
        return open_card_printer(f"sim://{twin.name}")
    return LineCardPrinter(getattr(twin, request.param), limits=SHORT)


@pytest.fixture
def hasty(twin: CardPrinterTwin) -> LineCardPrinter:
    """Give a driver that does not wait long for silence."""
    return LineCardPrinter(twin.device, limits=SHORT)


@pytest.mark.clause("5.1.3.2")
def test_a_blank_is_fed_read_printed_and_put_out(
    printer: CardPrinter, twin: CardPrinterTwin
) -> None:
    blank = twin.hopper[0]
    assert printer.status().place is CardPlace.HOPPER
    assert printer.counters() == PrinterCounters(printed=0, panels=200)
    printer.feed("job-1", NEVER)
    assert printer.status().place is CardPlace.CHIP_UNIT
    seen = open_social_card_reader(printer.coupler()).read(NEVER, bank=True)
    assert (seen.number, seen.bank_number) == ("", blank.bank_card)
    name = printer.print_face(FACE, "job-1", NEVER)
    printer.eject("job-1", spoiled=False)
    assert (name, printer.counters()) == ("000001", PrinterCounters(printed=1, panels=199))
    assert [(card.serial, card.face) for card in twin.output] == [(blank.serial, FACE)]
    assert printer.status().place is CardPlace.HOPPER
    assert twin.rejected == []


JOB = "job-1"


def steps(printer: CardPrinter) -> dict[str, Callable[[], object]]:
    """Return the three commands of a card that is made well."""
    return {
        "feed": lambda: printer.feed(JOB, NEVER),
        "print": lambda: printer.print_face(FACE, JOB, NEVER),
        "eject": lambda: printer.eject(JOB, spoiled=False),
    }


def end_of(step: Callable[[], object]) -> str:
    """Return the code with which a command ends; empty: well."""
    try:
        step()
    except OutcomeUnknown as error:
        return f"{error.code}?"
    except SbkError as error:
        return error.code
    return ""


OUTCOMES = {  # fault: at which command, its end (?: unknown), faces printed, panels left
    "ribbon_chip": ("print", "cardprinter.ribbon_chip", 0, 200),
    "ribbon_out": ("print", "cardprinter.ribbon_out", 0, 0),
    "cover_open": ("feed", "cardprinter.cover_open", 0, 200),
    "hopper_empty": ("feed", "cardprinter.hopper_empty", 0, 200),
    "chip_unit": ("feed", "cardprinter.chip_unit", 0, 200),
    "absent": ("print", "cardprinter.absent", 0, 200),
    "jam": ("print", "cardprinter.jam", 0, 199),
    "slow": ("print", "cardprinter.no_answer?", 1, 199),
    "lose_feed": ("feed", "cardprinter.no_answer?", 0, 200),
    "lose_print": ("print", "cardprinter.no_answer?", 1, 199),
    "lose_print_before": ("print", "cardprinter.no_answer?", 0, 200),
    "lose_eject": ("eject", "cardprinter.no_answer?", 1, 199),
    "wrong_check": ("print", "cardprinter.no_answer?", 1, 199),
    "line_cut": ("print", "cardprinter.no_answer?", 1, 199),
    "repeat_answer": ("print", "", 1, 199),
    "dead_chip": ("feed", "", 0, 200),
    "blank_of_other_bank": ("feed", "", 0, 200),
    "unclear_face": ("print", "", 1, 199),
}


@pytest.mark.clause("5.1.3.2", "F6", "F7")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_its_own_end_and_the_counters_tell_what_happened(
    hasty: LineCardPrinter, twin: CardPrinterTwin, fault: str
) -> None:
    at, code, printed, panels = OUTCOMES[fault]
    for name, step in steps(hasty).items():
        if name == at:
            twin.fault(fault)
        assert end_of(step) == (code if name == at else "")
        if name == at:
            break
    if fault == "absent":
        twin.mend()
    other_line = LineCardPrinter(twin.url, limits=SHORT)
    assert other_line.counters() == PrinterCounters(printed=printed, panels=panels)


@pytest.mark.clause("N1", "N2")
@pytest.mark.parametrize(
    "fault", ["lose_feed", "lose_print", "lose_print_before", "lose_eject", "wrong_check", "slow"]
)
def test_after_a_lost_answer_the_same_job_does_each_step_once(
    hasty: LineCardPrinter, twin: CardPrinterTwin, fault: str
) -> None:
    twin.fault(fault)
    ends: list[str] = []
    for step in steps(hasty).values():
        while (end := end_of(step)) and len(ends) < 9:
            ends.append(end)
    assert "cardprinter.no_answer?" in ends
    assert (twin.printed, twin.panels, len(twin.output), len(twin.hopper)) == (1, 199, 1, 4)
    assert [card.face for card in twin.output] == [FACE]


@pytest.mark.clause("N1")
def test_a_print_asked_for_thirty_times_is_one_print(twin: CardPrinterTwin) -> None:
    printer = open_card_printer(f"sim://{twin.name}")
    printer.feed(JOB, NEVER)
    names = {printer.print_face(FACE, JOB, NEVER) for _ in range(30)}
    assert (names, twin.printed, twin.panels) == ({"000001"}, 1, 199)


@pytest.mark.clause("F6")
def test_a_printer_is_found_again_without_leaving_the_job(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    hasty.feed(JOB, NEVER)
    twin.fault("absent")
    with pytest.raises(DeviceAbsent) as caught:
        hasty.print_face(FACE, JOB, NEVER)
    assert (caught.value.code, caught.value.clause) == ("cardprinter.absent", "F6")
    twin.mend()
    assert hasty.print_face(FACE, JOB, NEVER) == "000001"


def test_a_line_that_nobody_serves_is_an_absent_printer() -> None:
    for url in ("socket://127.0.0.1:1", "serial:///dev/no-such-printer"):
        printer = open_card_printer(url)
        for step in (*steps(printer).values(), printer.status, printer.counters, printer.identify):
            assert end_of(step) == "cardprinter.absent"


@pytest.mark.clause("F7")
def test_the_ribbon_is_changed_and_the_same_card_is_printed(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    hasty.feed(JOB, NEVER)
    twin.fault("ribbon_chip")
    status = hasty.status()
    assert (status.ready, status.fault) == (False, "cardprinter.ribbon_chip")
    with pytest.raises(DeviceFault, match="ribbon_chip") as caught:
        hasty.print_face(FACE, JOB, NEVER)
    assert caught.value.clause == "F7"
    twin.mend()
    hasty.print_face(FACE, JOB, NEVER)
    assert twin.printed == 1


@pytest.mark.clause("F5")
def test_a_card_without_contact_is_tried_again_where_it_lies(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    first = twin.hopper[0]
    twin.fault("chip_unit")
    with pytest.raises(DeviceFault, match="chip_unit") as caught:
        hasty.feed(JOB, NEVER)
    assert caught.value.clause == "F5"
    assert hasty.status().place is CardPlace.CHIP_UNIT
    twin.mend()
    hasty.feed(JOB, NEVER)
    seen = open_social_card_reader(hasty.coupler()).read(NEVER, bank=True)
    assert seen.bank_number == first.bank_card


@pytest.mark.clause("F5")
def test_a_dead_chip_shows_at_the_chip_driver_and_goes_to_waste(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    dead = twin.hopper[0]
    twin.fault("dead_chip")
    hasty.feed(JOB, NEVER)
    with pytest.raises(DeviceFault) as caught:
        open_social_card_reader(hasty.coupler()).read(NEVER)
    assert caught.value.code == "chip.unpowered"
    hasty.eject(JOB, spoiled=True)
    assert (twin.rejected, twin.output) == ([dead], [])
    hasty.feed("job-2", NEVER)
    assert open_social_card_reader(hasty.coupler()).read(NEVER).version == "3.0"


@pytest.mark.clause("5.1.3.2")
def test_a_blank_of_another_bank_is_known_by_its_number(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    known = {card.bank_card: card.bank for card in twin.hopper}
    twin.fault("blank_of_other_bank")
    hasty.feed(JOB, NEVER)
    seen = open_social_card_reader(hasty.coupler()).read(NEVER, bank=True)
    assert known[seen.bank_number] == RURAL
    hasty.eject(JOB, spoiled=False)
    twin.hopper.clear()
    twin.hopper.extend(blanks(CCB, 1))
    twin.fault("blank_of_other_bank")
    hasty.feed("job-2", NEVER)
    assert twin.inside is not None
    assert twin.inside.bank not in {CCB, RURAL}


@pytest.mark.clause("F4", "5.1.3.3")
def test_an_unclear_face_is_printed_anew_on_the_same_card(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    twin.fault("unclear_face")
    for step in steps(hasty).values():
        step()
    [card] = twin.output
    assert card.unclear
    twin.put_back(card)
    hasty.feed("again-1", NEVER)
    hasty.print_face(FACE, "again-1", NEVER)
    hasty.eject("again-1", spoiled=False)
    assert (twin.output, card.unclear, twin.printed, len(twin.hopper)) == ([card], False, 2, 4)


def test_a_jammed_card_is_waste_and_the_next_one_is_made(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    first, second = list(twin.hopper)[:2]
    twin.fault("jam")
    assert end_of(steps(hasty)["feed"]) == "cardprinter.jam"
    assert hasty.status().place is CardPlace.UNKNOWN
    assert end_of(steps(hasty)["feed"]) == "cardprinter.jam"
    twin.mend()
    hasty.feed("job-2", NEVER)
    assert (twin.rejected, twin.inside) == ([first], second)


def test_one_card_at_a_time_and_only_by_its_own_job(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    assert end_of(lambda: hasty.print_face(FACE, JOB, NEVER)) == "cardprinter.no_card"
    hasty.feed(JOB, NEVER)
    assert end_of(lambda: hasty.feed("job-2", NEVER)) == "cardprinter.occupied"
    assert end_of(lambda: hasty.eject("job-2", spoiled=True)) == "cardprinter.no_card"
    assert len(twin.hopper) == 4


def test_a_ribbon_ends_after_its_panels_and_a_new_one_has_them_all(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    twin.panels = 1
    for step in steps(hasty).values():
        step()
    assert hasty.status().fault == "cardprinter.ribbon_out"
    hasty.feed("job-2", NEVER)
    assert end_of(lambda: hasty.print_face(FACE, "job-2", NEVER)) == "cardprinter.ribbon_out"
    twin.mend()
    hasty.print_face(FACE, "job-2", NEVER)
    assert hasty.counters() == PrinterCounters(printed=2, panels=199)


def test_waiting_is_broken_off_only_before_the_command(
    hasty: LineCardPrinter, twin: CardPrinterTwin
) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        hasty.feed(JOB, cancel)
    hasty.feed(JOB, NEVER)
    with pytest.raises(Cancelled):
        hasty.print_face(FACE, JOB, cancel)
    assert (len(twin.hopper), twin.printed) == (4, 0)


def test_a_fault_and_a_printer_nobody_knows_are_refused(twin: CardPrinterTwin) -> None:
    with pytest.raises(BadUsage, match="unknown_fault"):
        twin.fault("rain")
    with pytest.raises(DeviceAbsent, match="no_twin"):
        open_card_printer("sim://nobody")
    with pytest.raises(BadUsage, match="unknown_scheme"):
        open_card_printer("pcsc://")
    assert set(FAULTS) >= CONDITIONS
