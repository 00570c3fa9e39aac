"""A person who is not known at the counter is asked for at the city, by name of a clerk (A5)."""

from __future__ import annotations

import msgspec
import pytest

from sbk_tui.data import city_asks
from sbk_tui.data.access import AccessLog
from sbk_tui.data.city_asks import Answer, Question, sign
from sbk_tui.data.ids import uuid7
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.errors import HubUnreachable, Refusal
from tests.data.conftest import Office
from tests.data.days import CARDS, SELF, number, stock
from tests.sync.test_pull import Land, land, state_of

__all__ = ["land"]
FAR = 2
"""The counter of another township."""


def question(office: Office, **other: object) -> Question:
    """Return what a clerk of `office` asks; `other` values where given."""
    office.clock[0] += 1000
    asked = Question(
        id=uuid7(office.clock[0]), counter=office.opened.certificate.counter,
        inc=office.opened.incarnation.inc, clerk="zhang", sought=CARDS[0], purpose="service",
        clause="3.2", at=office.clock[0],
    )  # fmt: skip
    return msgspec.structs.replace(asked, **other)


def put(office: Office, sought: str) -> str:
    """Put a question down as the screen does; return its id."""
    asked = question(office, sought=sought)
    city_asks.ask(office.opened.store, asked, office.ledger._session.signer)
    return asked.id


def known_elsewhere(land: Land) -> None:
    """Let the first township have people with cards, and the city know."""
    land.offices[0].do(stock())
    land.offices[0].do(IssueToPerson(card=CARDS[0], receiver=SELF))
    land.offices[0].do(Enable(card=CARDS[0]))
    land.sync(0)
    land.sync(FAR)


@pytest.mark.clause("A5")
@pytest.mark.parametrize("sought", [number(0), CARDS[0]])
def test_a_stranger_is_fetched_and_may_be_served(land: Land, sought: str) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    assert far.lookup.find(sought) == ()
    ask = put(far, sought)
    land.sync(FAR)
    answer = city_asks.answer_of(far.opened.store, ask)
    assert answer is not None
    (hit,) = far.lookup.find(sought)
    assert (answer, hit.card.number if hit.card else "") == (Answer(hit.person.id, ""), CARDS[0])
    far.do(FormalLoss(card=CARDS[0], id_shown=True))
    land.quiet()
    assert state_of(land.offices[0], CARDS[0]) == state_of(far, CARDS[0]) == "2"


@pytest.mark.clause("A5")
def test_both_ends_note_who_looked_at_whom_and_why(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    ask = put(far, CARDS[0])
    land.sync(FAR)
    person = far.lookup.find(CARDS[0])[0].person.id
    (seen,) = AccessLog(far.opened.store, "zhang").of(person)
    assert seen[1:] == ("zhang", "3.2 lookup", "city")
    assert land.city.rows("SELECT id, counter, clerk, purpose, clause, person FROM lookup") == [
        (ask, "410782106-c1", "zhang", "service", "3.2", person)
    ]


def test_whom_nobody_knows_is_said_and_the_number_kept_nowhere(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    ask = put(far, number(77))
    land.sync(FAR)
    assert city_asks.answer_of(far.opened.store, ask) == Answer("", city_asks.NOBODY)
    assert land.city.rows("SELECT person FROM lookup") == [("",)]
    with far.opened.store.session() as db:
        kept = db.execute_sql("SELECT body, signature FROM city_ask").fetchall()
    assert [(bytes(body), bytes(seal)) for body, seal in kept] == [(b"", b"")]


def test_a_lost_answer_is_asked_for_again_and_counts_once(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    ask = put(far, CARDS[0])
    land.city.faults = ["ok", "answer_lost"]
    with pytest.raises(HubUnreachable):
        land.sync(FAR)
    assert city_asks.answer_of(far.opened.store, ask) is None
    land.sync(FAR)
    assert len(far.lookup.find(CARDS[0])) == 1
    assert land.city.rows("SELECT count(*) FROM lookup") == [(1,)]


def test_an_answer_counts_only_once_the_records_are_here(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    ask = put(far, CARDS[0])
    land.city.faults = ["ok", "ok", "lost"]  # hello, the question, the page
    with pytest.raises(HubUnreachable):
        land.sync(FAR)
    assert city_asks.answer_of(far.opened.store, ask) is None


@pytest.mark.clause("A5")
def test_a_clerk_cannot_leaf_through_the_city(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    hourly = land.city.rules.settings.lookups_per_hour
    asks = [put(far, number(100 + n)) for n in range(hourly)] + [put(far, CARDS[0])]
    land.sync(FAR)
    answers = [city_asks.answer_of(far.opened.store, ask) for ask in asks]
    assert answers[-1] == Answer("", "lookup.often")
    assert set(answers[:-1]) == {Answer("", city_asks.NOBODY)}
    land.clock[0] += 3_600_000
    late = put(far, CARDS[0])
    land.sync(FAR)
    answer = city_asks.answer_of(far.opened.store, late)
    assert answer is not None
    assert answer.person


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"sought": "4107821990"}, "lookup.number"),
        ({"clerk": "nobody"}, "lookup.clerk"),
        ({"counter": "410782105-a1"}, "hub.request"),
        ({"purpose": "curiosity"}, "hub.request"),
    ],
)
def test_what_the_city_does_not_answer(land: Land, other: dict[str, object], code: str) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    asked = sign(question(far, **other), far.ledger._session.signer)
    with pytest.raises(Refusal) as refused:
        land.clients[FAR].look_up(asked)
    assert refused.value.code == code


def test_another_clerks_name_needs_that_clerks_key(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    asked = sign(question(far), Ed25519Signer(new_private_key()))
    with pytest.raises(Refusal) as refused:
        land.clients[FAR].look_up(asked)
    assert refused.value.code == "lookup.clerk"


def test_a_question_nobody_waits_for_is_not_put(land: Land) -> None:
    known_elsewhere(land)
    far = land.offices[FAR]
    city_asks.withdraw(far.opened.store, put(far, CARDS[0]))
    put(far, CARDS[0])
    land.clock[0] += city_asks.FRESH_MS + 1
    land.sync(FAR)
    assert land.city.rows("SELECT * FROM lookup") == []


def test_somebody_of_the_own_district_is_not_followed_beside(land: Land) -> None:
    known_elsewhere(land)
    near = land.offices[1]
    put(near, CARDS[0])
    land.sync(1)
    assert len(near.lookup.find(CARDS[0])) == 1
    assert land.city.rows("SELECT * FROM interest WHERE counter = '410782105-b1'") == []
