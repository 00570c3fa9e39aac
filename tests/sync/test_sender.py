"""The sender beside the screen, and what it and the screen tell each other (B9)."""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.cli import main
from sbk_tui.data import outbox
from sbk_tui.data.keyring import Cost
from sbk_tui.data.ledger import Session
from sbk_tui.data.line import LineState, line_state, note_line, waiting
from sbk_tui.data.spoken import spoken_key
from sbk_tui.data.store import Store
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.spoken import SpokenAction, speak
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.sender import LOCK
from sbk_tui.services.line_desk import LANES, LineDesk, age, lane_of
from sbk_tui.sync.client import RawAnswer
from sbk_tui.sync.meter import Meter
from tests.data.conftest import RULES, Office
from tests.data.days import CARDS, SELF, number, stock
from tests.sync.test_commands import city, home, join, url, work

__all__ = ["city", "home", "url"]
PASSWORD = "a-long-enough-word-7"


def until(store: Store, done: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Wait until `done()` is true; the other process tells through the database only."""
    end = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < end, line_state(store)
        time.sleep(0.05)


@pytest.fixture
def enrolled(home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]) -> Path:
    """Give a counter that belongs to a running hub, with a day's work."""
    main(["hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782105",
          "--office", "百泉镇"])  # fmt: skip
    join(home, url, capsys.readouterr().out.strip())
    work(home)
    return home


@pytest.mark.clause("B9", "P3")
def test_the_screens_sender_hands_in_what_waits_and_ends_with_the_screen(enrolled: Path) -> None:
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    store = counter.opened.store
    try:
        joined = line_state(store).reached
        beside = counter.start_sender()
        assert beside is not None
        second = counter.start_sender()  # another seat: it waits for its turn
        assert second is not None
        until(store, lambda: outbox.tally(store).waiting == 0)
        until(store, lambda: line_state(store).reached > joined)
        assert counter.desks.line.in_a_word() == "市中心通"
        weather = counter.desks.line.weather()
        assert (weather.count, weather.code, weather.seconds) == (0, "", 0)
        assert line_state(store).rate > 0
        beside.stop()
        assert not beside.running
        before = line_state(store).tried
        counter.desks.line.send_now()
        until(store, lambda: line_state(store).tried > before)  # the second seat has taken over
        second.stop()
    finally:
        counter.close()


def test_no_key_stands_in_arguments_or_environment(enrolled: Path) -> None:
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    try:
        beside = counter.start_sender()
        assert beside is not None
        place = Path(f"/proc/{beside._process.pid}")
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        assert counter.key is not None
        assert counter.key not in seen
        assert counter.key.hex().encode() not in seen
        beside.stop()
    finally:
        counter.close()


def test_a_counter_on_its_own_has_no_sender(home: Path) -> None:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        assert counter.start_sender() is None
        assert counter.desks.line.in_a_word() == "未联网"
        assert "sbk init --hub" in counter.desks.line.told(counter.desks.line.weather())
    finally:
        counter.close()


def test_every_kind_has_its_lane() -> None:
    lanes = {kind.name: lane_of(kind.name) for kind in KINDS}
    assert lanes["loss.formal"] == lanes["loss.temporary"] == "loss"
    assert lanes["card.cancel"] == lanes["card.release"] == "lock"
    assert lanes["issue.person"] == lanes["card.enable"] == lanes["temp.issue"] == "issue"
    assert lanes["person.apply"] == "rest"
    assert set(lanes.values()) == set(LANES)


def desk_of(office: Office) -> LineDesk:
    def nobody(_clerk: str, _password: str) -> Session:
        raise AssertionError

    return LineDesk(
        office.opened.store, ledger=office.ledger, rules=RULES, now_ms=lambda: office.clock[0],
        new_id=wiring.new_id, unlock=nobody,
    )  # fmt: skip


@pytest.mark.clause("B9")
def test_the_forecast_is_what_waits_over_what_was_measured(office: Office) -> None:
    office.do(stock())
    desk = desk_of(office)
    assert desk.weather().seconds is None
    note_line(office.opened.store, LineState(tried=1, reached=1, rate=100))
    size = sum(each.size for each in waiting(office.opened.store))
    weather = desk.weather()
    assert (weather.count, weather.seconds) == (1, -(-size // 100))
    assert [lane.count for lane in weather.lanes] == [0, 0, 0, 1]


def test_the_meter_measures_bytes_over_time() -> None:
    now = [0.0]

    def line(_path: str, _body: bytes, _headers: object) -> RawAnswer:
        now[0] += 2.0
        return RawAnswer(200, {}, bytes(1000))

    meter = Meter(line, lambda: now[0])
    meter("/", bytes(600), {})
    assert meter.rate == 1000
    meter("/", bytes(2600), {})
    assert meter.rate == 1300


def test_an_age_is_told_in_its_unit() -> None:
    minute = 60_000
    assert [age(n * minute) for n in (0, 59, 60, 60 * 47, 60 * 48)] == [
        "1分", "59分", "1小时", "47小时", "2天",
    ]  # fmt: skip


def test_a_line_that_is_down_is_told_with_its_age(office: Office) -> None:
    desk = desk_of(office)
    outbox.remember_peer(office.opened.store, {"hub_public": b"x"})
    note_line(
        office.opened.store,
        LineState(tried=office.clock[0], reached=office.clock[0] - 3 * 3_600_000,
                  code="hub.timeout"),
    )  # fmt: skip
    assert desk.in_a_word() == "市中心不通3小时"
    assert "自动补报" in desk.told(desk.weather())


@pytest.mark.clause("A5")
def test_a_clerks_question_wakes_the_sender_and_brings_the_person(
    enrolled: Path, tmp_path: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["sync", "--home", str(enrolled)]) == 0
    far = tmp_path / "far"
    wiring.set_up(
        far, office="峪河镇", level="T", district="410782106", clerk="zhang", name="张敏",
        password=PASSWORD, cost=Cost(1, 64),
    )  # fmt: skip
    capsys.readouterr()
    main(["hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782106",
          "--office", "峪河镇"])  # fmt: skip
    join(far, url, capsys.readouterr().out.strip())
    counter = wiring.sign_in(far, "zhang", PASSWORD)
    beside = counter.start_sender()
    try:
        until(counter.opened.store, lambda: bool(outbox.peer(counter.opened.store).get("cursor")))
        assert counter.desks.query.find(CARDS[0]) == ()
        question = counter.desks.city.ask(CARDS[0], clause="3.2", purpose="service")
        person = counter.desks.city.wait(question, threading.Event())
        assert counter.desks.query.dossier(person).cards[0].number == CARDS[0]
    finally:
        assert beside is not None
        beside.stop()
        counter.close()
    capsys.readouterr()
    assert main(["find", CARDS[1], "--city", "--home", str(far)]) == 0
    assert CARDS[1] in capsys.readouterr().out
    assert main(["find", number(77), "--city", "--home", str(far)]) == Refusal.exit_code


def test_a_database_put_back_by_hand_is_taken_up_by_command(
    enrolled: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert url
    place = str(enrolled)
    assert main(["sync", "--home", place]) == 0
    backup = enrolled / "backup.db"
    shutil.copy(enrolled / "sbk.db", backup)
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    own = counter.seat.counter
    operation = IssueToPerson(card=CARDS[2], receiver=SELF)
    counter.ledger.perform(counter.ledger.intend(operation, op=counter.new_id()))
    counter.close()
    assert main(["sync", "--home", place]) == 0
    assert main(["sync", "--home", place]) == 0
    for beside in enrolled.glob("sbk.db*"):
        beside.unlink()
    backup.rename(enrolled / "sbk.db")
    assert main(["sync", "--home", place]) == IntegrityFault.exit_code
    assert "两台机器" in capsys.readouterr().err
    assert main(["hub", "release", own, "--home", str(city)]) == 0
    code = capsys.readouterr().out.split()[0]
    assert main(["rejoin", "--code", code, "--home", place]) == 0
    assert "取回 1 笔" in capsys.readouterr().out
    assert main(["sync", "--home", place]) == 0
    assert main(["audit", "verify", "--home", place]) == 0


def test_nobody_rejoins_under_an_open_screen(
    enrolled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (enrolled / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code = "A" * 24
        assert main(["rejoin", "--code", code, "--home", str(enrolled)]) == BadUsage.exit_code
    assert "正开着" in capsys.readouterr().err


@pytest.mark.clause("B2")
def test_a_spoken_loss_is_taken_by_command(
    enrolled: Path, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--home", str(enrolled)]) == 0
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    agreed = spoken_key(counter.opened.store)
    counter.close()
    assert agreed is not None
    person = SocialNumber.parse(number(0))
    code = speak(agreed.key, agreed.counter, 1, SpokenAction.FORMAL, person)
    command = ["hub", "spoken", code, person, "--by", "赵岚", "--home", str(city)]
    capsys.readouterr()
    assert main(command) == 0
    assert "没有变化" in capsys.readouterr().out  # the work of the set-up has lost it already
    command[2] = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert main(command) == Refusal.exit_code
    assert "听错或写错" in capsys.readouterr().err
