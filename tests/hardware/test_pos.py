"""刷卡机: the documented frames byte for byte, and the real driver against the twin's faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault, OutcomeUnknown, SbkError
from sbk_tui.hardware import pos_codec as codec
from sbk_tui.hardware.ports import PosResult
from sbk_tui.hardware.pos_driver import SerialPos
from sbk_tui.hardware.pos_twin import FAULTS, PosTwin

SALE = """
    02 00 59 DF 01 01 00 DF 04 02 47 11 DF 02 01 02 DF 08 02 55 55 DF 03 06 00 00 00 00 20 00
    DF 09 02 30 04 DF 0D 01 31 DF 20 06 00 00 00 00 00 00 DF 46 04 30 30 30 31
    DF 47 04 30 30 31 32 03 03"""
RESULT = """
    02 01 99 DF 01 01 02 DF 02 01 02 DF 04 02 47 11 DF 06 81 B1 DF 02 01 02 DF 46 04 30 30 30 31
    DF 47 04 30 30 31 32 DF 11 06 30 30 30 30 31 37 DF 12 08 34 31 30 37 30 30 30 31
    DF 13 0F 31 30 34 34 31 30 37 38 33 39 38 30 30 30 31
    DF 45 12 BB D4 CF D8 CA D0 CA BE C0 FD CA D5 BF EE B5 A5 CE BB
    DF 03 09 52 4D 42 20 32 30 2E 30 30 DF 0A 03 00 01 23 DF 10 03 00 01 23
    DF 1A 0C 31 31 32 34 31 30 30 30 30 31 32 33 DF 1B 06 20 20 20 20 20 20 DF 1C 04 31 31 32 34
    DF 1D 06 31 30 33 30 31 35 DF 1E 10 36 32 31 37 30 30 2A 2A 2A 2A 2A 2A 31 32 33 34
    DF 1F 05 2A 2A 2A 2A 2A DF 2C 06 D2 F8 C1 AA BF A8 DF 07 02 30 30 03 8C"""
VOID = """
    02 00 52 DF 01 01 00 DF 04 02 47 12 DF 02 01 03 DF 08 02 55 55 DF 03 06 00 00 00 00 20 00
    DF 18 03 00 01 23 DF 09 02 30 04 DF 46 04 30 30 30 31 DF 47 04 30 30 31 32 03 F7"""
REFUSED = "02 00 18 DF 01 01 02 DF 02 01 02 DF 04 02 47 11 DF 07 02 35 31 03 49"
NEVER = threading.Event()


def raw(text: str) -> bytes:
    return bytes.fromhex("".join(text.split()))


def test_a_sale_and_a_void_are_the_documented_frames() -> None:
    desk = {"desk": "0001", "operator": "0012"}
    assert codec.request("02", "4711", amount_fen=2000, **desk) == raw(SALE)
    assert codec.request("03", "4712", amount_fen=2000, old_voucher="000123", **desk) == raw(VOID)


def test_the_documented_results_are_read() -> None:
    (approved,) = codec.Cutter().feed(raw(RESULT))
    assert isinstance(approved, codec.Frame)
    fields = codec.decode(approved.data)
    assert fields is not None
    assert fields == {
        "message": "02", "transaction": "02", "nonce": "4711", "code": "00", "desk": "0001",
        "operator": "0012", "batch": "000017", "terminal": "41070001",
        "merchant": "104410783980001", "merchant_name": "辉县市示例收款单位",
        "amount": "RMB 20.00", "trace": "000123", "voucher": "000123",
        "reference": "112410000123", "authorisation": "", "date": "1124", "time": "103015",
        "card": "621700******1234", "card_validity": "*****", "card_name": "银联卡",
    }  # fmt: skip
    (declined,) = codec.Cutter().feed(raw(REFUSED))
    assert isinstance(declined, codec.Frame)
    assert codec.decode(declined.data) == {
        "message": "02", "transaction": "02", "nonce": "4711", "code": "51",
    }  # fmt: skip


@pytest.mark.parametrize(("amount", "fen"), [
    ("RMB 20.00", 2000), ("RMB 1,409.50", 140950), ("0.05", 5), ("25", 2500),
    ("000000002500", 2500), ("RMB", None), ("12.345", None), ("", None), ("2.5", 250),
])  # fmt: skip
def test_an_amount_is_read_in_fen(amount: str, fen: int | None) -> None:
    assert codec.fen_of(amount) == fen


def test_a_card_number_that_came_whole_is_masked() -> None:
    assert codec.masked("6217001234561234") == "621700******1234"
    assert codec.masked("621700******1234") == "621700******1234"


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=80))
def test_whatever_comes_over_the_line_is_cut_and_read_without_an_error(
    chunks: list[bytes], data: bytes
) -> None:
    cutter = codec.Cutter()
    for chunk in chunks:
        for piece in cutter.feed(chunk):
            if isinstance(piece, codec.Frame):
                codec.decode(piece.data)
    codec.decode(data)


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=300), step=st.integers(1, 9))
def test_a_frame_in_any_pieces_is_the_same_frame(data: bytes, step: int) -> None:
    sent, cutter = b"\x06" + codec.frame(data), codec.Cutter()
    found = [p for at in range(0, len(sent), step) for p in cutter.feed(sent[at : at + step])]
    assert found == [codec.Sign(codec.ACK), codec.Frame(data)]


# ---------------------------------------------------------------------- driver and twin


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give a terminal at 10:30:15 of its own clock."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- a terminal knows no zone
        yield twin


@pytest.fixture(params=["device", "url"])
def pos(request: pytest.FixtureRequest, twin: PosTwin) -> SerialPos:
    """Give the driver, on the pty and on the TCP port; silence is not waited for long."""
    return SerialPos(getattr(twin, request.param), taken_s=0.4, result_s=0.8)


def charge(pos: SerialPos, nonce: str = "4711") -> PosResult:
    return pos.charge(2500, nonce, NEVER)


@pytest.mark.clause("5.1.1.1.2")
def test_a_charge_gives_everything_that_is_kept(pos: SerialPos, twin: PosTwin) -> None:
    result = charge(pos)
    assert (result.approved, result.code, result.amount_fen, result.nonce) == (
        True, "00", 2500, "4711",
    )  # fmt: skip
    assert (result.month_day, result.time) == ("1124", "103015")
    assert (result.reference, result.voucher) == ("112410000001", "000001")
    assert (result.card, result.issuer) == ("621700******1234", "银联卡")
    assert [sale.amount_fen for sale in twin.charged] == [2500]


def end_of(pos: SerialPos) -> tuple[str, bool]:
    """Charge; return the terminal's or the error's code, and whether nobody knows the outcome."""
    try:
        return charge(pos).code, False
    except SbkError as error:
        return error.code, isinstance(error, OutcomeUnknown)


OUTCOMES = {  # fault: what the driver says, how many charges stand in the bank's book
    "declined": ("51", 0),
    "no_answer": ("pos.not_sent", 0),
    "repeat_twice": ("00", 1),
    "wrong_check": ("00", 1),
    "result_lost": ("pos.unknown", 1),
    "other_request": ("pos.other_request", 1),
    "relay": ("pos.offline", 0),
    "line_cut": ("pos.unknown", 1),
    "no_taken_sign": ("00", 1),
    "one_byte_pieces": ("00", 1),
}


@pytest.mark.clause("5.1.1.1.2")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_one_of_four_ends_and_never_charges_twice(
    pos: SerialPos, twin: PosTwin, fault: str
) -> None:
    twin.fault(fault, times=0 if fault == "no_answer" else 1)
    expected, charges = OUTCOMES[fault]
    assert end_of(pos) == (expected, expected in {"pos.unknown", "pos.other_request"})
    assert len(twin.charged) == charges


@pytest.mark.clause("5.1.1.1.2")
def test_the_last_transaction_tells_what_became_of_a_lost_answer(
    pos: SerialPos, twin: PosTwin
) -> None:
    assert pos.last("0001", NEVER).code == "25"
    twin.fault("result_lost")
    with pytest.raises(OutcomeUnknown):
        charge(pos)
    found = pos.last("4712", NEVER)
    assert (found.approved, found.amount_fen, found.reference) == (True, 2500, "112410000001")
    assert len(twin.charged) == 1
    twin.fault("no_answer", times=0)
    with pytest.raises(DeviceFault) as silent:
        pos.last("4713", NEVER)
    assert silent.value.code == "pos.no_answer"


def test_a_charge_that_was_not_sent_can_be_broken_off(twin: PosTwin) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        SerialPos(twin.device).charge(2500, "4711", cancel)
    assert twin.charged == []


def test_a_terminal_that_is_not_there_is_told_and_nothing_was_charged() -> None:
    with pytest.raises(DeviceAbsent) as absent:
        SerialPos("socket://127.0.0.1:1").charge(2500, "4711", NEVER)
    assert absent.value.facts["device"] == "pos"


def test_a_fault_nobody_knows_is_refused(twin: PosTwin) -> None:
    with pytest.raises(BadUsage, match=r"pos\.unknown_fault"):
        twin.fault("rain")
