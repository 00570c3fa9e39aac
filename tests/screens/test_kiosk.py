"""自助服务 by keys, with a virtual card: seen by its holder alone, left by no key, gone with it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from sbk_tui import kiosk, wiring
from sbk_tui.data.keyring import Keyring
from sbk_tui.data.ledger import Ledger, Session
from sbk_tui.data.models import TABLES
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, TemporaryLoss
from sbk_tui.domain.operations.pin import ChangePin
from sbk_tui.errors import DeviceAbsent, DeviceFault, NotPermitted, Refusal
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.kiosk import Kiosk, KioskApp
from sbk_tui.screens.kiosk import KioskScreen
from sbk_tui.services.kiosk_desk import Guest, Limits, Visit
from tests.chips import card_of, powered
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    PEOPLE,
    do,
    make_counter,
    shown,
    type_text,
)

HOLDER, NUMBER, PIN = PEOPLE[0], CARDS[0], "246802"
STRANGER = "410702198001010010"
SIZE = (80, 24)


def open_kiosk(home: Path, slot: SocialCardReaderTwin) -> Kiosk:
    """Open the counter at `home` as a kiosk, as the clerk's password does."""
    keyring = Keyring(home, wiring.now_ms)
    begun = wiring.opening(home, keyring.unlock("1001", PASSWORD), encrypted=keyring.encrypted)
    try:
        return kiosk.build(home, begun, lambda: slot)
    except BaseException:
        begun.opened.store.close()
        raise


@pytest.fixture
def home(private_folder: Path) -> Path:
    """Give a counter's folder; the counter is closed."""
    place = private_folder / "counter"
    make_counter(place).close()
    return place


@pytest.fixture
def slot() -> SocialCardReaderTwin:
    return SocialCardReaderTwin("slot")


@pytest.fixture
def opened(home: Path, slot: SocialCardReaderTwin) -> Iterator[Kiosk]:
    made = open_kiosk(home, slot)
    yield made
    made.close()


def logged(opened: Kiosk) -> list[str]:
    with opened.store.session() as db:
        return [row[0] for row in db.execute_sql("SELECT kind FROM operation ORDER BY seq")]


def visitors() -> list[object]:
    """Return what is in memory of anybody who stood at a kiosk."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Guest | Visit)]


async def until(pilot: Pilot[None], *texts: str, absent: str = "") -> str:
    """Wait until all `texts` are shown and `absent` is not; return the screen."""
    screen = ""
    for _ in range(300):
        await pilot.pause(0.02)
        screen = shown(pilot.app)  # type: ignore[arg-type]
        if all(text in screen for text in texts) and (not absent or absent not in screen):
            return screen
    raise AssertionError(f"never shown: {texts} / still {absent!r}\n{screen}")


async def enter(pilot: Pilot[None], slot: SocialCardReaderTwin, pin: str = PIN) -> None:
    """Insert the holder's card and give its PIN."""
    slot.insert(card_of(HOLDER, NUMBER, PIN))
    await until(pilot, "请输入社保卡密码")
    await type_text(pilot, pin)
    await pilot.press("enter")


@pytest.mark.clause("A3", "A3-self", "B19")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_the_holder_sees_the_own_record_the_way_and_where_to_go(
    opened: Kiosk, slot: SocialCardReaderTwin, size: tuple[int, int]
) -> None:
    app = KioskApp(opened=opened)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "请插入您的社保卡")
        await enter(pilot, slot)
        await until(pilot, "1  我的信息")
        await pilot.press("1")
        own = await until(pilot, HOLDER.name, NUMBER, "正常")
        await pilot.press("2")
        await until(pilot, "√", "金融账户请本人到服务银行激活", absent=NUMBER)
        await pilot.press("3")
        await until(pilot, "辉县市、新乡市 的窗口", "百泉镇劳保所", absent="√")
        await pilot.press("0")
        await until(pilot, "请取走您的卡", absent="百泉镇劳保所：")
        slot.pull()
        await until(pilot, "请插入您的社保卡")
    assert HOLDER.number not in own
    assert f"{HOLDER.number[:3]}***********{HOLDER.number[-4:]}" in own


@pytest.mark.clause("A3", "3.1", "N1")
async def test_a_temporary_loss_is_recorded_once_and_marked_as_self_service(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    before, app = logged(opened), KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot)
        await until(pilot, "1  我的信息")
        await pilot.press("4")
        await until(pilot, f"临时挂失社保卡 {NUMBER}")
        await pilot.press("enter", "4", "f10", "plus")  # none of them is a yes
        assert logged(opened) == before
        await pilot.press(*["9"] * 30)
        await until(pilot, "已临时挂失")
        await pilot.press("4")
        await until(pilot, f"临时挂失社保卡 {NUMBER}")
        await pilot.press("9")
        await until(pilot, "不能办理")  # the rule: it is lost already
    assert logged(opened) == [*before, "loss.temporary"]
    with opened.store.session() as db:
        (payload, clerk) = db.execute_sql(
            "SELECT payload, clerk FROM operation ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    operation = msgspec.msgpack.decode(payload, type=TemporaryLoss)
    assert operation.self_service
    assert (operation.card, operation.caller_name, clerk) == (NUMBER, HOLDER.name, "1001")


@pytest.mark.clause("A3")
async def test_a_card_that_is_pulled_takes_everything_along(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    before, app = visitors(), KioskApp(opened=opened)  # other tests' errors may hold theirs
    async with app.run_test(size=SIZE) as pilot:
        for key, text in (("", "请输入社保卡密码"), ("1", HOLDER.name), ("4", NUMBER)):
            await until(pilot, "请插入")
            if key:
                await enter(pilot, slot)
                await until(pilot, "1  我的信息")
                await pilot.press(key)
            else:
                slot.insert(card_of(HOLDER, NUMBER, PIN))
            await until(pilot, text)
            await pilot.press("1") if not key else None
            slot.pull()
            screen = await until(pilot, "请插入")
            assert HOLDER.name not in screen
            assert NUMBER not in screen
        # Whatever is found is let go before one looks again: it would keep itself.
        for _ in range(100):
            left = sum(not any(each is old for old in before) for each in visitors())
            if not left:
                break
            await pilot.pause(0.02)
        assert left == 0


@pytest.mark.clause("A3", "B11")
async def test_time_is_up_for_the_pin_and_for_an_idle_visitor(
    home: Path, slot: SocialCardReaderTwin
) -> None:
    opened = open_kiosk(home, slot)
    opened.desk.limits = Limits(pin_s=0.2, idle_s=0.2)
    app = KioskApp(opened=opened)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, "请插入")
            slot.insert(card_of(HOLDER, NUMBER, PIN))
            await until(pilot, "时间到了")
            await pilot.press(*PIN, "enter", "1")  # nothing goes on without the card coming again
            await until(pilot, "时间到了", absent=HOLDER.name)
            slot.pull()
            await until(pilot, "请插入")
            opened.desk.limits = Limits(pin_s=30, idle_s=0.2)
            await enter(pilot, slot)
            await until(pilot, "时间到了")
            await pilot.press("1", "2")
            await until(pilot, "时间到了", absent=HOLDER.name)
    finally:
        opened.close()


@pytest.mark.clause("A3", "B11")
async def test_a_wrong_pin_is_counted_the_last_try_wants_another_key_and_then_it_is_locked(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    card = card_of(HOLDER, NUMBER, PIN)
    card.tries = 3
    app = KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        slot.insert(card)
        await until(pilot, "还可以试 3 次")
        await type_text(pilot, "111111")
        assert "111111" not in shown(app)
        mask = shown(app)
        await pilot.press("2")
        assert shown(app) == mask  # the mask does not tell how long it is
        await pilot.press("enter")
        await until(pilot, "密码不对，还可以试 2 次")
        await pilot.press("9", "9", "9", "9", "9", "9", "backspace")  # begins anew
        await type_text(pilot, "222222")
        await pilot.press(*["enter"] * 30)
        await until(pilot, "只剩最后一次了")
        assert card.tries == 1
        await type_text(pilot, "333333")
        await pilot.press("enter")
        assert card.tries == 1
        await pilot.press("1")
        await until(pilot, "还可以试 1 次")
        await type_text(pilot, "333333")
        await pilot.press("enter")
        await until(pilot, "卡密码已锁定", "到窗口办理")
        slot.pull()
        await until(pilot, "请插入")
        slot.insert(card)
        await until(pilot, "卡密码已锁定", "到窗口办理")


@pytest.mark.clause("A3")
async def test_the_right_pin_after_a_wrong_one_opens_it(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    app = KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot, "000000")
        await until(pilot, "还可以试 5 次")
        await type_text(pilot, PIN)
        await pilot.press("enter")
        await until(pilot, "1  我的信息")


@pytest.mark.clause("A3")
async def test_no_key_leads_out_and_none_does_anything(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    before, app = logged(opened), KioskApp(opened=opened)
    letters = "abcdefghijklmnopqrstuvwxyz"
    every = (
        [f"ctrl+{letter}" for letter in letters]
        + [f"f{n}" for n in range(1, 13)]
        + ["tab", "shift+tab", "up", "down", "enter", "space", "delete", "insert", "ctrl+backslash"]
        + ["escape", *letters, "plus", "asterisk", "full_stop", "minus", "6", "7", "8", "9"]
    )
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await pilot.press(*every)
        await until(pilot, "请插入")
        slot.insert(card_of(HOLDER, NUMBER, PIN))
        await until(pilot, "请输入社保卡密码")
        await pilot.press(*[key for key in every if key not in {"escape", "enter"}])
        await pilot.press("backspace")
        await type_text(pilot, PIN)
        await pilot.press("enter")
        await until(pilot, "1  我的信息")
        await pilot.press(*[key for key in every if key != "escape"])
        await until(pilot, "1  我的信息")
        await pilot.press("5")
        await until(pilot, "原来的卡密码")
        out = {"escape", "ctrl+b", "full_stop"}  # these break the question off, no more
        await pilot.press(*[key for key in every if key not in out])
        await until(pilot, "原来的卡密码")
        await pilot.press("escape")
        await until(pilot, "1  我的信息")
        assert isinstance(app.screen, KioskScreen)
        assert len(app.screen_stack) == 2
        assert app.is_running
    assert logged(opened) == before


@pytest.mark.clause("A3")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stranger", "这里查不到您的卡"),
        ("bank_only", "插入的不是社保卡"),
        ("no_pin", "这张卡没有设密码"),
        ("lost", "这张卡的状态是「正式挂失」"),
        ("cancelled", "这张卡的状态是「注销」"),
        ("app_locked", "永久锁定"),
        ("alien_answer", "卡内数据格式不对"),
        ("other_holder", "这里查不到您的卡"),
    ],
)
async def test_a_card_that_cannot_be_served_is_sent_to_the_counter(
    home: Path, slot: SocialCardReaderTwin, name: str, said: str
) -> None:
    card = card_of(HOLDER, NUMBER, PIN)
    if name in {"lost", "cancelled"}:
        counter = wiring.sign_in(home, "1001", PASSWORD)
        do(counter, FormalLoss(card=NUMBER, id_shown=True))
        if name == "cancelled":
            intent = counter.ledger.intend(
                Cancel(card=NUMBER, reason="01", proof="身份证"), op=counter.new_id()
            )
            second = Keyring(home, wiring.now_ms).unlock("1002", "Training-2027")
            yes = counter.ledger.approve(
                intent, Session("1002", "王芳", second.slot.role, second.signer)
            )
            counter.ledger.perform(intent, [yes])
        counter.close()
    elif name == "stranger":
        card = card_of(msgspec.structs.replace(HOLDER, number=STRANGER), "E00000029")
    elif name == "other_holder":
        card = card_of(PEOPLE[1], NUMBER, PIN)
    elif name == "no_pin":
        card.pin = ""
    elif name == "bank_only":
        card = powered("bank_only")
    else:
        card.fault(name, 0)
    opened = open_kiosk(home, slot)
    app = KioskApp(opened=opened)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, "请插入")
            slot.insert(card)
            await until(pilot, said, "请取走您的卡，到窗口办理")
            slot.pull()
            await until(pilot, "请插入", absent=said)
    finally:
        opened.close()


@pytest.mark.clause("A3")
async def test_a_card_swapped_after_the_pin_is_not_taken_for_the_first(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    before, app = logged(opened), KioskApp(opened=opened)
    other = card_of(PEOPLE[1], CARDS[1], PIN)
    other.profile.ef05[0] = (0x01, bytes.fromhex("410700D15600000500000009AAAAAAAA"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot)
        await until(pilot, "1  我的信息")
        await pilot.press("4")
        await until(pilot, "确认挂失吗")
        slot.insert(other)  # so fast that the reader saw no empty slot
        await pilot.press("9")
        await until(pilot, "请取走您的卡", absent=HOLDER.name)
    assert logged(opened) == before


@pytest.mark.clause("A3")
async def test_a_paste_is_no_pin(opened: Kiosk, slot: SocialCardReaderTwin) -> None:
    card = card_of(HOLDER, NUMBER, PIN)
    app = KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        slot.insert(card)
        await until(pilot, "请输入社保卡密码", "_ _ _")
        app.screen.post_message(events.Paste(PIN))
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, "_ _ _")
    assert not [command for command in card.heard if command[1] == 0x20 and command[4]]


@pytest.mark.clause("A3", "A4")
def test_a_kiosk_has_the_rights_of_a_kiosk_alone(
    opened: Kiosk, home: Path, slot: SocialCardReaderTwin
) -> None:
    ledger: Ledger = opened.desk._ledger
    with pytest.raises(NotPermitted):
        ledger.intend(Cancel(card=NUMBER, reason="1", proof="身份证"), op="ab" * 16)
    opened.close()
    (home / "config.toml").write_text('switched_off = ["SELF_SERVICE"]\n', "utf-8")
    with pytest.raises(NotPermitted):
        open_kiosk(home, slot)
    (home / "config.toml").unlink()
    with pytest.raises(DeviceAbsent) as caught:
        kiosk.sign_in(home, "1001", PASSWORD)
    assert caught.value.code == "kiosk.no_reader"


@pytest.mark.clause("A3", "B11")
@pytest.mark.parametrize("fault", ["", "wrong", "tear"])
def test_the_pin_is_overwritten_whatever_comes_of_it(
    opened: Kiosk, slot: SocialCardReaderTwin, fault: str
) -> None:
    card = card_of(HOLDER, NUMBER, "135790" if fault == "wrong" else PIN)
    slot.insert(card)
    guest = opened.desk.meet(threading.Event())
    if fault == "tear":
        card.fault("pulled", 3)
    pin = bytearray(PIN.encode())
    with nullcontext() if not fault else pytest.raises(DeviceFault):
        opened.desk.verify(guest, pin)
    assert pin == bytes(len(PIN))


@pytest.mark.clause("A3", "B11")
async def test_the_visit_is_in_the_access_log_and_the_pin_is_in_no_table_and_no_file(
    opened: Kiosk, home: Path, slot: SocialCardReaderTwin
) -> None:
    app = KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot, "000000")
        await until(pilot, "还可以试 5 次")
        await type_text(pilot, PIN)
        await pilot.press("enter")
        await until(pilot, "1  我的信息")
        await pilot.press("4")
        await until(pilot, "确认挂失吗")
        await pilot.press("9")
        await until(pilot, "已临时挂失")
    with opened.store.session() as db:
        rows = db.execute_sql("SELECT command, clerk, person FROM access_log").fetchall()
        stored = [
            value if isinstance(value, bytes) else str(value).encode()
            for model in TABLES
            for row in db.execute_sql(f'SELECT * FROM "{model._meta.table_name}"').fetchall()  # noqa: S608
            for value in row
            if isinstance(value, bytes | str)
        ]
    assert rows == [("kiosk", "1001", HOLDER.id)]
    files = [path.read_bytes() for path in home.rglob("*") if path.suffix in {".log", ".json"}]
    assert len(stored) > 100
    assert not [each for each in stored + files if PIN.encode() in each]


@pytest.mark.clause("A3", "4.1", "B11")
async def test_the_holder_changes_the_pin_alone(opened: Kiosk, slot: SocialCardReaderTwin) -> None:
    app = KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot)
        await until(pilot, "5  修改卡密码")
        for typed, said in (
            ((PIN, "654321"), "1  我的信息"),  # weak
            ((PIN, "975310", "975311"), "1  我的信息"),  # not the same twice
            (("escape",), "持卡人按了取消键"),
            ((PIN, "975310", "975310"), "密码已改"),
        ):
            await pilot.press("5")
            for text, asked in zip(typed, ("原来的", "新的卡密码", "再输一遍"), strict=False):
                await until(pilot, asked)
                assert HOLDER.name not in shown(app)
                await (pilot.press(text) if text == "escape" else type_text(pilot, text))
                await pilot.press("enter")
            await until(pilot, said, "5 改密码")
        slot.pull()
        await until(pilot, "请插入")
        await enter(pilot, slot, "975310")
        await until(pilot, "密码不对")  # another card of the test's making has the first one
    assert logged(opened)[-1] == "pin.change"
    with opened.store.session() as db:
        assert db.execute_sql("SELECT count(*) FROM paper WHERE state = 'owed'").fetchone() == (0,)


@pytest.mark.clause("A3", "4.1", "B3")
@pytest.mark.parametrize("fault", ["tear_pin_before", "tear_pin_after"])
async def test_a_card_pulled_in_the_change_is_recorded_as_unknown(
    opened: Kiosk, slot: SocialCardReaderTwin, fault: str
) -> None:
    card, app = card_of(HOLDER, NUMBER, PIN), KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        slot.insert(card)
        await until(pilot, "请输入社保卡密码")
        await type_text(pilot, PIN)
        await pilot.press("enter")
        await until(pilot, "1  我的信息")
        card.fault(fault)
        await pilot.press("5")
        for text, asked in ((PIN, "原来的"), ("975310", "新的卡密码"), ("975310", "再输一遍")):
            await until(pilot, asked)
            await type_text(pilot, text)
            await pilot.press("enter")
        await until(pilot, "请插入")
        for _ in range(300):  # the screen may be ready for the next one before it is on disk
            if logged(opened)[-1] == "pin.change":
                break
            await pilot.pause(0.02)
    assert logged(opened)[-1] == "pin.change"
    assert card.pin == (PIN if fault == "tear_pin_before" else "975310")
    assert sum(command[1] == 0x5E for command in card.heard) == 1
    with opened.store.session() as db:
        (payload,) = db.execute_sql(
            "SELECT payload FROM operation ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    assert msgspec.msgpack.decode(payload, type=ChangePin).confirmed is False


@pytest.mark.clause("A3", "B11")
async def test_a_card_pulled_under_the_sealed_screen_takes_it_along(
    opened: Kiosk, slot: SocialCardReaderTwin
) -> None:
    before, app = logged(opened), KioskApp(opened=opened)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "请插入")
        await enter(pilot, slot)
        await until(pilot, "5  修改卡密码")
        await pilot.press("5")
        await until(pilot, "原来的卡密码")
        slot.pull()
        await until(pilot, "请插入", absent="原来的卡密码")
        await enter(pilot, slot)
        await until(pilot, "1  我的信息")
    assert logged(opened) == before


@pytest.mark.clause("A3", "B11")
def test_where_no_pin_is_typed_at_a_keyboard_there_is_no_kiosk(
    home: Path, slot: SocialCardReaderTwin
) -> None:
    (home / "config.toml").write_text("[rules]\npin_on_screen = false\n", "utf-8")
    with pytest.raises(Refusal) as caught:
        open_kiosk(home, slot)
    assert caught.value.code == "kiosk.pin_forbidden"
