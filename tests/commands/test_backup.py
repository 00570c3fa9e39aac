"""`sbk backup` and `sbk restore` as typed, and the backups that are made by themselves."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from sbk_tui import config as configuration
from sbk_tui import keeper, wiring
from sbk_tui.cli import main
from sbk_tui.config import Backup
from sbk_tui.data.backup_note import Kept, last_backup, note_backup
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.keyring import Cost
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal, StorageFault
from sbk_tui.surroundings import CHECKS, Place
from sbk_tui.texts import explain
from sbk_tui.wiring import Counter
from tests.sync.test_commands import PASSWORD, asked, home, work

__all__ = ["home"]
HOUR_MS = 3_600_000


@pytest.fixture
def counter(home: Path) -> Counter:
    """Give a counter with a day's work and a portrait, closed."""
    work(home)
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    Blobs(counter.opened.store, home / "blobs", counter.key).put(b"a portrait" * 100)
    counter.close()
    return counter


def backup(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "backup", str(file), "--home", str(home))["seq"] == 4


def test_a_counter_comes_back_as_it_was(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter.opened.store.encrypted
    (home / "config.toml").write_text("[session]\nlock_after = 7\n")
    file, other = tmp_path / "a.sbkbak", tmp_path / "other"
    backup(home, file, capsys)
    assert sorted(path.name for path in home.glob(".*")) == []
    sealed = file.read_bytes()
    for word in (b"lock_after", b"SQLite format 3", "张敏".encode() * 2, b"a portrait"):
        assert word not in sealed
    capsys.readouterr()
    assert main(["restore", str(file), "--home", str(other)]) == 0
    assert "全部核对无误" in capsys.readouterr().out
    assert main(["audit", "verify", "--home", str(other)]) == 0
    assert {p.name for p in other.iterdir()} == {"sbk.db", "keyring.json", "config.toml", "blobs"}
    back = wiring.sign_in(other, "zhang", PASSWORD)
    try:
        blob = Blobs(back.opened.store, other / "blobs", back.key)
        with back.opened.store.session() as db:
            (name,) = db.execute_sql("SELECT id FROM blob").fetchone()
        assert blob.get(name) == b"a portrait" * 100
        assert back.config.session.lock_after == 7
        # Nobody else knows this counter: it goes on in its life.
        assert back.opened.incarnation == counter.opened.incarnation
        assert [case.code for case in back.desks.cases.waiting()] == ["restore.gap"]
        assert "第 4 笔" in back.desks.cases.words(back.desks.cases.waiting()[0]).message
    finally:
        back.close()


def test_a_drill_proves_a_backup_and_touches_nothing(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter
    file = tmp_path / "a.sbkbak"
    backup(home, file, capsys)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told = asked(capsys, "restore", "--drill", str(file), "--home", str(home))
    assert (told["seq"], told["operations"]) == (4, 4)
    assert main(["restore", "--drill", str(file), "--home", str(home)]) == 0
    assert "演练通过" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    file.write_bytes(file.read_bytes()[:-100])
    assert main(["restore", "--drill", str(file)]) == IntegrityFault.exit_code


def test_a_plain_counter_has_a_sealed_backup(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(home)
    wiring.set_up(
        home, office="百泉镇", level="T", district="410782105", clerk="zhang", name="张敏",
        password=PASSWORD, cost=Cost(1, 64), encrypt=False,
    )  # fmt: skip
    work(home)
    backup(home, tmp_path / "a.sbkbak", capsys)
    assert b"SQLite format 3" not in (tmp_path / "a.sbkbak").read_bytes()
    assert main(["restore", str(tmp_path / "a.sbkbak"), "--home", str(tmp_path / "b")]) == 0


def test_a_backup_is_consistent_while_the_counter_works(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter
    stop = threading.Event()

    def write() -> None:
        busy = wiring.sign_in(home, "zhang", PASSWORD)
        while not stop.is_set():
            note_backup(busy.opened.store, Kept(tried=1))
        busy.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup(home, tmp_path / "a.sbkbak", capsys)
    finally:
        stop.set()
        writer.join()
    assert main(["restore", str(tmp_path / "a.sbkbak"), "--home", str(tmp_path / "b")]) == 0


def test_nothing_is_overwritten_and_nothing_half_is_left(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter
    file = tmp_path / "a.sbkbak"
    backup(home, file, capsys)
    assert asked(capsys, "backup", str(file), "--home", str(home))["error"] == "backup.exists"
    nowhere = str(tmp_path / "no" / "a")
    assert asked(capsys, "backup", nowhere, "--home", str(home))["error"] == "backup.no_folder"
    assert asked(capsys, "backup", "/proc/a", "--home", str(home))["error"] == (
        "backup.cannot_write"
    )
    assert asked(capsys, "backup", "--home", str(home))["error"] == "backup.not_configured"


def test_a_broken_log_is_not_backed_up(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with counter.opened.store.write() as db:
        db.execute_sql("DROP TRIGGER operation_is_never_changed")
        db.execute_sql("UPDATE operation SET hash = x'00' WHERE seq = 2")
    told = asked(capsys, "backup", str(tmp_path / "a"), "--home", str(home))
    assert told["error"] == "backup.unsound"
    assert list(tmp_path.glob("*a*.part")) == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("where", [0.002, 0.5, 0.99])
def test_a_damaged_backup_touches_nothing(
    home: Path, counter: Counter, tmp_path: Path, where: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter
    file = tmp_path / "a.sbkbak"
    backup(home, file, capsys)
    content = bytearray(file.read_bytes())
    content[int(len(content) * where) + 400] ^= 4
    file.write_bytes(content)
    assert main(["restore", str(file), "--home", str(tmp_path / "b")]) != 0
    assert not (tmp_path / "b").exists()
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert main(["restore", str(file), "--home", str(home), "--put-aside"]) != 0
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_wrong_password_opens_no_backup(
    home: Path, counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert counter
    backup(home, tmp_path / "a", capsys)
    (tmp_path / "wrong").write_text("another-long-word-8")
    monkeypatch.setenv("SBK_PASSWORD_FILE", str(tmp_path / "wrong"))
    assert main(["restore", str(tmp_path / "a"), "--home", str(tmp_path / "b")]) == (
        Refusal.exit_code
    )
    assert not (tmp_path / "b").exists()


def test_a_hub_and_a_counter_are_not_taken_for_each_other(
    home: Path, counter: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert counter
    backup(home, tmp_path / "a", capsys)
    told = asked(
        capsys, "hub", "restore", str(tmp_path / "a"), "--home", str(tmp_path / "b"),
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert told["error"] == "backup.of_another"
    (tmp_path / "text").write_text("nothing")
    for name, code in (("text", "backup.not_ours"), ("none", "backup.missing")):
        told = asked(capsys, "restore", str(tmp_path / name), "--home", str(tmp_path / "b"))
        assert told["error"] == code


# ---------------------------------------------------------------- by themselves


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    place = tmp_path / "stick"
    place.mkdir()
    return place


def test_backups_by_themselves_keep_the_newest(
    home: Path, counter: Counter, stick: Path
) -> None:  # fmt: skip
    opened, settings = counter.opened, Backup(folder=str(stick), every=4, keep=3)
    (stick / f"{counter.seat.counter}-notes.txt").write_text("of somebody else")
    now = 1_795_000_000_000
    for hour in range(5):
        file, _ = keeper.keep(home, opened, settings, counter.data_key, now + hour * HOUR_MS)
        assert file.exists()
    own = f"{counter.seat.counter}-"
    left = {f"{own}{keeper.stamp(now + hour * HOUR_MS)}{keeper.SUFFIX}" for hour in (2, 3, 4)}
    assert {path.name for path in stick.iterdir()} == {*left, f"{own}notes.txt"}
    kept = last_backup(opened.store)
    assert (kept.at, kept.seq, kept.code) == (now + 4 * HOUR_MS, 4, "")
    opened.store.close()


def test_it_is_time_again_after_some_hours_and_sooner_after_a_failure() -> None:
    settings, now = Backup(folder="x", every=4), 1_795_000_000_000
    assert keeper.is_due(Kept(), settings, now)
    good = Kept(at=now, tried=now)
    assert not keeper.is_due(good, settings, now + 4 * HOUR_MS - 1)
    assert keeper.is_due(good, settings, now + 4 * HOUR_MS)
    failed = msgspec.structs.replace(good, code="backup.no_folder")
    assert not keeper.is_due(failed, settings, now + 9 * 60_000)
    assert keeper.is_due(failed, settings, now + 10 * 60_000)
    assert keeper.is_due(good, settings, now - 1)  # the clock went back: nobody waits for it


def test_a_stick_that_is_not_there_is_told_and_never_made(
    home: Path, counter: Counter, tmp_path: Path
) -> None:
    settings, store = Backup(folder=str(tmp_path / "media")), counter.opened.store
    with pytest.raises(BadUsage, match=r"backup\.no_folder"):
        keeper.keep(home, counter.opened, settings, counter.data_key, 1_795_000_000_000)
    assert not (tmp_path / "media").exists()
    assert last_backup(store) == Kept(tried=1_795_000_000_000, code="backup.no_folder")
    store.close()


def test_the_screens_keeper_makes_one_at_once_and_ends_with_the_screen(
    home: Path, counter: Counter, stick: Path
) -> None:
    assert counter
    (home / "config.toml").write_text(f'[backup]\nfolder = "{stick}"\n')
    open_again = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        beside = open_again.start_keeper()
        assert beside is not None
        wait_for(lambda: last_backup(open_again.opened.store).at > 0)
        beside.stop()
        assert not beside.running
    finally:
        open_again.close()
    (file,) = stick.iterdir()
    assert main(["restore", str(file), "--home", str(home.with_name("back"))]) == 0


def test_the_morning_minute_says_how_old_the_last_backup_is(
    home: Path, counter: Counter, stick: Path
) -> None:
    config = configuration.Config(backup=Backup(folder=str(stick)))
    now, store = 1_795_000_000_000, counter.opened.store
    look = dict(CHECKS)["backup"]

    def told(kept: Kept, *, elsewhere: Path = stick, days: int = 0) -> str | None:
        note_backup(store, kept)
        at = Place(
            home if elsewhere == stick else elsewhere, config, lambda: now + days * 24 * HOUR_MS,
            counter.lookup,
        )  # fmt: skip
        return look(at)

    for kept, days, code in (
        (Kept(), 0, "doctor.no_backup"),
        (Kept(at=now - HOUR_MS), 4, "doctor.backup_old"),
        (Kept(at=now, tried=now, code="backup.no_folder"), 0, "doctor.backup_failed"),
        (Kept(at=now - HOUR_MS, seq=4), 0, "doctor.backup_same_disk"),
    ):
        with pytest.raises((Refusal, StorageFault)) as caught:
            told(kept, days=days)
        assert caught.value.code == code
        said = explain(caught.value)
        assert "{" not in said.message + said.remedy
    other_disk = told(Kept(at=now - HOUR_MS, seq=4), elsewhere=Path("/proc"))
    assert other_disk == "1小时前，到第 4 笔。"
    assert look(Place(home, configuration.Config(), lambda: now, counter.lookup)) is None
    store.close()


def wait_for(done: Callable[[], bool], patience_s: float = 30.0) -> None:
    end = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)
