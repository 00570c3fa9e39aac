"""`sbk demo` as it is typed: set up from a script, and worked at in a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.data.keyring import check_password
from sbk_tui.demo import assets, office
from tests.terminal.ptys import window

FEW = ("--people", "60")
ESCAPE = "\x1b"


def sbk_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sbk_tui", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.clause("B14")
def test_set_up_only_makes_a_counter_that_both_clerks_can_open(tmp_path: Path) -> None:
    home = tmp_path / "kept"
    ran = sbk_demo("--setup-only", "--keep", str(home), "--level", "county", *FEW)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert assets.office().password in ran.stdout
    for clerk in assets.office().clerks:
        counter = wiring.sign_in(home, clerk.id, assets.office().password)
        assert (counter.session.name, counter.session.role) == (clerk.name, clerk.role)
        assert counter.config.training
        counter.close()
    assert home.stat().st_mode & 0o77 == 0


def test_a_kept_counter_is_found_again_and_told_as_json(tmp_path: Path) -> None:
    home = tmp_path / "kept"
    assert sbk_demo("--setup-only", "--keep", str(home), *FEW).returncode == 0
    before = (home / office.MARK).read_bytes()
    again = sbk_demo("--setup-only", "--keep", str(home), "--json")
    assert again.returncode == 0
    told = json.loads(again.stdout)
    assert (told["home"], told["clerks"]) == (str(home), ["1001", "1002"])
    assert (home / office.MARK).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--setup-only",), "demo.keep_missing"),
        (("--json",), "demo.keep_missing"),
        (("--setup-only", "--json", "--keep", "/dev"), "demo.folder_in_use"),
    ],
)
def test_a_wrong_use_is_refused_in_words(arguments: tuple[str, ...], code: str) -> None:
    ran = sbk_demo(*arguments)
    assert ran.returncode == 2
    assert ran.stderr.strip()
    if "--json" in arguments:
        assert json.loads(ran.stdout)["error"] == code


def test_the_published_password_is_one_that_a_counter_takes() -> None:
    for clerk in assets.office().clerks:
        check_password(assets.office().password, clerk.id, clerk.name)


@pytest.mark.clause("B14")
def test_the_training_shows_itself_as_one_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with window("-m", "sbk_tui", "demo", *FEW, TMPDIR=str(tmp_path)) as shown:
        shown.wait(lambda: "演练" in shown.screen.text())
        assert list(tmp_path.glob("sbk-demo-*"))
        shown.press(ESCAPE)
        shown.wait(lambda: "退出" in shown.screen.text() and "确定" in shown.screen.text())
        shown.press("1")
        assert shown.process.wait(20) == 0
    assert list(tmp_path.glob("sbk-demo-*")) == []


def test_a_hang_up_leaves_nothing_behind(tmp_path: Path) -> None:
    with window("-m", "sbk_tui", "demo", *FEW, TMPDIR=str(tmp_path)) as shown:
        shown.wait(lambda: "演练" in shown.screen.text())
        shown.process.terminate()
        assert shown.process.wait(20) == 143
    assert list(tmp_path.glob("sbk-demo-*")) == []
