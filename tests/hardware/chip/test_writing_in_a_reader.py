"""写卡 through the real card service: pulled in the middle, another card, fast swaps."""

from __future__ import annotations

import pytest

from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import SocialCard
from tests.hardware.chip.conftest import pull
from tests.hardware.chip.test_card import virtual
from tests.hardware.chip.test_reader import read, reader, swap
from tests.hardware.chip.test_writing import ORDER, Journal, contents, empty, is_whole, updates
from tests.hardware.chip.waiting import soon


def write(seen: SocialCard, journal: Journal | None = None) -> tuple[str, ...]:
    with soon() as cancel:
        return reader().write(
            cancel, seen, ORDER, KeyServiceTwin(), journal or Journal(), op="ab" * 16
        )


@pytest.mark.clause("6.1.1.1", "B3")
@pytest.mark.parametrize(("fault", "sent"), [("tear_before", 7), ("tear_after", 6)])
def test_a_card_torn_out_is_finished_when_it_comes_back(
    slot: VirtualReaderSlot, fault: str, sent: int
) -> None:
    card = empty("blank")
    slot.insert(card)
    seen = read()
    card.fault(fault, 3)
    with pytest.raises(OutcomeUnknown) as caught:
        write(seen)
    assert caught.value.code == "chip.write_unfinished"
    other = virtual("foreign_region")
    before = contents(other)
    swap(slot, other)
    with pytest.raises(Refusal):
        write(seen)
    assert contents(other) == before
    swap(slot, card)
    write(seen)
    assert is_whole(card)
    assert len(updates(card)) == sent
    # Powered down (pcscd does not wait for the card): nobody works under the keys that were shown.
    with soon() as cancel:
        while not card.is_at_rest and not cancel.is_set():
            cancel.wait(0.005)
    assert card.exchange(bytes.fromhex("00DC0A30030A0131")).data == b"\x69\x85"


def test_nothing_is_written_to_a_card_swapped_in_quickly(slot: VirtualReaderSlot) -> None:
    slot.insert(empty("v2_temp"))
    seen = read()
    other = virtual("foreign_region")
    before = contents(other)
    slot.insert(other)
    with pytest.raises((Refusal, DeviceFault)):
        write(seen)
    assert contents(other) == before
    assert updates(other) == []


def test_a_worn_chip_is_told_and_the_next_card_works(slot: VirtualReaderSlot) -> None:
    card = empty("v2_temp")
    card.fault("wear")
    slot.insert(card)
    with pytest.raises(DeviceFault) as caught:
        write(read())
    assert caught.value.facts == {"chip_item": "social_number", "sw": "6581"}
    pull(slot)
    fresh = empty("v2_temp")
    slot.insert(fresh)
    write(read())
    assert is_whole(fresh)
