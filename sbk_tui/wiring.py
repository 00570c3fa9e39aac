"""Everything is built here, once, by hand: which database, which drivers, whose clock.

`set_up` makes a counter's folder, `sign_in` opens it for one clerk and returns a `Counter` with
its desks. Tests call the same functions with other folders and other device URLs.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui import sender, surroundings
from sbk_tui.codes import code_tables
from sbk_tui.data import counter_file
from sbk_tui.data.access import AccessLog
from sbk_tui.data.blobs import MOST_BYTES, Blobs
from sbk_tui.data.cases import Cases
from sbk_tui.data.day import DayBook
from sbk_tui.data.drafts import Drafts
from sbk_tui.data.handovers import Handovers
from sbk_tui.data.ids import uuid7
from sbk_tui.data.issues import Issues
from sbk_tui.data.keyring import Cost, Keyring, Opened, choose_cost
from sbk_tui.data.ledger import Ledger, Session
from sbk_tui.data.line import is_enrolled
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.papers import Papers
from sbk_tui.data.pseudonym import pseudonyms
from sbk_tui.data.record import SALT_BYTES
from sbk_tui.data.stats import Stats
from sbk_tui.data.stock import Stock
from sbk_tui.data.store import cipher_available
from sbk_tui.data.temp_cards import TempCards
from sbk_tui.data.unit_cards import UnitCards
from sbk_tui.data.units import Units
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Seat, from_ms
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.hardware.ports import DocumentPrinter, IdCardReader, PictureSource
from sbk_tui.pinyin import initials
from sbk_tui.resources import toml
from sbk_tui.sender import Sender
from sbk_tui.services import signing, words
from sbk_tui.services.apply_desk import ApplyDesk
from sbk_tui.services.blind_loss_desk import BlindLossDesk
from sbk_tui.services.card_desk import CardDesk
from sbk_tui.services.cases_desk import CasesDesk
from sbk_tui.services.check_desk import CheckDesk
from sbk_tui.services.checks import Morning
from sbk_tui.services.city_desk import CityDesk
from sbk_tui.services.correct_desk import CorrectDesk
from sbk_tui.services.day_desk import DayDesk
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.handover_desk import HandoverDesk
from sbk_tui.services.household_desk import HouseholdDesk
from sbk_tui.services.id_desk import IdDesk
from sbk_tui.services.issues_desk import IssuesDesk
from sbk_tui.services.line_desk import LineDesk
from sbk_tui.services.paper_desk import PaperDesk
from sbk_tui.services.portrait_desk import PortraitDesk
from sbk_tui.services.query_desk import QueryDesk
from sbk_tui.services.referral_desk import ReferralDesk
from sbk_tui.services.round_desk import RoundDesk
from sbk_tui.services.slips import Desk
from sbk_tui.services.spoken_desk import SpokenDesk
from sbk_tui.services.stats_desk import StatsDesk
from sbk_tui.services.stock_desk import StockDesk
from sbk_tui.services.temp_desk import TempDesk
from sbk_tui.services.unit_desk import UnitDesk
from sbk_tui.surroundings import Place

BLOBS = "blobs"
"""The folder with portraits and scans."""
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
    cost: Cost | None = None,
    encrypt: bool | None = None,
    clock: Callable[[], int] = now_ms,
) -> None:
    """Make a new counter: folder, keyring, database, and its first clerk as lead.

    Args:
        encrypt: None: encrypted where the `crypt` extra is installed.
        clock: Unix ms; the certificate is dated by it.

    Raises:
        BadUsage: `counter.exists`, `counter.level`, `counter.district`.
        Refusal: `auth.weak_…`.
    """
    if level not in set(CounterLevel):
        raise BadUsage("counter.level", level=level)
    if not (district.isdigit() and len(district) in {4, 6, 9, 12} and district[:2] == "41"):
        raise BadUsage("counter.district", district=district)
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


def sign_in(home: Path, clerk: str, password: str) -> Counter:
    """Open the counter for `clerk`.

    Raises:
        BadUsage: `counter.missing`; Refusal: `auth.wrong`, `auth.locked`; IntegrityFault.
    """
    keyring = Keyring(home, now_ms)
    return open_for(home, keyring.unlock(clerk, password), encrypted=keyring.encrypted)


def open_for(
    home: Path, keys: Opened, *, encrypted: bool, clock: Callable[[], int] = now_ms
) -> Counter:
    """Build the counter for a clerk whose slot is open; `clock` gives its time in Unix ms."""
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
    )
    rules = Rules(settings=config.rules, codes=code_tables())
    session = Session(keys.slot.clerk, keys.slot.name, keys.slot.role, keys.signer)
    publics = {row.id: row.public for row in counter_file.clerks(opened.store)}
    lookup = Lookup(opened.store, initials)
    ledger = Ledger(
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
    return Counter(
        home=home,
        config=config,
        rules=rules,
        opened=opened,
        key=key,
        seat=seat,
        session=session,
        ledger=ledger,
        lookup=lookup,
        new_id=lambda: uuid7(clock()),
        desks=_desks(home, config, rules, opened, key, seat, session, ledger, lookup),
    )


def new_id() -> str:
    """Return a fresh id."""
    return uuid7(now_ms())


def _desks(
    home: Path,
    config: configuration.Config,
    rules: Rules,
    opened: counter_file.OpenCounter,
    key: bytes | None,
    seat: Seat,
    session: Session,
    ledger: Ledger,
    lookup: Lookup,
) -> Desks:
    """Build the desks around one ledger."""
    store, held = opened.store, opened.certificate
    papers_head = Desk(held.office, held.counter, session.name)

    def unlock(clerk: str, password: str) -> Session:
        keys = Keyring(home, now_ms).unlock(clerk, password)
        return Session(keys.slot.clerk, keys.slot.name, keys.slot.role, keys.signer)

    def check(password: str) -> None:
        unlock(session.clerk, password)

    return Desks(
        seat=signing.Seat(
            office=held.office,
            counter=held.counter,
            level=held.level,
            district=held.district,
            authority=seat.authority,
            clerk=session.clerk,
            clerk_name=session.name,
            role=session.role,
            training=config.training,
        ),
        rules=rules,
        door=signing.Door(
            check, config.session.lock_after * 60.0, config.session.sign_out_after * 60.0
        ),
        cards=CardDesk(
            ledger=ledger,
            rules=rules,
            desk=papers_head,
            today=ledger.today,
            new_id=new_id,
            unlock=unlock,
            spoken=SpokenDesk(store),
        ),
        apply=ApplyDesk(
            ledger=ledger,
            blobs=Blobs(store, home / BLOBS, key),
            rules=rules,
            desk=papers_head,
            lookup=lookup,
            units=Units(store, initials),
            authority=seat.authority,
            district=held.district,
            today=ledger.today,
            now=lambda: words.moment(now_ms()),
            new_id=new_id,
        ),
        stats=StatsDesk(Stats(store, held.counter), rules.settings, now_ms),
        line=LineDesk(
            store, ledger=ledger, rules=rules, now_ms=now_ms, new_id=new_id, unlock=unlock
        ),
        morning=Morning(
            {
                name: partial(check, Place(home, config, now_ms, lookup))
                for name, check in surroundings.CHECKS
            }
        ),
        day=DayDesk(
            DayBook(
                store,
                counter=held.counter,
                inc=opened.incarnation.inc,
                certificate=opened.incarnation.certificate,
            ),
            ledger,
            desk=papers_head,
            now_ms=now_ms,
            new_id=new_id,
        ),
        referrals=ReferralDesk(
            Cases(store),
            rules=rules,
            desk=papers_head,
            district=held.district,
            now_ms=now_ms,
            new_id=new_id,
        ),
        blind_loss=BlindLossDesk(
            ledger,
            rules=rules,
            desk=papers_head,
            today=ledger.today,
            new_id=new_id,
            spoken=SpokenDesk(store),
        ),
        cases=CasesDesk(
            Cases(store),
            ledger,
            lookup,
            AccessLog(store, session.clerk),
            now_ms=now_ms,
            new_id=new_id,
        ),
        issues=IssuesDesk(
            Issues(store),
            AccessLog(store, session.clerk),
            clerk=f"{session.name}（{session.clerk}）",
            office=held.office,
            district=held.district,
            now_ms=now_ms,
            folder=home / "exports",
        ),
        query=QueryDesk(
            lookup,
            AccessLog(store, session.clerk),
            now_ms,
            counter=held.counter,
            level=held.level,
        ),
        city=CityDesk(
            store,
            session=session,
            counter=held.counter,
            inc=opened.incarnation.inc,
            now_ms=now_ms,
            new_id=new_id,
        ),
        ids=IdDesk(_reader_of(config)),
        portraits=PortraitDesk(_folder_of(config)),
        papers=PaperDesk(Papers(store), lambda: _printer(home, config), training=config.training),
        handovers=HandoverDesk(
            ledger,
            Handovers(store),
            rules=rules,
            desk=papers_head,
            district=held.district,
            new_id=new_id,
            pseudonym=lambda use, text: pseudonyms(store)(use, text),
        ),
        check=CheckDesk(ledger, lookup, rules),
        stock=StockDesk(ledger, Stock(store, held.counter), rules),
        units=UnitDesk(
            ledger=ledger,
            cards=UnitCards(store, held.counter),
            lookup=lookup,
            blobs=Blobs(store, home / "blobs", key),
            rules=rules,
            desk=papers_head,
            new_id=new_id,
            camera=_document_camera_of(config),
        ),
        rounds=RoundDesk(
            ledger=ledger,
            cards=UnitCards(store, held.counter),
            rules=rules,
            desk=papers_head,
            today=ledger.today,
            new_id=new_id,
        ),
        households=HouseholdDesk(
            ledger=ledger,
            stock=Stock(store, held.counter),
            rules=rules,
            desk=papers_head,
            new_id=new_id,
        ),
        drafts=DraftDesk(Drafts(store), session.clerk, now_ms),
        temp=TempDesk(
            ledger=ledger,
            cards=TempCards(store, held.counter),
            rules=rules,
            desk=papers_head,
            today=ledger.today,
            new_id=new_id,
        ),
        correct=CorrectDesk(
            ledger=ledger,
            blobs=Blobs(store, home / BLOBS, key),
            rules=rules,
            today=ledger.today,
            unlock=unlock,
            folder=_folder_of(config),
        ),
        new_id=new_id,
    )


def _reader_of(config: configuration.Config) -> Callable[[], IdCardReader] | None:
    url = config.devices.id_card_reader
    if not url:
        return None

    def driver() -> IdCardReader:
        from sbk_tui.hardware.idcard_driver import SerialIdCardReader

        return SerialIdCardReader(url, os.environ)

    return driver


def _document_camera_of(config: configuration.Config) -> Callable[[], PictureSource] | None:
    """Return what makes the folder of the document camera, None: 未配备高拍仪 (2.2.1)."""
    if not config.devices.document_folder:
        return None
    folder = Path(config.devices.document_folder).expanduser()

    def driver() -> PictureSource:
        from msgspec.structs import replace

        from sbk_tui.hardware.folder_drop import FolderDrop
        from sbk_tui.hardware.portrait.values import limits_from

        limits = replace(limits_from(toml("portrait.toml")), most_bytes=MOST_BYTES)
        return FolderDrop(folder, limits, accepts=frozenset({"JPEG", "PNG", "TIFF", "PDF"}))

    return driver


def _folder_of(config: configuration.Config) -> Path | None:
    folder = config.devices.portrait_folder
    return Path(folder).expanduser() if folder else None


def _printer(home: Path, config: configuration.Config) -> DocumentPrinter:
    from sbk_tui.hardware.paper_out import open_printer

    url = config.devices.printer
    if not url:
        (home / "papers").mkdir(mode=0o700, exist_ok=True)
        url = f"file://{home}/papers/%Y%m%d-%H%M%S-{{title}}.pdf"
    return open_printer(url, lambda: from_ms(now_ms()).astimezone(CHINA))


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
