"""An office that is its own city: the hub beside the counter (`sbk init --with-hub`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sbk_tui import own_hub, wiring
from sbk_tui.cli import main
from sbk_tui.data import outbox
from sbk_tui.data.line import line_state
from tests.sync.test_commands import PASSWORD, work
from tests.sync.test_sender import until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a county counter with its own hub."""
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("SBK_CLERK", "zhang")
    monkeypatch.setenv("SBK_PASSWORD_FILE", str(tmp_path / "password"))
    words = ["init", "--home", str(tmp_path / "counter"), "--office", "辉县市人社局", "--level",
             "county", "--district", "410782", "--clerk", "zhang", "--name", "张敏",
             "--password-file", str(tmp_path / "password"), "--with-hub"]  # fmt: skip
    assert main(words) == 0
    return tmp_path / "counter"


def test_one_machine_is_counter_and_city(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work(home)
    capsys.readouterr()
    assert main(["sync", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 4
    assert main(["hub", "status", "--home", str(home / own_hub.FOLDER), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert [(c["level"], c["accepted"]) for c in status["counters"]] == [("C", 4)]
    assert main(["init", "--home", str(home), "--with-hub"]) == 2


def test_the_hub_runs_as_long_as_the_sender_and_no_longer(home: Path) -> None:
    work(home)
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    store = counter.opened.store
    try:
        url = outbox.peer(store)["hub_url"].decode()
        port = int(url.rpartition(":")[2])
        joined = line_state(store).reached
        beside = counter.start_sender()
        assert beside is not None
        until(store, lambda: line_state(store).reached > joined)
        assert outbox.tally(store).waiting == 0
        assert own_hub._is_served(port)
        beside.stop()
        assert not own_hub._is_served(port)
        again = counter.start_sender()
        assert again is not None
        until(store, lambda: own_hub._is_served(port))
        again._process.kill()  # nobody is left to end the hub: it ends by itself
        until(store, lambda: not own_hub._is_served(port))
        again.stop()
    finally:
        counter.close()


def test_a_hub_of_the_machines_own_service_is_used(home: Path) -> None:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        url = outbox.peer(counter.opened.store)["hub_url"].decode()
    finally:
        counter.close()
    with own_hub.running(home, url), own_hub.running(home, url):
        assert main(["sync", "--home", str(home)]) == 0
