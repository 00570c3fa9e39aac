"""Where is my card (B19): ten steps, dated by what is known here, and whose turn it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from sbk_tui.codes import code_tables
from sbk_tui.data.lookup import Dossier, Event
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.people import Application
from sbk_tui.services.progress import road, standing
from sbk_tui.texts import word
from tests.people import LIU_YANG

MADE = date(2026, 5, 1)
CARD = Card(number="B00000019", person=LIU_YANG.id, made_on=MADE, custody="here")
WISH = Application(
    id="w1", person=LIU_YANG.id, made_at=datetime(2026, 10, 1, 2, tzinfo=UTC), counter="here"
)
OUT = {"collected_at": datetime(2026, 6, 3, 2, tzinfo=UTC), "custody": ""}


def event(kind: str, at: datetime, **changes: object) -> Event:
    return replace(
        Event(
            op="o1", seq=1, at_ms=int(at.timestamp() * 1000), kind=kind, clause="", clerk="张敏",
            counter="here", code="A", state="waiting", verdict="", refused="",
        ),
        **changes,
    )  # fmt: skip


ARRIVED = event("batch.take_in", datetime(2026, 5, 20, 17, tzinfo=UTC))  # 21 May in China


def dossier(
    *cards: Card, wishes: tuple[Application, ...] = (), log: tuple[Event, ...] = ()
) -> Dossier:
    return Dossier(person=LIU_YANG, cards=cards, applications=wishes, timeline=log, versions={})


CARDS = [
    # the card                                              steps done, turn,    since
    (CARD,                                                  9, "fetch",     date(2026, 5, 21)),
    (replace(CARD, custody="there"),                        9, "elsewhere", date(2026, 5, 21)),
    (replace(CARD, custody=""),                             9, "ask",       date(2026, 5, 21)),
    (replace(CARD, **OUT),                                  10, "enable",   date(2026, 6, 3)),
    (replace(CARD, **OUT, state=CardState.ACTIVE),          10, "bank",     date(2026, 6, 3)),
    (replace(CARD, **OUT, state=CardState.ACTIVE, financial_account="1"),
                                                            10, "nobody",   date(2026, 6, 3)),
    (replace(CARD, **OUT, state=CardState.FORMAL_LOST, lost_at=datetime(2026, 7, 1, tzinfo=UTC)),
                                                            10, "lost",     date(2026, 7, 1)),
    (replace(CARD, state=CardState.CANCELLED),              9, "cancelled", date(2026, 5, 21)),
]  # fmt: skip


@pytest.mark.clause("B19", "2.4.2")
@pytest.mark.parametrize(("card", "done", "turn", "since"), CARDS)
def test_the_way_of_a_card(card: Card, done: int, turn: str, since: date) -> None:
    way = road(dossier(card, log=(ARRIVED,)), level="T", counter="here")
    assert way is not None
    assert len(way.marks) == 10
    assert (way.done, way.turn, way.since) == (done, turn, since)
    dated = {mark.code: mark.at for mark in way.marks if mark.sure}
    assert dated["6"] == MADE
    assert dated["10"] == date(2026, 5, 21)
    assert way.days(date(2026, 7, 2)) == (date(2026, 7, 2) - since).days


@pytest.mark.clause("B19", "B5")
@pytest.mark.parametrize(
    ("state", "verdict", "done", "turn"),
    [
        ("waiting", "", 0, "send"),
        ("received", "", 1, "city"),
        ("judged", "accepted", 1, "making"),
        ("judged", "refused", 1, "returned"),
    ],
)
def test_the_way_of_an_application(state: str, verdict: str, done: int, turn: str) -> None:
    log = (event("person.apply", WISH.made_at, op="w1", state=state, verdict=verdict),)
    way = road(dossier(CARD, wishes=(WISH,), log=log), level="C", counter="here")
    assert way is not None
    assert (way.card, way.done, way.turn) == ("", done, turn)


@pytest.mark.clause("B19")
def test_the_newest_card_counts_and_nobody_without_one_has_a_way() -> None:
    old = replace(CARD, number="A1", made_on=date(2020, 1, 1), state=CardState.FORMAL_LOST)
    way = road(dossier(old, CARD), level="T", counter="here")
    assert way is not None
    assert (way.card, way.done) == (CARD.number, 6)
    assert road(dossier(), level="T", counter="here") is None


@pytest.mark.clause("B5")
def test_what_is_not_settled_is_counted() -> None:
    at = WISH.made_at
    log = (
        event("a", at),
        event("b", at, state="received"),
        event("c", at, state="judged", verdict="refused"),
        event("d", at, state="judged", verdict="accepted"),
    )
    assert standing(log) == (1, 1, 1)


def test_every_step_and_turn_has_its_words() -> None:
    way = road(dossier(CARD, log=(ARRIVED,)), level="C", counter="here")
    assert way is not None
    assert {mark.code for mark in way.marks} <= set(code_tables()["progress"].rows)
    assert all(word(f"progress.{turn}", place="x") for _, _, turn, _ in CARDS)


SENT = {"custody": "", "sent_at": datetime(2026, 5, 25, 2, tzinfo=UTC), "sent_to": "410782103"}
THERE = {**SENT, "custody": "410782103-a1", "received_at": datetime(2026, 5, 27, 2, tzinfo=UTC)}


@pytest.mark.clause("B19", "2.1.2")
@pytest.mark.parametrize(
    ("level", "where", "dated", "turn", "place", "since"),
    [
        ("C", SENT, {"9": 21}, "on_the_way", "辉县市百泉镇", 25),
        ("C", THERE, {"9": 21}, "elsewhere", "410782103-a1", 27),
        ("M", SENT, {"7": 21, "8": 25}, "on_the_way", "辉县市百泉镇", 25),
        ("M", THERE, {"7": 21, "8": 25, "9": 27}, "elsewhere", "410782103-a1", 27),
        ("T", SENT, {"8": 25, "10": 21}, "on_the_way", "辉县市百泉镇", 25),
    ],
)
def test_a_card_that_was_handed_on_says_where_it_is_and_since_when(
    level: str, where: dict[str, object], dated: dict[str, int], turn: str, place: str, since: int
) -> None:
    card = replace(CARD, **where)
    way = road(dossier(card, log=(ARRIVED,)), level=level, counter="here")
    assert way is not None
    days = {m.code: m.at.day for m in way.marks if m.at and m.code not in {"6"}}
    assert (days, way.turn, way.place) == (dated, turn, place)
    assert way.since == date(2026, 5, since)
