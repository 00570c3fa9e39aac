"""The training counter's folder: made once, filled, and found again by its mark.

`demo.toml` in it is written last: a folder with it is a whole training counter, and the only
kind of folder that `open_again` opens.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from sbk_tui import config as configuration
from sbk_tui import own_hub, wiring
from sbk_tui.data.keyring import LADDER, Keyring
from sbk_tui.data.ledger import Session
from sbk_tui.demo import assets
from sbk_tui.demo.chips import READER
from sbk_tui.demo.machine import PRINTER, makes_cards
from sbk_tui.demo.people import FEWEST, Resident, residents
from sbk_tui.demo.portraits import jpeg_of
from sbk_tui.demo.seed import Clock, Seeded, seed
from sbk_tui.demo.story import DAYS
from sbk_tui.demo.till import LISTS, POS, takes_money
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import BadUsage
from sbk_tui.wiring import Counter

MARK = "demo.toml"
ID_READER = "id_reader"
"""A link to the reader's line, in the folder: there while the training runs."""
PORTRAITS, PAPERS, PICTURES = "portraits", "papers", "pictures"
_DAY_MS = 86_400_000
_NEIGHBOUR, _TOWNSHIP = "township", "township"
_OWN_PEOPLE = 5
"""Of a hundred people, those who applied at the bank window itself."""


class Made(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a training counter was made of: enough to know its people again."""

    level: str
    people: int
    seed: int
    made_ms: int

    def residents(self) -> tuple[Resident, ...]:
        """Return the people of the township as they were made."""
        return residents(self.people, self.seed, from_ms(self.made_ms).astimezone(CHINA).date())


def make(home: Path, *, level: str, people: int, seed_number: int, now_ms: int) -> Seeded:
    """Make a training counter in `home` and fill it with a story that ends at `now_ms`.

    Raises:
        BadUsage: `demo.folder_in_use` when there is something in the folder, `demo.few_people`.
    """
    if people < FEWEST:
        raise BadUsage("demo.few_people", people=people, fewest=FEWEST)
    if home.exists() and any(home.iterdir()):
        raise BadUsage("demo.folder_in_use", place=str(home))
    made = Made(level=level, people=people, seed=seed_number, made_ms=now_ms)
    row, clock = assets.office().levels[level], Clock(now_ms)
    if row.bank and not own_hub.available():
        raise BadUsage("hub.extra_missing")  # all it knows comes from a city
    counter, second = _set_up(home, row, clock)
    try:
        own: Sequence[Resident] = made.residents()
        others: Sequence[Resident] = ()
        if row.bank:
            cut = len(own) * _OWN_PEOPLE // 100
            own, others = own[:cut], own[cut:]
        seeded = _filled(counter, second, clock, own, seed_number)
        if own_hub.available():
            own_hub.make(counter)
        if others:
            seeded = _neighbour(counter, clock, others, seed_number)
    finally:
        counter.close()
    fields = msgspec.to_builtins(made).items()
    body = "".join(f"{key} = {_toml(value)}\n" for key, value in fields)
    (home / MARK).write_text(body, "utf-8")
    return seeded


def _set_up(home: Path, row: assets.Level, clock: Clock) -> tuple[Counter, Session]:
    """Make a counter with two clerks; return it open for the lead, and the other's session."""
    office = assets.office()
    lead, clerk = office.clerks
    first = clock.at_ms - (DAYS + 10) * _DAY_MS  # before the story begins
    wiring.set_up(
        home,
        office=row.office,
        level=row.level,
        district=row.district,
        bank=row.bank,
        clerk=lead.id,
        name=lead.name,
        password=office.password,
        cost=LADDER[0],  # the password is public: no need to make guessing it slow
        clock=lambda: first,
    )
    _furnish(home, Authority(level=CounterLevel(row.level)))
    keyring = Keyring(home, wiring.now_ms)
    keys = keyring.unlock(lead.id, office.password)
    wiring.add_clerk(home, keys, clerk.id, clerk.name, clerk.role, office.password)
    other = keyring.unlock(clerk.id, office.password)
    second = Session(clerk.id, clerk.name, clerk.role, other.signer)
    return wiring.open_for(home, keys, encrypted=keyring.encrypted, clock=clock), second


def _filled(
    counter: Counter, second: Session, clock: Clock, people: Sequence[Resident], number: int
) -> Seeded:
    faces = [jpeg_of(face) for face in assets.pictures().faces[:1]]
    return seed(counter, clock, second, people, faces, seed=number)


def _neighbour(counter: Counter, clock: Clock, people: Sequence[Resident], number: int) -> Seeded:
    """Let a township of the same city hand out the cards that a bank window is to activate."""
    # Late: only a bank's training talks to its city while it is made.
    from sbk_tui.commands.sync import caller_of

    home = counter.home / _NEIGHBOUR
    township, second = _set_up(home, assets.office().levels[_TOWNSHIP], clock)
    try:
        seeded = _filled(township, second, clock, people, number)
        caller = caller_of(counter)
        own_hub.join(township, counter.home, caller.url)
        with own_hub.running(counter.home, caller.url):
            caller_of(township).call()
            caller.call()
    finally:
        township.close()
    shutil.rmtree(home)
    return seeded


def open_again(home: Path) -> tuple[Counter, Made]:
    """Sign the lead in at a training counter.

    Raises:
        BadUsage: `demo.folder_in_use` when `home` is not a whole training counter.
        Refusal, IntegrityFault: as `wiring.sign_in`.
    """
    made = found(home)
    if made is None:
        raise BadUsage("demo.folder_in_use", place=str(home))
    office = assets.office()
    return wiring.sign_in(home, office.clerks[0].id, office.password), made


def found(home: Path) -> Made | None:
    """Return what the training counter in `home` was made of; None when it is none."""
    if not (home / MARK).is_file() or not configuration.load(home).training:
        return None
    try:
        return msgspec.convert(tomllib.loads((home / MARK).read_text("utf-8")), Made)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError):
        return None


def _furnish(home: Path, authority: Authority) -> None:
    """Write the configuration, and draw the pictures of the portrait folder."""
    for name in (PORTRAITS, PAPERS, PICTURES):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    for face in assets.pictures().faces:
        for name in (PICTURES, PORTRAITS):
            (home / name / face.file).write_bytes(jpeg_of(face))
    (home / configuration.FILE).write_text(_config(home, authority), "utf-8")


def _config(home: Path, authority: Authority) -> str:
    papers = str(home / PAPERS).replace("%", "%%")  # the printer takes it for a date
    lines = {
        "id_card_reader": f"serial://{home / ID_READER}",
        "social_card_reader": f"sim://{READER}",
        "key_service": f"sim://{READER}",
        "printer": f"file://{papers}/%Y%m%d-%H%M%S-{{title}}.pdf",
        "portrait_folder": str(home / PORTRAITS),
    }
    if takes_money(authority):
        lines["pos"] = f"serial://{home / POS}?baud=9600"
        lines["form_printer"] = f"file://{papers}/%Y%m%d-%H%M%S-{{title}}.prn"
        lines["pos_lists"] = str(home / LISTS)
    if makes_cards(authority):
        lines["card_printer"] = f"sim://{PRINTER}"
    quoted = (f"{name} = {_toml(value)}\n" for name, value in lines.items())
    return "training = true\n\n[devices]\n" + "".join(quoted)


def _toml(value: str | int) -> str:
    """Return a value for a TOML file: JSON writes strings and integers the same way."""
    return msgspec.json.encode(value).decode()
