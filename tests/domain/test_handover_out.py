"""交接申请, 交接处理 (2.1.1, 2.1.2): what may be asked for, who decides, what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.handover import Announce, Receive
from sbk_tui.domain.operations.handover_out import PART, Decide, Request, TakeAnswer, Withdraw
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, Seat
from sbk_tui.errors import Refusal
from tests.data.days import number
from tests.domain.known import NOW, RULES, Known

BATCH, COUNTY, TOWNSHIP, OTHER = "2026-11", "410782", "410782105", "410782103"
VILLAGE = "410782105201"
SENDER, TAKER = "410782-c1", "410782105-a1"
FOUR_EYES = replace(RULES, settings=replace(RULES.settings, handover_four_eyes=True))
STRANGER = "C0000001" + card_check("C0000001")
FETCHER = Receiver(type="3", name="王芳", number=number(9), phone="13800000000")


def numbered(count: int) -> list[str]:
    return [f"H{n:07d}{card_check(f'H{n:07d}')}" for n in range(count)]


CARDS = numbered(5)
LINES = tuple(
    Line(person=f"{n:032x}", number=number(n), name="持卡人", card=card, village_code=VILLAGE)
    for n, card in enumerate(CARDS)
)
ASK = Request(batch=BATCH, from_office="辉县市", to=TOWNSHIP, cards=tuple(CARDS), receiver=FETCHER)


def at(counter: str, *, clerk: str = "1001", level: str = "C", op: str = "1" * 32) -> Occasion:
    seat = Seat(
        counter=counter,
        district=counter.partition("-")[0],
        authority=Authority(level=CounterLevel(level)),
    )
    return Occasion(at=NOW, op=op, seat=seat, clerk=clerk)


HERE, THERE = at(SENDER), at(TAKER, level="T", clerk="2001")


class Office:
    """Records that grow by what is admitted: a counter's, or the hub's."""

    def __init__(self, *entities: Entity) -> None:
        self.entities = {e.subject: e for e in entities}

    @property
    def known(self) -> Known:
        return Known(*self.entities.values())

    def do(self, wish: Operation, occasion: Occasion = HERE, rules: Rules = RULES) -> None:
        wish.admit(self.known, occasion, rules)
        self.entities |= {e.subject: e for e in wish.effect(self.known, occasion)}

    def refusal(self, wish: Operation, occasion: Occasion = HERE, rules: Rules = RULES) -> str:
        with pytest.raises(Refusal) as refused:
            wish.admit(self.known, occasion, rules)
        wish.effect(self.known, occasion)  # total, whatever the rule says
        return refused.value.code

    @property
    def handover(self) -> Handover:
        found = self.known.handover(ASK.id)
        assert found is not None
        return found

    def card(self, number: str) -> Card:
        found = self.known.card(number)
        assert found is not None
        return found


def stocked() -> Office:
    office = Office()
    office.do(TakeIn(batch=BATCH, lines=LINES))
    return office


def asked() -> Office:
    office = stocked()
    office.do(ASK)
    return office


def sent() -> Office:
    office = asked()
    office.do(decide("approved"))
    return office


def decide(verdict: str, **more: object) -> Decide:
    return Decide(handover=ASK.id, verdict=verdict, **more)  # type: ignore[arg-type]


def announce() -> Announce:
    return Announce(
        batch=BATCH, from_office="辉县市", to=TOWNSHIP, count=5, check=ASK.check, lines=LINES
    )


def seen(cards: Sequence[str], **more: object) -> Receive:
    return Receive(handover=ASK.id, seen=tuple(cards), **more)  # type: ignore[arg-type]


def answer(cards: Sequence[str], **more: object) -> TakeAnswer:
    return TakeAnswer(handover=ASK.id, counter=TAKER, seen=tuple(cards), **more)  # type: ignore[arg-type]


@pytest.mark.clause("2.1.1")
def test_a_request_takes_note_and_moves_no_card() -> None:
    office = asked()
    assert office.handover.state == "requested"
    assert office.handover.receiver == FETCHER
    assert {office.card(card).custody for card in CARDS} == {SENDER}


@pytest.mark.clause("2.1.1")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"cards": ()}, "handover.size"),
        ({"cards": tuple(CARDS) * 2}, "handover.card_twice"),
        ({"cards": (STRANGER,)}, "card.unknown"),
        ({"batch": "other"}, "handover.other_batch"),
        ({"to": COUNTY}, "handover.not_below"),
        ({"to": "410702001"}, "handover.not_below"),
        ({"to": "410782105201"}, "handover.not_below"),
        ({"to": "百泉镇"}, "division.form"),
        ({"receiver": Receiver(type="3", name="王芳")}, "receiver.missing"),
    ],
)
def test_what_cannot_be_asked_for(wrong: dict[str, object], code: str) -> None:
    assert stocked().refusal(msgspec.structs.replace(ASK, **wrong)) == code


@pytest.mark.clause("2.1.1")
def test_only_what_lies_here_can_be_asked_for() -> None:
    office = stocked()
    assert office.refusal(ASK, at("410782-c2")) == "handover.card_elsewhere"
    out = replace(office.card(CARDS[2]), collected_at=NOW, custody="")
    office.entities[out.subject] = out
    assert office.refusal(ASK) == "handover.card_out"


@pytest.mark.clause("2.1.1")
def test_a_lot_goes_to_one_place_and_the_first_request_stands() -> None:
    office = asked()
    second = replace(ASK, to=OTHER, cards=tuple(CARDS[4:]))
    with pytest.raises(Refusal) as refused:
        second.admit(office.known, HERE, RULES)
    assert (refused.value.code, refused.value.facts["to"]) == ("handover.already", TOWNSHIP)
    assert office.refusal(ASK) == "handover.already"
    office.do(Withdraw(handover=ASK.id))
    office.do(second)  # its cards are free again


@pytest.mark.clause("2.1.1", "2.1.2", "2.1")
@pytest.mark.parametrize("city", ["4107", "410700"])
def test_cards_go_from_the_city_by_the_county_to_the_township(city: str) -> None:
    office, at_city = Office(), at(f"{city}-m1", level="M")
    office.do(TakeIn(batch=BATCH, lines=LINES), at_city)
    down = replace(ASK, to=COUNTY)
    office.do(down, at_city)
    assert office.refusal(ASK, at_city) == "handover.already"
    office.do(Decide(handover=down.id, verdict="approved"), at_city)
    assert office.refusal(ASK) == "handover.already"  # not here yet
    office.do(Receive(handover=down.id, seen=tuple(CARDS)), HERE)
    assert office.refusal(ASK, at_city) == "handover.already"
    office.do(ASK)
    office.do(decide("approved"))
    office.do(seen(CARDS), THERE)
    assert {office.card(card).custody for card in CARDS} == {TAKER}


@pytest.mark.clause("2.1.2")
def test_an_approval_puts_the_cards_on_their_way() -> None:
    office = sent()
    assert (office.handover.state, office.handover.decided_by) == ("sent", "1001")
    card = office.card(CARDS[0])
    assert (card.custody, card.sent_to, card.sent_at) == ("", TOWNSHIP, NOW)


@pytest.mark.clause("2.1.2")
def test_a_refusal_has_a_reason_and_frees_the_cards() -> None:
    office = asked()
    assert office.refusal(decide("refused")) == "handover.reason"
    office.do(decide("refused", reason="领卡人不对"))
    assert (office.handover.state, office.handover.reason) == ("refused", "领卡人不对")
    assert office.card(CARDS[0]).custody == SENDER
    office.do(ASK)
    assert office.handover.state == "requested"


@pytest.mark.clause("2.1.2")
def test_who_asked_may_not_approve_where_two_must_look() -> None:
    office = asked()
    assert office.refusal(decide("approved"), rules=FOUR_EYES) == "handover.same_clerk"
    office.do(decide("approved"), at(SENDER, clerk="1002"), FOUR_EYES)
    assert office.handover.state == "sent"


@pytest.mark.clause("2.1.2")
@pytest.mark.parametrize(
    ("before", "wish", "occasion", "code"),
    [
        ([Withdraw(handover=ASK.id)], decide("approved"), HERE, "handover.withdrawn"),
        ([decide("approved")], decide("approved"), HERE, "handover.decided"),
        ([decide("approved")], Withdraw(handover=ASK.id), HERE, "handover.decided"),
        ([], decide("approved"), at("410782-c2"), "handover.of_another"),
        ([], Decide(handover="x", verdict="approved"), HERE, "handover.unknown_request"),
        ([], decide("approved", part=1), HERE, "handover.not_approved"),
        ([decide("approved")], decide("approved", part=1), HERE, "handover.part"),
        ([], answer([]), HERE, "handover.not_approved"),
    ],
)
def test_what_cannot_be_decided(
    before: list[Operation], wish: Operation, occasion: Occasion, code: str
) -> None:
    office = asked()
    for each in before:
        office.do(each)
    held = office.handover
    assert office.refusal(wish, occasion) == code
    assert office.handover == held


@pytest.mark.clause("2.1.2")
def test_a_card_that_was_issued_meanwhile_stops_the_approval() -> None:
    office = asked()
    out = replace(office.card(CARDS[3]), state=CardState.ACTIVE, custody="", collected_at=NOW)
    office.entities[out.subject] = out
    assert office.refusal(decide("approved")) == "handover.card_out"
    office.do(decide("refused", reason="有一张已发"))


@pytest.mark.clause("2.1.2")
def test_a_long_list_leaves_in_parts() -> None:
    many = numbered(PART + 3)
    stock = [
        Card(number=card, person=f"{n:032x}", batch=BATCH, custody=SENDER)
        for n, card in enumerate(many)
    ]
    office = Office(*stock)
    wish = replace(ASK, cards=tuple(many))
    office.do(wish)
    office.do(Decide(handover=wish.id, verdict="approved"))
    begun = office.known.handover(wish.id)
    assert begun is not None
    assert (begun.state, begun.sent, office.card(many[PART]).custody) == ("sending", PART, SENDER)
    office.do(Decide(handover=wish.id, verdict="approved", part=1))
    done = office.known.handover(wish.id)
    assert done is not None
    assert (done.state, {office.card(card).custody for card in many}) == ("sent", {""})


@pytest.mark.clause("2.1", "2.1.2")
def test_a_place_that_has_the_senders_record_needs_no_file() -> None:
    office = sent()
    assert office.refusal(seen(CARDS), at("410782103-a1", level="T")) == "handover.other_place"
    office.do(seen(CARDS[:4], extra=(STRANGER,)), THERE)
    assert (office.handover.state, office.handover.missing) == ("short", (CARDS[4],))
    assert office.card(CARDS[0]).custody == TAKER


@pytest.mark.clause("2.1", "B7")
def test_an_answer_by_file_says_what_the_count_says() -> None:
    office = sent()
    office.do(answer(CARDS[:2], damaged=(CARDS[1],), last=False))
    office.do(answer([CARDS[2]], issued=(CARDS[3],), extra=(STRANGER,)))
    handover = office.handover
    assert (handover.state, handover.missing, handover.answered) == ("short", (CARDS[4],), True)
    assert [each.code for each in handover.differences()] == [
        "handover.missing", "handover.damaged", "handover.issued", "handover.extra",
    ]  # fmt: skip
    assert (office.card(CARDS[0]).custody, office.card(CARDS[4]).custody) == (TAKER, "")


@pytest.mark.clause("2.1", "B7")
@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (answer([STRANGER]), "handover.not_on_list"),
        (answer([CARDS[0]], damaged=(CARDS[1],)), "handover.damaged_unseen"),
        (answer([], extra=(CARDS[1],)), "handover.not_extra"),
        (replace(answer([]), counter=""), "handover.other_counter"),
        (answer(numbered(PART + 1)), "handover.lines"),
    ],
)
def test_an_answer_that_cannot_be(wish: TakeAnswer, code: str) -> None:
    assert sent().refusal(wish) == code


def _figures(office: Office) -> tuple[object, ...]:
    handover = office.handover
    cards = tuple((card, office.card(card).custody) for card in CARDS)
    return handover.state, frozenset(handover.differences()), cards


COUNTY_CHAIN = [
    TakeIn(batch=BATCH, lines=LINES),
    ASK,
    decide("approved"),
    answer(CARDS[:3], damaged=(CARDS[1],), extra=(STRANGER,)),
]
TOWNSHIP_CHAIN = [
    announce(),
    seen(CARDS[:2], damaged=(CARDS[1],), last=False),
    seen([CARDS[2]], extra=(STRANGER,)),
]


@pytest.mark.clause("2.1", "2.1.2", "B7")
@settings(deadline=None, max_examples=60)
@given(st.permutations("cccc" + "ttt"))
def test_the_city_comes_to_the_same_in_whatever_order_the_two_chains_arrive(order: str) -> None:
    city = Office()
    county, township = iter(COUNTY_CHAIN), iter(TOWNSHIP_CHAIN)
    for n, each in enumerate(order):
        here = each == "c"
        wish = next(county if here else township)
        occasion = replace(HERE if here else THERE, op=f"{n:032x}")
        city.do(wish, occasion)
    state, differences, cards = _figures(city)
    assert state == "short"
    assert {each.code for each in differences} == {  # type: ignore[attr-defined]
        "handover.missing", "handover.damaged", "handover.extra",
    }  # fmt: skip
    assert [where for _card, where in cards] == [TAKER] * 3 + [""] * 2  # type: ignore[attr-defined]
