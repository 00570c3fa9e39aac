"""A clerk who types faster than the program: each key lands where it was meant (B20)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.data.keyring import Cost
from tests.journeys.terminal import Terminal

PASSWORD = "Shuang Qiao 77"
SLOW = Cost(2, 19 * 1024)
"""As slow to open as a real counter: what is typed meanwhile has to wait."""


@pytest.fixture
def home(private_folder: Path) -> Path:
    """Give a counter of one clerk."""
    wiring.set_up(
        private_folder / "counter", office="百泉镇", level="T", district="410782105",
        clerk="1001", name="张敏", password=PASSWORD, cost=SLOW,
    )  # fmt: skip
    return private_folder / "counter"


def test_id_password_and_the_first_job_in_one_burst(home: Path) -> None:
    with Terminal(["--home", str(home)], home=home) as terminal:
        terminal.wait_for("工号")
        terminal.press(f"1001\r{PASSWORD}\r242\r")
        terminal.wait_for_title("2.4.2 个人综合查询")


def test_a_burst_before_anything_is_drawn_is_neither_lost_nor_shown(home: Path) -> None:
    with Terminal(["--home", str(home)], home=home) as terminal:
        terminal.wait_for_quiet()
        terminal.press(f"1001\r{PASSWORD}\r242\r")
        terminal.wait_for_title("2.4.2 个人综合查询")
        assert PASSWORD.encode() not in terminal.recorded


def test_an_enter_too_many_behind_the_id_takes_nothing_from_the_password(home: Path) -> None:
    with Terminal(["--home", str(home)], home=home) as terminal:
        terminal.wait_for("工号")
        terminal.press(f"1001\r\r{PASSWORD}\r")
        terminal.wait_for("输编号")


def test_a_wrong_password_forgets_what_was_typed_behind_it(home: Path) -> None:
    with Terminal(["--home", str(home)], home=home) as terminal:
        terminal.wait_for("工号")
        terminal.press("1001\rwrong-word-1\r242\r")
        terminal.wait_for("还可以试")
        terminal.press(f"{PASSWORD}\r")  # behind "242" it would be wrong, too
        terminal.wait_for("输编号")


def test_an_enter_too_many_opens_no_job(home: Path) -> None:
    with Terminal(["--home", str(home)], home=home) as terminal:
        terminal.wait_for("工号")
        terminal.press(f"1001\r{PASSWORD}\r\r\r")
        terminal.wait_for("输编号")
        terminal.press("0")  # is taken by the menu's line
        terminal.wait_for("开机检查")
        assert "社会保障卡窗口业务" in terminal.text.splitlines()[0]
