"""Exit codes by class of fault, each met for real: files, disks, keys, devices, other versions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sbk_tui.data.keyring import Keyring
from sbk_tui.data.store import Store, open_store
from sbk_tui.wiring import now_ms
from tests.commands.conftest import CARD, WISHES
from tests.commands.desk import CLERK, PASSWORD, Sbk, typed

ENTRANCES = ("cli", "commands.find", "commands.do", "commands.show", "commands.import_",
             "commands.init", "commands.audit", "commands.clerk", "commands.clauses",
             "commands.doctor", "commands.read", "commands.photo")  # fmt: skip
HEAVY = {
    "PIL", "reportlab", "segno", "serial", "smartcard", "urllib3", "http.client", "cryptography",
    "psycopg", "starlette", "uvicorn", "jinja2", "numpy", "cv2", "pypinyin", "python_calamine",
    "xlsxwriter", "playhouse.migrations", "markdown_it", "gmalg", "textual",
}  # fmt: skip


def store_of(sbk: Sbk) -> Store:
    """Open the database behind the command's back."""
    key = Keyring(sbk.home, now_ms).unlock(CLERK, PASSWORD).data_key
    return open_store(sbk.home / "sbk.db", key)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_nothing_heavy_is_loaded_before_it_is_needed(entrance: str) -> None:
    code = f"import sys, sbk_tui.{entrance}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert HEAVY & {*loaded, *(name.partition(".")[0] for name in loaded)} == set()


@pytest.mark.parametrize("words", [("--help",), ("do", "--help"), ("import", "--help")])
def test_help_is_quick_and_chinese(words: tuple[str, ...]) -> None:
    code = "import sys; from sbk_tui.cli import main; main(sys.argv[1:])"
    run = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert run.returncode == 0
    assert "窗口" in run.stdout


def test_a_wrong_command_or_option_is_wrong_use() -> None:
    assert typed("fly").code == 2
    assert typed("find").code == 2
    answer = typed("show", "cow", "1", "--json")
    assert (answer.code, answer.document["error"]) == (2, "command.wrong")


def test_no_counter_is_wrong_use(tmp_path: Path) -> None:
    answer = Sbk(tmp_path / "nowhere")("find", "常", "--json")
    assert answer.code == 2
    assert not (tmp_path / "nowhere").exists()


def test_nobody_works_without_a_name_and_a_password(sealed: Sbk, tmp_path: Path) -> None:
    home = str(sealed.home)
    assert typed("find", "常", "--home", home).code == 2
    assert typed("find", "常", "--home", home, SBK_CLERK=CLERK).code == 2
    wrong = tmp_path / "wrong"
    wrong.write_text("another password", "utf-8")
    answer = sealed("find", "常", "--json", SBK_PASSWORD_FILE=str(wrong))
    assert (answer.code, answer.document["error"]) == (3, "auth.wrong")
    assert "another" not in answer.out + answer.err
    stranger = Sbk(sealed.home, "nobody")("find", "常", "--json")
    assert (stranger.code, stranger.document["error"]) == (3, "auth.wrong")


def test_a_reader_that_is_not_there_is_a_device_fault() -> None:
    answer = typed("read", "id", "--url", "socket://127.0.0.1:1", "--json")
    assert (answer.code, answer.document["error"]) == (4, "device.absent")


def test_a_counter_without_a_reader_says_so(sealed: Sbk) -> None:
    answer = sealed("read", "id", "--json")
    assert (answer.code, answer.document["error"]) == (4, "idcard.none_configured")


@pytest.mark.clause("5.1.2.2")
def test_without_the_city_a_replacement_waits(active: Sbk) -> None:
    active.do("loss.formal", *WISHES["loss.formal"])
    answer = active("do", "replace.apply", *WISHES["replace.apply"], "--json")
    assert (answer.code, answer.document["error"]) == (5, "hub.first")


@pytest.mark.clause("P8")
def test_a_changed_record_is_an_integrity_fault(active: Sbk) -> None:
    store = store_of(active)
    with store.write() as db:
        db.execute_sql("UPDATE card SET state = '9'")
    store.close()
    answer = active("audit", "verify", "--json")
    assert answer.code == 6
    assert answer.document["sound"] is False
    assert [flaw["code"] for flaw in answer.document["flaws"]] == ["tables.differ"]
    assert CARD in active("audit", "verify").out


@pytest.mark.clause("P8")
def test_a_forged_operation_is_named_by_its_place(active: Sbk) -> None:
    store = store_of(active)
    with store.write() as db:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in db.execute_sql(triggers).fetchall():
            db.execute_sql(f"DROP TRIGGER {name}")
        db.execute_sql("UPDATE operation SET payload = x'90' WHERE seq = 2")
    store.close()
    answer = active("audit", "verify", "--json")
    assert answer.code == 6
    assert any(flaw["place"].endswith("/2") for flaw in answer.document["flaws"])


def test_a_database_of_a_newer_program_is_not_touched(active: Sbk) -> None:
    store = store_of(active)
    with store.write() as db:
        db.execute_sql("PRAGMA user_version = 99")
    store.close()
    answer = active("find", "常", "--json")
    assert (answer.code, answer.document["error"]) == (6, "store.newer")


def test_half_a_database_is_an_integrity_fault(active: Sbk) -> None:
    path = active.home / "sbk.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert active("find", "常", "--json").code == 6


def test_a_plain_database_in_place_of_an_encrypted_one_is_refused(active: Sbk) -> None:
    open_store(active.home / "plain.db", None).close()
    shutil.move(active.home / "plain.db", active.home / "sbk.db")
    answer = active("find", "常", "--json")
    assert (answer.code, answer.document["error"]) == (6, "store.not_encrypted")


def test_a_folder_that_others_can_read_is_refused(active: Sbk) -> None:
    active.home.chmod(0o755)
    answer = active("find", "常", "--json")
    assert (answer.code, answer.document["error"]) == (2, "store.too_open")


def test_a_folder_that_cannot_be_written_is_unforeseen_but_said(active: Sbk) -> None:
    home = active.home
    for path in (*home.iterdir(), home):
        path.chmod(0o500 if path.is_dir() else 0o400)
    env = {
        "SBK_HOME": str(home), "SBK_CLERK": CLERK, "PYTHONUTF8": "1", "PYTHONPATH": str(Path.cwd()),
        "SBK_PASSWORD_FILE": str(home.parent / "password"),
    }  # fmt: skip
    words = [sys.executable, "-m", "sbk_tui", "do", "loss.formal", *WISHES["loss.formal"], "--json"]
    if os.geteuid() == 0:  # root writes everywhere, unless that right is taken away
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    try:
        run = subprocess.run(
            words, env=os.environ | env, capture_output=True, text=True, check=False
        )
    finally:
        home.chmod(0o700)
        (home / "sbk.db").chmod(0o600)
    assert '"error": "store.read_only"' in run.stdout, run
    assert run.returncode == 1
