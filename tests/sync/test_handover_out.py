"""2.1.1, 2.1.2 between two real counters and the city: what the three of them hold is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from sbk_tui.data.access import AccessLog
from sbk_tui.data.audit import verify
from sbk_tui.data.handovers import Handovers
from sbk_tui.data.ids import uuid7
from sbk_tui.data.outgoing import Outgoing
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card, Receiver
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.handover_out import Decide, Request, Withdraw
from sbk_tui.errors import Refusal
from sbk_tui.services.count import Count
from sbk_tui.services.handover_desk import HandoverDesk
from sbk_tui.services.handover_out import HandoverOutDesk, Pick
from sbk_tui.services.slips import Desk
from sbk_tui.sync.client import HubClient
from tests.data.conftest import RULES, Office, letters, make_office
from tests.manifests import BATCH, PLACE, card_of, number_of
from tests.sync.city import City, Forger, join, push, receipts, sync

COUNTY = "410782"
PEOPLE = range(500)
FORM = {
    "receiver_name": "王芳", "receiver_number": number_of(9000), "phone": "13800001111",
}  # fmt: skip
FETCHER = Receiver(type="3", name="王芳", number=number_of(9000), phone="13800001111")


class Place(NamedTuple):
    """A counter with its line and its desks."""

    office: Office
    client: HubClient
    outgoing: HandoverOutDesk
    incoming: HandoverDesk

    def new_id(self) -> str:
        self.office.clock[0] += 1000
        return uuid7(self.office.clock[0])

    def sync(self) -> None:
        sync(self.office, self.client)

    def receipt(self, op: str) -> tuple[str, str]:
        with self.office.opened.store.session() as db:
            row = db.execute_sql("SELECT verdict, code FROM receipt WHERE op = ?", (op,)).fetchone()
        return row[0], row[1]


@pytest.fixture
def place(tmp_path: Path, city: City) -> Iterator[Callable[[str, str], Place]]:
    """Give a maker of counters that are enrolled at the city."""
    made: list[Office] = []

    def build(counter: str, level: str) -> Place:
        district = counter.partition("-")[0]
        office = make_office(
            tmp_path / counter, key=None, level=level, counter=counter, district=district
        )
        made.append(office)
        office.clock[0] = city.clock[0]
        store, seat = office.opened.store, office.ledger._seat
        desk = Desk("辉县市社保卡管理中心", counter, "zhang")
        ids = iter(range(1 << 30))
        outgoing = HandoverOutDesk(
            office.ledger, Outgoing(store, counter), Handovers(store),
            access=AccessLog(store, "zhang"), rules=RULES, desk=desk, seat=seat,
            new_id=lambda: f"{next(ids):032x}", now_ms=lambda: office.clock[0],
            folder=tmp_path / f"{counter}-out",
        )  # fmt: skip
        incoming = HandoverDesk(
            office.ledger, Handovers(store), rules=RULES, desk=desk, district=district,
            new_id=lambda: f"{next(ids):032x}", pseudonym=lambda _use, text: text.hex()[:32],
        )  # fmt: skip
        return Place(office, join(office, city), outgoing, incoming)

    yield build
    for office in made:
        office.opened.store.close()


def stock(place: Place, people: range) -> None:
    """Take the factory's cards in."""
    lots = [people[start : start + 200] for start in range(0, len(people), 200)]
    for lot in lots:
        lines = tuple(
            Line(
                person=f"{n:032x}", number=number_of(n), name="持卡人", card=card_of(n),
                village_code=f"{PLACE}201", village_name="示例村",
            )
            for n in lot
        )  # fmt: skip
        place.office.do(TakeIn(batch=BATCH, lines=lines))


def figures(handover: Handover) -> tuple[object, ...]:
    return handover.state, handover.counter, frozenset(handover.differences())


def cases(store: Store) -> set[tuple[str, str]]:
    with store.session() as db:
        rows = db.execute_sql("SELECT code, facts FROM case_item WHERE closed IS NULL").fetchall()
    return {(code, str(msgspec.json.decode(facts)["card"])) for code, facts in rows}


def record_of(store: Store, handover: Handover) -> Handover:
    found = Handovers(store).get(handover.id)
    assert found is not None
    return found


@pytest.mark.clause("2.1.1", "2.1.2", "2.1", "B7")
@pytest.mark.parametrize("by_file", [False, True], ids=["rows", "file"])
def test_five_hundred_cards_three_missing_one_extra_are_the_same_at_both_ends(
    place: Callable[[str, str], Place], city: City, tmp_path: Path, by_file: bool
) -> None:
    county, township = place("410782-c1", "C"), place(f"{PLACE}-a1", "T")
    stock(county, PEOPLE)
    (pick,) = county.outgoing.picks(PLACE)
    assert (pick.whole, len(pick.cards)) == (False, 500)
    asked = county.outgoing.request(PLACE, [pick], FORM, op=county.new_id())
    (handover,) = asked.handovers
    assert county.outgoing.picks(PLACE) == ()
    settled = county.outgoing.approve(handover, op=county.new_id())
    assert (settled.handover.state, settled.handover.sent) == ("sent", 500)
    path = tmp_path / "list.csv"
    assert county.outgoing.export(settled.handover, path) == 500
    county.sync()

    announced, closed = counted(township, path)
    assert announced.id == handover.id
    assert closed.check == settled.handover.check  # on both papers
    township.sync()
    if by_file:
        back = tmp_path / "back.csv"
        township.incoming.export_receipt(handover.id, back)
        answered = county.outgoing.take_answer(back, op=county.new_id())
        assert figures(answered.handover) == figures(closed)
    county.sync()

    at_county = record_of(county.office.opened.store, handover)
    at_township = record_of(township.office.opened.store, handover)
    at_city = record_of(city.hub.store, handover)
    assert figures(at_county) == figures(at_township) == figures(at_city) == figures(closed)
    assert at_county.answered == by_file
    wrong = {("handover.missing", card_of(n)) for n in (497, 498, 499)}
    wrong.add(("handover.extra", card_of(9999)))
    assert cases(county.office.opened.store) == wrong
    assert cases(township.office.opened.store) == wrong
    assert cases(city.hub.store) == wrong
    assert {verdict for _seq, _state, verdict, _code in city.verdicts()} == {"accepted"}
    assert {code for _seq, _state, _verdict, code in city.verdicts()} == {""}
    for each in (county, township):
        assert verify(each.office.opened.store, key=None, initials=letters).sound

    # Found in a corner of the box: closed at both ends, the extra card stays open at both.
    found = Count(record_of(township.office.opened.store, handover), ())
    for n in (497, 498, 499):
        found.scan(card_of(n))
    township.incoming.close(at_township, found, op=township.new_id())
    township.sync()
    county.sync()
    assert record_of(county.office.opened.store, handover).state == "done"
    assert cases(county.office.opened.store) == {("handover.extra", card_of(9999))}
    assert cases(city.hub.store) == {("handover.extra", card_of(9999))}


def counted(township: Place, path: Path) -> tuple[Handover, Handover]:
    """Take a list of 500 in and count it: three are missing, one is too many."""
    offered = township.incoming.read(path)
    announced = township.incoming.announce(offered.manifest, op=township.new_id())
    count = Count(announced, ())
    for n in (*range(497), 9999):
        count.scan(card_of(n))
    return announced, township.incoming.close(announced, count, op=township.new_id()).handover


@pytest.mark.clause("2.1", "2.1.2")
def test_a_township_with_a_line_needs_no_file(
    place: Callable[[str, str], Place], city: City
) -> None:
    county, township = place("410782-c1", "C"), place(f"{PLACE}-a1", "T")
    stock(county, range(20))
    (pick,) = county.outgoing.picks(PLACE)
    (asked,) = county.outgoing.request(PLACE, [pick], FORM, op=county.new_id()).handovers
    county.sync()
    township.sync()
    assert township.incoming.unfinished() == ()  # asked for is not sent
    county.outgoing.approve(asked, op=county.new_id())
    county.sync()
    township.sync()
    (coming,) = township.incoming.unfinished()
    assert (coming.id, coming.state) == (asked.id, "sent")
    count = Count(coming, township.incoming.out_of(coming))
    for n in range(20):
        count.scan(card_of(n))
    township.incoming.close(coming, count, op=township.new_id())
    township.sync()
    county.sync()
    assert record_of(county.office.opened.store, asked).state == "done"
    assert city.rows("SELECT DISTINCT custody FROM card") == [(f"{PLACE}-a1",)]
    assert {code for _seq, _state, _verdict, code in city.verdicts()} == {""}


@pytest.mark.clause("2.1.1")
def test_one_lot_wanted_at_two_townships_goes_where_it_was_judged_first(
    place: Callable[[str, str], Place],
) -> None:
    first, second = place("410782-c1", "C"), place("410782-c2", "C")
    asked = []
    for each, to in ((first, PLACE), (second, "410782103")):
        stock(each, range(20))  # both have the factory's file
        cards = tuple(card_of(n) for n in range(20))
        pick = Pick(BATCH, to, whole=True, cards=cards)
        asked += each.outgoing.request(to, [pick], FORM, op=each.new_id()).handovers
    second.sync()
    first.sync()
    assert second.receipt(asked[1].request) == ("accepted", "")
    assert first.receipt(asked[0].request) == ("refused", "handover.already")
    assert "已交“辉县市" in first.outgoing.refused_by_city(asked[0])
    with pytest.raises(Refusal, match="city_refused"):
        first.outgoing.approve(asked[0], op=first.new_id())
    # The city's rows take the place of the request: its cards are where the first one says.
    assert first.outgoing.page("", waiting=True, after=None, limit=9) == ()
    assert second.outgoing.approve(asked[1], op=second.new_id()).handover.state == "sent"


@pytest.mark.clause("2.1.1", "2.1.2", "A4")
def test_an_altered_township_hands_over_to_nobody(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    with office.opened.store.session() as db:
        (body,) = db.execute_sql("SELECT body FROM card LIMIT 1").fetchone()
    card = msgspec.msgpack.decode(body, type=Card)
    wish = Request(
        batch=card.batch, from_office="百泉镇", to="410782103", cards=(card.number,),
        receiver=FETCHER,
    )  # fmt: skip
    forged = [forger.make(wish), forger.make(Decide(handover=wish.id, verdict="approved"))]
    answers = receipts(push(office, client, 2, forged))
    assert {each.code for each in answers} == {"capability.level"}
    assert record_count(city) == 0


def record_count(city: City) -> object:
    return city.rows("SELECT count(*) FROM handover")[0][0]


@pytest.mark.clause("2.1.2")
def test_an_altered_county_approves_nothing_that_was_withdrawn(
    place: Callable[[str, str], Place], city: City
) -> None:
    county = place("410782-c1", "C")
    stock(county, range(3))
    forger = Forger(county.office, Ed25519Signer(new_private_key()))
    county.sync()
    wish = Request(
        batch=BATCH, from_office="辉县市", to=PLACE, cards=(card_of(0),), receiver=FETCHER
    )
    wishes = [wish, Withdraw(handover=wish.id), Decide(handover=wish.id, verdict="approved")]
    answers = receipts(push(county.office, county.client, 2, [forger.make(w) for w in wishes]))
    assert [(each.verdict, each.code) for each in answers] == [
        ("accepted", ""), ("accepted", ""), ("refused", "handover.withdrawn"),
    ]  # fmt: skip
    card = city.rows("SELECT custody FROM card WHERE number = ?", card_of(0))
    assert card == [("410782-c1",)]


@pytest.mark.clause("2.1")
def test_the_file_brings_the_people_of_whom_no_row_tells(
    place: Callable[[str, str], Place], city: City, tmp_path: Path
) -> None:
    county, township = place("410782-c1", "C"), place(f"{PLACE}-a1", "T")
    line = Line(person="f" * 32, number=number_of(1), name="持卡人", card=card_of(1))
    county.office.do(TakeIn(batch=BATCH, lines=(line,)))  # no village: nobody's township
    pick = Pick(BATCH, PLACE, whole=True, cards=(card_of(1),))
    (asked,) = county.outgoing.request(PLACE, [pick], FORM, op=county.new_id()).handovers
    county.outgoing.approve(asked, op=county.new_id())
    path = tmp_path / "list.csv"
    county.outgoing.export(county.outgoing.get(asked.id), path)
    county.sync()
    township.sync()
    assert township.incoming.cards([card_of(1)]) == {}
    offered = township.incoming.read(path)
    assert (offered.known is not None, offered.is_taken) == (True, False)
    coming = township.incoming.announce(offered.manifest, op=township.new_id())
    assert township.incoming.read(path).is_taken
    township.sync()  # also once the city has decided on the list
    assert list(township.incoming.cards([card_of(1)])) == [card_of(1)]
    count = Count(coming, ())
    count.scan(card_of(1))
    township.incoming.close(coming, count, op=township.new_id())
    township.sync()
    assert city.rows("SELECT custody FROM card") == [(f"{PLACE}-a1",)]
    assert {code for _seq, _state, _verdict, code in city.verdicts()} == {""}
    assert len(township.incoming.cards([card_of(1)])) == 1  # it is told of its own work


@pytest.mark.clause("2.1.1", "2.1.2", "2.1")
def test_a_batch_of_the_factory_goes_from_the_city_by_the_county_to_its_townships(
    place: Callable[[str, str], Place], city: City
) -> None:
    """One file holds many townships: whose a card is, its holder's village says."""
    top, county = place("4107-m1", "M"), place("410782-c1", "C")
    villages = [f"{PLACE}201"] * 3 + ["410782103201"] * 2 + ["410702001016"]
    lines = tuple(
        Line(
            person=f"{n:032x}", number=number_of(n), name="持卡人", card=card_of(n),
            village_code=village,
        )
        for n, village in enumerate(villages)
    )  # fmt: skip
    top.office.do(TakeIn(batch=BATCH, lines=lines))
    assert [(p.whole, len(p.cards)) for p in top.outgoing.picks("410782")] == [
        (False, 5),
        (True, 6),
    ]
    assert ("410782", "辉县市") in top.outgoing.places("辉县")
    pick = top.outgoing.picks("410782")[0]
    (asked,) = top.outgoing.request("410782", [pick], FORM, op=top.new_id()).handovers
    top.outgoing.approve(asked, op=top.new_id())
    top.sync()
    county.sync()
    (coming,) = county.incoming.unfinished()
    count = Count(coming, ())
    for n in range(5):
        count.scan(card_of(n))
    county.incoming.close(coming, count, op=county.new_id())
    parts = {to: county.outgoing.picks(to)[0].cards for to in (PLACE, "410782103")}
    assert {to: len(cards) for to, cards in parts.items()} == {PLACE: 3, "410782103": 2}
    for to in parts:
        picks = county.outgoing.picks(to)[:1]
        (each,) = county.outgoing.request(to, picks, FORM, op=county.new_id()).handovers
        county.outgoing.approve(each, op=county.new_id())
    county.sync()
    top.sync()
    assert record_of(top.office.opened.store, asked).state == "done"
    assert {code for _seq, _state, _verdict, code in city.verdicts()} == {""}
    assert {to for (to,) in city.rows("SELECT place FROM handover WHERE state = 'sent'")} == {
        PLACE, "410782103",
    }  # fmt: skip
