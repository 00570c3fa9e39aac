"""A city after a week without lines: every counter comes back at once to one hub.

    python bench/city.py --database postgresql:///… [--people 6000000] [--counters 185]
                         [--days 7] [--day 60] [--workers 2] [--callers 8] [--write docs/scale.md]

The hub's database must be empty. The people are loaded as an earlier take-over would have left
them; the counters' weeks are real operations, sealed, chained and signed, in real databases.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from people import number, row

from sbk_tui import divisions, wiring
from sbk_tui.data.keyring import Cost
from sbk_tui.data.outbox import peer
from sbk_tui.data.seal import digest
from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.people import Person
from sbk_tui.domain.text import plain
from sbk_tui.hub import registry
from sbk_tui.hub.home import create, open_hub
from sbk_tui.pinyin import initials
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.run import client_for, contact
from sbk_tui.sync.tls import open_line

PASSWORD = "bench-only-2026"  # noqa: S105 -- of counters that live for minutes
LOT = 20
SELF = Receiver(type="1", phone="13800000000")
_encode = msgspec.msgpack.Encoder(enc_hook=plain).encode


class Came(NamedTuple):
    """One counter's return."""

    operations: int
    seconds: float


# ---------------------------------------------------------------------- the people


def person(i: int, places: Sequence[str]) -> Person:
    """Return person `i` of the city."""
    cells = row(i)
    return Person(
        id=f"{i:032x}", number=cells[0], name=cells[1], mobile=cells[4],
        village_code=places[i % len(places)] + "201", district=places[i % len(places)],
    )  # fmt: skip


def card(i: int) -> str:
    """Return the number of that person's card."""
    body = f"C{i:07d}"
    return body + card_check(body)


def load(database: str, people: int, places: Sequence[str]) -> float:
    """Copy people and their cards into the hub's tables; return the seconds it took."""
    import psycopg

    begin = time.monotonic()
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        seen: set[str] = set()
        for table, columns, make in _TABLES:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for i in range(people):
                    for line in make(i, places, seen):
                        copy.write_row(line)
        connection.commit()
        connection.autocommit = True
        cursor.execute("ANALYZE")
    return time.monotonic() - begin


def _people(i: int, places: Sequence[str], seen: set[str]) -> Iterator[tuple[Any, ...]]:
    one = person(i, places)
    if one.number in seen:
        return
    seen.add(one.number)
    yield (
        one.id, one.number, one.number[::-1], one.name, one.mobile, one.village_code, "",
        _encode(one),
    )  # fmt: skip


def _initials(i: int, places: Sequence[str], _seen: set[str]) -> Iterator[tuple[Any, ...]]:
    one = person(i, places)
    for letters in dict.fromkeys(initials(one.name)):
        yield (letters, one.id)


def _cards(i: int, _places: Sequence[str], _seen: set[str]) -> Iterator[tuple[Any, ...]]:
    one = _card(i)
    yield (one.number, one.person, one.state.value, "", "", "", "", "", "", None, _encode(one))


def _subjects(i: int, places: Sequence[str], _seen: set[str]) -> Iterator[tuple[Any, ...]]:
    one, held = person(i, places), _card(i)
    yield (one.subject, 1, digest("sbk/row/1", _encode(one)))
    yield (held.subject, 1, digest("sbk/row/1", _encode(held)))


def _card(i: int) -> Card:
    return Card(number=card(i), person=f"{i:032x}", state=CardState.ACTIVE)


_TABLES = (
    ("person", "id, number, tail, name, mobile, village_code, unit_code, body", _people),
    ("person_initials", "initials, person", _initials),
    ("card", "number, person, state, custody, batch, place, shelf, bank, bank_card, collected,"
     " body", _cards),
    ("subject", "id, version, row_hash", _subjects),
)  # fmt: skip


# ---------------------------------------------------------------------- the counters


def week(home: Path, place: str, seed: int, days: int, a_day: int, url: str, code: str) -> int:
    """Make a counter, enrol it, and let it work for days without a line; return its operations."""
    wiring.set_up(
        home, office=divisions.full_name(place) or place, level="T" if len(place) > 6 else "C",
        district=place, clerk="1001", name="张敏", password=PASSWORD, cost=Cost(1, 64),
    )  # fmt: skip
    counter = wiring.sign_in(home, "1001", PASSWORD)
    try:
        enrol(counter.opened, url=url, code=code, now_ms=wiring.now_ms, new_nonce=_nonce)
        made = 0
        for operation in work_of(place, seed, days * a_day):
            counter.ledger.perform(counter.ledger.intend(operation, op=counter.new_id()))
            made += 1
        return made
    finally:
        counter.close()


def work_of(place: str, seed: int, most: int) -> Iterator[Operation]:
    """Yield lots of cards taken in, handed out, enabled; some lost, some found again."""
    chance = random.Random(seed)
    made = 0
    lot = 0
    while made < most:
        bodies = [f"D{(seed * 4000 + lot * LOT + n) % 10_000_000:07d}" for n in range(LOT)]
        cards = [body + card_check(body) for body in bodies]
        lines = tuple(
            Line(
                person=secrets.token_hex(16), number=number(chance.randrange(10**9)),
                name=row(seed * 997 + lot * LOT + n)[1], card=each, village_code=place + "201",
            )
            for n, each in enumerate(cards)
        )  # fmt: skip
        yield TakeIn(batch=f"{place}-{lot}", lines=lines)
        made, lot = made + 1, lot + 1
        for each in cards:
            for operation in _life(each, chance):
                if made >= most:
                    return
                yield operation
                made += 1


def _life(number_of_card: str, chance: random.Random) -> Iterable[Operation]:
    yield IssueToPerson(card=number_of_card, receiver=SELF)
    yield Enable(card=number_of_card)
    if chance.random() < 0.1:
        yield FormalLoss(card=number_of_card, id_shown=True)
        if chance.random() < 0.5:
            yield Release(card=number_of_card, in_person=True, id_shown=True)


def come_back(home: Path) -> Came:
    """Let one counter call the hub: hand in its week, take in what the city decided."""
    counter = wiring.sign_in(home, "1001", PASSWORD)
    try:
        url = peer(counter.opened.store)["hub_url"].decode()
        begin = time.monotonic()
        client = client_for(counter.opened, open_line(url), now_ms=wiring.now_ms, new_nonce=_nonce)
        tally = contact(
            counter.opened, client, version="bench", now_ms=wiring.now_ms, initials=initials
        )
        if tally.waiting or tally.received:
            raise SystemExit(f"{home}: {tally}")
        return Came(tally.made, time.monotonic() - begin)
    finally:
        counter.close()


def _nonce() -> str:
    return secrets.token_hex(16)


# ---------------------------------------------------------------------- the hub


@contextmanager
def serving(home: Path, workers: int, nice: int = 0) -> Iterator[str]:
    """Run the hub and give its address."""
    command = ["nice", "-n", str(nice), sys.executable, "-m", "sbk_tui", "hub", "serve",
               "--home", str(home), "--port", "0", "--workers", str(workers)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("：")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def places_of(count: int) -> list[str]:
    """Return the division codes of so many counters: counties first, then townships."""
    counties = [each.code for each in divisions.children(divisions.CITY)]
    townships = [each.code for county in counties for each in divisions.children(county)]
    return [*counties, *townships][:count]


def codes_for(home: Path, places: Sequence[str]) -> list[str]:
    """Return one enrolment code a counter."""
    hub = open_hub(home)
    try:
        with hub.store.write() as db:
            return [
                registry.new_code(
                    db, registry.Grant(place, "T" if len(place) > 6 else "C", place),
                    hub.signer.public, wiring.now_ms(),
                )
                for place in places
            ]  # fmt: skip
    finally:
        hub.store.close()


def searches(home: Path, people: int, places: Sequence[str], count: int = 300) -> list[float]:
    """Return the milliseconds that look-ups by name and initials take at the hub."""
    from sbk_tui.data.lookup import Lookup

    hub = open_hub(home)
    found = []
    try:
        look = Lookup(hub.store, initials)
        chance = random.Random(5)
        with hub.store.session():
            for _ in range(count):
                name = person(chance.randrange(people), places).name
                begin = time.perf_counter()
                look.find(name)
                found.append((time.perf_counter() - begin) * 1000)
    finally:
        hub.store.close()
    return sorted(found)


def main() -> None:
    """Build the city, let it come back, print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--database", default="", help="postgresql://… of an empty database")
    parser.add_argument("--people", type=int, default=6_000_000)
    parser.add_argument("--counters", type=int, default=185)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--day", type=int, default=60, help="operations a counter and day")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--callers", type=int, default=8, help="counters calling at one time")
    parser.add_argument("--write", type=Path, help="append the table to this page")
    args = parser.parse_args()
    places = places_of(args.counters)
    with tempfile.TemporaryDirectory(prefix="sbk-city-") as folder:
        table = _measure(Path(folder), places, args)
    lines = [f"| {name} | {value} |" for name, value in table]
    page = "\n".join(["| 量 | 值 |", "| --- | ---: |", *lines, ""])
    sys.stdout.write(page)
    if args.write:
        with args.write.open("a", encoding="utf-8") as file:
            file.write(f"\n## {datetime.now(UTC):%Y-%m-%d}\n\n{page}")


def _measure(
    folder: Path, places: Sequence[str], args: argparse.Namespace
) -> list[tuple[str, str]]:
    home = folder / "hub"
    create(home, args.database)
    loaded = load(args.database, args.people, places) if args.database and args.people else 0.0
    homes = [folder / f"c{n:03d}" for n in range(len(places))]
    with serving(home, args.workers) as url:
        codes = codes_for(home, places)
        begin = time.monotonic()
        with ProcessPoolExecutor(args.callers) as pool:
            jobs = [
                pool.submit(week, each, place, n, args.days, args.day, url, code)
                for n, (each, place, code) in enumerate(zip(homes, places, codes, strict=True))
            ]
            made = sum(job.result() for job in jobs)
            worked = time.monotonic() - begin
            begin = time.monotonic()
            came = list(pool.map(come_back, homes))
            back = time.monotonic() - begin
    hub = open_hub(home)
    with hub.store.session() as db:
        verdicts = db.execute_sql("SELECT verdict, count(*) FROM inbox GROUP BY 1").fetchall()
        head = db.execute_sql("SELECT pos FROM feed_head").fetchone()[0]
    hub.store.close()
    slowest = sorted(each.seconds for each in came)
    looked = searches(home, args.people, places) if args.people else [0.0]
    return [
        ("机器", f"{platform.machine()}，{os.cpu_count()} 核，负载 {os.getloadavg()[0]:.1f}"),
        ("数据库", "PostgreSQL" if args.database else "SQLite"),
        ("市中心服务进程", str(args.workers)),
        ("人员", f"{args.people:,}"),
        ("装入人员和卡（秒）", f"{loaded:.0f}"),
        ("窗口", str(len(places))),
        ("离线办理的业务（笔）", f"{made:,}"),
        ("窗口上办一笔（毫秒）", f"{worked * args.callers / max(1, made) * 1000:.2f}"),
        ("同时呼叫的窗口", str(args.callers)),
        ("全部回来（秒）", f"{back:.1f}"),
        ("市中心每秒裁定（笔）", f"{made / back:.0f}"),
        ("一个窗口回来（秒，中位 / 最慢）",
         f"{statistics.median(slowest):.1f} / {slowest[-1]:.1f}"),
        ("裁定", "，".join(f"{name or '无'} {count:,}" for name, count in verdicts)),
        ("信息流位置", f"{head:,}"),
        ("按姓名查找（毫秒，中位 / p99）",
         f"{statistics.median(looked):.1f} / {looked[int(len(looked) * 0.99) - 1]:.1f}"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
