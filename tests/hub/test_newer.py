"""A counter newer than its city: nothing is lost, nothing alarms, nothing is done too early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.domain import kinds
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.operations.pin import ChangePin
from sbk_tui.errors import BadUsage
from sbk_tui.hub import newer
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office, letters
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, Forger, push, receipts, sync
from tests.sync.test_sender import desk_of

SOUGHT, OTHER = CARDS[:2]
STATES = "SELECT number, state FROM card WHERE number IN (?, ?) ORDER BY number"
ALARMS = "SELECT severity, code, closed IS NULL FROM case_item"


@contextmanager
def city_without(monkeypatch: pytest.MonkeyPatch, *unknown: str) -> Iterator[None]:
    """Let the city not know some kinds, as before an update; the counter knows them."""

    def then(name: str) -> kinds.Kind:
        if name in unknown:
            raise BadUsage("kind.unknown", kind=name)
        return kinds.kind_named(name)

    with monkeypatch.context() as patch:
        patch.setattr(newer, "kind_named", then)
        yield


def here(office: Office) -> list[tuple[object, ...]]:
    with office.opened.store.session() as db:
        return [tuple(row) for row in db.execute_sql(STATES, (SOUGHT, OTHER))]


def prepare(office: Office, client: HubClient) -> None:
    office.do(stock())
    for card in (SOUGHT, OTHER):
        office.do(IssueToPerson(card=card, receiver=SELF))
        office.do(Enable(card=card))
    sync(office, client)


@pytest.mark.clause("P3", "P11")
def test_a_kind_that_the_city_does_not_know_yet_waits_and_what_rests_on_it_waits_behind(
    office: Office, city: City, client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(office, client)
    with city_without(monkeypatch, "card.release"):
        office.do(FormalLoss(card=SOUGHT, id_shown=True))
        office.do(Release(card=SOUGHT, in_person=True, id_shown=True))
        office.do(FormalLoss(card=SOUGHT, id_shown=True))
        office.do(Release(card=SOUGHT, in_person=True, id_shown=True))
        office.do(FormalLoss(card=OTHER, id_shown=True))
        tally = sync(office, client)
    assert [(row[1], row[3]) for row in city.verdicts()[5:]] == [
        ("judged", ""),
        ("held", "kind.newer"),
        ("held", "kind.behind"),  # there the card is lost already: this loss would be refused
        ("held", "kind.newer"),
        ("judged", ""),
    ]
    assert (tally.held, tally.quarantined, tally.waiting) == (3, 0, 0)
    desk = desk_of(office)
    assert desk.weather().held == 3
    assert desk.told(desk.weather()).startswith("市中心的程序较旧，有 3 笔先收着")
    assert city.rows(STATES, SOUGHT, OTHER) == [(SOUGHT, "2"), (OTHER, "2")]
    assert here(office) == [(SOUGHT, "1"), (OTHER, "2")]  # in force at the counter
    assert verify(office.opened.store, key=None, initials=letters).sound
    assert office.lookup.open_cases() == 0
    assert city.rows(ALARMS) == [("yellow", "kind.newer", 1)]

    assert sync(office, client).held == 0  # the city was brought up to date
    assert outbox.tally(office.opened.store).accepted == 10
    assert city.rows(STATES, SOUGHT, OTHER) == here(office) == [(SOUGHT, "1"), (OTHER, "2")]
    assert city.rows(ALARMS) == [("yellow", "kind.newer", 0)]
    assert verify(office.opened.store, key=None, initials=letters).sound


@pytest.mark.clause("P5")
def test_a_loss_never_waits_behind_what_the_city_does_not_know(
    office: Office, city: City, client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(office, client)
    with city_without(monkeypatch, "pin.change"):
        office.do(ChangePin(card=SOUGHT))
        office.do(FormalLoss(card=SOUGHT, id_shown=True))
        sync(office, client)
    assert [(row[1], row[3]) for row in city.verdicts()[5:]] == [
        ("held", "kind.newer"),
        ("judged", ""),
    ]
    assert city.rows(STATES, SOUGHT, OTHER) == [(SOUGHT, "2"), (OTHER, "1")]
    sync(office, client)
    assert outbox.tally(office.opened.store).accepted == 7
    assert city.rows(STATES, SOUGHT, OTHER) == here(office) == [(SOUGHT, "2"), (OTHER, "1")]


def test_a_newer_version_of_a_kind_is_held_and_asked_for_again_without_end(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    record = forger.make(IssueToPerson(card=SOUGHT, receiver=SELF), kv=9)
    (answer,) = receipts(push(office, client, 2, [record]))
    assert (answer.state, answer.code) == ("held", "kind.newer")
    (again,) = receipts(push(office, client, 2, [record]))
    assert again == answer
    (behind,) = receipts(push(office, client, 3, [forger.make(Enable(card=OTHER))]))
    assert behind.code == "card.not_collected"  # nothing to do with what waits
    assert city.rows("SELECT count(*) FROM decision") == [(0,)]


def test_of_two_updates_the_first_brings_what_does_not_wait_for_the_second(
    office: Office, city: City, client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(office, client)
    with city_without(monkeypatch, "pin.change", "card.release"):
        office.do(ChangePin(card=SOUGHT))
        for card in (SOUGHT, OTHER):
            office.do(FormalLoss(card=card, id_shown=True))
            office.do(Release(card=card, in_person=True, id_shown=True))
        sync(office, client)
    with city_without(monkeypatch, "pin.change"):
        assert sync(office, client).held == 2
        assert sync(office, client).held == 2  # nothing more to be had, nothing told twice
    assert [(row[1], row[3]) for row in city.verdicts()[5:]] == [
        ("held", "kind.newer"),
        ("judged", ""),
        ("held", "kind.newer"),  # of the first card: its counter did the other before
        ("judged", ""),
        ("judged", ""),
    ]
    assert sync(office, client).held == 0
    assert city.rows(STATES, SOUGHT, OTHER) == here(office) == [(SOUGHT, "1"), (OTHER, "1")]
