"""库存 (2.3.3): how a place is written and sorted, who may put what where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.operations.issue import handed_over
from sbk_tui.domain.operations.store import MOST, Slot, StoreCards
from sbk_tui.domain.operations.uncollected import MarkUncollected
from sbk_tui.domain.stock import Place, shelf_key, stock_state
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, Known, card, occasion

S = CardState
HERE = card(S.SEALED, custody=COUNTER)
TODAY = NOW.astimezone(CHINA).date()


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize(
    ("typed", "stored", "is_slot"),
    [
        ("1-2-3-17", "1-2-3-17", True),
        ("１—２–03-007", "1-2-3-7", True),
        ("1/2/3", "1-2-3", False),
        (" 2 - 1 - 4 ", "2-1-4", False),
        ("保险柜  上层", "保险柜 上层", False),
        ("A-1", "A-1", False),
        ("1--2", "1--2", False),
    ],
)
def test_a_place_has_one_way_of_being_written(typed: str, stored: str, is_slot: bool) -> None:
    place = Place.parse(typed)
    assert (place, place.is_slot) == (stored, is_slot)
    assert Place.parse(place) == place


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize(("typed", "code"), [
    ("", "place.empty"), ("   ", "place.empty"), ("柜" * 26, "text.too_long"),
    ("1-2\x1b[2J", "text.control"),
])  # fmt: skip
def test_what_is_no_place(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Place.parse(typed)
    assert refused.value.code == code


numbers = st.lists(st.integers(0, 99999), min_size=1, max_size=4)


@pytest.mark.clause("B13")
@given(st.lists(numbers, max_size=20))
def test_places_are_sorted_as_numbers(places: list[list[int]]) -> None:
    texts = ["-".join(map(str, place)) for place in places]
    assert sorted(texts, key=shelf_key) == [
        "-".join(map(str, place)) for place in sorted(places)
    ]  # fmt: skip


def test_a_slot_knows_its_box_and_a_box_its_neighbour() -> None:
    slot = Place.parse("1-2-3-17")
    assert (slot.box, slot.box.slot(18), slot.box.next_box()) == ("1-2-3", "1-2-3-18", "1-2-4")
    assert slot.box.is_box
    assert Place.parse("上层").box == "上层"


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (card(S.SEALED, custody=COUNTER), "1"),
        (card(S.SEALED, custody=COUNTER, uncollected=(TODAY,) * 2), "1"),
        (card(S.SEALED, custody=COUNTER, uncollected=(TODAY,) * 3), "4"),
        (card(S.SEALED, custody=COUNTER, place="1-1-1-1"), "2"),
        (card(S.SEALED, custody=COUNTER, place="1-1-1-1", check_result="1"), "2"),
        (card(S.SEALED, custody=COUNTER, place="1-1-1-1", check_result="4"), "5"),
        (card(S.CANCELLED, custody=COUNTER), "5"),
        (card(S.SEALED, collected_at=NOW), "6"),
        (card(S.ACTIVE, collected_at=NOW, enabled_at=NOW), "7"),
    ],
)
def test_the_stock_room_has_a_word_for_every_card(held: Card, code: str) -> None:
    assert stock_state(held) == code
    assert RULES.knows("stock_state", code)


@pytest.mark.clause("2.3.3")
def test_a_card_is_put_into_its_place() -> None:
    wish, known = StoreCards(slots=(Slot(card=CARD, place="1-2-3-4"),)), Known(HOLDER, HERE)
    wish.admit(known, occasion(), RULES)
    (stored,) = wish.effect(known, occasion())
    assert isinstance(stored, Card)
    assert (stored.place, stored.stored_at, stored.custody) == ("1-2-3-4", NOW, COUNTER)


SLOT = Slot(card=CARD, place="1-2-3-4")
CASES = [
    ((), HERE, "store.size"),
    ((SLOT,) * (MOST + 1), HERE, "store.size"),
    ((SLOT, SLOT), HERE, "store.twice"),
    ((Slot(card=CARD, place=""),), HERE, "place.empty"),
    ((Slot(card=CARD, place="1-2-03"),), HERE, "store.place"),
    ((Slot(card="C00000014", place="1"),), HERE, "card.unknown"),
    ((SLOT,), card(S.SEALED, custody="elsewhere"), "store.not_here"),
    ((SLOT,), card(S.SEALED, collected_at=NOW), "store.not_here"),
    ((SLOT,), card(S.ACTIVE, collected_at=NOW), "card.no_such_move"),
]


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize(("slots", "held", "code"), CASES)
def test_what_is_not_put_away(slots: tuple[Slot, ...], held: Card, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        StoreCards(slots=slots).admit(Known(HOLDER, held), occasion(), RULES)
    assert refused.value.code == code
    StoreCards(slots=slots).effect(Known(HOLDER, held), occasion())


EARLIER = tuple(TODAY - timedelta(days=days) for days in (30, 20, 10))


@pytest.mark.clause("2.3.3")
def test_the_third_mark_makes_a_card_uncollected_and_handing_it_out_ends_that() -> None:
    held = card(S.SEALED, custody=COUNTER, uncollected=EARLIER[:2])
    wish, known = MarkUncollected(cards=(CARD,)), Known(HOLDER, held)
    wish.admit(known, occasion(), RULES)
    (marked,) = wish.effect(known, occasion())
    assert isinstance(marked, Card)
    assert (stock_state(held), stock_state(marked)) == ("1", "4")
    assert marked.uncollected == (*EARLIER[:2], TODAY)
    assert handed_over(marked, Receiver(), occasion()).uncollected == ()


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize(
    ("cards", "held", "code"),
    [
        ((), HERE, "store.size"),
        ((CARD,) * 2, HERE, "store.twice"),
        ((CARD,) * (MOST + 1), HERE, "store.size"),
        (("C00000014",), HERE, "card.unknown"),
        ((CARD,), card(S.SEALED, custody="elsewhere"), "store.not_here"),
        ((CARD,), card(S.SEALED, collected_at=NOW), "uncollected.issued"),
        ((CARD,), card(S.ACTIVE, collected_at=NOW), "card.no_such_move"),
        ((CARD,), card(S.SEALED, custody=COUNTER, check_result="4"), "uncollected.faulty"),
        ((CARD,), card(S.SEALED, custody=COUNTER, uncollected=EARLIER), "uncollected.already"),
        ((CARD,), card(S.SEALED, custody=COUNTER, uncollected=(TODAY,)), "uncollected.today"),
    ],
)
def test_what_is_not_marked(cards: tuple[str, ...], held: Card, code: str) -> None:
    wish, known = MarkUncollected(cards=cards), Known(HOLDER, held)
    with pytest.raises(Refusal) as refused:
        wish.admit(known, occasion(), RULES)
    assert refused.value.code == code
    wish.effect(known, occasion())
