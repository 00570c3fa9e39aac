"""The contract of an `IdCardReader`, by the real driver against the twin over real lines."""

from __future__ import annotations

import os
import pty
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from sbk_tui.errors import (
    BadUsage,
    Cancelled,
    CardRemoved,
    DeviceAbsent,
    DeviceBusy,
    DeviceFault,
    Garbled,
)
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.idcard_driver import SerialIdCardReader
from sbk_tui.hardware.idcard_twin import FAULTS, IdCardReaderTwin, SimulatedReader
from sbk_tui.hardware.ports import IdCard, IdCardReader
from sbk_tui.texts import explain
from tests.hardware.documents import CITIZEN, DOCUMENTS, NEWEST_ADDRESS, Document
from tests.hardware.terminal_server import rfc2217_server

GO_ON = threading.Event()  # never set


@pytest.fixture
def twin() -> Iterator[IdCardReaderTwin]:
    with IdCardReaderTwin() as twin:
        yield twin


@pytest.fixture(params=["pty", "socket"])
def reader(request: pytest.FixtureRequest, twin: IdCardReaderTwin) -> IdCardReader:
    return SerialIdCardReader(twin.device if request.param == "pty" else twin.url)


def open_files() -> set[str]:
    """What this process holds open, by its target."""
    held = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            held.add(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:
            continue  # the folder's own handle
    return held


@pytest.mark.clause("1.2")
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_kind_of_document_is_read_whole(
    twin: IdCardReaderTwin, reader: IdCardReader, document: Document
) -> None:
    card = document.card(NEWEST_ADDRESS)
    twin.lay(card)
    assert reader.read(GO_ON) == card


def test_a_card_without_newest_address_has_none(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    twin.lay(CITIZEN.card())
    assert reader.read(GO_ON).newest_address == ""


def test_a_reader_too_old_for_newest_addresses_still_reads(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    twin.lay(CITIZEN.card(NEWEST_ADDRESS))
    twin.fault("no_newest_address")
    assert reader.read(GO_ON) == CITIZEN.card()


def test_the_reader_says_its_number(reader: IdCardReader) -> None:
    started = monotonic()
    assert reader.identify() == "05.01-20170830-0000012345-0987654321"
    assert monotonic() - started < 2


def test_a_card_laid_later_is_waited_for(twin: IdCardReaderTwin, reader: IdCardReader) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, GO_ON)
        twin.lay(CITIZEN.card())
        assert reading.result(timeout=5) == CITIZEN.card()


def test_waiting_is_broken_off_within_a_fifth_of_a_second(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    cancel = threading.Event()
    waiting = threading.Event()
    twin.on_request = lambda _request: waiting.set()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, cancel)
        assert waiting.wait(5)
        started = monotonic()
        cancel.set()
        with pytest.raises(Cancelled, match=r"device\.cancelled"):
            reading.result(timeout=5)
    # pyserial itself sleeps 0.3 s when it closes a socket.
    assert monotonic() - started < 0.2 + 0.3 + 0.2


def test_a_silent_reader_can_be_broken_off_too(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    cancel = threading.Event()
    twin.fault("silence")
    twin.on_request = lambda _request: cancel.set()
    with pytest.raises(Cancelled):
        reader.read(cancel)


def test_a_card_that_was_read_must_be_lifted_first(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    twin.lay(CITIZEN.card())
    reader.read(GO_ON)
    asked = []
    cancel = threading.Event()

    def third_time(request: bytes) -> None:
        asked.append(request)
        if len(asked) == 3:
            cancel.set()

    twin.on_request = third_time
    started = monotonic()
    with pytest.raises(Cancelled):
        reader.read(cancel)
    assert set(asked) == {codec.FIND.code}
    assert monotonic() - started > 0.6  # two pauses of 300 ms
    twin.lift()
    twin.lay(CITIZEN.card())
    assert reader.read(GO_ON) == CITIZEN.card()


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("card_lifted", CardRemoved, "idcard.card_removed"),
        ("read_failed", DeviceFault, "idcard.lift_again"),
        ("select_failed", DeviceFault, "idcard.lift_again"),
        ("chip_refuses", DeviceFault, "idcard.refused_by_chip"),
        ("wrong_card", DeviceFault, "idcard.not_an_id_card"),
        ("random_number", DeviceFault, "idcard.reader_error"),
        ("unknown_error", DeviceFault, "idcard.reader_error"),
        ("self_test", DeviceFault, "idcard.reader_broken"),
        ("not_authorised", DeviceFault, "idcard.reader_not_authorised"),
        ("wrong_checksum", Garbled, "device.garbled"),
        ("silence_in_the_middle", Garbled, "device.garbled"),
        ("port_closed", DeviceAbsent, "device.lost"),
    ],
)
def test_a_fault_is_told_by_its_code_and_the_line_is_closed(
    twin: IdCardReaderTwin,
    reader: IdCardReader,
    fault: str,
    error: type[DeviceFault],
    code: str,
) -> None:
    twin.lay(CITIZEN.card())
    before = open_files()
    twin.fault(fault)
    with pytest.raises(DeviceFault) as caught:
        reader.read(GO_ON)
    assert (type(caught.value), caught.value.code) == (error, code)
    words = explain(caught.value)
    assert "{" not in words.message + words.remedy
    assert "未登记" not in words.message
    del caught
    assert {name for name in open_files() - before if "pts" in name or "pipe" in name} == set()


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("silence", DeviceAbsent, "device.silent"),
        ("only_text", DeviceBusy, "device.in_use"),
    ],
)
def test_a_reader_that_does_not_answer_is_given_up_within_two_seconds(
    twin: IdCardReaderTwin,
    reader: IdCardReader,
    fault: str,
    error: type[DeviceFault],
    code: str,
) -> None:
    twin.fault(fault)
    started = monotonic()
    with pytest.raises(error) as caught:
        reader.identify()
    assert (caught.value.code, explain(caught.value).remedy != "") == (code, True)
    assert monotonic() - started < 2


@pytest.mark.parametrize("fault", ["stray_bytes", "text_before", "late_answer", "one_byte_pieces"])
def test_a_noisy_line_does_no_harm(
    twin: IdCardReaderTwin, reader: IdCardReader, fault: str
) -> None:
    card = CITIZEN.card(NEWEST_ADDRESS)
    twin.lay(card)
    twin.fault(fault)
    assert reader.read(GO_ON) == card


@pytest.mark.parametrize("fault", ["wrong_checksum", "random_number", "unknown_error"])
def test_what_goes_wrong_once_is_asked_again(
    twin: IdCardReaderTwin, reader: IdCardReader, fault: str
) -> None:
    twin.lay(CITIZEN.card())
    twin.fault(fault, times=1)
    assert reader.read(GO_ON) == CITIZEN.card()


def test_a_failed_read_needs_the_card_laid_again(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    twin.lay(CITIZEN.card())
    twin.fault("read_failed", times=1)
    with pytest.raises(DeviceFault, match=r"idcard\.lift_again"):
        reader.read(GO_ON)
    twin.lay(CITIZEN.card())
    assert reader.read(GO_ON) == CITIZEN.card()


def test_a_mended_reader_answers_on_the_same_line(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    twin.lay(CITIZEN.card())
    twin.fault("silence")
    with pytest.raises(DeviceAbsent, match=r"device\.silent"):
        reader.identify()
    twin.mend()
    assert reader.read(GO_ON) == CITIZEN.card()


@pytest.mark.parametrize(("line", "code"), [("device", "device.busy"), ("url", "device.in_use")])
def test_a_second_window_is_told_that_the_reader_is_busy(
    twin: IdCardReaderTwin, line: str, code: str
) -> None:
    reader = SerialIdCardReader(getattr(twin, line))
    cancel = threading.Event()
    waiting = threading.Event()
    twin.on_request = lambda _request: waiting.set()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reader.read, cancel)
        assert waiting.wait(5)
        with pytest.raises(DeviceBusy) as caught:
            reader.read(GO_ON)
        cancel.set()
        assert isinstance(first.exception(timeout=5), Cancelled)
    assert caught.value.code == code


def test_a_set_cancel_opens_nothing(reader: IdCardReader, twin: IdCardReaderTwin) -> None:
    asked: list[bytes] = []
    twin.on_request = asked.append
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        reader.read(cancel)
    assert asked == []


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial
def test_a_reader_behind_a_terminal_server_is_read(twin: IdCardReaderTwin) -> None:
    card = CITIZEN.card(NEWEST_ADDRESS)
    twin.lay(card)
    with rfc2217_server(twin.device) as url:
        assert SerialIdCardReader(f"{url}?baud=115200").read(GO_ON) == card


def test_an_unknown_kind_of_document_is_refused(
    twin: IdCardReaderTwin, reader: IdCardReader
) -> None:
    card = CITIZEN.card()
    text = card.raw_text[:248] + "Q".encode("utf-16-le") + card.raw_text[250:]
    twin.lay(replace(card, raw_text=text))
    with pytest.raises(Garbled, match=r"idcard\.unknown_kind"):
        reader.read(GO_ON)


@pytest.mark.parametrize("url", ["/dev/sbk-no-such-reader", "serial:///dev/null"])
def test_an_absent_device_is_absent(url: str) -> None:
    with pytest.raises(DeviceAbsent, match=r"device\.absent"):
        SerialIdCardReader(url).read(GO_ON)


def test_a_port_where_nobody_listens_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeviceAbsent, match=r"device\.absent"):
        SerialIdCardReader(f"socket://127.0.0.1:{port}").identify()


def test_a_network_that_swallows_everything_can_be_broken_off() -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # a full queue: further calls are not even refused
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        reader = SerialIdCardReader(f"socket://127.0.0.1:{deaf.getsockname()[1]}")
        started = monotonic()
        with pytest.raises(DeviceAbsent, match=r"device\.absent"):
            reader.identify()
        assert monotonic() - started < 2
        cancel = threading.Event()
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(Cancelled):
            reader.read(cancel)


def test_a_vanished_terminal_is_lost_not_a_crash() -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    cancel = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(SerialIdCardReader(path).read, cancel)
        assert os.read(master, 64) == codec.frame(codec.FIND.code)
        os.close(slave)
        os.close(master)
        with pytest.raises(DeviceAbsent, match=r"device\.lost"):
            reading.result(timeout=5)


@pytest.mark.parametrize("para", codec.SPEEDS)
def test_the_twin_changes_its_speed(para: int) -> None:
    twin = SimulatedReader()
    reply = twin.answer(bytes([0x60, para]))
    assert (reply.data, twin.baud) == (codec.answer_frame(codec.DONE), codec.SPEEDS[para])


def test_the_twin_answers_every_request_as_published(twin: IdCardReaderTwin) -> None:
    card: IdCard = CITIZEN.card(NEWEST_ADDRESS)
    done = codec.answer_frame(codec.DONE)
    assert twin.answer(codec.RESET.code).data == done
    assert twin.answer(codec.STATUS.code).data == done
    assert twin.answer(codec.FIND.code).data == codec.answer_frame(codec.NO_CARD)
    assert twin.answer(codec.SELECT.code).data == codec.answer_frame(0x81)
    assert twin.answer(b"\x77\x77").data == codec.answer_frame(codec.WRONG_COMMAND)
    twin.lay(card)
    assert twin.answer(codec.READ.code).data == codec.answer_frame(0x41)  # not selected
    assert twin.answer(codec.FIND.code).data == codec.answer_frame(codec.FOUND, bytes(4))
    assert twin.answer(codec.SELECT.code).data == codec.answer_frame(codec.DONE, bytes(8))
    assert len(twin.answer(codec.READ_FINGERPRINT.code).data) == 1297
    assert len(twin.answer(codec.NEWEST.code).data) == 81
    assert twin.answer(codec.FIND.code).data == codec.answer_frame(codec.NO_CARD)


def test_a_fault_without_a_name_of_its_own_is_refused() -> None:
    with pytest.raises(BadUsage, match=r"idcard\.unknown_fault"):
        SimulatedReader().fault("gremlins")
    assert "silence_in_the_middle" in FAULTS
