"""Handing in a backlog, against the least a hub can do (G15) and PouchDB (G16): in turns.

    python bench/push.py [--operations 4000] [--batch 100] [--rounds 5] [--pouch MODULES]

Ours: real operations of a counter, sealed, chained, signed twice, read from its database, checked
and stored durably by `sbk hub serve`, receipted, the receipts verified and filed. Then, apart:
judged, and the verdicts fetched. The raw hub: JSON of about 600 bytes, `raw_hub.py`. PouchDB:
the same documents to express-pouchdb, `pouch.py`. Bytes are counted in a round of their own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import city
import pouch
from people import mix, row

from sbk_tui import wiring
from sbk_tui.data.keyring import Cost
from sbk_tui.hub.home import create
from sbk_tui.pinyin import initials
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.push import Pace, push_from
from sbk_tui.sync.run import client_for, contact, say_hello
from sbk_tui.sync.tls import open_line

PLACE = "410782105"


class Took(NamedTuple):
    """One round of ours."""

    pushed: float
    """Operations a second until the hub has receipted all of them."""
    settled: float
    """Operations a second until each verdict is at the counter."""
    wire: float
    """Bytes an operation, both ways, headers included, until receipted; 0: not counted."""
    whole: float
    """The same until each verdict is there."""


# ---------------------------------------------------------------------- the raw hub


def operation(i: int, run: str) -> dict[str, object]:
    """Return an operation as a plain program would write it: about 600 bytes of JSON."""
    number, name, letters, village, phone, state = row(i)
    return {
        "op_id": f"{run}-{i:08d}-{mix(i):016x}", "device": "410702-0031-02", "seq": i,
        "at": f"2026-11-24T09:{i // 60 % 60:02d}:{i % 60:02d}.{i % 1000:03d}+08:00",
        "kind": "card.handout", "who": "op-0231",
        "person": {
            "id_no": number, "name": name, "initials": letters, "village": village,
            "phone": phone, "status": state,
        },
        "card": {
            "no": f"H{mix(i + 5) % 10**8:08d}", "bank": "中国建设银行新乡分行",
            "batch": f"PC2026112300{i % 40:02d}", "state_from": "待领卡", "state_to": "已发卡",
        },
        "base_version": i % 7, "note": "本人领取，核对身份证原件，联系电话已确认",
        "sha": f"{mix(i + 9):016x}{mix(i + 11):016x}",
    }  # fmt: skip


def raw_push(folder: Path, count: int, batch: int) -> float:
    """Push to the raw hub; return operations a second, serialising included."""
    command = [sys.executable, str(Path(__file__).with_name("raw_hub.py")), str(folder / "raw.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = http.client.HTTPConnection("127.0.0.1", int(server.stdout.readline()))
            line.connect()
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            operations = [operation(i, secrets.token_hex(4)) for i in range(count)]
            begin = time.perf_counter()
            for at in range(0, count, batch):
                body = json.dumps(operations[at : at + batch], ensure_ascii=False).encode()
                line.request("POST", "/push", body, {"Content-Type": "application/json"})
                answer = line.getresponse()
                answer.read()
                if answer.status != 200:
                    raise SystemExit(f"raw hub: {answer.status}")
            took = time.perf_counter() - begin
            line.close()
        finally:
            server.terminate()
    return count / took


# ---------------------------------------------------------------------- ours


def backlog(home: Path, count: int) -> None:
    """Make a counter that has worked so many operations without a line."""
    wiring.set_up(
        home, office="百泉镇", level="T", district=PLACE, clerk="1001", name="张敏",
        password=city.PASSWORD, cost=Cost(1, 64),
    )  # fmt: skip
    counter = wiring.sign_in(home, "1001", city.PASSWORD)
    try:
        for each in city.work_of(PLACE, 1, count):
            counter.ledger.perform(counter.ledger.intend(each, op=counter.new_id()))
    finally:
        counter.close()


@contextmanager
def enrolled(folder: Path, made: Path, nice: int = 0) -> Iterator[tuple[wiring.Counter, str]]:
    """Give a copy of a counter, enrolled at a fresh hub that serves, and the hub's address.

    Args:
        nice: priority of the hub.
    """
    home, hub = folder / "counter", folder / "hub"
    shutil.copytree(made, home)
    create(hub, "")
    with city.serving(hub, 1, nice) as url:
        (code,) = city.codes_for(hub, [PLACE])
        counter = wiring.sign_in(home, "1001", city.PASSWORD)
        try:
            enrol(counter.opened, url=url, code=code, now_ms=wiring.now_ms, new_nonce=nonce)
            yield counter, url
        finally:
            counter.close()


def our_push(folder: Path, made: Path, count: int, batch: int, *, weigh: bool = False) -> Took:
    """Push a backlog to a fresh hub, then fetch what it decided."""
    with (
        enrolled(folder, made) as (counter, address),
        pouch.counted(address, on=weigh) as (url, relay),
    ):
        own = counter.opened
        client = client_for(own, open_line(url), now_ms=wiring.now_ms, new_nonce=nonce)
        say_hello(own, client, version="bench", now_ms=wiring.now_ms)
        begin = time.perf_counter()
        push_from(
            own.store, client, counter=own.certificate.counter, inc=own.incarnation.inc, first=1,
            pace=Pace(batch, batch),
        )  # fmt: skip
        pushed = time.perf_counter() - begin
        carried = relay.count if relay else 0
        tally = contact(own, client, version="bench", now_ms=wiring.now_ms, initials=initials)
        settled = time.perf_counter() - begin
        if (tally.made, tally.waiting, tally.received) != (count, 0, 0):
            raise SystemExit(f"not all came: {tally}")
        whole = relay.count if relay else 0
        return Took(count / pushed, count / settled, carried / count, whole / count)


def nonce() -> str:
    """Return a nonce."""
    return secrets.token_hex(16)


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pouch", type=Path, metavar="MODULES")
    args = parser.parse_args()
    raws: list[float] = []
    ours: list[Took] = []
    theirs: list[pouch.Replicated] = []
    documents = [operation(i, "pouch") for i in range(args.operations)]
    with tempfile.TemporaryDirectory(prefix="sbk-push-") as folder:
        made = Path(folder) / "made"
        backlog(made, args.operations)
        for n in range(args.rounds + 1):  # the last one only weighs
            place, weigh = Path(folder) / str(n), n == args.rounds
            place.mkdir(mode=0o700)
            if not weigh:
                raws.append(raw_push(place, args.operations, args.batch))
            ours.append(our_push(place, made, args.operations, args.batch, weigh=weigh))
            if args.pouch:
                theirs.append(pouch.replicate(place, args.pouch, documents, count=weigh))
            shutil.rmtree(place)
    raw = statistics.median(raws)
    pushed = statistics.median(each.pushed for each in ours[:-1])
    settled = statistics.median(each.settled for each in ours[:-1])
    told = [
        f"raw hub              {raw:8.0f} operations/s",
        f"pushed, receipted    {pushed:8.0f} operations/s   {pushed / raw:.2f} x raw",
        f"judged and told      {settled:8.0f} operations/s   {settled / raw:.2f} x raw",
        f"bytes, receipted     {ours[-1].wire:8.0f} an operation",
        f"bytes, judged, told  {ours[-1].whole:8.0f} an operation",
    ]
    if theirs:
        pace, carried = statistics.median(each.pushed for each in theirs[:-1]), theirs[-1].wire
        told += [
            f"PouchDB              {pace:8.0f} documents/s   ours {pushed / pace:.2f} x receipted,"
            f" {settled / pace:.2f} x judged and told",
            f"bytes, PouchDB       {carried:8.0f} a document   ours {ours[-1].wire / carried:.2f} x"
            f" receipted, {ours[-1].whole / carried:.2f} x judged and told",
        ]
    sys.stdout.write("\n".join([*told, ""]))


if __name__ == "__main__":
    main()
