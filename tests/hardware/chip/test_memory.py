"""No byte of a PIN is left (B11): the program in a real terminal, the real card service, and then
every byte of its files, of what it has drawn, and of its memory, read as a core dump holds it.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.hardware.chip.service_twin import KeyServiceOnHttp
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from tests.chips import card_of
from tests.hardware.chip.conftest import READER, pull
from tests.hardware.chip.memory import forms, found_in, image
from tests.journeys.terminal import Terminal
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, everything_stored, make_counter

FIRST, SECOND, THIRD, WRONG = "975310", "864203", "719306", "830617"
_BETWEEN_KEYS_S = 0.02


@pytest.fixture
def home(private_folder: Path) -> Iterator[Path]:
    """A counter whose devices and key service are in this process, none of them in its own."""
    home = private_folder / "counter"
    make_counter(home).close()
    with KeyServiceOnHttp() as keys:
        (home / "config.toml").write_text(
            f'[devices]\nsocial_card_reader = "pcsc://{READER}"\nkey_service = "{keys.url}"\n',
            "utf-8",
        )
        yield home


@pytest.fixture
def card(slot: VirtualReaderSlot) -> VirtualCard:
    card = card_of(PEOPLE[0], CARDS[0], FIRST)
    slot.insert(card)
    return card


def opened(home: Path, *command: str) -> Terminal:
    return Terminal([*command, "--home", str(home)], home=home)


def sign_in(terminal: Terminal) -> None:
    terminal.wait_for("Enter")
    terminal.press("1001", "enter")
    terminal.wait_for("1001")
    pause(0.3)
    terminal.press(PASSWORD, "enter")


def pause(seconds: float) -> None:
    """Let a hand rest: nobody types as fast as a program."""
    threading.Event().wait(seconds)


def type_pin(terminal: Terminal, question: str, pin: str, *, at_once: bool) -> None:
    terminal.wait_for(question)
    if at_once:  # as over a line that lags: one packet
        terminal.press(pin + "\r")
        return
    for key in [*pin, "enter"]:
        terminal.press(key)
        pause(_BETWEEN_KEYS_S)


def work(
    terminal: Terminal, clause: str, entries: Sequence[tuple[str, str]], *, at_once: bool
) -> None:
    """Do the PIN job of `clause` from the menu and go back there."""
    terminal.wait_for("输编号")
    terminal.press(clause, "enter")
    for shown, key in (
        ("请插入社保卡按 F3", "f3"), ("读到卡", "enter"), ("按 F2 确认到场", "f2"),
        ("你已看过", "1"), ("到场：本人（窗口核对）", "f10"),
    ):  # fmt: skip
        terminal.wait_for(shown)
        terminal.press(key)
    for question, pin in entries:
        type_pin(terminal, question, pin, at_once=at_once)
    terminal.wait_for("已办：")
    for shown in ("请插入社保卡", "输编号"):
        terminal.press("escape")
        terminal.wait_for(shown)


def assert_nothing_is_left(terminal: Terminal, home: Path, *pins: str) -> None:
    """Look for `pins` in memory, in files and on the screens; end the program between."""
    process = terminal.process.pid
    regions, wanted = list(image(process)), forms(process, *pins)
    assert found_in(regions, {"the card's number": CARDS[0].encode()})  # what is there is found
    found = found_in(regions, wanted)
    # Three bytes may stand anywhere by chance; what is left behind is left of every PIN.
    by_chance = [each for each in found if " packed in " in each]
    assert [each for each in found if each not in by_chance] == []
    assert len({each[: len(FIRST)] for each in by_chance}) < len(pins), by_chance
    assert {pin for pin in pins if pin.encode() in terminal.recorded} == set()
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert home / "sbk.db-wal" in files
    terminal.hang_up()
    counter = wiring.sign_in(home, "1001", PASSWORD)  # the file itself may be encrypted
    stored = b"\n".join(everything_stored(counter))
    counter.close()
    assert CARDS[0].encode() in stored
    for pin in pins:
        assert pin.encode() not in stored
        assert [path for path, data in files.items() if pin.encode() in data] == []


@pytest.mark.clause("4.1", "4.3", "B11")
@pytest.mark.parametrize("at_once", [False, True], ids=["typed", "in one packet"])
def test_a_counter_keeps_no_copy_of_a_pin(home: Path, card: VirtualCard, at_once: bool) -> None:
    changed = [("原来的", FIRST), ("新的", SECOND), ("再输一遍", SECOND)]
    with opened(home) as terminal:
        sign_in(terminal)
        work(terminal, "41", changed, at_once=at_once)
        work(terminal, "43", [("新的", THIRD), ("再输一遍", THIRD)], at_once=at_once)
        assert card.pin == THIRD
        assert_nothing_is_left(terminal, home, FIRST, SECOND, THIRD)


@pytest.mark.clause("A3", "4.1", "B11")
@pytest.mark.parametrize("at_once", [False, True], ids=["typed", "in one packet"])
def test_a_kiosk_keeps_no_copy_of_a_pin(
    home: Path, card: VirtualCard, slot: VirtualReaderSlot, at_once: bool
) -> None:
    with opened(home, "kiosk") as terminal:
        sign_in(terminal)
        type_pin(terminal, "还可以试 6 次", WRONG, at_once=at_once)
        type_pin(terminal, "还可以试 5 次", FIRST, at_once=at_once)
        terminal.wait_for("5  修改卡密码")
        terminal.press("5")
        for question, pin in (("原来的", FIRST), ("新的", SECOND), ("再输一遍", SECOND)):
            type_pin(terminal, question, pin, at_once=at_once)
        terminal.wait_for("密码已改")
        pull(slot)
        terminal.wait_for("请插入")
        assert card.pin == SECOND
        assert_nothing_is_left(terminal, home, FIRST, SECOND, WRONG)


@pytest.fixture
def cores_allowed() -> Iterator[None]:
    """Whatever is started here may write a core as large as it likes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.mark.clause("B11")
@pytest.mark.usefixtures("cores_allowed")
@pytest.mark.parametrize("command", [(), ("kiosk",)], ids=["counter", "kiosk"])
def test_a_crash_writes_no_memory_to_the_disk(home: Path, command: Sequence[str]) -> None:
    if not _leaves_a_core(_plain_program(home)):
        pytest.skip("this machine writes no core of any program")
    with opened(home, *command) as terminal:
        terminal.wait_for("Enter")
        assert resource.prlimit(terminal.process.pid, resource.RLIMIT_CORE) == (0, 0)
        assert not _leaves_a_core(terminal.process)


@pytest.mark.clause("B11")
@pytest.mark.usefixtures("cores_allowed")
def test_a_core_that_is_piped_to_a_program_is_not_written_either(home: Path) -> None:
    """A pipe asks for no limit (core(5)), so the limit is left as it was here."""
    if not _leaves_a_core(_plain_program(home)):
        pytest.skip("this machine writes no core of any program")
    code = (
        "import resource, sbk_tui.process as process; resource.setrlimit = lambda *_: None;"
        "process.keep_memory_private(); print(flush=True); input()"
    )
    assert not _leaves_a_core(_program(code, home))


def _plain_program(folder: Path) -> subprocess.Popen[bytes]:
    return _program("print(flush=True); input()", folder)


def _program(code: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a program and wait for its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"\n"
    process.stdout.close()
    return process


def _leaves_a_core(process: subprocess.Popen[bytes]) -> bool:
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdin is not None:
        process.stdin.close()
    return os.WCOREDUMP(status)
