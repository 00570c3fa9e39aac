"""A county counter that makes cards: its own city in process, a simulated printer, one applicant.

`Rig` is what a test holds; the sender's part is played while somebody waits for the city.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from sbk_tui import counter_money, wiring
from sbk_tui.data.line import LineState, note_line
from sbk_tui.data.making import Making
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.correct import ChangePhoto
from sbk_tui.domain.operations.replace import ApplyForReplacement, MarkForProduction
from sbk_tui.domain.operations.supplies import TakeInBlanks, TakeInRibbons
from sbk_tui.domain.production import BlankState, Production, ProductionState
from sbk_tui.errors import HubUnreachable
from sbk_tui.hardware.card_printer_driver import Limits, LineCardPrinter
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, blanks
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.make_desk import MakeDesk, Shown
from sbk_tui.services.make_jobs import MAKE
from sbk_tui.services.query_desk import Dossier
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol_with
from sbk_tui.sync.enrolment_code import fingerprint, split_code
from sbk_tui.sync.push import SLOW
from sbk_tui.sync.run import client_for, contact
from tests.data.conftest import RULES, letters
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, do, make_counter
from tests.sync.city import VERSION, City, nonce

BANK, OTHER_BANK = "95533", "95588"
B = BlankState
HOLDER = PEOPLE[0]
SERIALS = [f"{BANK}{running:07d}" for running in range(1, 6)]
NEVER = threading.Event()
_PHYSICAL = (
    "hopper", "output", "rejected", "panels", "printed", "_inside", "_job", "_jammed", "_done",
)  # fmt: skip
"""What a printer still is when the computer beside it was switched off."""


class WallClock(list[int]):
    """The wall clock where a list of one is expected."""

    def __getitem__(self, _place: Any) -> Any:
        return wiring.now_ms()


class Rig:
    """One counter, its city, its printer, and what a clerk does there."""

    def __init__(self, folder: Path, twin: CardPrinterTwin) -> None:
        """Open the counter and the city of `folder`, as after a restart."""
        self.folder, self.twin = folder, twin
        self.now_s = 0.0
        self.line_is_cut = False
        self.city: City = City(folder / "hub", WallClock([0]), rules=RULES)
        configure(folder / "county", twin.name)
        with pytest.MonkeyPatch.context() as patch:
            clock = SimpleNamespace(monotonic=lambda: self.now_s, sleep=self.wait)
            patch.setattr(counter_money, "time", clock)
            self.counter = wiring.sign_in(folder / "county", "1001", PASSWORD)
        self.client = client_for(
            self.counter.opened, self.city.post, now_ms=wiring.now_ms, new_nonce=nonce
        )
        self.making = Making(self.counter.opened.store, self.counter.opened.certificate.counter)
        self.line_up()

    def close(self) -> None:
        self.counter.close()
        self.city.close()

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
        if self.line_is_cut:
            return
        try:
            self.sync()
        except HubUnreachable:
            return
        self.line_up()

    # ------------------------------------------------------------------ the clerk

    @property
    def desk(self) -> MakeDesk:
        return self.counter.desks.making

    def seen(self) -> Dossier:
        return self.counter.desks.query.dossier(HOLDER.id)

    def shown(self, clause: str = MAKE) -> Shown:
        return self.desk.shown(clause, self.seen())

    def production(self) -> Production:
        [production] = self.making.productions_of(HOLDER.id)
        return production

    def state(self) -> ProductionState:
        return self.production().state

    def next_act(self, clause: str = MAKE) -> str:
        act = self.shown(clause).act
        return act.do if act else ""

    def act(self, clause: str = MAKE, **facts: Any) -> str:
        """Do the act that is next, as its screen does; return its name."""
        now, act = self.shown(clause)
        assert act is not None
        desk = self.desk
        serial = facts.pop("serial", "") or desk.next_blank(now)
        acts: dict[str, Callable[[], object]] = {
            "mark": lambda: desk.mark(now),
            "fetch": lambda: desk.fetch(now, **facts),
            "compare": lambda: desk.compare(now),
            "ask": lambda: desk.ask_feed(now, serial),
            "feed": lambda: desk.feed(now, NEVER),
            "write": lambda: desk.write(now, self.seen(), NEVER, **facts),
            "read_back": lambda: desk.read_back(now),
            "print": lambda: desk.print_face(now, NEVER),
            "ask_printed": lambda: desk.was_printed(now),
            "eject": lambda: desk.put_out(now),
            "look": lambda: desk.good(now),
            "reprint": lambda: desk.begin_reprint(now),
            "restore": lambda: desk.restore(now),
        }
        acts[act.do]()
        return act.do

    def until(self, do: str, clause: str = MAKE) -> list[str]:
        """Go on until `do` is next; empty: until all is done. Return what was done."""
        done: list[str] = []
        while (following := self.next_act(clause)) != do:
            assert len(done) < 20, done
            assert following, f"all is done: {done}"
            done.append(self.act(clause))
        return done

    def city_first(self, wish: Operation, op: str = "") -> None:
        """Perform a hub-first operation without a desk."""
        first = CityFirst(
            self.counter.opened.store, self.counter.ledger, now_ms=wiring.now_ms,
            clock=lambda: self.now_s, wait=self.wait,
        )  # fmt: skip
        first.perform(self.counter.ledger.intend(wish, op=op or self.counter.new_id()))

    # ------------------------------------------------------------------ what must hold

    def blanks(self) -> dict[str, BlankState]:
        """Return the state of each blank of BANK, by serial."""
        every = tuple(BlankState)
        found = self.counter.desks.supplies.blanks_after(BANK, every, "", 100)
        return {blank.serial: blank.state for blank in found}

    def chips_with_numbers(self) -> list[str]:
        """Return the serials of the blanks on whose chip the holder's number stands."""
        inside = [self.twin.inside] if self.twin.inside else []
        cards = (*self.twin.hopper, *inside, *self.twin.output, *self.twin.rejected)
        return [card.serial for card in cards if holder_on(card.chip)]

    def check(self) -> None:
        """Check what must hold at every moment (§18.1)."""
        production, states = self.production(), self.blanks()
        at_work = {s for s, state in states.items() if state in {B.FED, B.WRITTEN, B.MADE}}
        assert at_work <= {production.blank}, "a blank that is in no saga"
        spoiled = {s for s, state in states.items() if state is B.SPOILED}
        assert set(self.chips_with_numbers()) <= at_work | spoiled, "two chips for one lease"
        [(known,)] = self.city.rows("SELECT count(*) FROM card WHERE number = ?", production.card)
        assert (production.central_at is None) or known, "市中心接收, and the city does not know"


def holder_on(chip: VirtualCard) -> bool:
    """Return whether the holder's number stands on a chip."""
    return chip.record(0x08).startswith(HOLDER.number.encode())


def picture() -> bytes:
    """Return a small portrait."""
    file = io.BytesIO()
    Image.new("RGB", (358, 441), (200, 180, 160)).save(file, "JPEG")
    return file.getvalue()


def set_up(folder: Path) -> None:
    """Make a county with a marked replacement of HOLDER's card (free of charge), five blanks."""
    counter = make_counter(folder / "county", level="C")
    city = City(folder / "hub", WallClock([0]))
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
    city.close()
    with twin_named("setting-up") as twin:
        rig = Rig(folder, twin)
        wish = rig.counter.new_id()
        rig.sync()
        apply = ApplyForReplacement(card=CARDS[0], type="7", reason="71", card_handed_in=True)
        rig.city_first(apply, wish)
        rig.city_first(MarkForProduction(application=wish))
        rig.close()


def configure(home: Path, name: str) -> None:
    """Name the devices: the printer, and the key service beside it."""
    url = f"sim://{name}"
    lines = f'[devices]\ncard_printer = "{url}"\nkey_service = "{url}"\n'
    (home / "config.toml").write_text(lines, "utf-8")


def twin_named(name: str) -> CardPrinterTwin:
    """Return a printer with five blanks of BANK and one of another behind them."""
    return CardPrinterTwin(name, [*blanks(BANK, 5), *blanks(OTHER_BANK, 1)], slow_s=0.5)


def hasty(patch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for a printer that says nothing."""
    limits = Limits(ask=0.3, move=1.0, print=1.0)
    patch.setitem(LineCardPrinter.__init__.__kwdefaults__, "limits", limits)


def keep_machine(twin: CardPrinterTwin, place: Path) -> None:
    """Keep what the printer is without the computer beside it."""
    place.write_bytes(pickle.dumps({name: getattr(twin, name) for name in _PHYSICAL}))


def machine_again(name: str, place: Path) -> CardPrinterTwin:
    """Return the printer that was kept; a chip in its unit lies there."""
    twin = CardPrinterTwin(name, [], slow_s=0.5)
    for key, value in pickle.loads(place.read_bytes()).items():  # noqa: S301 -- our own
        setattr(twin, key, value)
    if twin.inside is not None:
        twin.chip_unit.insert(twin.inside.chip)
    return twin
