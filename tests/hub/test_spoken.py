"""A loss read over the telephone is in force at once; the later sync changes nothing (B2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sbk_tui.data.line import LineState, note_line
from sbk_tui.data.records import Records
from sbk_tui.data.spoken import spoken_key
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import Refusal
from sbk_tui.hub.spoken import MOST_WRONG, Taken, take
from sbk_tui.services.spoken_desk import SpokenDesk
from sbk_tui.sync.client import HubClient
from tests.data.conftest import RULES, Office, letters, make_office
from tests.data.days import CARDS, SELF, number, stock
from tests.hub.outsiders import Outsider
from tests.sync.city import City, join, sync

HOLDER = number(0)
pytestmark = pytest.mark.clause("B2", "3.1", "3.2")


@pytest.fixture
def alone(office: Office, client: HubClient) -> Office:
    """Give a counter with an enabled card, known to the city, whose line has gone."""
    office.do(stock())
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    sync(office, client)
    note_line(office.opened.store, LineState(tried=1, code="hub.no_line"))
    return office


@pytest.fixture
def other(tmp_path: Path, city: City, office: Office) -> Iterator[tuple[Office, HubClient]]:
    made = make_office(tmp_path / "other", key=None, counter="410782105-b1", clock=office.clock)
    yield made, join(made, city)
    made.opened.store.close()


def loss(office: Office, kind: str) -> Operation:
    until = from_ms(office.clock[0]).date() + timedelta(days=7)
    return {
        "temporary": TemporaryLoss(
            card=CARDS[0], caller_name="刘洋", caller_phone="13800000000", until=until
        ),
        "formal": FormalLoss(card=CARDS[0], id_shown=True),
        "blind": BlindLoss(
            number=HOLDER, name="持卡人甲", caller_name="刘洋", caller_phone="13800000000",
            until=until,
        ),
    }[kind]  # fmt: skip


def say(office: Office, operation: Operation) -> str:
    office.do(operation)
    code = SpokenDesk(office.opened.store).code(operation, HOLDER)
    assert code
    return code


def typed(city: City, code: str, person: str = HOLDER) -> Taken | Refusal:
    with city.hub.store.write() as db:
        return take(
            db, Records(db, letters), code, person, by="赵岚", settings=RULES.settings,
            now_ms=city.clock[0],
        )  # fmt: skip


def state(city: City) -> object:
    return city.rows("SELECT state FROM card WHERE number = ?", CARDS[0])[0][0]


@pytest.mark.parametrize(("kind", "after"), [("temporary", "4"), ("formal", "2"), ("blind", "4")])
def test_it_is_in_force_at_once_and_the_sync_changes_nothing(
    alone: Office, city: City, client: HubClient, kind: str, after: str
) -> None:
    code = say(alone, loss(alone, kind))
    assert state(city) == "1"
    assert typed(city, code) == Taken("百泉镇", (CARDS[0],), known=False)
    assert state(city) == "4"
    assert typed(city, code) == Taken("百泉镇", (), known=True)
    versions = city.rows("SELECT version FROM subject WHERE id = ?", f"card/{CARDS[0]}")
    tally = sync(alone, client)
    assert (tally.accepted, tally.refused, tally.waiting) == (tally.made, 0, 0)
    assert state(city) == after
    if after == "4":
        assert city.rows("SELECT version FROM subject WHERE id = ?",
                         f"card/{CARDS[0]}") == versions  # fmt: skip
    assert alone.lookup.open_cases() == 0


def test_after_the_sync_the_code_says_known(alone: Office, city: City, client: HubClient) -> None:
    code = say(alone, loss(alone, "formal"))
    sync(alone, client)
    assert typed(city, code) == Taken("百泉镇", (), known=True)
    assert state(city) == "2"


def test_a_release_that_had_not_heard_of_it_is_refused(
    alone: Office, city: City, other: tuple[Office, HubClient]
) -> None:
    office, client = other
    sync(office, client)
    code = say(alone, loss(alone, "temporary"))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    office.do(Release(card=CARDS[0], in_person=True, id_shown=True))
    typed(city, code)
    sync(office, client)
    assert state(city) in {"2", "4"}


def test_a_release_after_it_is_not_undone_by_the_late_sync(
    alone: Office, city: City, client: HubClient, other: tuple[Office, HubClient]
) -> None:
    code = say(alone, loss(alone, "formal"))
    typed(city, code)
    office, line = other
    sync(office, line)
    office.do(Release(card=CARDS[0], in_person=True, id_shown=True))
    sync(office, line)
    assert state(city) == "1"
    sync(alone, client)
    assert state(city) == "1"


def test_five_wrong_numbers_an_hour_and_then_a_call_back(alone: Office, city: City) -> None:
    code = say(alone, loss(alone, "formal"))
    for left in range(MOST_WRONG - 1, -1, -1):
        outcome = typed(city, code, number(1))
        assert isinstance(outcome, Refusal)
        assert (outcome.code, outcome.facts) == ("spoken.wrong", {"left": left})
    locked = typed(city, code)
    assert isinstance(locked, Refusal)
    assert locked.code == "spoken.locked"
    assert state(city) == "1"
    city.clock[0] += 3_600_001
    assert isinstance(typed(city, code), Taken)


def test_nothing_is_spoken_while_the_line_is_up(alone: Office) -> None:
    note_line(alone.opened.store, LineState(tried=1, reached=1))
    assert SpokenDesk(alone.opened.store).code(loss(alone, "formal"), HOLDER) == ""


def test_the_key_is_given_once_and_each_counter_has_its_own(
    alone: Office, client: HubClient, other: tuple[Office, HubClient]
) -> None:
    before = spoken_key(alone.opened.store)
    sync(alone, client)
    sync(*other)
    theirs = spoken_key(other[0].opened.store)
    assert before is not None
    assert theirs is not None
    assert spoken_key(alone.opened.store) == before
    assert {before.counter, theirs.counter} == {1, 2}
    assert before.key != theirs.key


def test_the_province_hears_of_it_at_once_and_once(
    alone: Office, client: HubClient, city: City, tmp_path: Path
) -> None:
    province = Outsider(city, tmp_path / "province")
    assert [line["number"] for line in province.tell()] == ["11"]
    typed(city, say(alone, loss(alone, "temporary")))
    (line,) = province.tell()
    assert (line["number"], line["card"], line["clerk"]) == ("01", CARDS[0], "赵岚")
    assert province.answer("bank_side") == (2, 0)
    sync(alone, client)
    assert province.tell() == []  # the counter's own record changed nothing
