"""乡镇接收 (2.1, B7): a list that can be believed, and cards counted in by difference."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.handover import Difference, Handover, check_number, handover_id
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line
from sbk_tui.domain.operations.handover import MOST_LINES, Announce, Receive
from sbk_tui.domain.world import Entity
from sbk_tui.errors import Refusal
from tests.data.days import number
from tests.domain.known import COUNTER, NOW, RULES, Known, occasion

PLACE = "410782103"
CARDS = [f"B{n:07d}{card_check(f'B{n:07d}')}" for n in range(1, 6)]
STRANGER = "C0000001" + card_check("C0000001")


def line(n: int) -> Line:
    return Line(person=f"{n:032x}", number=number(n), name="持卡人", card=CARDS[n])


LIST = Announce(
    batch="2026-11-A", from_office="辉县市", to=PLACE, count=5,
    check=check_number("2026-11-A", PLACE, CARDS), lines=tuple(map(line, range(5))),
)  # fmt: skip


class Log:
    """A world that grows by what is admitted."""

    def __init__(self, *entities: Entity) -> None:
        self.entities = {e.subject: e for e in entities}

    @property
    def known(self) -> Known:
        return Known(*self.entities.values())

    def do(self, wish: Operation) -> None:
        wish.admit(self.known, occasion(), RULES)
        self.entities |= {e.subject: e for e in wish.effect(self.known, occasion())}

    def refusal(self, wish: Operation) -> str:
        with pytest.raises(Refusal) as refused:
            wish.admit(self.known, occasion(), RULES)
        wish.effect(self.known, occasion())
        return refused.value.code

    @property
    def handover(self) -> Handover:
        (found,) = (e for e in self.entities.values() if isinstance(e, Handover))
        return found

    def card(self, n: int) -> Card:
        found = self.known.card(CARDS[n])
        assert found is not None
        return found


def arrived() -> Log:
    log = Log()
    log.do(LIST)
    return log


def seen(log: Log, cards: Sequence[str], **more: object) -> Receive:
    return Receive(handover=log.handover.id, seen=tuple(cards), **more)  # type: ignore[arg-type]


@pytest.mark.clause("2.1", "B7")
def test_a_list_makes_its_cards_known_and_puts_them_nowhere() -> None:
    log = arrived()
    assert log.card(0).custody == ""
    assert (log.handover.state, log.handover.missing) == ("open", tuple(CARDS))
    assert log.handover.differences() == ()


@pytest.mark.clause("2.1")
def test_a_long_list_comes_in_several_announcements() -> None:
    log = Log()
    log.do(replace(LIST, lines=LIST.lines[:2]))
    assert not log.handover.is_complete
    assert log.refusal(seen(log, CARDS[:1])) == "handover.unknown"
    assert log.refusal(replace(LIST, lines=LIST.lines[1:3])) == "handover.card_twice"
    log.do(replace(LIST, lines=LIST.lines[2:]))
    assert log.handover.is_complete


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"lines": ()}, "handover.lines"),
        ({"lines": LIST.lines * MOST_LINES}, "handover.lines"),
        ({"count": 0}, "handover.size"),
        ({"count": 9999}, "handover.size"),
        ({"to": "410782105"}, "handover.other_place"),
        ({"count": 4}, "handover.count"),
        ({"check": "0000-0000"}, "handover.check"),
        ({"lines": (LIST.lines[0],) * 2}, "handover.card_twice"),
        ({"lines": (*LIST.lines[:4], replace(LIST.lines[4], name="2"))}, "name.character"),
    ],
)
def test_a_list_that_cannot_be_believed(wrong: dict[str, object], code: str) -> None:
    assert Log().refusal(replace(LIST, **wrong)) == code


@pytest.mark.clause("2.1")
def test_the_same_list_is_taken_in_once() -> None:
    assert arrived().refusal(LIST) == "handover.twice"


@given(st.permutations(CARDS), st.integers(0, 4))
def test_the_check_number_knows_every_card_and_no_order(cards: list[str], lost: int) -> None:
    check = check_number("b", PLACE, cards)
    assert check == check_number("b", PLACE, CARDS)
    assert check != check_number("b", PLACE, cards[:lost] + cards[lost + 1 :])
    assert check != check_number("b", "410782105", cards)
    assert handover_id("b", PLACE, check) != handover_id("c", PLACE, check)


@pytest.mark.clause("B7", "2.1")
def test_a_count_leaves_what_is_not_as_the_list_says() -> None:
    log = arrived()
    log.do(seen(log, CARDS[:2], damaged=(CARDS[1],), last=False))
    assert log.handover.differences() == ()
    log.do(seen(log, CARDS[2:4], extra=(STRANGER,)))
    assert log.handover.state == "short"
    assert log.handover.differences() == (
        Difference("handover.missing", CARDS[4]),
        Difference("handover.damaged", CARDS[1]),
        Difference("handover.extra", STRANGER),
    )
    assert (log.card(0).custody, log.card(0).received_at) == (COUNTER, NOW)
    assert (log.card(1).check_result, log.card(4).custody) == ("4", "")
    assert log.handover.received_check != log.handover.check


@pytest.mark.clause("B7", "2.1")
def test_what_was_missing_can_be_received_later() -> None:
    log = arrived()
    log.do(seen(log, CARDS[:3]))
    assert log.refusal(seen(log, ())) == "handover.nothing"
    log.do(seen(log, CARDS[3:]))
    assert (log.handover.state, log.handover.differences()) == ("done", ())
    assert log.handover.received_check == log.handover.check
    assert log.refusal(seen(log, ())) == "handover.nothing"


@pytest.mark.clause("2.1")
def test_a_card_that_was_issued_before_stays_with_its_holder() -> None:
    log = Log()
    log.do(replace(LIST, lines=LIST.lines))
    for n, state in ((0, CardState.ACTIVE), (1, CardState.SEALED)):
        out = replace(log.card(n), state=state, collected_at=NOW)
        log.entities[out.subject] = out
    log.do(seen(log, [CARDS[0], *CARDS[2:]]))  # one is in the box, one is not
    assert log.handover.issued == (CARDS[0], CARDS[1])
    assert log.handover.missing == ()
    assert (log.card(0).state, log.card(0).custody) == (CardState.ACTIVE, "")


@pytest.mark.clause("B7")
def test_a_box_that_never_came_is_a_count_of_none() -> None:
    log = arrived()
    log.do(seen(log, ()))
    assert len(log.handover.differences()) == 5


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(
    ("cards", "more", "code"),
    [
        ([STRANGER], {}, "handover.not_on_list"),
        ([CARDS[0], CARDS[0]], {}, "handover.not_on_list"),
        ([CARDS[0]], {"damaged": (CARDS[1],)}, "handover.damaged_unseen"),
        ([CARDS[0]], {"extra": (CARDS[1],)}, "handover.not_extra"),
        ([CARDS[0]], {"extra": ("12",)}, "card_number.form"),
        ([], {"last": False}, "handover.nothing"),
        ([f"C{n:08d}" for n in range(201)], {}, "handover.lines"),
    ],
)
def test_a_count_that_cannot_be(cards: list[str], more: dict[str, object], code: str) -> None:
    log = arrived()
    assert log.refusal(seen(log, cards, **more)) == code


def test_a_hand_over_nobody_knows() -> None:
    assert Log().refusal(Receive(handover="x", seen=())) == "handover.unknown"
