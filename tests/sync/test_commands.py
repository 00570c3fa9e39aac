"""`sbk hub` and `sbk sync` as typed, with the real server in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sbk_tui import wiring
from sbk_tui.cli import main
from sbk_tui.data.documents import person_document
from sbk_tui.data.keyring import Cost
from sbk_tui.data.outbox import peer
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.people import Person
from sbk_tui.errors import Refusal
from sbk_tui.hub.home import open_hub
from sbk_tui.pinyin import initials
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.run import client_for, contact
from sbk_tui.sync.tls import open_line
from tests import postgres
from tests.data.days import CARDS, SELF, stock
from tests.people import LIU_YANG, ZENG_LE, form_of

PASSWORD = "a-long-enough-word-7"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a township counter, and its clerk to scripted commands."""
    home = tmp_path / "counter"
    wiring.set_up(
        home, office="百泉镇", level="T", district="410782105", clerk="zhang", name="张敏",
        password=PASSWORD, cost=Cost(1, 64),
    )  # fmt: skip
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("SBK_CLERK", "zhang")
    monkeypatch.setenv("SBK_PASSWORD_FILE", str(tmp_path / "password"))
    return home


@pytest.fixture(params=["sqlite", "postgres"])
def city(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Give the folder of a new hub, its records in a file or on a server."""
    words = ["hub", "init", "--home", str(tmp_path / "city")]
    if request.param == "postgres":
        words += ["--database", postgres.new_database(postgres.server())]
    assert main(words) == 0
    return tmp_path / "city"


@pytest.fixture
def url(city: Path) -> Iterator[str]:
    """Run the hub on a free port of this machine, with two workers."""
    command = [
        sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", str(city), "--port", "0",
        "--workers", "2",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("：")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Return the JSON document that a command prints."""
    capsys.readouterr()
    main([*words, "--json"])
    return json.loads(capsys.readouterr().out)


def join(home: Path, url: str, code: str) -> None:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        enrol(
            counter.opened, url=url, code=code, now_ms=wiring.now_ms,
            new_nonce=lambda: secrets.token_hex(16),
        )  # fmt: skip
    finally:
        counter.close()


def work(home: Path) -> Any:
    """Take stock in, hand out, enable and lose a card; return the holder as the counter sees it."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        for operation in (
            stock(),
            IssueToPerson(card=CARDS[0], receiver=SELF),
            Enable(card=CARDS[0]),
            FormalLoss(card=CARDS[0], id_shown=True),
        ):
            counter.ledger.perform(counter.ledger.intend(operation, op=counter.new_id()))
        dossier = counter.lookup.dossier(CARDS[0])
        assert dossier is not None
        return person_document(dossier)
    finally:
        counter.close()


@pytest.mark.clause("P2", "P4", "A4")
def test_a_day_at_the_counter_arrives_is_judged_and_reads_the_same_at_the_city(
    home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked(
        capsys, "hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782105",
        "--office", "百泉镇",
    )["code"]  # fmt: skip
    join(home, url, code)
    at_the_counter = work(home)
    report = asked(capsys, "sync", "--home", str(home))
    assert report == {
        "made": 4, "sent": 4, "received": 0, "accepted": 4, "refused": 0, "held": 0,
        "quarantined": 0, "waiting": 0,
    }  # fmt: skip
    at_the_city = asked(capsys, "hub", "show", "person", CARDS[0], "--home", str(city))
    assert at_the_city == json.loads(json.dumps(at_the_counter))
    assert at_the_city["cards"][0]["state"] == "2"
    status = asked(capsys, "hub", "--home", str(city), "status")
    assert [(c["operations"], c["accepted"]) for c in status["counters"]] == [(4, 4)]
    assert main(["sync", "--home", str(home)]) == 0
    assert "已送达 4 笔" in capsys.readouterr().out

    assert main(["hub", "revoke", status["counters"][0]["counter"], "--home", str(city)]) == 0
    assert main(["sync", "--home", str(home)]) == Refusal.exit_code
    assert "吊销" in capsys.readouterr().err


@pytest.mark.clause("P2")
def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(
    home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked(
        capsys, "hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782105",
        "--office", "百泉镇",
    )["code"]  # fmt: skip
    join(home, url, code)
    work(home)
    for worker in workers():
        os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while main(["sync", "--home", str(home)]) != 0:  # no line until the next worker listens
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "接受 4 笔" in capsys.readouterr().out


def workers() -> list[int]:
    """Return the processes that the hub we have started has made."""
    servers = set(children(os.getpid()))
    return [pid for server in servers for pid in children(server)]


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in listed]


@pytest.mark.clause("P2", "P3")
def test_a_day_without_a_line_goes_by_stick(
    tmp_path: Path, home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked(
        capsys, "hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782105",
        "--office", "百泉镇",
    )["code"]  # fmt: skip
    join(home, url, code)
    work(home)
    stick = tmp_path / "work.sbk"
    out = asked(capsys, "bundle", "export", str(stick), "--home", str(home))
    assert (out["count"], out["left"]) == (4, 0)
    assert CARDS[0].encode() not in stick.read_bytes()
    came = asked(capsys, "bundle", "import", str(stick), "--home", str(city))
    assert (came["first"], came["last"]) == (1, 4)
    report = asked(capsys, "bundle", "import", came["file"], "--home", str(home))
    assert (report["accepted"], report["waiting"]) == (4, 0)
    stick.write_bytes(stick.read_bytes()[:-9])
    assert main(["bundle", "import", str(stick), "--home", str(city)]) == Refusal.exit_code
    assert "不完整" in capsys.readouterr().err


@pytest.mark.clause("1.2", "P2")
def test_two_counters_at_once_are_each_judged_in_their_own_order(
    tmp_path: Path, home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wiring.set_up(
        tmp_path / "second", office="常村镇", level="T", district="410782105", clerk="zhang",
        name="张敏", password=PASSWORD, cost=Cost(1, 64),
    )  # fmt: skip
    homes = (home, tmp_path / "second")
    for each, person in zip(homes, (LIU_YANG, ZENG_LE), strict=True):
        main(["hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782",
              "--office", each.name])  # fmt: skip
        join(each, url, capsys.readouterr().out.strip())
        apply_and_take_in(each, person)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(call_city, homes)) == [21, 21]
    hub = open_hub(city)
    with hub.store.session() as db:
        inbox = db.execute_sql("SELECT counter, seq, pos FROM inbox ORDER BY pos").fetchall()
        feed = db.execute_sql("SELECT count(*), max(pos) FROM feed").fetchone()
    hub.store.close()
    for counter in {row[0] for row in inbox}:
        assert [seq for of, seq, _ in inbox if of == counter] == list(range(1, 22))
    assert feed[0] == feed[1]
    for each, person in zip(homes, (LIU_YANG, ZENG_LE), strict=True):
        shown = asked(capsys, "hub", "show", "person", person.number, "--home", str(city))
        assert shown == json.loads(json.dumps(person_at(each, person.number)))
        assert len(shown["applications"]) == 1


def apply_and_take_in(home: Path, person: Person) -> None:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        wishes = [Apply(person=person.id, form=form_of(person))]
        arrivals = [msgspec.structs.replace(stock(), batch=f"{home.name}-{n}") for n in range(20)]
        for operation in (*wishes, *arrivals):
            counter.ledger.perform(counter.ledger.intend(operation, op=counter.new_id()))
    finally:
        counter.close()


def call_city(home: Path) -> int:
    """Make one contact from a thread; return how many operations were accepted."""
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        url = peer(counter.opened.store)["hub_url"].decode()
        client = client_for(
            counter.opened, open_line(url), now_ms=wiring.now_ms,
            new_nonce=lambda: secrets.token_hex(16),
        )  # fmt: skip
        return contact(
            counter.opened, client, version="test", now_ms=wiring.now_ms, initials=initials
        ).accepted
    finally:
        counter.close()


def person_at(home: Path, number: str) -> Any:
    counter = wiring.sign_in(home, "zhang", PASSWORD)
    try:
        dossier = counter.lookup.dossier(number)
        assert dossier is not None
        return person_document(dossier)
    finally:
        counter.close()


def test_without_a_line_the_work_stays_and_the_exit_code_says_so(
    home: Path, city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, "sync", "--home", str(home))["error"] == "sync.not_enrolled"
    main(["hub", "enrol", "--home", str(city), "--level", "T", "--district", "410782105",
          "--office", "百泉镇"])  # fmt: skip
    join(home, url, capsys.readouterr().out.strip())
    work(home)
    (home / "config.toml").write_text('[hub]\nurl = "http://127.0.0.1:1"\n')
    assert main(["sync", "--home", str(home)]) == 5
    (home / "config.toml").write_text('[hub]\nurl = "http://10.0.0.1"\n')
    assert main(["sync", "--home", str(home)]) == 2
    (home / "config.toml").unlink()
    assert asked(capsys, "sync", "--home", str(home))["accepted"] == 4


def test_a_hub_that_cannot_listen_says_so(
    city: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    port = url.rpartition(":")[2]
    answer = asked(capsys, "hub", "serve", "--home", str(city), "--port", port)
    assert answer["error"] == "hub.cannot_listen"
    assert asked(capsys, "hub", "show", "person", "x", "--home", str(city))["error"] == (
        "hub.no_such_person"
    )
    assert asked(capsys, "hub", "revoke", "x", "--home", str(city))["error"] == (
        "hub.no_such_counter"
    )
