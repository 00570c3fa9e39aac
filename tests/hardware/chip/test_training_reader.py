"""The training counter's cards through a real card service, as the handbook tells."""

from __future__ import annotations

import threading

import pytest

from sbk_tui.demo.chips import ChipTray
from sbk_tui.errors import DeviceFault
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from tests.chips import card_of
from tests.hardware.chip.conftest import pull
from tests.hardware.chip.test_reader import reader
from tests.screens.conftest import CARDS, PEOPLE


@pytest.mark.clause("B14", "4.1")
def test_visitors_cards_go_through_the_card_service(slot: VirtualReaderSlot) -> None:
    cards = [card_of(PEOPLE[n], CARDS[n]) for n in range(2)]
    tray, driver = ChipTray(slot, [*cards, None]), reader()
    for place in (0, 1):
        tray.insert(place)
        chip = driver.read(threading.Event())
        assert chip.number == CARDS[place]
        tray.block()
        assert driver.tries_left(chip) == 0
        if place == 0:
            tray.pull()
            pull(slot)
    tray.fault("card_locked")
    with pytest.raises(DeviceFault):
        driver.read(threading.Event())
    tray.insert(2)  # this visitor has none
