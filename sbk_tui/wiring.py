"""Everything is built here, once, by hand: which database, which drivers, whose clock.

`set_up` makes a counter's folder, `sign_in` opens it for one clerk and returns a `Counter` with
its desks. Tests call the same functions with other folders and other device URLs.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sbk_tui import config as configuration
from sbk_tui import counter_desks, sender
from sbk_tui.codes import code_tables, fee_table
from sbk_tui.counter_around import Around
from sbk_tui.data import counter_file
from sbk_tui.data.ids import uuid7
from sbk_tui.data.keyring import Cost, Keyring, Opened, choose_cost
from sbk_tui.data.ledger import Ledger, Session
from sbk_tui.data.line import is_enrolled
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.record import SALT_BYTES
from sbk_tui.data.store import cipher_available
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Seat
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.pinyin import initials
from sbk_tui.sender import Sender
from sbk_tui.services.desks import Desks

BACKUP_LOG = "backup.log"
UNDECIDED = "00000"
"""服务银行待定: no bank yet."""
LEAD, CLERK = "lead", "clerk"
"""负责人 adds clerks and approves; 经办 does the counter's work. Both may do all business."""


def new_nonce() -> str:
    """Return a nonce for one request to the hub."""
    return secrets.token_hex(16)


def now_ms() -> int:
    """Return the wall clock in Unix ms."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One counter, open for one signed-in clerk."""

    home: Path
    config: configuration.Config
    rules: Rules
    opened: counter_file.OpenCounter
    key: bytes | None
    """Of the database; None: it is plain."""
    data_key: bytes
    """What the slots of the keyring hold; backups are sealed with it."""
    seat: Seat
    session: Session
    ledger: Ledger
    lookup: Lookup
    new_id: Callable[[], str]
    desks: Desks

    def start_sender(self) -> Sender | None:
        """Start the process that calls the city, when this counter belongs to one."""
        if not is_enrolled(self.opened.store):
            return None
        return sender.start(self.home, self.key)

    def start_keeper(self) -> Sender | None:
        """Start the process that makes backups, when a folder for them is configured."""
        if not self.config.backup.folder:
            return None
        return sender.start_beside(self.home, ("backup", "--watch"), self.data_key, BACKUP_LOG)

    def close(self) -> None:
        """Close the database in this thread."""
        self.opened.store.close()


def set_up(
    home: Path,
    *,
    office: str,
    level: str,
    district: str,
    clerk: str,
    name: str,
    password: str,
    removed: tuple[str, ...] = (),
    bank: str = "",
    cost: Cost | None = None,
    encrypt: bool | None = None,
    clock: Callable[[], int] = now_ms,
) -> None:
    """Make a new counter: folder, keyring, database, and its first clerk as lead.

    Args:
        bank: 服务银行 that runs it, for a bank window (level B).
        encrypt: None: encrypted where the `crypt` extra is installed.
        clock: Unix ms; the certificate is dated by it.

    Raises:
        BadUsage: `counter.exists`, `counter.level`, `counter.district`, `counter.bank`.
        Refusal: `auth.weak_…`.
    """
    if level not in set(CounterLevel):
        raise BadUsage("counter.level", level=level)
    if not (district.isdigit() and len(district) in {4, 6, 9, 12} and district[:2] == "41"):
        raise BadUsage("counter.district", district=district)
    refuse_bank(level, bank)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    encrypted = cipher_available() if encrypt is None else encrypt
    keyring = Keyring(home, now_ms)
    data_key = keyring.create(encrypted=encrypted)
    try:
        public = keyring.add(
            clerk, name, LEAD, password, data_key=data_key, cost=cost or choose_cost()
        )
        counter_file.create(
            home, data_key if encrypted else None, counter=f"{district}-{secrets.token_hex(3)}",
            office=office, level=level, district=district, removed=removed, now_ms=clock(),
            bank=bank,
        )  # fmt: skip
        opened = counter_file.open_counter(home, data_key if encrypted else None)
        try:
            counter_file.register_clerk(opened.store, clerk, name, LEAD, public)
        finally:
            opened.store.close()
    except BaseException:
        for path in home.glob("sbk.db*"):
            path.unlink()
        (home / "keyring.json").unlink(missing_ok=True)
        raise


def refuse_bank(level: str, bank: str) -> None:
    """Return when a window of `level` may be run by `bank`: level B by one, others by none.

    Raises:
        BadUsage: `counter.bank`.
    """
    banks = {*code_tables()["bank"].rows} - {UNDECIDED} if level == CounterLevel.BANK else {""}
    if bank not in banks:
        raise BadUsage("counter.bank", bank=bank)


def sign_in(home: Path, clerk: str, password: str) -> Counter:
    """Open the counter for `clerk`.

    Raises:
        BadUsage: `counter.missing`; Refusal: `auth.wrong`, `auth.locked`; IntegrityFault.
    """
    keyring = Keyring(home, now_ms)
    return open_for(home, keyring.unlock(clerk, password), encrypted=keyring.encrypted)


class Opening(NamedTuple):
    """A counter's files, open for a clerk, before anything is built on them."""

    config: configuration.Config
    key: bytes | None
    opened: counter_file.OpenCounter
    seat: Seat
    rules: Rules
    session: Session


def opening(home: Path, keys: Opened, *, encrypted: bool) -> Opening:
    """Open the files of a counter for a clerk whose slot is open.

    Raises:
        IntegrityFault: `store.…`.
    """
    if encrypted and not cipher_available():
        raise IntegrityFault("store.crypt_missing")
    config = configuration.load(home)
    key = keys.data_key if encrypted else None
    opened = counter_file.open_counter(home, key)
    held = opened.certificate
    removed = tuple(dict.fromkeys((*held.removed, *config.switched_off)))
    seat = Seat(
        counter=held.counter,
        district=held.district,
        authority=Authority(level=CounterLevel(held.level), removed=removed),
        bank=held.bank,
    )
    rules = Rules(settings=config.rules, codes=code_tables(), fees=fee_table())
    session = Session(keys.slot.clerk, keys.slot.name, keys.slot.role, keys.signer)
    return Opening(config, key, opened, seat, rules, session)


def open_for(
    home: Path, keys: Opened, *, encrypted: bool, clock: Callable[[], int] = now_ms
) -> Counter:
    """Build the counter for a clerk whose slot is open; `clock` gives its time in Unix ms."""
    config, key, opened, seat, rules, session = opening(home, keys, encrypted=encrypted)
    lookup = Lookup(opened.store, initials)
    ledger = ledger_of(opened, seat, session, rules, clock)
    around = Around(
        home=home, config=config, rules=rules, opened=opened, key=key, data_key=keys.data_key,
        seat=seat, session=session, ledger=ledger, lookup=lookup, now_ms=now_ms, new_id=new_id,
    )  # fmt: skip
    return Counter(
        home=home,
        config=config,
        rules=rules,
        opened=opened,
        key=key,
        data_key=keys.data_key,
        seat=seat,
        session=session,
        ledger=ledger,
        lookup=lookup,
        new_id=lambda: uuid7(clock()),
        desks=counter_desks.build(around),
    )


def ledger_of(
    opened: counter_file.OpenCounter,
    seat: Seat,
    session: Session,
    rules: Rules,
    clock: Callable[[], int],
) -> Ledger:
    """Return the ledger of a counter, open for one clerk."""
    publics = {row.id: row.public for row in counter_file.clerks(opened.store)}
    return Ledger(
        opened.store,
        seat=seat,
        incarnation=opened.incarnation,
        counter=opened.signer,
        session=session,
        rules=rules,
        initials=initials,
        now_ms=clock,
        new_salt=lambda: secrets.token_bytes(SALT_BYTES),
        clerk_key=publics.get,
    )


def new_id() -> str:
    """Return a fresh id."""
    return uuid7(now_ms())


def add_clerk(home: Path, by: Opened, clerk: str, name: str, role: str, password: str) -> None:
    """Give another clerk a way in; only a lead may.

    Raises:
        Refusal: `auth.lead_only`, `auth.weak_…`; BadUsage: `auth.clerk_exists`, `auth.role`.
    """
    if by.slot.role != LEAD:
        raise Refusal("auth.lead_only")
    if role not in {LEAD, CLERK}:
        raise BadUsage("auth.role", role=role)
    keyring = Keyring(home, now_ms)
    opened = counter_file.open_counter(home, by.data_key if keyring.encrypted else None)
    try:
        # A closed clerk's key stays on file: what it signed must be verified for ever.
        if any(row.id == clerk for row in counter_file.clerks(opened.store)):
            raise BadUsage("auth.clerk_exists", clerk=clerk)
        public = keyring.add(clerk, name, role, password, data_key=by.data_key, cost=by.slot.cost)
        counter_file.register_clerk(opened.store, clerk, name, role, public)
    finally:
        opened.store.close()
