"""The PIN pad through the real driver: every make, and everything a hand can do wrong."""

from __future__ import annotations

import os
import select
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.pin import collect
from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault
from sbk_tui.hardware.pinpad_codec import ENCRYPTING, STYLES, Key, keys_of
from sbk_tui.hardware.pinpad_driver import SerialPinPad
from sbk_tui.hardware.pinpad_twin import PinPadTwin
from sbk_tui.hardware.ports import Prompt

CANCEL = threading.Event()


@pytest.mark.clause("B11")
@pytest.mark.parametrize("line", ["serial", "socket"])
@pytest.mark.parametrize("style", STYLES)
def test_a_pin_is_asked_for_twice_and_the_pad_is_closed(style: str, line: str) -> None:
    with PinPadTwin(style) as twin:
        url = f"serial://{twin.device}" if line == "serial" else f"socket://127.0.0.1:{twin.port}"
        pad = SerialPinPad(url, style)
        twin.will_press(b"246802", b"246802")
        first = pad.enter(CANCEL, Prompt.NEW)
        assert pad.enter(CANCEL, Prompt.AGAIN) == first == b"246802"
        row = STYLES[style]
        wanted = [each for each in (row.start, row.close, row.again, row.close) if each]
        assert twin.await_asked(len(wanted))
    assert twin.asked == wanted


def test_the_example_of_the_makers_paper() -> None:
    assert bytes(key for key in keys_of(b"123456\r") if isinstance(key, int)) == b"123456\r"
    assert list(keys_of(b"\xb1\x8d\x1b\x18*")) == [0x31, 0x0D, Key.CANCEL, Key.CANCEL]


def test_an_older_pad_that_sets_bit_seven_is_understood() -> None:
    with PinPadTwin(seven_bits=True) as twin:
        twin.will_press(b"135790")
        assert SerialPinPad(twin.device).enter(CANCEL, Prompt.OLD) == b"135790"


def test_a_wrong_count_is_asked_again_and_back_takes_one_away() -> None:
    with PinPadTwin() as twin:
        twin.will_press(b"12345", b"1234567", b"24689\x0802")
        assert SerialPinPad(twin.device).enter(CANCEL, Prompt.NEW) == b"246802"
        assert twin.asked.count(b"\x82") == 3


def test_the_cancel_key_and_a_silent_pad_end_the_entry_and_close_the_pad() -> None:
    with PinPadTwin() as twin:
        twin.will_press_raw(b"12\x1b")
        with pytest.raises(DeviceFault) as caught:
            SerialPinPad(twin.device).enter(CANCEL, Prompt.NEW)
        assert caught.value.code == "pinpad.cancelled"
        with pytest.raises(DeviceFault) as caught:
            SerialPinPad(twin.device, silent_s=0.2).enter(CANCEL, Prompt.NEW)
        assert caught.value.code == "pinpad.silent"
        with pytest.raises(DeviceFault) as caught:
            SerialPinPad(twin.device, whole_s=0.2).enter(CANCEL, Prompt.NEW)
        assert caught.value.code == "pinpad.too_long"
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(Cancelled):
            SerialPinPad(twin.device).enter(cancel, Prompt.NEW)
        assert twin.await_asked(6)
        assert twin.asked[:6] == [b"\x82", b"\x83"] * 3


def await_bytes(device: str) -> None:
    """Wait until what was pressed has come through the pty, unless the entry before took it."""
    line = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        select.select([line], [], [], 0.5)
    finally:
        os.close(line)


def test_keys_pressed_while_nobody_asks_are_thrown_away() -> None:
    with PinPadTwin() as twin:
        pad = SerialPinPad(twin.device)
        twin.will_press_raw(b"246802\r999999\r")
        assert pad.enter(CANCEL, Prompt.NEW) == b"246802"
        await_bytes(twin.device)
        twin.will_press(b"135790")
        assert pad.enter(CANCEL, Prompt.AGAIN) == b"135790"


def test_the_morning_minute_sees_the_pad() -> None:
    with PinPadTwin() as twin:
        assert SerialPinPad(twin.device).identify() == twin.device
    with pytest.raises(DeviceAbsent):
        SerialPinPad("/dev/none-of-ours").identify()


def test_an_unknown_make_and_a_missing_pad_are_said_so() -> None:
    with pytest.raises(BadUsage) as caught:
        SerialPinPad("/dev/ttyS0", "nobody")
    assert "star" in str(caught.value.facts["known"])
    with pytest.raises(DeviceAbsent):
        SerialPinPad("/dev/none-of-ours").enter(CANCEL, Prompt.NEW)


@pytest.mark.parametrize("style", sorted(ENCRYPTING))
def test_a_pad_that_only_gives_encrypted_blocks_is_refused_by_name(style: str) -> None:
    with pytest.raises(BadUsage) as caught:
        SerialPinPad("/dev/ttyS0", style)
    assert caught.value.code == "pinpad.encrypting"


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=200)
def test_whatever_a_pad_sends_is_six_digits_or_nothing(data: bytes) -> None:
    keys = (key for key in keys_of(data) if isinstance(key, int))
    typed = collect(keys, lambda: None)
    assert len(typed) in {0, 6}
    assert typed == b"" or typed.isdigit()
