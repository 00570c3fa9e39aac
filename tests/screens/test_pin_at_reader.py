"""The holder types at the card reader or at a pad, at a window and at a kiosk (B11), by keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import config, kiosk, wiring
from sbk_tui.app import SbkApp
from sbk_tui.errors import DeviceAbsent, Refusal
from sbk_tui.hardware.chip.service_twin import KeyServiceOnHttp
from sbk_tui.hardware.chip.twin_pad import CANCEL, ReaderPadTwin
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.pinpad_twin import PinPadTwin
from sbk_tui.kiosk import KioskApp
from sbk_tui.screens.sealed import SealedScreen
from sbk_tui.surroundings import CHECKS, Place
from tests.chips import card_of
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    PEOPLE,
    kinds,
    make_counter,
    open_job,
    settled,
    shown,
)

OLD, NEW = "975310", "246802"
SIZE = (80, 24)


@pytest.fixture
def home(private_folder: Path) -> Path:
    home = private_folder / "counter"
    make_counter(home).close()
    return home


@pytest.fixture
def slot() -> Iterator[SocialCardReaderTwin]:
    with SocialCardReaderTwin("counter", ReaderPadTwin()) as slot:
        yield slot


def configure(home: Path, more: str, rules: str = "") -> None:
    (home / "config.toml").write_text(
        f'[devices]\nsocial_card_reader = "sim://counter"\n{more}\n{rules}\n', "utf-8"
    )


def pad_of(slot: SocialCardReaderTwin) -> ReaderPadTwin:
    assert slot.pad is not None
    return slot.pad


async def ready(pilot: Pilot[None], clause: str) -> None:
    await open_job(pilot, clause)
    for key in ("f3", "enter", "f2"):
        await pilot.press(key)
        await settled(pilot)
        await settled(pilot)
    await pilot.press("1")
    await settled(pilot)


def text(pilot: Pilot[None]) -> str:
    return shown(pilot.app)  # type: ignore[arg-type]


@pytest.mark.clause("4.1", "B11", "N1")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_a_pin_is_changed_at_the_reader_and_no_digit_comes_here(
    home: Path, slot: SocialCardReaderTwin, size: tuple[int, int]
) -> None:
    configure(home, 'pin_pad = "reader"', "[rules]\npin_on_screen = false")
    card = card_of(PEOPLE[0], CARDS[0], OLD)
    slot.insert(card)
    counter = wiring.sign_in(home, "1001", PASSWORD)
    app = SbkApp(opened=counter)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, "41")
        for entries, told in (
            ((CANCEL,), "持卡人按了取消键"),
            ((OLD, NEW, "246803"), "两次输入的新密码不一样"),
            (("000111", NEW, NEW), "还可以试 5 次"),
            ((OLD, NEW, NEW), "已办：修改密码"),
        ):
            pad_of(slot).will_press(*entries)
            await pilot.press("f10")
            assert not isinstance(app.screen, SealedScreen)
            await settled(pilot)
            assert told in text(pilot)
    assert card.pin == NEW
    assert sum(command[1] == 0x5E for command in card.heard) == 2  # one wrong, one right
    assert kinds(counter)[-1] == "pin.change"
    counter.close()


class SlowHand(ReaderPadTwin):
    """A holder who thinks before each key."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.ready = threading.Event(), threading.Event()

    def _asked(self, digits: int, language: int) -> str | bytes:
        self.asked.set()
        assert self.ready.wait(10)
        return super()._asked(digits, language)


@pytest.mark.clause("4.1", "N1")
async def test_the_clerks_keys_do_nothing_while_the_holder_types(home: Path) -> None:
    configure(home, 'pin_pad = "reader"')
    hand = SlowHand()
    hand.will_press(OLD, NEW, NEW)
    with SocialCardReaderTwin("counter", hand) as slot:
        card = card_of(PEOPLE[0], CARDS[0], OLD)
        slot.insert(card)
        counter = wiring.sign_in(home, "1001", PASSWORD)
        async with SbkApp(opened=counter).run_test(size=SIZE) as pilot:
            await ready(pilot, "41")
            await pilot.press("f10")
            assert hand.asked.wait(10)
            await pilot.press(*["f10"] * 30, "escape")
            assert "请持卡人在读卡器上输入" in text(pilot)
            hand.ready.set()
            await settled(pilot)
            assert "已办：修改密码" in text(pilot)
        counter.close()
    assert sum(command[1] == 0x5E for command in card.heard) == 1


@pytest.mark.clause("4.1", "B3")
async def test_what_was_cut_off_at_the_reader_is_settled_at_the_reader(
    home: Path, slot: SocialCardReaderTwin
) -> None:
    configure(home, 'pin_pad = "reader"')
    card = card_of(PEOPLE[0], CARDS[0], OLD)
    slot.insert(card)
    counter = wiring.sign_in(home, "1001", PASSWORD)
    app = SbkApp(opened=counter)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, "41")
        card.fault("tear_pin_after")
        pad_of(slot).will_press(OLD, NEW, NEW)
        await pilot.press("f10")
        await settled(pilot)
        assert "办成没有不确定" in text(pilot)
        slot.insert(card)
        await pilot.press("f10")
        await settled(pilot)
        pad_of(slot).will_press(NEW)
        await pilot.press("1")
        await settled(pilot)
        assert "已办：修改密码" in text(pilot)
    assert sum(command[1] == 0x5E for command in card.heard) == 1
    counter.close()


@pytest.mark.clause("4.3", "B11")
@pytest.mark.parametrize("on_screen", [True, False])
async def test_a_reset_needs_another_place_to_type(
    home: Path, slot: SocialCardReaderTwin, on_screen: bool
) -> None:
    """The key service encrypts the new PIN, so the reader alone cannot."""
    with KeyServiceOnHttp() as keys:
        configure(
            home,
            f'pin_pad = "reader"\nkey_service = "{keys.url}"',
            f"[rules]\npin_on_screen = {str(on_screen).lower()}",
        )
        slot.insert(card_of(PEOPLE[0], CARDS[0], OLD))
        counter = wiring.sign_in(home, "1001", PASSWORD)
        app = SbkApp(opened=counter)
        async with app.run_test(size=SIZE) as pilot:
            await ready(pilot, "43")
            await pilot.press("f10")
            await pilot.pause()
            if on_screen:
                assert isinstance(app.screen, SealedScreen)
                await pilot.press("escape")
                await settled(pilot)
            else:
                assert "读卡器自带的键盘办不了" in text(pilot)
        counter.close()


@pytest.mark.clause("4.1")
async def test_a_reader_without_a_pad_is_told(home: Path) -> None:
    configure(home, 'pin_pad = "reader"')
    with SocialCardReaderTwin("counter") as slot:
        card = card_of(PEOPLE[0], CARDS[0], OLD)
        slot.insert(card)
        counter = wiring.sign_in(home, "1001", PASSWORD)
        async with SbkApp(opened=counter).run_test(size=SIZE) as pilot:
            await ready(pilot, "41")
            await pilot.press("f10")
            await settled(pilot)
            assert "没有自带的密码键盘" in text(pilot)
            await pilot.press("escape")
            await open_job(pilot, "41")
            assert "请插入社保卡" in text(pilot)  # nothing is left to be settled
        counter.close()
    assert card.pin == OLD


# ---------------------------------------------------------------------- the kiosk


def open_kiosk(home: Path) -> kiosk.Kiosk:
    return kiosk.sign_in(home, "1001", PASSWORD)


async def until(pilot: Pilot[None], *wanted: str) -> str:
    screen = ""
    for _ in range(300):
        await pilot.pause(0.02)
        screen = text(pilot)
        if all(each in screen for each in wanted):
            return screen
    raise AssertionError(f"never shown: {wanted}\n{screen}")


@pytest.mark.clause("A3", "4.1", "B11")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_a_kiosk_asks_at_the_reader(
    home: Path, slot: SocialCardReaderTwin, size: tuple[int, int]
) -> None:
    configure(home, 'pin_pad = "reader"', "[rules]\npin_on_screen = false")
    opened = open_kiosk(home)
    card = card_of(PEOPLE[0], CARDS[0], OLD)
    async with KioskApp(opened=opened).run_test(size=size) as pilot:
        await until(pilot, "请插入")
        pad_of(slot).will_press("000000", OLD)
        slot.insert(card)
        await until(pilot, "1  我的信息")
        assert card.tries == 6
        pad_of(slot).will_press(OLD, NEW, "246803")
        await pilot.press("5")
        await until(pilot, "两次输入的新密码不一样")
        pad_of(slot).will_press(OLD, NEW, NEW)
        await pilot.press("5")
        await until(pilot, "密码已改")
        assert card.pin == NEW
        slot.pull()
        await until(pilot, "请插入")
        pad_of(slot).will_press(CANCEL)
        slot.insert(card)
        await until(pilot, "请取走您的卡")
        slot.pull()
        await until(pilot, "请插入")
        slot.insert(card)  # nobody presses a key
        await until(pilot, "时间到了")
    opened.close()


@pytest.mark.clause("A3", "B11")
async def test_a_kiosks_last_try_still_wants_another_key(
    home: Path, slot: SocialCardReaderTwin
) -> None:
    configure(home, 'pin_pad = "reader"')
    opened = open_kiosk(home)
    card = card_of(PEOPLE[0], CARDS[0], OLD)
    card.tries = 1
    async with KioskApp(opened=opened).run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        pad_of(slot).will_press("000000")
        slot.insert(card)
        await until(pilot, "只剩最后一次了")
        assert card.tries == 1
        await pilot.press("1")
        await until(pilot, "卡密码已锁定")
    opened.close()


@pytest.mark.clause("A3", "B11")
async def test_a_kiosk_asks_at_its_pin_pad_which_goes_dark_with_the_card(
    home: Path, slot: SocialCardReaderTwin
) -> None:
    with PinPadTwin() as pad:
        configure(home, f'pin_pad = "{pad.device}"', "[rules]\npin_on_screen = false")
        opened = open_kiosk(home)
        card = card_of(PEOPLE[0], CARDS[0], OLD)
        async with KioskApp(opened=opened).run_test(size=SIZE) as pilot:
            await until(pilot, "请插入")
            pad.will_press(b"000000", OLD.encode())
            slot.insert(card)
            await until(pilot, "1  我的信息")
            pad.will_press(OLD.encode(), NEW.encode(), NEW.encode())
            await pilot.press("5")
            await until(pilot, "密码已改")
            slot.pull()
            await until(pilot, "请插入")
            asked = len(pad.asked)
            slot.insert(card)
            await until(pilot, "请在密码键盘上输入")
            assert pad.await_asked(asked + 1)
            slot.pull()
            await until(pilot, "请插入")
            assert pad.await_asked(asked + 2)
            assert pad.asked[-1] == b"\x83"
        opened.close()
    assert card.pin == NEW


@pytest.mark.clause("B11")
def test_an_office_that_forbids_the_keyboard_needs_a_pad_at_its_kiosk(home: Path) -> None:
    configure(home, "", "[rules]\npin_on_screen = false")
    with pytest.raises(Refusal) as caught:
        open_kiosk(home)
    assert caught.value.code == "kiosk.pin_forbidden"


@pytest.mark.usefixtures("slot")
def test_the_morning_check_looks_for_the_readers_pad(home: Path) -> None:
    configure(home, 'pin_pad = "reader"')
    place, check = Place(home, config.load(home), lambda: 0), dict(CHECKS)["pin_pad"]
    assert check(place) == "sim://counter"
    with SocialCardReaderTwin("counter"), pytest.raises(DeviceAbsent) as caught:
        check(place)
    assert caught.value.code == "pinpad.not_on_reader"
