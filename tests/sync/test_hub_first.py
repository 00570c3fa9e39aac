"""What needs the city's word first: sealed without effect, sent at once, in force with its row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.data.ids import uuid7
from sbk_tui.data.ledger import Intent
from sbk_tui.data.line import LineState, asked_to_send, note_line
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.domain.people import Application
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.services.city_first import PATIENCE_S, CityFirst
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office, letters, make_office
from tests.data.days import CARDS, HOLDERS, SELF, stock
from tests.sync.city import City, join, sync

WISH = ApplyForReplacement(card=CARDS[0], type="5", reason="51", bank="95533")
HOLDER = next(iter(HOLDERS))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give a county counter."""
    office = make_office(tmp_path / "counter", key=None, level="C", district="410782")
    yield office
    office.opened.store.close()


@pytest.fixture
def client(office: Office, city: City) -> HubClient:
    """Give the line of the enrolled counter with a lost card."""
    client = join(office, city)
    office.do(stock())
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    sync(office, client)
    return client


def reached(office: Office, *, code: str = "") -> None:
    now = office.clock[0]
    note_line(office.opened.store, LineState(tried=now, reached=now, code=code))


def intent(office: Office, wish: ApplyForReplacement = WISH) -> Intent:
    office.clock[0] += 1000
    return office.ledger.intend(wish, op=uuid7(office.clock[0]))


def wishes(office: Office) -> tuple[Application, ...]:
    seen = office.lookup.dossier(HOLDER)
    assert seen is not None
    return seen.applications


def city_first(office: Office, client: HubClient | None) -> CityFirst:
    """Return the desk with a sender that calls while the clerk waits; None: it does not."""
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds
        if client is not None:
            sync(office, client)

    return CityFirst(
        office.opened.store, office.ledger, now_ms=lambda: office.clock[0],
        clock=lambda: now[0], wait=wait,
    )  # fmt: skip


@pytest.mark.clause("5.1.2.2")
def test_it_is_in_force_once_the_city_has_said_yes(office: Office, client: HubClient) -> None:
    reached(office)
    before = asked_to_send(office.opened.store)
    city_first(office, client).perform(intent(office))
    (wish,) = wishes(office)
    assert (wish.old_card, wish.is_open) == (CARDS[0], True)
    assert asked_to_send(office.opened.store) > before
    assert verify(office.opened.store, key=None, initials=letters).sound


@pytest.mark.clause("5.1.2.2")
def test_until_then_nothing_is_changed_and_a_crash_leaves_it_on_its_way(
    office: Office, client: HubClient
) -> None:
    reached(office)
    office.ledger.perform(intent(office))
    assert wishes(office) == ()
    assert verify(office.opened.store, key=None, initials=letters).sound
    sync(office, client)
    assert len(wishes(office)) == 1


@pytest.mark.clause("5.1.2.2")
@pytest.mark.parametrize("code", ["hub.timeout", "old"])
def test_without_a_line_nothing_is_sealed(office: Office, client: HubClient, code: str) -> None:
    reached(office, code="" if code == "old" else code)
    if code == "old":
        office.clock[0] += 20 * 60_000
    made = outbox.tally(office.opened.store).made
    with pytest.raises(HubUnreachable, match=r"hub\.first"):
        city_first(office, client).perform(intent(office))
    assert outbox.tally(office.opened.store).made == made


@pytest.mark.clause("5.1.2.2", "P4")
def test_the_citys_no_is_told_and_changes_nothing(
    office: Office, client: HubClient, city: City, tmp_path: Path
) -> None:
    other = make_office(
        tmp_path / "other", key=None, level="C", district="410782", counter="410782-b2"
    )
    try:
        other_client = join(other, city)
        other.clock[0] = office.clock[0]
        sync(other, other_client)
        other.do(Release(card=CARDS[0], in_person=True, id_shown=True))
        sync(other, other_client)
        reached(office)  # it has not heard of the release yet
        with pytest.raises(Refusal, match=r"conflict\.R6"):
            city_first(office, client).perform(intent(office))
    finally:
        other.opened.store.close()
    assert wishes(office) == ()
    assert verify(office.opened.store, key=None, initials=letters).sound


def test_a_city_that_is_silent_is_told_so(office: Office, client: HubClient) -> None:
    assert client
    reached(office)
    with pytest.raises(HubUnreachable, match=r"hub\.waits"):
        city_first(office, None).perform(intent(office))
    assert outbox.tally(office.opened.store).waiting == 1
    assert PATIENCE_S > 1
