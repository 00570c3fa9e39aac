"""A loss of a card that the counter does not know is found by the city, or shown to a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sbk_tui.domain.card import CardState
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.world import from_ms
from tests.data.days import number
from tests.hub.three import Three, told

pytestmark = pytest.mark.clause("A5", "3.1")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    built = Three(tmp_path_factory.mktemp("three"))
    yield built
    built.close()


def blind(three: Three, **fields: object) -> BlindLoss:
    given: dict[str, object] = {
        "name": "持卡人甲", "caller_name": "刘洋", "caller_phone": "13800000000",
        "until": from_ms(three.clock[0]).date() + timedelta(days=7),
    }  # fmt: skip
    return BlindLoss(**{**given, **fields})  # type: ignore[arg-type]


def test_what_the_city_knows_is_in_force_at_once(three: Three) -> None:
    by_card, by_number = three.card(), three.card()
    assert told(three.do("A", blind(three, card=by_card))) == ("judged", "accepted", "")
    assert told(three.do("A", blind(three, number=number(2)))) == ("judged", "accepted", "")
    assert three.record(by_card).state is CardState.TEMP_LOST
    assert three.record(by_number).state is CardState.TEMP_LOST
    assert three.record(by_card).lost_until is not None


def test_a_formal_one_is_never_weakened_to_a_temporary_one(three: Three) -> None:
    card = three.card("formal_lost")
    assert told(three.do("A", blind(three, card=card)))[1] == "accepted"
    assert three.record(card).state is CardState.FORMAL_LOST
    other = three.card("temp_lost")
    three.do("A", blind(three, card=other, until=None, id_shown=True))
    assert three.record(other).state is CardState.FORMAL_LOST


def test_it_wins_over_a_release_and_a_release_that_had_not_seen_it_is_refused(
    three: Three,
) -> None:
    first, second = three.card("temp_lost"), three.card("temp_lost")
    free = {"in_person": True, "id_shown": True}
    three.do("A", Release(card=first, **free))
    assert three.do("B", blind(three, card=first)).code == "conflict.W2"
    three.do("B", blind(three, card=second))
    assert three.do("A", Release(card=second, **free)).code == "conflict.R2"


def test_an_unknown_number_is_shown_with_its_neighbours_and_a_person_says_which(
    three: Three,
) -> None:
    card = three.card()
    body = card[:-1]
    right = body + card_check(body)
    three.put(type(three.record(card))(**{**as_dict(three, card), "number": right}))
    wrong_body = body[:-1] + ("9" if body[-1] != "9" else "8")
    held = three.do("A", blind(three, card=wrong_body + card_check(wrong_body)))
    assert told(held) == ("held", "", "conflict.H4")
    case = next(c for c in waiting(three) if c.op == held.op)
    assert right in case.choices
    assert case.choices[-1] == "none"
    with three.city.hub.store.write() as db:
        three.decider.settle(db, case.id, right, by="主任")
    assert three.record(right).state is CardState.TEMP_LOST
    free = Release(card=right, in_person=True, id_shown=True)
    assert three.do("B", free).code == "conflict.R2"


def test_nobody_found_it_and_the_maker_is_told(three: Three) -> None:
    held = three.do("A", blind(three, number=number(990)))
    case = next(c for c in waiting(three) if c.op == held.op)
    assert number(990) not in str(case)
    with three.city.hub.store.write() as db:
        three.decider.settle(db, case.id, "none", by="主任")
    rows = three.city.rows("SELECT verdict, code FROM inbox WHERE op = ?", held.op)
    assert rows == [("refused", "conflict.H4.refused")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "loss.nothing_known"),
        ({"card": "T00000001", "caller_phone": ""}, "loss.caller_missing"),
        ({"card": "T00000001", "until": None}, "loss.id_not_shown"),
        ({"number": "123"}, "number.length"),
    ],
)
def test_what_is_missing_is_refused(three: Three, fields: dict[str, object], code: str) -> None:
    answer = three.do("C", blind(three, **fields))
    assert answer.verdict == "refused"
    assert answer.code.split(".")[0] == code.split(".")[0]


def test_an_ordinary_loss_of_an_unknown_card_stays_refused(three: Three) -> None:
    answer = three.do("C", FormalLoss(card="Z00000001", id_shown=True))
    assert answer.code == "card.unknown"


def waiting(three: Three) -> list:  # type: ignore[type-arg]
    with three.city.hub.store.session() as db:
        return list(three.decider.waiting(db))


def as_dict(three: Three, card: str) -> dict[str, object]:
    record = three.record(card)
    return {name: getattr(record, name) for name in record.__struct_fields__}
