"""The driver through the real card service: what PC/SC does to whoever reads cards."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sbk_tui.errors import (
    BadUsage,
    Cancelled,
    CardRemoved,
    DeviceAbsent,
    DeviceFault,
    OutcomeUnknown,
    Refusal,
)
from sbk_tui.hardware.chip.driver import PcscSocialCardReader
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import SocialCard
from tests.hardware.chip.conftest import READER, pull
from tests.hardware.chip.test_card import virtual
from tests.hardware.chip.waiting import soon


def reader(limit_s: float = 5.0) -> PcscSocialCardReader:
    return PcscSocialCardReader(f"pcsc://{READER}", limit_s=limit_s)


def read(limit_s: float = 5.0) -> SocialCard:
    with soon() as cancel:
        return reader(limit_s).read(cancel, bank=True)


def swap(slot: VirtualReaderSlot, card: VirtualCard) -> None:
    """Pull, insert, and wait until the reader has seen both."""
    pull(slot)
    slot.insert(card)
    with soon() as cancel:
        reader().await_card(cancel, present=True)


def test_a_card_is_read_whole_and_powered_down_afterwards(slot: VirtualReaderSlot) -> None:
    card = virtual("v2_waiting")
    slot.insert(card)
    seen = read()
    assert (seen.number, len(seen.bank_number)) == ("E00000029", 19)
    assert seen.holder is not None
    assert seen.holder.name == "张三"
    assert seen.historical == card.atr[4:].hex().upper()
    reader().verify(seen, bytearray(b"123456"))
    assert reader().tries_left(seen) == 6
    # What was verified in one powering is forgotten in the next [O] S1-7 5.8.
    assert not card.verified


@pytest.mark.clause("4.1", "4.2", "4.3")
def test_the_pin_work_of_a_window_through_the_real_stack(slot: VirtualReaderSlot) -> None:
    card, service = virtual("v3"), KeyServiceTwin()
    slot.insert(card)
    seen = read()
    with soon() as cancel:
        reader().change_pin(seen, bytearray(b"123456"), bytearray(b"246802"))
        for left in (5, 4, 3, 2, 1, 0):
            with pytest.raises(DeviceFault) as caught:
                reader().verify(seen, bytearray(b"000000"))
            assert caught.value.facts["left"] == left
        assert reader().tries_left(seen) == 0
        reader().unblock(cancel, seen, service, op="1")
        assert (card.pin, card.tries) == ("246802", 6)
        reader().reset_pin(cancel, seen, bytearray(b"135790"), service, op="2")
        reader().verify(seen, bytearray(b"135790"))
    assert len([command for command in card.heard if command[1] == 0x24]) == 2


def test_waiting_sees_the_card_come_and_go_and_can_be_broken_off(slot: VirtualReaderSlot) -> None:
    cancel = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader().read, cancel)
        slot.insert(virtual())
        assert waiting.result(10).number == "E00000029"
        slot.pull()
        with soon() as limit:
            reader().await_card(limit, present=False)
        waiting = pool.submit(reader().read, cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            waiting.result(2)


@pytest.mark.parametrize("nth", [1, 3, 12])
def test_a_card_pulled_while_it_is_read_is_a_removed_card(
    slot: VirtualReaderSlot, nth: int
) -> None:
    card = virtual()
    card.fault("pulled", nth)
    slot.insert(card)
    with pytest.raises(CardRemoved):
        read()
    swap(slot, virtual())
    assert read().number == "E00000029"


def test_a_card_pulled_in_the_change_of_its_pin_leaves_the_outcome_unknown(
    slot: VirtualReaderSlot,
) -> None:
    card = virtual()
    slot.insert(card)
    seen = read()
    card.fault("tear_pin_after")
    with pytest.raises(OutcomeUnknown):
        reader().change_pin(seen, bytearray(b"123456"), bytearray(b"246802"))
    assert len([command for command in card.heard if command[1] == 0x5E]) == 1
    with pytest.raises(CardRemoved):  # it does not wait: nothing begins when a card appears
        reader().verify(seen, bytearray(b"246802"))
    swap(slot, card)
    with soon() as cancel:
        reader().await_card(cancel)
    reader().verify(seen, bytearray(b"246802"))


def test_nothing_is_sent_to_another_card_that_was_put_in_quickly(slot: VirtualReaderSlot) -> None:
    slot.insert(virtual())
    seen = read()
    other = virtual("foreign_region")
    slot.insert(other)  # without waiting: the reader may not even have noticed
    with pytest.raises((Refusal, DeviceFault)):
        reader().change_pin(seen, bytearray(b"123456"), bytearray(b"246802"))
    assert other.pin == "123456"
    assert not [command for command in other.heard if command[1] in {0x20, 0x5E, 0x24, 0x82}]


def test_a_mute_card_is_given_up_and_the_next_one_works(slot: VirtualReaderSlot) -> None:
    card, device = virtual(), reader(limit_s=0.5)
    card.fault("mute", 4)
    slot.insert(card)
    for _ in range(2):  # the second must not hang behind the first
        with soon() as cancel, pytest.raises(DeviceFault) as caught:
            device.read(cancel)
        assert caught.value.code == "chip.silent"
    swap(slot, virtual())
    with soon() as cancel:
        assert device.read(cancel).number == "E00000029"


def test_a_card_without_power_and_another_card_have_their_own_words(
    slot: VirtualReaderSlot,
) -> None:
    for name, code in (("bad_atr", "chip.unpowered"), ("foreign", "chip.not_social")):
        swap(slot, virtual(name))
        with pytest.raises(DeviceFault) as caught:
            read()
        assert caught.value.code == code


def test_a_card_without_atr_is_no_card(slot: VirtualReaderSlot) -> None:
    slot.insert(virtual("no_atr"))
    with soon(1.0) as cancel, pytest.raises(Cancelled):
        reader().read(cancel)


def test_many_cards_one_after_another_leave_no_thread_and_no_handle(
    slot: VirtualReaderSlot,
) -> None:
    swap(slot, virtual())
    read()
    threads, handles = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(8):
        swap(slot, virtual())
        assert read().number == "E00000029"
    assert threading.active_count() <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= handles


@pytest.mark.usefixtures("card_service")
def test_the_reader_names_itself_and_an_absent_one_is_told() -> None:
    assert reader().identify() == READER
    assert PcscSocialCardReader("pcsc://").identify() == READER
    with pytest.raises(DeviceAbsent) as caught:
        PcscSocialCardReader("pcsc://Nobody 00 00").identify()
    assert caught.value.code == "chip.no_reader"


def test_an_empty_slot_without_the_card_service_is_told() -> None:
    with pytest.raises(DeviceAbsent) as caught:
        VirtualReaderSlot(port=1).insert(virtual())
    assert caught.value.code == "chip.no_slot"


def test_only_the_card_service_is_a_place_for_this_driver() -> None:
    with pytest.raises(BadUsage):
        PcscSocialCardReader("serial:///dev/ttyS0")
