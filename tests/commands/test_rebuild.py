"""`sbk rebuild`: a disk is lost, the slips are still there (B1)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.cli import main
from sbk_tui.data import models
from sbk_tui.data.slip_code import SlipCodes, slip_key
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.errors import BadUsage, Refusal
from tests.data.days import CARDS, SELF
from tests.sync.test_commands import PASSWORD, asked, city, home, url, work
from tests.sync.test_restore import code_for, counter_of, do
from tests.sync.test_sender import enrolled

__all__ = ["city", "enrolled", "home", "url"]
RELEASE = Release(card=CARDS[0], in_person=True, id_shown=True)
LATER = [
    RELEASE,
    IssueToPerson(card=CARDS[1], receiver=SELF),
    Enable(card=CARDS[1]),
    FormalLoss(card=CARDS[1], id_shown=True),
    IssueToPerson(card=CARDS[2], receiver=SELF),
]


def slips_of(home: Path, ops: Sequence[str]) -> list[str]:
    """Return what a scanner reads from the slips of operations."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        codes = SlipCodes(counter.opened.store, slip_key(counter.data_key))
        return [codes.of(op) for op in ops]
    finally:
        counter.close()


def tables(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every business table, and the log, row by row."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        with counter.opened.store.session() as db:
            names = [model._meta.table_name for model in models.PROJECTIONS]
            return {
                name: sorted(db.execute_sql(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608
                for name in (*names, "operation", "about")
            }
    finally:
        counter.close()


def lose_disk(home: Path, file: Path, operations: Sequence[Operation]) -> list[str]:
    """Work on after the backup, lose the disk, restore it; return the slips of that work."""
    slips = slips_of(home, do(home, operations))
    shutil.rmtree(home)
    assert main(["restore", str(file), "--home", str(home)]) == 0
    return slips


@pytest.fixture
def file(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Give a backup of a counter after four operations."""
    work(home)
    file = tmp_path / "stick.sbkbak"
    assert asked(capsys, "backup", str(file), "--home", str(home))["seq"] == 4
    return file


@pytest.mark.clause("B1")
def test_a_shuffled_stack_with_repeats_gives_the_same_records(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ops = do(home, LATER)
    before, slips = tables(home), slips_of(home, ops)
    shutil.rmtree(home)
    assert main(["restore", str(file), "--home", str(home)]) == 0
    stack = tmp_path / "stack.txt"
    lines = [*slips, *slips[:3]]
    random.Random(7).shuffle(lines)
    stack.write_text("\n".join([*lines[:4], "", lines[4].lower(), *lines[5:]]))
    found = asked(capsys, "rebuild", str(stack), "--home", str(home))
    assert (found["slips"], found["back"], found["known"]) == (8, 5, 3)
    assert (found["left"], found["gaps"], found["unreadable"]) == ([], [], [])
    assert tables(home) == before
    assert main(["audit", "verify", "--home", str(home)]) == 0
    capsys.readouterr()
    assert main(["rebuild", str(stack), "--home", str(home)]) == 0  # and once more
    assert "已有 8 笔，原样找回 0 笔" in capsys.readouterr().out


@pytest.mark.clause("B1")
def test_a_slip_that_is_missing_is_named_and_the_rest_is_done_anew_when_one_says_so(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slips = lose_disk(home, file, LATER)
    stack, place = tmp_path / "stack.txt", str(home)
    stack.write_text("\n".join([slips[4], "no code", slips[0], slips[2], slips[3][:80]]))
    capsys.readouterr()
    assert main(["rebuild", str(stack), "--home", place]) == Refusal.exit_code
    said = capsys.readouterr().out
    assert "原样找回 1 笔，重办 0 笔，没有办 2 笔" in said
    assert "第 2、5 行" in said
    assert "缺第 6 到 6 笔" in said
    assert "缺第 8 到 8 笔" in said
    assert "没有办：第 9 笔" in said
    assert CARDS[2] in said
    # The lost slip turns up: what hangs on it goes on byte for byte.
    stack.write_text("\n".join([slips[1], slips[2], slips[4]]))
    found = asked(capsys, "rebuild", str(stack), "--home", place)
    assert (found["back"], [left["seq"] for left in found["left"]]) == (2, [9])
    # The other one does not: the rest is done anew, under its own id, as far as the rules go.
    found = asked(capsys, "rebuild", str(stack), "--home", place, "--again")
    assert [again["seq"] for again in found["again"]] == [9]
    assert found["again"][0]["new_code"] != found["again"][0]["code"]
    assert found["left"] == []
    assert asked(capsys, "rebuild", str(stack), "--home", place)["known"] == 3
    assert main(["audit", "verify", "--home", place]) == 0


def test_what_the_rules_refuse_and_whom_nobody_knows_is_left_and_named(
    home: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    counter.close()
    by = wiring.Keyring(home, wiring.now_ms).unlock("zhang", PASSWORD)
    wiring.add_clerk(home, by, "wang", "王芳", wiring.CLERK, PASSWORD)
    wang = wiring.sign_in(home, "wang", PASSWORD)
    op = wang.new_id()
    wang.ledger.perform(wang.ledger.intend(RELEASE, op=op))
    wang.close()
    slips = slips_of(home, [op, *do(home, LATER[1:])])
    shutil.rmtree(home)
    assert main(["restore", str(file), "--home", str(home)]) == 0
    stack = tmp_path / "stack.txt"
    stack.write_text("\n".join([slips[0], slips[2]]))
    capsys.readouterr()
    assert main(["rebuild", str(stack), "--again", "--home", str(home)]) == Refusal.exit_code
    said = capsys.readouterr().out
    assert "不可信，没有办：第 5 笔" in said  # the clerk came after the backup
    assert "没有办：第 7 笔" in said
    assert "原因：" in said  # one cannot enable what was never handed out


@pytest.mark.clause("B1", "P12")
def test_work_that_never_went_to_the_city_comes_back_on_its_slips(
    enrolled: Path, city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, file = str(enrolled), tmp_path / "stick.sbkbak"
    assert main(["sync", "--home", place]) == 0
    asked(capsys, "backup", str(file), "--home", place)
    own = counter_of(enrolled)
    slips = lose_disk(enrolled, file, LATER)
    stack = tmp_path / "stack.txt"
    stack.write_text("\n".join(slips))
    assert main(["rebuild", str(stack), "--again", "--home", place]) == BadUsage.exit_code
    assert "rejoin" in capsys.readouterr().err
    assert asked(capsys, "rebuild", str(stack), "--home", place)["back"] == len(LATER)
    report = asked(
        capsys, "rejoin", "--code", code_for(city, own, capsys), "--home", place
    )  # fmt: skip
    assert (report["back"], report["waiting"], report["quarantined"]) == (0, 0, 0)
    states = {
        card: asked(capsys, "hub", "show", "person", card, "--home", str(city))["cards"][0]["state"]
        for card in CARDS[:3]
    }
    assert states == {CARDS[0]: "1", CARDS[1]: "2", CARDS[2]: "0"}
    assert main(["audit", "verify", "--home", place]) == 0


def test_a_file_that_is_not_there_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["rebuild", str(home / "none.txt"), "--home", str(home)])
    assert code == BadUsage.exit_code
    assert "读不到文件" in capsys.readouterr().err
