"""A real counter and a real hub over a line that does its worst; a hub killed in the middle."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.errors import HubUnreachable
from sbk_tui.hub import registry
from sbk_tui.hub.home import create, open_hub
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.run import client_for
from sbk_tui.sync.tls import open_line
from tests import postgres
from tests.data.conftest import Office, letters
from tests.data.days import CARDS, SELF, stock
from tests.sync.bad_line import FAULTS, bad_line
from tests.sync.city import nonce, sync


class Server:
    """A hub in a process of its own, on a port that stays."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", str(self.home),
                   "--port", str(self.port)]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().strip().rpartition(":")[2])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(params=["sqlite", "postgres"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    database = postgres.new_database(postgres.server()) if request.param == "postgres" else ""
    create(tmp_path / "city", database)
    server = Server(tmp_path / "city")
    server.start()
    yield server
    server.stop()


def joined(office: Office, server: Server) -> None:
    hub = open_hub(server.home)
    with hub.store.write() as db:
        grant = registry.Grant("百泉镇", "T", "410782105")
        code = registry.new_code(db, grant, hub.signer.public, wiring.now_ms())
    hub.store.close()
    url = f"http://127.0.0.1:{server.port}"
    enrol(office.opened, url=url, code=code, now_ms=wiring.now_ms, new_nonce=nonce)


def work(office: Office) -> None:
    office.do(stock())
    for card in CARDS:
        office.do(IssueToPerson(card=card, receiver=SELF))
        office.do(Enable(card=card))
        office.do(FormalLoss(card=card, id_shown=True))
    office.do(Release(card=CARDS[0], in_person=True, id_shown=True))


def call(office: Office, url: str) -> outbox.Tally:
    client = client_for(office.opened, open_line(url), now_ms=wiring.now_ms, new_nonce=nonce)
    return sync(office, client)


def check(office: Office, server: Server) -> None:
    """Everything arrived once, was judged, and is the same here and there."""
    tally = outbox.tally(office.opened.store)
    assert (tally.accepted, tally.waiting) == (tally.made, 0)
    assert verify(office.opened.store, key=None, initials=letters).sound
    rows = "SELECT number, body FROM card ORDER BY number"
    hub = open_hub(server.home)
    try:
        with hub.store.session() as db:
            there = [(n, bytes(b)) for n, b in db.execute_sql(rows)]
            received = db.execute_sql("SELECT count(*), max(seq) FROM inbox").fetchone()
    finally:
        hub.store.close()
    with office.opened.store.session() as db:
        here = [(n, bytes(b)) for n, b in db.execute_sql(rows)]
    assert here == there
    assert tuple(received) == (tally.made, tally.made)


@pytest.mark.clause("P2", "P3")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_line_does_each_operation_arrives_once(
    office: Office, server: Server, seed: int
) -> None:
    joined(office, server)
    chance = random.Random(seed)
    with bad_line(server.port) as line:
        line.faults = [chance.choice(FAULTS) for _ in range(25)]
        for round_ in range(3):
            work(office) if round_ == 0 else office.do(stock())
            for _ in range(60):
                try:
                    if call(office, line.url).waiting == 0:
                        break
                except HubUnreachable:
                    continue
            else:
                raise AssertionError(line.faults)
        assert line.met > 3
    call(office, f"http://127.0.0.1:{server.port}")
    check(office, server)


@pytest.mark.clause("P1", "P2")
@pytest.mark.parametrize("seed", range(2))
def test_a_hub_killed_in_the_middle_of_a_batch_loses_nothing_and_does_nothing_twice(
    office: Office, server: Server, seed: int
) -> None:
    joined(office, server)
    work(office)
    chance = random.Random(seed)
    url = f"http://127.0.0.1:{server.port}"
    for _ in range(3):
        killer = subprocess.Popen(
            ["sh", "-c", f"sleep {chance.random() * 0.15:.3f}; kill -9 {server.process.pid}"]  # type: ignore[union-attr]
        )
        try:
            for _ in range(20):
                call(office, url)
        except HubUnreachable:
            pass
        killer.wait()
        server.stop(signal.SIGKILL)
        server.start()
        office.do(stock())
    end = time.monotonic() + 30
    while call(office, url).waiting:
        assert time.monotonic() < end
    check(office, server)
