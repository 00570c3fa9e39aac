"""A morning at the training counter, by keys through a real terminal, with a power cut in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.terminal import Terminal

PASSWORD_OF_THE_TRAINING = "lianxi-2026"


def sbk(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the counter as its lead."""
    password = home / "password"
    password.write_text(PASSWORD_OF_THE_TRAINING, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "sbk_tui", *arguments, "--home", str(home)],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "", "SBK_CLERK": "1001", "SBK_PASSWORD_FILE": str(password)},
    )  # fmt: skip


@pytest.fixture
def home(private_folder: Path) -> Path:
    """Give a small training counter."""
    home = private_folder / "training"
    subprocess.run(
        [sys.executable, "-m", "sbk_tui", "demo", "--setup-only", "--keep", str(home),
         "--people", "60"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return home


def written(home: Path) -> int:
    """Return when the database was last written to."""
    return (home / "sbk.db-wal").stat().st_mtime_ns


def someone(home: Path, state: str) -> dict[str, str]:
    """Return number and card of the first person whose card is in `state`."""
    for letter in "lwzcsyhxgm":
        for hit in json.loads(sbk(home, "find", letter, "--json").stdout):
            if hit["state"] == state and hit["cards"] == 1:
                shown = json.loads(sbk(home, "show", "person", hit["person"], "--json").stdout)
                return {"number": shown["person"]["number"], "card": hit["card"]}
    raise AssertionError(f"nobody with a card in state {state}")


@pytest.mark.clause("3.1", "B20", "P1")
def test_a_loss_report_survives_a_power_cut_and_is_done_once(home: Path) -> None:
    person = someone(home, "1")
    with Terminal(["demo", "--keep", str(home)], home=home) as terminal:
        terminal.wait_for("输编号")
        terminal.press("31", "enter")
        terminal.wait_for("输入后结果随即出现")
        terminal.press(person["number"], "enter")
        terminal.wait_for("报失人姓名")
        terminal.press("刘洋", "enter")
        terminal.wait_for("刘洋")
        for digit in "1380":  # each waits for the disk: by the last, the ones before are kept
            before = written(home)
            terminal.press(digit)
            while written(home) == before:
                terminal.wait_for(digit)
        terminal.pull_the_plug()
    with Terminal(["demo", "--keep", str(home)], home=home) as terminal:
        terminal.wait_for("有未办完的草稿")
        terminal.press("31", "enter")
        terminal.wait_for("接着办")
        terminal.press("1")
        terminal.wait_for("刘洋")
        terminal.press("down", *["backspace"] * 4, "13800001111")
        terminal.wait_for("13800001111")
        terminal.press("f10", "f10", "f10")
        terminal.wait_for("已办：临时挂失")
        terminal.pull_the_plug()
    shown = json.loads(sbk(home, "show", "card", person["card"], "--json").stdout)
    assert "4" in json.dumps(shown)
    audit = sbk(home, "audit", "verify", "--json")
    assert audit.returncode == 0, audit.stdout


@pytest.mark.clause("1.2", "B14")
def test_the_card_on_the_training_reader_is_read(home: Path) -> None:
    with Terminal(["demo", "--keep", str(home)], home=home) as terminal:
        terminal.wait_for("输编号")
        terminal.press("f9")
        terminal.wait_for("演练托盘")
        terminal.press("down", "enter")
        terminal.wait_for("输编号")
        terminal.press("12", "enter")
        terminal.wait_for("*有效期至")
        terminal.press("f2")
        terminal.wait_for("已读出")
        assert "演练" in terminal.text


@pytest.mark.clause("B20")
def test_a_dropped_line_loses_not_one_letter(home: Path) -> None:
    person = someone(home, "1")
    with Terminal(["demo", "--keep", str(home)], home=home) as terminal:
        terminal.wait_for("输编号")
        terminal.press("31", "enter")
        terminal.wait_for("输入后结果随即出现")
        terminal.press(person["number"], "enter")
        terminal.wait_for("报失人姓名")
        terminal.press("欧阳示例")
        terminal.wait_for("欧阳示例")
        terminal.hang_up()
    with Terminal(["demo", "--keep", str(home)], home=home) as terminal:
        terminal.wait_for("有未办完的草稿")
        terminal.press("31", "enter")
        terminal.wait_for("接着办")
        terminal.press("1")
        terminal.wait_for("欧阳示例")
