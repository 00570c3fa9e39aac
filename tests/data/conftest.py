"""A counter's ledger on a real file, without screens and devices."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sbk_tui.codes import code_tables, conflicts, fee_table
from sbk_tui.data import counter_file
from sbk_tui.data.ids import uuid7
from sbk_tui.data.keyring import Cost
from sbk_tui.data.ledger import Done, Ledger, Session
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.record import SALT_BYTES
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.world import Seat

CHEAP = Cost(1, 64)
"""One guess in a test costs nothing."""
KEY = bytes(range(32))
RULES = Rules(
    settings=Settings(cancel_four_eyes=False, correct_four_eyes=False),
    codes=code_tables(),
    fees=fee_table(),
    conflicts=conflicts(),
)


def letters(name: str) -> tuple[str, ...]:
    """Stand in for the pinyin table: what these tests ask is not which letters."""
    return (name.lower()[:1],) if name.isascii() else ("zxh",)


class Office(NamedTuple):
    """A counter with its clock in the test's hand."""

    folder: Path
    key: bytes | None
    opened: counter_file.OpenCounter
    ledger: Ledger
    lookup: Lookup
    clock: list[int]

    def do(self, operation: Operation, op: str | None = None) -> Done:
        """Perform one operation, a minute after the one before."""
        self.clock[0] += 60_000
        intent = self.ledger.intend(operation, op=op or uuid7(self.clock[0]))
        return self.ledger.perform(intent)


def make_office(
    folder: Path,
    *,
    level: str = "T",
    key: bytes | None = KEY,
    rules: Rules = RULES,
    counter: str = "410782105-a1",
    district: str = "410782105",
    clock: list[int] | None = None,
) -> Office:
    """Set up and open a counter in `folder` for the clerk `zhang`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    clock = clock if clock is not None else [1_795_000_000_000]
    counter_file.create(
        folder, key, counter=counter, office="百泉镇", level=level, district=district,
        removed=(), now_ms=clock[0],
    )  # fmt: skip
    signer = Ed25519Signer(new_private_key())
    opened = counter_file.open_counter(folder, key)
    counter_file.register_clerk(opened.store, "zhang", "张敏", "clerk", signer.public)
    opened.store.close()
    return open_office(folder, key=key, clerk=signer, clock=clock, rules=rules)


def open_office(
    folder: Path, *, key: bytes | None, clerk: Ed25519Signer, clock: list[int], rules: Rules = RULES
) -> Office:
    """Open a counter that exists."""
    opened = counter_file.open_counter(folder, key)
    level = CounterLevel(opened.certificate.level)
    publics = {row.id: row.public for row in counter_file.clerks(opened.store)}
    ledger = Ledger(
        opened.store,
        seat=Seat(
            counter=opened.certificate.counter,
            district=opened.certificate.district,
            authority=Authority(level=level),
        ),
        incarnation=opened.incarnation,
        counter=opened.signer,
        session=Session("zhang", "张敏", "clerk", clerk),
        rules=rules,
        initials=letters,
        now_ms=lambda: clock[0],
        new_salt=lambda: secrets.token_bytes(SALT_BYTES),
        clerk_key=publics.get,
    )
    return Office(folder, key, opened, ledger, Lookup(opened.store, letters), clock)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give a township counter with an encrypted database."""
    office = make_office(tmp_path / "counter")
    yield office
    office.opened.store.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Give a maker of counters that closes them afterwards."""
    made: list[Office] = []

    def build(name: str = "counter", **options: object) -> Office:
        made.append(make_office(tmp_path / name, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for each in made:
        each.opened.store.close()
