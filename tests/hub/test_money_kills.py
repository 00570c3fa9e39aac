"""A counter killed around 交费登记: one registration, whatever was lost (C9, C10)."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import NamedTuple, Never

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.data.line import LineState, note_line
from sbk_tui.data.money import Money
from sbk_tui.data.seal import Ed25519Signer
from sbk_tui.domain.operations.fee import Charge, GiveNote, Pay, RegisterFee
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.operations.replace import ApplyForReplacement, MarkForProduction
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.services.city_first import CityFirst
from sbk_tui.sync.run import client_for
from tests.data.conftest import Office, letters, make_office, open_office
from tests.data.days import CARDS, SELF, stock
from tests.hub.test_money import BILL, FEE, SLIP
from tests.sync.city import City, join, nonce, sync

WISH, REGISTRATION = "a" * 32, "b" * 32


class Place(NamedTuple):
    """Where counter and city are kept, and the key of the clerk."""

    counter: Path
    city: Path
    clerk: bytes
    at_ms: int


def opened(place: Place) -> tuple[Office, City]:
    """Open both, as after a restart."""
    clock = [place.at_ms]
    office = open_office(place.counter, key=None, clerk=Ed25519Signer(place.clerk), clock=clock)
    note_line(office.opened.store, LineState(tried=clock[0], reached=clock[0]))
    return office, City(place.city, clock)


def call(office: Office, city: City) -> None:
    """Make one contact."""
    line = client_for(office.opened, city.post, now_ms=lambda: office.clock[0], new_nonce=nonce)
    sync(office, line)


def register(office: Office, city: City) -> None:
    """Register the fee as the desk does, with a sender that calls while the clerk waits."""
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds
        call(office, city)

    desk = CityFirst(
        office.opened.store, office.ledger, now_ms=lambda: office.clock[0],
        clock=lambda: now[0], wait=wait,
    )  # fmt: skip
    wish = RegisterFee(payment=FEE, application=WISH)
    desk.perform(office.ledger.intend(wish, op=REGISTRATION))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a counter with a paid, noted fee and the application it is for, both closed."""
    office = make_office(tmp_path / "county", level="C", key=None, counter="410782-c1")
    city = City(tmp_path / "city", office.clock)
    join(office, city)
    office.do(stock())
    office.do(TakeInNumbers(paper="2", batch="乙", first="F001", last="F009"))
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    office.do(Charge(**BILL), FEE)  # type: ignore[arg-type]
    office.do(Pay(payment=FEE, slip=SLIP))
    office.do(GiveNote(payment=FEE, number="F001"))
    call(office, city)
    note_line(office.opened.store, LineState(tried=office.clock[0], reached=office.clock[0]))
    office.do(ApplyForReplacement(card=CARDS[0], type="5", reason="51", bank="95533"), WISH)
    call(office, city)
    clerk = office.ledger._session.signer
    assert isinstance(clerk, Ed25519Signer)
    key = clerk._key.private_bytes_raw()
    office.opened.store.close()
    city.close()
    return Place(tmp_path / "county", tmp_path / "city", key, office.clock[0] + 60_000)


def _die(*_: object) -> Never:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _child(place: Place, point: str) -> None:
    office, city = opened(place)
    match point:
        case "before":
            _die()
        case "sealed":
            city.post = _die  # type: ignore[method-assign]
        case "answered":
            city.faults = ["ok", *["answer_lost"] * 9]  # the greeting, then the operation
    try:
        register(office, city)
    except HubUnreachable:
        _die()


def killed_at(place: Place, point: str) -> None:
    """Register in a process that is killed (SIGKILL) at `point`."""
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(place, point))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def registered(office: Office) -> str:
    found = Money(office.opened.store, "410782-c1").payment(FEE)
    assert found is not None
    assert found.note == "F001"
    return found.application


@pytest.mark.clause("5.1.2.3", "5.1.2.4")
def test_c9_a_fee_that_is_not_registered_stops_the_marking_and_is_registered_later(
    place: Place,
) -> None:
    killed_at(place, "before")
    office, city = opened(place)
    with pytest.raises(Refusal, match=r"make\.fee_open"):
        office.do(MarkForProduction(application=WISH))
    register(office, city)
    assert registered(office) == WISH
    office.opened.store.close()
    city.close()


@pytest.mark.clause("5.1.2.3", "P4")
@pytest.mark.parametrize("point", ["sealed", "answered"])
def test_c10_a_lost_answer_leaves_one_registration(place: Place, point: str) -> None:
    killed_at(place, point)
    office, city = opened(place)
    at_city = "" if point == "sealed" else WISH
    assert city.rows("SELECT application FROM payment") == [(at_city,)]
    assert registered(office) == ""  # in force with the city's row, not before
    register(office, city)  # the same operation: asked again, done once
    assert registered(office) == WISH
    assert city.rows("SELECT count(*) FROM inbox WHERE op = ?", REGISTRATION) == [(1,)]
    assert city.rows("SELECT application FROM payment") == [(WISH,)]
    assert verify(office.opened.store, key=None, initials=letters).sound
    office.opened.store.close()
    city.close()
