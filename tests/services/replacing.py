"""A county counter with its own city in process: people at every stage of a replacement (5.1, 5.2).

While a desk waits for the city, the sender's part is played, so that nobody really waits.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sbk_tui import counter_money, wiring
from sbk_tui.data.line import LineState, is_enrolled, note_line
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.make import FeedBlank, FetchData, PrintFace, ReadBack, WriteChip
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.operations.supplies import TakeInBlanks
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaySlip
from sbk_tui.errors import HubUnreachable
from sbk_tui.pinyin import initials
from sbk_tui.services import city_first
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.rail import Rail
from sbk_tui.services.replace_desk import ReplaceDesk
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol_with
from sbk_tui.sync.enrolment_code import fingerprint, split_code
from sbk_tui.sync.run import client_for, contact
from tests.data.conftest import RULES
from tests.screens.conftest import CARDS, CHEAP, DISTRICT, PASSWORD, PEOPLE, make_counter
from tests.sync.city import VERSION, City, nonce

HOLDER, CARD = PEOPLE[0], CARDS[0]
UNOPENED, UNOPENED_CARD = PEOPLE[3], CARDS[3]
"""Who has a card that was handed out and never enabled."""
BANK, FAR_DISTRICT = "95533", "410702"
SELF = Receiver(type="1", phone="13800001111")
CHIP = {"identification": "41" * 16, "historical": "00" * 13, "bank_card": "6217000000000000007"}
LOST = {"replace_reason": "51", "new_bank": ""}


class WallClock(list[int]):
    """The wall clock where a list of one is expected."""

    def __getitem__(self, _place: Any) -> Any:
        return wiring.now_ms()


class County:
    """One counter, its city, and what a clerk does there."""

    def __init__(self, home: Path, city: City, blank: str = "Y0001") -> None:
        """Open the counter of `home`, as after a restart; at the first time it joins the city."""
        self.home, self.city = home, city
        self.line_is_cut, self._blank = False, blank
        self._now_s = 0.0
        with pytest.MonkeyPatch.context() as patch:
            clock = SimpleNamespace(monotonic=lambda: self._now_s, sleep=self.wait)
            patch.setattr(counter_money, "time", clock)
            self.counter = wiring.sign_in(home, "1001", PASSWORD)
        if not self._is_joined():
            self._join()
        self.client = client_for(
            self.counter.opened, city.post, now_ms=wiring.now_ms, new_nonce=nonce
        )
        self.line_up()

    def _is_joined(self) -> bool:
        return is_enrolled(self.counter.opened.store)

    def _join(self) -> None:
        own = self.counter.opened.certificate
        secret, known = split_code(self.city.code(level=own.level, district=own.district))
        stranger = HubClient(
            self.city.post, counter=own.counter, inc=self.counter.opened.incarnation.inc,
            signer=self.counter.opened.signer, trusts=lambda key: fingerprint(key) == known,
            now_ms=wiring.now_ms, new_nonce=nonce,
        )  # fmt: skip
        enrol_with(self.counter.opened, stranger, url="http://127.0.0.1:8470", secret=secret)

    def close(self) -> None:
        """Close the counter and the city."""
        self.counter.close()
        self.city.close()

    # ------------------------------------------------------------------ the line

    def line_up(self) -> None:
        """Let the city have answered a moment ago."""
        now = wiring.now_ms()
        note_line(self.counter.opened.store, LineState(tried=now, reached=now))

    def sync(self) -> None:
        """Make one contact, as the sender does."""
        contact(
            self.counter.opened, self.client, version=VERSION, now_ms=wiring.now_ms,
            initials=initials,
        )  # fmt: skip

    def wait(self, seconds: float) -> None:
        """Pass the time of somebody who waits for the city."""
        self._now_s += seconds
        if self.line_is_cut:
            return
        try:
            self.sync()
        except HubUnreachable:
            return
        self.line_up()

    # ------------------------------------------------------------------ the clerk

    @property
    def desk(self) -> ReplaceDesk:
        return self.counter.desks.replacements

    def seen(self, person: str = HOLDER.id) -> Dossier:
        return self.counter.desks.query.dossier(person)

    def rail(self, person: str = HOLDER.id, *, exchange: bool = False) -> Rail:
        return self.desk.rail(self.seen(person), exchange=exchange)

    def next(self, person: str = HOLDER.id, *, exchange: bool = False) -> tuple[str, str]:
        """Return (step, stage) of what is next; empty when all is done."""
        stop = self.rail(person, exchange=exchange).next
        return (stop.step, stop.stage.value) if stop else ("", "")

    def do(self, operation: Operation) -> None:
        """Perform an operation without a desk."""
        ledger = self.counter.ledger
        ledger.perform(ledger.intend(operation, op=self.counter.new_id()))

    def ask(self, operation: Operation) -> None:
        """Perform a hub-first operation without a desk."""
        ledger = self.counter.ledger
        first = CityFirst(
            self.counter.opened.store, ledger, now_ms=wiring.now_ms,
            clock=lambda: self._now_s, wait=self.wait,
        )  # fmt: skip
        first.perform(ledger.intend(operation, op=self.counter.new_id()))

    def lose(self) -> None:
        self.do(FormalLoss(card=CARD, id_shown=True))

    def apply(self, values: dict[str, str] | None = None, *, exchange: bool = False) -> None:
        facts = self.rail(exchange=exchange).facts
        self.desk.apply(facts, values or LOST, op=self.counter.new_id())

    def pay(self) -> None:
        """Pay the fee at the bank, and give the note for it."""
        desks, new_id = self.counter.desks, self.counter.new_id
        tail = desks.forms.top(FormKind.NOTICE).next[-4:]
        desks.forms.give_notice(self.seen(), HOLDER.name, "51", tail, op=new_id())
        payment = desks.fees.standing(HOLDER.id).payment
        assert payment is not None
        desks.forms.printed(payment.id, FormKind.NOTICE)
        slip = PaySlip(reference="JH1", paid_on=datetime.now(UTC).date(), bank=BANK)
        desks.fees.pay_at_bank(payment, slip, op=new_id())
        self.give_note()

    def give_note(self) -> None:
        desks = self.counter.desks
        payment = desks.fees.standing(HOLDER.id).payment
        assert payment is not None
        tail = desks.forms.top(FormKind.NOTE).next[-4:]
        desks.forms.give_note(payment, tail, op=self.counter.new_id())
        desks.forms.printed(payment.id, FormKind.NOTE)

    def register(self) -> None:
        self.desk.register(self.rail().facts, op=self.counter.new_id())

    def mark(self) -> None:
        self.desk.mark(self.rail().facts, op=self.counter.new_id())

    def make(self) -> str:
        """Make the card of the marked application; return its number."""
        wish = self.rail().facts.wish
        assert wish is not None
        valid_to = date(wiring_year() + 10, 1, 1)
        self.ask(FetchData(application=wish.id, series="J", valid_to=valid_to))
        self.ask(FeedBlank(application=wish.id, blank=self._blank))
        self.do(WriteChip(application=wish.id, version="3.0", **CHIP))
        self.ask(ReadBack(application=wish.id, **CHIP))
        self.do(PrintFace(application=wish.id))
        return self.new_card()

    def new_card(self) -> str:
        card = self.rail().facts.card
        assert card is not None
        return card.number

    def collect(self) -> str:
        """Hand the new card out; return its number."""
        card = self.new_card()
        self.do(Collect(card=card, receiver=SELF))
        return card

    def enable(self, card: str) -> None:
        self.do(Enable(card=card))

    # ------------------------------------------------------------------ what must hold

    def cards(self) -> list[tuple[object, ...]]:
        """Return (number, state) of HOLDER's cards as the city has them."""
        return self.city.rows(
            "SELECT number, state FROM card WHERE person = ? ORDER BY number", HOLDER.id
        )


def wiring_year() -> int:
    """Return the year of the counter's clock."""
    return datetime.fromtimestamp(wiring.now_ms() / 1000, UTC).year


def make_home(home: Path) -> None:
    """Set a county counter up: two enabled cards, one sealed, papers, two blanks."""
    counter = make_counter(home, level="C")
    ledger = counter.ledger
    for supply in (
        TakeInNumbers(paper="1", batch="2026甲", first="A0001", last="A0050"),
        TakeInNumbers(paper="2", batch="2026乙", first="F0001", last="F0050"),
        TakeInBlanks(bank=BANK, first="Y0001", last="Y0003"),
    ):
        ledger.perform(ledger.intend(supply, op=counter.new_id()))
    counter.close()


_CHILD: dict[str, Callable[[County], object]] = {
    "C6": lambda county: county.enable(UNOPENED_CARD),
    "C7": lambda county: county.lose(),
    "C8": lambda county: county.apply(),
    "C9": lambda county: county.rail(),
    "C10": lambda county: county.register(),
    "C20": lambda county: county.collect(),
    "C21": lambda county: county.enable(county.new_card()),
}
"""What is under way when the power goes; the city's answer never comes."""


def _die(*_args: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _child(folder: Path, row: str) -> None:
    city_first.word_on = _die
    _CHILD[row](open_pair(folder))
    _die()


def killed_at(folder: Path, row: str) -> County:
    """Do the work of a row of §18.1 in a process that is killed; return the counter, open again."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_child, args=(folder, row))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    return open_pair(folder)


def set_up(folder: Path) -> None:
    """Make a county and its city in `folder`, joined, everything sent."""
    make_home(folder / "county")
    city = City(folder / "hub", WallClock([0]), rules=RULES)
    county = County(folder / "county", city)
    county.sync()
    county.close()


def far_county(near: County) -> County:
    """Return a county counter of another district that knows nobody, at the same city."""
    far = _another(near, "红旗区人社局", "C", FAR_DISTRICT)
    for supply in (
        TakeInNumbers(paper="1", batch="2026丙", first="C0001", last="C0050"),
        TakeInNumbers(paper="2", batch="2026丁", first="D0001", last="D0050"),
        TakeInBlanks(bank=BANK, first="Y0101", last="Y0103"),
    ):
        far.do(supply)
    return far


def township_of(county: County) -> County:
    """Return the counter of the township that the people of `county` live in."""
    return _another(county, "百泉镇社保所", "T", DISTRICT)


def _another(near: County, office: str, level: str, district: str) -> County:
    home = near.home.with_name(f"{level}{district}")
    wiring.set_up(
        home, office=office, level=level, district=district, clerk="1001", name="李强",
        password=PASSWORD, cost=CHEAP,
    )  # fmt: skip
    return County(home, near.city, blank="Y0101")


def open_pair(folder: Path) -> County:
    """Open a copy of what `set_up` made."""
    return County(folder / "county", City(folder / "hub", WallClock([0]), rules=RULES))
