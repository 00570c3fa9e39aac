"""A counter's disk is lost: the drill with a real hub (§9, §17, P12)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sbk_tui import own_hub, wiring
from sbk_tui.cli import main
from sbk_tui.data import outbox
from sbk_tui.data.cases import Cases
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.services.words import moment
from tests.data.days import CARDS, SELF
from tests.sync.test_commands import PASSWORD, asked, city, home, url, work
from tests.sync.test_own_hub import home as own_home
from tests.sync.test_sender import enrolled

__all__ = ["city", "enrolled", "home", "own_home", "url"]
LOSE, RELEASE = (
    FormalLoss(card=CARDS[1], id_shown=True),
    Release(card=CARDS[1], in_person=True, id_shown=True),
)


def do(home: Path, operations: Sequence[Operation]) -> list[str]:
    """Perform operations at a counter; return their ids."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        found = []
        for operation in operations:
            op = counter.new_id()
            counter.ledger.perform(counter.ledger.intend(operation, op=op))
            found.append(op)
        return found
    finally:
        counter.close()


def log(home: Path) -> list[tuple[str, int, str]]:
    """Return (life, number, id) of every record."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        with counter.opened.store.session() as db:
            sql = "SELECT inc, seq, op FROM operation ORDER BY hlc"
            return [(inc, seq, op) for inc, seq, op in db.execute_sql(sql)]
    finally:
        counter.close()


def counter_of(home: Path) -> str:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    counter.close()
    return counter.seat.counter


def code_for(home_of_city: Path, counter: str, capsys: pytest.CaptureFixture[str]) -> str:
    code: str = asked(capsys, "hub", "release", counter, "--home", str(home_of_city))["code"]
    return code


def waiting_cases(home: Path) -> list[tuple[str, dict[str, Any]]]:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        return [(c.code, dict(c.facts)) for c in Cases(counter.opened.store).waiting()]
    finally:
        counter.close()


TWENTY = [IssueToPerson(card=CARDS[1], receiver=SELF), Enable(card=CARDS[1]), *[LOSE, RELEASE] * 9]
FIVE = [LOSE, RELEASE, LOSE, RELEASE, LOSE]


@pytest.mark.clause("P12")
def test_the_disk_is_lost_and_everything_that_the_city_has_comes_back(
    enrolled: Path, city: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place, file = str(enrolled), tmp_path / "stick.sbkbak"
    assert main(["sync", "--home", place]) == 0
    made = asked(capsys, "backup", str(file), "--home", place)
    own = counter_of(enrolled)
    synced = do(enrolled, TWENTY)
    assert main(["sync", "--home", place]) == 0
    assert main(["sync", "--home", place]) == 0  # by now the backup's lease is an old one
    unsent = do(enrolled, FIVE)
    before = log(enrolled)
    shutil.rmtree(enrolled)  # the disk

    told = asked(capsys, "restore", str(file), "--home", place)
    assert (told["seq"], told["operations"], told["enrolled"]) == (made["seq"], made["seq"], True)
    assert main(["sync", "--home", place]) == IntegrityFault.exit_code
    assert "恢复码" in capsys.readouterr().err
    # The counter works meanwhile, in a life of its own: no number is used twice.
    meanwhile = do(enrolled, [IssueToPerson(card=CARDS[2], receiver=SELF)])
    assert log(enrolled)[-1][1:] == (1, meanwhile[0])

    report = asked(
        capsys, "rejoin", "--code", code_for(city, own, capsys), "--home", place
    )  # fmt: skip
    assert report["back"] == len(synced)
    assert (report["waiting"], report["quarantined"]) == (0, 0)
    last = next(row for row in before if row[2] == synced[-1])
    assert report["end"]["seq"] == last[1]
    here = {op for _, _, op in log(enrolled)}
    assert here >= {*synced, *meanwhile}
    assert not here & set(unsent)
    assert waiting_cases(enrolled) == [
        ("restore.gap", {"seq": last[1], "code": report["end"]["code"],
                         "at": moment(report["end"]["at_ms"])})
    ]  # fmt: skip
    assert main(["audit", "verify", "--home", place]) == 0
    do(enrolled, [Enable(card=CARDS[2])])
    assert asked(capsys, "sync", "--home", place)["waiting"] == 0
    states = {
        card: asked(capsys, "hub", "show", "person", card, "--home", str(city))["cards"][0]["state"]
        for card in CARDS[:3]
    }
    assert states == {CARDS[0]: "2", CARDS[1]: "1", CARDS[2]: "1"}
    places = [(inc, seq) for inc, seq, _ in log(enrolled)]
    assert len(set(places)) == len(places)


def test_a_lost_answer_at_the_end_of_rejoining_changes_nothing(
    enrolled: Path, city: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place, file = str(enrolled), tmp_path / "stick.sbkbak"
    assert main(["sync", "--home", place]) == 0
    asked(capsys, "backup", str(file), "--home", place)
    own = log(enrolled)
    shutil.rmtree(enrolled)
    asked(capsys, "restore", str(file), "--home", place)
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    known = outbox.peer(counter.opened.store)
    code = code_for(city, counter.seat.counter, capsys)
    counter.close()
    assert asked(capsys, "rejoin", "--code", code, "--home", place)["back"] == 0
    counter = wiring.sign_in(enrolled, "zhang", PASSWORD)
    outbox.remember_peer(counter.opened.store, {"restored": known["restored"]})  # not yet noted
    counter.close()
    assert asked(capsys, "rejoin", "--code", code, "--home", place)["back"] == 0
    assert log(enrolled) == own
    assert main(["audit", "verify", "--home", place]) == 0


def test_the_code_may_come_with_the_restore(
    enrolled: Path, city: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place, file = str(enrolled), tmp_path / "stick.sbkbak"
    assert main(["sync", "--home", place]) == 0
    asked(capsys, "backup", str(file), "--home", place)
    code = code_for(city, counter_of(enrolled), capsys)
    capsys.readouterr()
    assert main(["restore", str(file), "--home", place]) == BadUsage.exit_code
    assert "--put-aside" in capsys.readouterr().err
    words = ["restore", str(file), "--home", place, "--put-aside", "--code", code]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "没有删除" in said
    assert "重新开通" in said
    aside = next(enrolled.parent.glob("counter.before-*"))
    assert {path.name for path in aside.iterdir()} >= {"sbk.db", "keyring.json"}
    assert main(["sync", "--home", place]) == 0
    # The machine that was put aside is not the one that goes on.
    aside.chmod(0o700)
    assert main(["sync", "--home", str(aside)]) == IntegrityFault.exit_code


@pytest.mark.clause("P12")
def test_an_office_that_is_its_own_city_comes_back_whole(
    own_home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place, file = str(own_home), tmp_path / "stick.sbkbak"
    work(own_home)
    assert asked(capsys, "sync", "--home", place)["accepted"] == 4
    hub_before = asked(capsys, "hub", "status", "--home", str(own_home / own_hub.FOLDER))
    assert main(["backup", str(file), "--home", place]) == 0
    assert b"hub.key" not in file.read_bytes()
    do(own_home, [IssueToPerson(card=CARDS[1], receiver=SELF)])
    shutil.rmtree(own_home)
    assert main(["restore", str(file), "--home", place]) == 0
    hub_after = asked(capsys, "hub", "status", "--home", str(own_home / own_hub.FOLDER))
    assert hub_after["hub"] == hub_before["hub"]
    assert hub_after["epoch"] != hub_before["epoch"]
    do(own_home, [IssueToPerson(card=CARDS[2], receiver=SELF)])
    assert asked(capsys, "sync", "--home", place)["accepted"] == 5
    assert main(["audit", "verify", "--home", place]) == 0
    assert [code for code, _ in waiting_cases(own_home)] == ["restore.gap"]


def test_a_restored_hub_begins_another_epoch_and_takes_its_lost_work_again(
    enrolled: Path, city: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    password, file = tmp_path / "hub-password", tmp_path / "hub.sbkbak"
    password.write_text("the-city-in-a-box-9")
    words = ["hub", "backup", str(file), "--home", str(city), "--password-file", str(password)]
    if (city / "database").exists():
        assert main(words) == BadUsage.exit_code
        return
    before = asked(capsys, "hub", "status", "--home", str(city))
    assert asked(capsys, *words)["hub"] == before["hub"]
    assert main(["sync", "--home", str(enrolled)]) == 0
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-city-in-a-box")
    again = tmp_path / "again"
    words = ["hub", "restore", str(file), "--home", str(again), "--password-file"]
    assert main([*words, str(wrong)]) == Refusal.exit_code
    assert not again.exists()
    assert main([*words, str(password)]) == 0
    after = asked(capsys, "hub", "status", "--home", str(again))
    assert (after["hub"], after["head"]) == (before["hub"], before["head"])
    assert after["epoch"] != before["epoch"]
    assert (again / "hub.key").stat().st_mode & 0o077 == 0
    assert [c["counter"] for c in after["counters"]] == [c["counter"] for c in before["counters"]]
