"""制卡机: our frames whatever comes, and the real driver against the twin's faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.hardware import card_printer_codec as codec
from sbk_tui.hardware.card_printer_driver import Limits, LineCardPrinter
from sbk_tui.hardware.card_printer_opening import open_card_printer
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, blanks
from sbk_tui.hardware.chip.opening import open_social_card_reader
from sbk_tui.hardware.ports import CardPlace, CardPrinter, PrinterCounters

NEVER = threading.Event()
FACE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
"""As long as three pieces; the printer does not look into it."""
CCB, RURAL = "95533", "96288"
SHORT = Limits(ask=0.5, move=0.6, print=0.6)


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
    with CardPrinterTwin(f"t-{id(request)}", stock, slow_s=1.5) as twin:
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
    return LineCardPrinter(twin.url, limits=SHORT)


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
