"""修改密码, 解锁密码, 重置密码 (4.1–4.3) by keys: a virtual card, a key service, an ID reader."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.errors import OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.chip.service_twin import KeyServiceOnHttp
from sbk_tui.hardware.chip.twin_card import VirtualCard, Wire
from sbk_tui.hardware.chip.twin_profiles import PERSON, social_card
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.idcard_twin import IdCardReaderTwin
from sbk_tui.hardware.pinpad_driver import SerialPinPad
from sbk_tui.hardware.pinpad_twin import PinPadTwin
from sbk_tui.screens.sealed import SealedScreen
from sbk_tui.services.pin_desk import JOBS, Handled, PinPad, Presence, Prompt, Work
from tests.hardware.documents import CITIZEN
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    PEOPLE,
    SECOND,
    everything_stored,
    kinds,
    make_counter,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)
OLD, NEW = "975310", "246802"


def chip_of(n: int, version: str = "2.00") -> VirtualCard:
    """Return the card of PEOPLE[n], with a PIN that no initial one is."""
    person = PERSON | {"name": PEOPLE[n].name, "social_number": PEOPLE[n].number}
    profile = social_card(version=version, number=CARDS[n], person=person)
    profile.pin = OLD
    profile.atr = profile.atr[:-1] + bytes((n,))
    counter = itertools.count(1)
    return VirtualCard(profile, lambda size: next(counter).to_bytes(size, "big"))


@dataclass
class Window:
    """A counter with all devices of PIN work."""

    counter: wiring.Counter
    app: SbkApp
    slot: SocialCardReaderTwin
    keys: KeyServiceOnHttp
    ids: IdCardReaderTwin

    def lay(self, n: int) -> None:
        values = CITIZEN.values | {"name": PEOPLE[n].name, "number": PEOPLE[n].number}
        self.ids.lay(replace(CITIZEN, values=values).card())


@pytest.fixture
def window(private_folder: Path) -> Iterator[Window]:
    home = private_folder / "counter"
    make_counter(home).close()
    with (
        SocialCardReaderTwin(home.name) as slot,
        KeyServiceOnHttp() as keys,
        IdCardReaderTwin() as ids,
    ):
        (home / "config.toml").write_text(
            f'[devices]\nid_card_reader = "{ids.device}"\n'
            f'social_card_reader = "sim://{home.name}"\nkey_service = "{keys.url}"\n',
            "utf-8",
        )
        counter = wiring.sign_in(home, "1001", PASSWORD)
        yield Window(counter, SbkApp(opened=counter), slot, keys, ids)
        counter.close()


async def enter(pilot: Pilot[None], question: str, pin: str, *, then: str = "enter") -> None:
    """Wait until the sealed screen asks `question`, and type."""
    for _ in range(400):
        if isinstance(pilot.app.screen, SealedScreen) and question in text(pilot):
            break
        await pilot.pause(0.01)
    else:
        raise AssertionError(f"never asked for {question}: {text(pilot)}")
    await pilot.press(*pin, then)


def text(pilot: Pilot[None]) -> str:
    return shown(pilot.app)  # type: ignore[arg-type]


async def ready(pilot: Pilot[None], window: Window, clause: str, n: int = 0) -> None:
    """Read the card, pick its holder, prove the presence."""
    window.lay(n)
    await open_job(pilot, clause)
    await pilot.press("f3")
    await settled(pilot)
    await settled(pilot)
    await pilot.press("enter")
    await settled(pilot)
    await settled(pilot)
    await pilot.press("f2")
    await settled(pilot)


async def change(pilot: Pilot[None], old: str = OLD, new: str = NEW) -> None:
    await pilot.press("f10")
    await enter(pilot, "原来的", old)
    await enter(pilot, "新的", new)
    await enter(pilot, "再输一遍", new)
    await settled(pilot)


def sent(card: VirtualCard, ins: int) -> int:
    return len([command for command in card.heard if command[1] == ins])


@pytest.mark.clause("4.1", "B11", "A8")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
@pytest.mark.parametrize("version", ["1.00", "2.00", "3.00"])
async def test_a_pin_is_changed_from_the_card_to_the_slip(
    window: Window, version: str, size: tuple[int, int]
) -> None:
    card = chip_of(0, version)
    window.slot.insert(card)
    async with window.app.run_test(size=size) as pilot:
        await ready(pilot, window, "41")
        assert "卡密码还可以试 6 次" in text(pilot)
        assert "到场：本人（已读身份证）" in text(pilot)
        await change(pilot)
        assert "已办：修改密码" in text(pilot)
        await pilot.press("f8", "f8")
        await settled(pilot)
        assert "已交打印" in text(pilot)
    assert (card.pin, sent(card, 0x5E)) == (NEW, 1)
    assert kinds(window.counter)[-1] == "pin.change"
    record = window.counter.lookup.card(CARDS[0])
    assert record is not None
    assert record.pin_at is not None


@pytest.mark.clause("4.2", "N1")
async def test_a_blocked_pin_is_unlocked_once_however_long_the_key_is_held(window: Window) -> None:
    card = chip_of(0)
    card.tries = 0
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "42")
        await pilot.press(*["f10"] * 30)
        await pilot.press(*["enter"] * 30)
        assert sent(card, 0x24) == 0
        await pilot.press("1", *["f10"] * 30)
        await settled(pilot)
        await pilot.press(*["f10"] * 30, "1", "enter")
        await settled(pilot)
        assert "已办：解锁密码" in text(pilot)
    assert (card.tries, card.pin, sent(card, 0x24)) == (6, OLD, 1)
    assert kinds(window.counter).count("pin.unlock") == 1


@pytest.mark.clause("4.3")
@pytest.mark.parametrize("version", ["2.00", "3.00"])
async def test_a_forgotten_pin_is_reset_through_the_key_service(
    window: Window, version: str
) -> None:
    card = chip_of(1, version)
    card.tries = 0
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "43", 1)
        await pilot.press("f10")
        await enter(pilot, "新的", NEW)
        await enter(pilot, "再输一遍", NEW)
        await settled(pilot)
        assert "已办：重置密码" in text(pilot)
    assert (card.pin, card.tries, sent(card, 0x24)) == (NEW, 6, 1)
    assert kinds(window.counter)[-1] == "pin.reset"
    assert len(set(window.keys.twin.operations)) == 1


@pytest.mark.clause("4.2", "4.3")
async def test_without_the_key_service_nothing_changes_and_it_is_said(window: Window) -> None:
    window.keys.twin.failure = "service_refuses"
    card = chip_of(0)
    card.tries = 0
    window.slot.insert(card)
    before = kinds(window.counter)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "42")
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "密钥服务没有同意（27272）" in text(pilot)
        window.keys.trouble = "cut"
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "密钥服务没有应答，卡没有改动" in text(pilot)
        window.keys.trouble, window.keys.twin.failure = "", ""
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "已办：解锁密码" in text(pilot)
    assert kinds(window.counter) == [*before, "pin.unlock"]


@pytest.mark.clause("4.1")
async def test_another_persons_card_stops_it_whichever_came_first(window: Window) -> None:
    card = chip_of(1)
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "41")
        await pick(pilot, PEOPLE[0].number)
        await settled(pilot)
        await pilot.press("f3")
        await settled(pilot)
        await settled(pilot)
        assert f"读卡器里是卡 {CARDS[1]}" in text(pilot)
        await pilot.press("f10")
        await settled(pilot)
        assert "按 F3 读卡" in text(pilot)
        window.slot.insert(chip_of(0))
        await pilot.press("f3")
        await settled(pilot)
        await settled(pilot)
        assert "卡密码还可以试 6 次" in text(pilot)
        # The card is changed behind the screen: the chip is asked again before every command.
        window.slot.insert(card)
        window.lay(0)
        await pilot.press("f2")
        await settled(pilot)
        await pilot.press("f10")
        await settled(pilot)
        assert "不是刚才读的那张卡" in text(pilot)
    assert sent(card, 0x5E) + sent(card, 0x24) == 0


@pytest.mark.clause("4.1", "4.3")
async def test_only_the_holder_changes_a_pin(window: Window) -> None:
    window.slot.insert(chip_of(0))
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "41")
        await pilot.press("f3")
        await settled(pilot)
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await settled(pilot)
        await pilot.press("f10")
        assert "还没有确认本人到场" in text(pilot)
        window.lay(1)
        await pilot.press("f2")
        await settled(pilot)
        assert f"身份证不是 {PEOPLE[0].name} 本人的" in text(pilot)
        await pilot.press("f10")
        assert "还没有确认本人到场" in text(pilot)


@pytest.mark.clause("B11")
async def test_weak_and_unequal_pins_never_reach_the_card(window: Window) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    before = kinds(window.counter)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "41")
        for new, told in (("123456", "初始密码"), ("111111", "重复的数字"), (OLD, "一样")):
            await pilot.press("f10")
            await enter(pilot, "原来的", OLD)
            await enter(pilot, "新的", new)
            await settled(pilot)
            assert told in text(pilot).replace("\n", "")
        await pilot.press("f10")
        await enter(pilot, "原来的", OLD)
        await enter(pilot, "新的", NEW)
        await enter(pilot, "再输一遍", "246803")
        await settled(pilot)
        assert "两次输入的新密码不一样" in text(pilot)
    assert (sent(card, 0x5E), card.tries) == (0, 6)
    assert kinds(window.counter) == before


@pytest.mark.clause("B11")
async def test_the_last_try_is_asked_for_and_the_lock_is_explained(window: Window) -> None:
    card = chip_of(0)
    card.tries = 2
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "41")
        assert "还可以试 2 次" in text(pilot)
        await change(pilot, old="864209")
        assert "还可以试 1 次" in text(pilot)
        await pilot.press("f10", "enter", "f10", "enter")
        await pilot.pause()
        assert "只剩最后 1 次" in text(pilot)
        assert sent(card, 0x5E) == 1
        await pilot.press("1")
        await enter(pilot, "原来的", "864209")
        await enter(pilot, "新的", NEW)
        await enter(pilot, "再输一遍", NEW)
        await settled(pilot)
        assert "卡密码已锁定" in text(pilot)
    assert (card.tries, sent(card, 0x5E)) == (0, 2)


@pytest.mark.clause("B3")
@pytest.mark.parametrize("fault", ["tear_pin_after", "tear_pin_before"])
async def test_a_card_pulled_in_the_middle_stays_unknown_until_it_is_settled(
    window: Window, fault: str
) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "41")
        card.fault(fault)
        await change(pilot)
        assert "办成没有不确定" in text(pilot)
        window.slot.insert(card)  # nothing begins by itself
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        await open_job(pilot, "41")
        assert "办成没有不确定" in text(pilot)
        await pilot.press("f3")
        await settled(pilot)
        assert "怎样核对" in text(pilot)
        await pilot.press("1")
        await enter(pilot, "核对", NEW)
        await settled(pilot)
        if fault == "tear_pin_before":
            assert "还可以试 5 次" in text(pilot)
            await pilot.press("f10")
            await settled(pilot)
            await pilot.press("2")
            await enter(pilot, "核对", OLD)
            await settled(pilot)
            assert "上次没有办成" in text(pilot)
        else:
            assert "已办：修改密码" in text(pilot)
    assert sent(card, 0x5E) == 1
    assert kinds(window.counter).count("pin.change") == (fault == "tear_pin_after")


@pytest.mark.clause("B3", "4.1", "4.3")
async def test_what_another_clerk_left_is_seen_and_settled_by_whoever_sits_there(
    window: Window,
) -> None:
    card, other = chip_of(0), chip_of(1)
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "41")
        card.fault("tear_pin_after")
        await change(pilot)
    home = window.counter.home
    first, second = (
        wiring.sign_in(home, clerk, password)
        for clerk, password in (("1001", PASSWORD), ("1002", SECOND))
    )
    (left,) = second.desks.pins.left_by_others("4.1")
    async with SbkApp(opened=second).run_test(size=SIZE) as pilot:
        await open_job(pilot, "41")
        assert f"张敏 {left.at} 给卡 {CARDS[0]} 办的还没有结果" in text(pilot)
        window.slot.insert(other)
        await ready(pilot, window, "41", 1)  # another card is none of it
        await change(pilot)
        assert "已办：修改密码" in text(pilot)
        await pilot.press("escape", "escape")
        window.slot.insert(card)
        await open_job(pilot, "43")
        await pick(pilot, PEOPLE[0].number)
        assert "张敏" in text(pilot)
        assert "给这张卡办的修改密码，办成没有还不确定" in text(pilot)
        await pilot.press("escape")
        await open_job(pilot, "41")
        await pick(pilot, PEOPLE[0].number)
        assert f"张敏 {left.at} 办" in text(pilot)
        assert "办成没有不确定" in text(pilot)
        await pilot.press("f3")
        await settled(pilot)
        await pilot.press("1")
        await enter(pilot, "核对", NEW)
        await settled(pilot)
        assert "已办：修改密码" in text(pilot)
    assert sent(card, 0x5E) == 1
    assert kinds(second).count("pin.change") == 2
    # The clerk who began it comes back too late: nothing is recorded twice.
    assert first.desks.pins.pending("4.1") is None
    with pytest.raises(Refusal) as caught:
        first.desks.pins.give_up(left)
    assert caught.value.code == "pin.settled_meanwhile"
    for counter in (first, second):
        counter.close()


@pytest.mark.clause("B3")
def test_no_pin_work_begins_with_a_card_that_another_clerk_left_unsettled(window: Window) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    second = wiring.sign_in(window.counter.home, "1002", SECOND)

    def work(clerk: wiring.Counter, clause: str) -> Work:
        chip = clerk.desks.chips.read(threading.Event())
        seen = clerk.desks.query.dossier(PEOPLE[0].id)
        return Work(
            JOBS[clause], seen, seen.cards[0], chip, Presence.SEEN, clerk.new_id(), clerk.new_id()
        )

    mine, theirs = work(window.counter, "4.1"), work(second, "4.3")
    card.fault("tear_pin_before")
    with PinPadTwin() as twin:
        pad = SerialPinPad(twin.device)
        twin.will_press(OLD.encode(), NEW.encode(), NEW.encode())
        with pytest.raises(OutcomeUnknown):
            window.counter.desks.pins.carry_out(mine, pad, threading.Event())
        window.slot.insert(card)
        with pytest.raises(Refusal) as caught:
            second.desks.pins.carry_out(theirs, pad, threading.Event())
    assert caught.value.code == "pin.begun_by"
    assert (caught.value.facts["clerk"], caught.value.facts["where"]) == ("张敏", "4.1")
    assert sent(card, 0x24) == 0
    second.close()


@pytest.mark.clause("B3", "4.2")
@pytest.mark.parametrize("fault", ["tear_pin_after", "tear_pin_before"])
async def test_an_unlock_that_was_cut_is_settled_by_the_card_alone(
    window: Window, fault: str
) -> None:
    card = chip_of(0)
    card.tries = 0
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "42")
        card.fault(fault)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "办成没有不确定" in text(pilot)
        await pilot.press("f3")
        await settled(pilot)
        assert "卡在操作中被拔出" in text(pilot)
        window.slot.insert(card)
        await pilot.press("f3")
        await settled(pilot)
        done = fault == "tear_pin_after"
        assert ("已办：解锁密码" if done else "上次没有办成") in text(pilot)
    assert sent(card, 0x24) == 1
    assert kinds(window.counter).count("pin.unlock") == done


@pytest.mark.clause("B3", "4.3")
async def test_what_nobody_can_tell_is_recorded_as_unknown(window: Window) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "43")
        card.fault("tear_pin_before")
        await pilot.press("f10")
        await enter(pilot, "新的", NEW)
        await enter(pilot, "再输一遍", NEW)
        await settled(pilot)
        window.slot.insert(card)
        await pilot.press("f3")
        await settled(pilot)
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("f8")
        await settled(pilot)
        assert "结果未能核对" in text(pilot)
    assert kinds(window.counter)[-1] == "pin.reset"


@pytest.mark.clause("B11")
async def test_the_sealed_screen_shows_nothing_and_takes_no_paste(window: Window) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "41")
        await pilot.press("f10")
        await enter(pilot, "原来的", "975", then="backspace")
        first = text(pilot)
        await pilot.press("5", "3")
        assert text(pilot) == first
        assert PEOPLE[0].name not in first
        assert CARDS[0] not in first
        window.app.post_message(events.Paste("10"))
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert "不是 6 位" in text(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert "按了取消键" in text(pilot)
    assert sent(card, 0x5E) == 0


@pytest.mark.clause("B11")
async def test_no_byte_of_a_pin_is_left_anywhere(window: Window, private_folder: Path) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    screens: list[str] = []
    async with window.app.run_test(size=SIZE) as pilot:
        await ready(pilot, window, "43")
        await pilot.press("f10")
        for question in ("新的", "再输一遍"):
            await enter(pilot, question, NEW[:3], then="0")
            await pilot.press("backspace")
            screens.append(text(pilot))
            await pilot.press(*NEW[3:], "enter")
        await settled(pilot)
        screens.append(text(pilot))
        card.fault("tear_pin_before")  # the error's way leaves nothing either
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        await ready(pilot, window, "41")
        await change(pilot, old=NEW, new=OLD)
        screens.append(text(pilot))
    assert card.pin == NEW
    rows = b"".join(everything_stored(window.counter))
    window.counter.close()
    files = b"".join(path.read_bytes() for path in private_folder.rglob("*") if path.is_file())
    whole = rows + files + "".join(screens).encode()
    assert CARDS[0].encode() in rows  # what is there is found
    packed = bytes.fromhex(OLD), bytes.fromhex(NEW)
    for secret in (OLD.encode(), NEW.encode(), packed[0] + packed[1], packed[1] + b"\xff"):
        assert secret not in whole


class Keeping:
    """A pad that remembers where it put what was typed."""

    def __init__(self, pad: PinPad) -> None:
        self._pad = pad
        self.given: list[bytearray] = []

    def enter(self, cancel: threading.Event, prompt: Prompt) -> bytearray:
        self.given.append(self._pad.enter(cancel, prompt))
        return self.given[-1]


@pytest.mark.clause("B11")
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ((OLD, NEW, NEW), ""),
        ((OLD, NEW, "246803"), "pin.not_equal"),
        ((OLD, "123456"), "pin.weak_initial"),
        (("000111", NEW, NEW), "chip.pin_wrong"),
    ],
)
def test_what_was_typed_is_overwritten_on_every_way_out(
    window: Window, entries: tuple[str, ...], code: str
) -> None:
    card = chip_of(0)
    window.slot.insert(card)
    desks = window.counter.desks
    chip = desks.chips.read(threading.Event())
    seen = desks.chips.holder_of(chip)
    work = Work(
        JOBS["4.1"], seen, seen.cards[0], chip, Presence.HOLDER, wiring.new_id(), wiring.new_id()
    )
    with PinPadTwin() as twin:
        twin.will_press(*(entry.encode() for entry in entries))
        pad = Keeping(SerialPinPad(twin.device))
        with nullcontext() if not code else pytest.raises(SbkError) as caught:
            desks.pins.carry_out(work, pad, threading.Event())
    if caught is not None:
        assert caught.value.code == code
        assert not any(entry in repr(caught.value) for entry in entries)
    assert [bytes(each) for each in pad.given] == [bytes(6)] * len(entries)
    assert desks.pins.pending("4.1") is None


@pytest.mark.clause("B11")
@pytest.mark.parametrize("allowed", [True, False])
async def test_over_a_remote_line_the_risk_is_said_and_an_office_may_forbid_it(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.1 22")
    home = private_folder / "remote"
    make_counter(home).close()
    (home / "config.toml").write_text(
        f'[devices]\nsocial_card_reader = "sim://remote"\n'
        f"[rules]\npin_on_screen = {str(allowed).lower()}\n",
        "utf-8",
    )
    counter = wiring.sign_in(home, "1001", PASSWORD)
    app = SbkApp(opened=counter)
    with SocialCardReaderTwin("remote") as slot:
        slot.insert(chip_of(0))
        async with app.run_test(size=SIZE) as pilot:
            await open_job(pilot, "41")
            for key in ("f3", "enter", "f2"):
                await pilot.press(key)
                await settled(pilot)
                await settled(pilot)
            await pilot.press("1", "f10")
            if allowed:
                await enter(pilot, "原来的", "12", then="backspace")
                assert "远程连接" in text(pilot)
                await pilot.press("escape")
            await settled(pilot)
            assert ("按了取消键" if allowed else "不许在屏幕前输入密码") in text(pilot)
    counter.close()


class Dying(VirtualCard):
    """A card whose answer to 8424 the machine does not live to see."""

    def exchange(self, command: bytes) -> Wire:
        wire = super().exchange(command)
        if command[1] == 0x24:
            raise RuntimeError("power cut")
        return wire


@pytest.mark.clause("B3", "4.2")
def test_a_power_cut_between_chip_and_record_loses_nothing(window: Window) -> None:
    sound = chip_of(0)
    card = Dying(sound.profile, lambda size: bytes(range(size)))
    card.tries = 0
    window.slot.insert(card)
    desks = window.counter.desks
    chip = desks.chips.read(threading.Event())
    seen = desks.chips.holder_of(chip)
    work = Work(
        JOBS["4.2"], seen, seen.cards[0], chip, Presence.HOLDER, wiring.new_id(), wiring.new_id()
    )
    with PinPadTwin() as twin, pytest.raises(RuntimeError):
        desks.pins.carry_out(work, SerialPinPad(twin.device), threading.Event())
    assert kinds(window.counter)[-1] != "pin.unlock"
    home = window.counter.home
    window.counter.close()
    again = wiring.sign_in(home, "1001", PASSWORD)
    try:
        pending = again.desks.pins.pending("4.2")
        assert pending is not None
        handled = again.desks.pins.look(pending)
        assert isinstance(handled, Handled)
        assert kinds(again)[-1] == "pin.unlock"
        assert again.desks.pins.pending("4.2") is None
    finally:
        again.close()
    assert sent(card, 0x24) == 1


@pytest.mark.clause("4.1", "B11")
async def test_a_pin_pad_takes_the_place_of_the_screen(private_folder: Path) -> None:
    home = private_folder / "padded"
    make_counter(home).close()
    with SocialCardReaderTwin("padded") as slot, PinPadTwin() as pad:
        (home / "config.toml").write_text(
            f'[devices]\nsocial_card_reader = "sim://padded"\npin_pad = "{pad.device}"\n', "utf-8"
        )
        counter = wiring.sign_in(home, "1001", PASSWORD)
        card = chip_of(0)
        slot.insert(card)
        pad.will_press(OLD.encode(), NEW.encode(), NEW.encode())
        app = SbkApp(opened=counter)
        async with app.run_test(size=SIZE) as pilot:
            await open_job(pilot, "41")
            await pilot.press("f3")
            await settled(pilot)
            await settled(pilot)
            await pilot.press("enter")
            await settled(pilot)
            await settled(pilot)
            assert "请看本人身份证" in text(pilot)
            await pilot.press("f2")
            await pilot.pause()
            await pilot.press("enter", "1")
            await pilot.press(*["f10"] * 30)
            await settled(pilot)
            assert "已办：修改密码" in text(pilot)
        counter.close()
    assert (card.pin, sent(card, 0x5E)) == (NEW, 1)
    assert pad.asked == [b"\x82", b"\x83", b"\x82", b"\x83", b"\x81", b"\x83"]


@pytest.mark.clause("4.1")
async def test_a_card_that_is_lost_or_unknown_has_no_pin_work(window: Window) -> None:
    window.slot.insert(chip_of(2))
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "41")
        await type_text(pilot, PEOPLE[2].number)
        await pilot.press("enter")
        await settled(pilot)
        assert "不能办理" in text(pilot)
