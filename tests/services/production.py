"""A county counter that makes cards: its own city in process, a simulated printer, one applicant.

`Rig` is what a test holds; the sender's part is played while somebody waits for the city.
"""

from __future__ import annotations

import io
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from sbk_tui import counter_money, wiring
from sbk_tui.data.line import LineState, note_line
from sbk_tui.domain.operations.correct import ChangePhoto
from sbk_tui.domain.operations.replace import ApplyForReplacement, MarkForProduction
from sbk_tui.domain.operations.supplies import TakeInBlanks, TakeInRibbons
from sbk_tui.domain.production import Blank, Production, ProductionState
from sbk_tui.errors import HubUnreachable
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.make_desk import Shown
from sbk_tui.services.make_jobs import MAKE
from sbk_tui.services.query_desk import Dossier
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol_with
from sbk_tui.sync.enrolment_code import fingerprint, split_code
from sbk_tui.sync.push import SLOW
from sbk_tui.sync.run import client_for, contact
from tests.data.conftest import letters
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, do, make_counter
from tests.sync.city import VERSION, City, nonce

BANK, OTHER_BANK = "95533", "95588"
HOLDER = PEOPLE[0]
SERIALS = [f"{BANK}{running:07d}" for running in range(1, 6)]
NEVER = threading.Event()


class Now(list[int]):
    """The wall clock where a list of one is expected."""

    def __getitem__(self, _place: Any) -> Any:
        return wiring.now_ms()


class Rig:
    """One counter, its city, and what a clerk does there."""

    def __init__(self, home: Path, city: City, client: HubClient | None = None) -> None:
        self.home, self.city = home, city
        self.counter = wiring.sign_in(home, "1001", PASSWORD)
        self.now_s = 0.0
        self.client = client or self._client()
        self.line_up()

    def _client(self) -> HubClient:
        return client_for(
            self.counter.opened, self.city.post, now_ms=wiring.now_ms, new_nonce=nonce
        )

    def close(self) -> None:
        self.counter.close()

    def line_up(self) -> None:
        """Let the city have answered a moment ago."""
        now = wiring.now_ms()
        note_line(self.counter.opened.store, LineState(tried=now, reached=now))

    def sync(self) -> None:
        """Make one contact, as the sender does."""
        contact(
            self.counter.opened, self.client, version=VERSION, now_ms=wiring.now_ms,
            initials=letters, pace=SLOW,
        )  # fmt: skip

    def wait(self, seconds: float) -> None:
        """Pass the time of somebody who waits for the city."""
        self.now_s += seconds
        try:
            self.sync()
        except HubUnreachable:
            return
        self.line_up()

    # ------------------------------------------------------------------ the clerk

    @property
    def desk(self) -> Any:
        return self.counter.desks.making

    def seen(self) -> Dossier:
        return self.counter.desks.query.dossier(HOLDER.id)

    def shown(self, clause: str = MAKE) -> Shown:
        shown: Shown = self.desk.shown(clause, self.seen())
        return shown

    def production(self) -> Production:
        return self.shown().now.production

    def state(self) -> ProductionState:
        return self.production().state

    def next_act(self, clause: str = MAKE) -> str:
        act = self.shown(clause).act
        return act.do if act else ""

    def act(self, **facts: Any) -> Any:
        """Do the act that is next, as its screen does; return its name."""
        now, act = self.shown()
        assert act is not None
        desk = self.desk
        match act.do:
            case "fetch":
                desk.fetch(now, **facts)
            case "compare":
                desk.face(now)
                desk.compare(now)
            case "ask":
                desk.ask_feed(now, facts.get("serial") or desk.next_blank(now))
            case "feed":
                desk.feed(now, NEVER)
            case "write":
                desk.write(now, self.seen(), NEVER, **facts)
            case "read_back":
                desk.read_back(now)
            case "print":
                desk.print_face(now, NEVER)
            case "ask_printed":
                desk.was_printed(now)
            case "eject":
                desk.put_out(now)
            case "look":
                desk.good(now)
            case _:
                raise AssertionError(act.do)
        return act.do

    def until(self, do: str) -> None:
        """Go on until `do` is next; empty: until all is done."""
        for _ in range(20):
            if self.next_act() == do:
                return
            self.act()
        raise AssertionError(self.next_act())

    def city_first(self, wish: Any, op: str = "") -> None:
        """Perform a hub-first operation without a desk."""
        first = CityFirst(
            self.counter.opened.store, self.counter.ledger, now_ms=wiring.now_ms,
            clock=lambda: self.now_s, wait=self.wait,
        )  # fmt: skip
        first.perform(self.counter.ledger.intend(wish, op=op or self.counter.new_id()))

    # ------------------------------------------------------------------ what must hold

    def blanks(self) -> dict[str, str]:
        """Return the state of each blank, by serial."""
        sql = "SELECT body FROM blank ORDER BY serial"
        import msgspec

        with self.counter.opened.store.session() as db:
            found = [
                msgspec.msgpack.decode(row[0], type=Blank) for row in db.execute_sql(sql).fetchall()
            ]
        return {blank.serial: blank.state.value for blank in found}


def patience(rig: Rig) -> SimpleNamespace:
    """Return a clock that only waiting moves, for whoever waits for the city."""
    return SimpleNamespace(monotonic=lambda: rig.now_s, sleep=rig.wait)


def picture() -> bytes:
    """Return a small portrait."""
    file = io.BytesIO()
    Image.new("RGB", (358, 441), (200, 180, 160)).save(file, "JPEG")
    return file.getvalue()


def make_rig(folder: Path, twin_url: str, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Set everything up: a marked replacement of HOLDER's card (free of charge), five blanks."""
    home = folder / "county"
    counter = make_counter(home, level="C")
    city = City(folder / "hub", Now())
    own = counter.opened.certificate
    secret, known = split_code(city.code(level=own.level, district=own.district))
    stranger = HubClient(
        city.post, counter=own.counter, inc=counter.opened.incarnation.inc,
        signer=counter.opened.signer, trusts=lambda key: fingerprint(key) == known,
        now_ms=wiring.now_ms, new_nonce=nonce,
    )  # fmt: skip
    enrol_with(counter.opened, stranger, url="http://127.0.0.1:8470", secret=secret)
    photo = counter.desks.apply.keep_picture(picture())
    do(counter, ChangePhoto(person=HOLDER.id, photo=photo, reason="2"))
    do(counter, TakeInBlanks(bank=BANK, first=SERIALS[0], last=SERIALS[-1]))
    do(counter, TakeInBlanks(bank=OTHER_BANK, first=f"{OTHER_BANK}0000001"))
    do(counter, TakeInRibbons(count=2))
    counter.close()
    configure(home, twin_url)
    rig = opened(home, city, monkeypatch)
    wish = rig.counter.new_id()
    rig.sync()
    apply = ApplyForReplacement(card=CARDS[0], type="7", reason="71", card_handed_in=True)
    rig.city_first(apply, wish)
    rig.city_first(MarkForProduction(application=wish))
    return rig


def configure(home: Path, twin_url: str) -> None:
    """Name the devices: the printer at `twin_url`, the twin's own key service."""
    name = twin_url.partition("://")[2]
    (home / "config.toml").write_text(
        f'[devices]\ncard_printer = "{twin_url}"\nkey_service = "sim://{name}"\n', "utf-8"
    )


def opened(home: Path, city: City, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Open the counter, as after a restart."""
    held: list[Rig] = []
    clock = SimpleNamespace(
        monotonic=lambda: held[0].now_s, sleep=lambda seconds: held[0].wait(seconds)
    )
    monkeypatch.setattr(counter_money, "time", clock)
    held.append(Rig(home, city))
    return held[0]


def twin_named(name: str) -> CardPrinterTwin:
    """Return a printer with five blanks of BANK and one of another behind them."""
    from sbk_tui.hardware.card_printer_twin import blanks

    return CardPrinterTwin(name, [*blanks(BANK, 5), *blanks(OTHER_BANK, 1)], slow_s=0.5)
