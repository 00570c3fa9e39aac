"""What one counter had not seen of another: safety first, in any order of arrival (P5, §11.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import combinations_with_replacement, permutations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui import cli
from sbk_tui.domain.card import USABLE, CardState, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.operations.store import Slot, StoreCards
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.hub.cases import ring_for_clerk
from sbk_tui.texts import words_for
from tests.data.days import SELF
from tests.hub.three import BASE, NAMES, Three, told

WISHES = ("temp", "formal", "release", "cancel", "enable")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Give three counters and a city; each test takes cards of its own."""
    built = Three(tmp_path_factory.mktemp("three"))
    yield built
    built.close()


def wish(three: Three, name: str, card: str) -> Operation:
    until = from_ms(three.clock[0]).date() + timedelta(days=7)
    return {
        "temp": TemporaryLoss(
            card=card, caller_name="刘洋", caller_phone="13800000000", until=until
        ),
        "formal": FormalLoss(card=card, id_shown=True),
        "release": Release(card=card, in_person=True, id_shown=True),
        "cancel": Cancel(card=card, reason="01", proof="死亡证明"),
        "enable": Enable(card=card),
        "issue": IssueToPerson(card=card, receiver=SELF),
        "store": StoreCards(slots=(Slot(card=card, place="1-1-1-1"),)),
    }[name]


def usable(three: Three, card: str) -> bool:
    return three.record(card).state in USABLE


@pytest.mark.clause("P5", "3.2", "3.3")
def test_a_release_that_did_not_see_the_loss_is_refused(three: Three) -> None:
    card = three.card("temp_lost")
    assert three.do("A", wish(three, "formal", card)).code == ""
    answer = three.do("B", wish(three, "release", card))
    assert told(answer) == ("judged", "refused", "conflict.R2")
    assert answer.facts["office"] == "百泉镇"
    assert not usable(three, card)
    seen = three.head
    again = three.do("B", wish(three, "release", card), seen=seen)
    assert told(again) == ("judged", "accepted", "")
    assert usable(three, card)


@pytest.mark.clause("P5", "3.2", "3.3")
def test_a_loss_wins_over_a_release_it_had_not_seen_and_both_are_told(three: Three) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    answer = three.do("B", wish(three, "formal", card))
    assert told(answer) == ("judged", "accepted", "conflict.W2")
    assert three.record(card).state is CardState.FORMAL_LOST
    own = three.cases("B")["conflict.W2"]
    other = three.cases("A")["conflict.W2.other"]
    assert (own.id, own.duty, own.severity) == (answer.op, True, "red")
    assert other.facts["card"] == card
    assert card in words_for(other.code, other.facts).message


@pytest.mark.clause("P5", "3.1", "5.1.4")
def test_a_loss_wins_over_an_enabling_and_an_enabling_does_not_undo_a_loss(three: Three) -> None:
    first, second = three.card("sealed"), three.card("sealed")
    three.do("A", wish(three, "enable", first))
    assert three.do("B", wish(three, "temp", first)).code == "conflict.W1"
    three.do("A", wish(three, "enable", second))
    three.do("A", wish(three, "formal", second))
    assert three.do("B", wish(three, "enable", second)).code == "conflict.R1"
    assert not usable(three, first)
    assert not usable(three, second)


def test_the_same_wish_twice_is_accepted_twice_and_nobody_is_bothered(three: Three) -> None:
    card = three.card()
    for name in NAMES:
        assert told(three.do(name, wish(three, "formal", card))) == ("judged", "accepted", "")
    assert three.record(card).state is CardState.FORMAL_LOST
    seen = three.head
    assert told(three.do("A", wish(three, "formal", card), seen=seen))[1] == "refused"


@pytest.mark.clause("P5", "3.4")
def test_a_cancellation_without_a_clear_view_is_held_and_the_card_blocked(three: Three) -> None:
    card = three.card("formal_lost")
    three.do("A", wish(three, "release", card))
    held = three.do("B", wish(three, "cancel", card))
    assert told(held) == ("held", "", "conflict.H1")
    assert three.record(card).state is CardState.TEMP_LOST
    assert three.cases("A")["conflict.H1.other"].op == held.op
    refused = three.do("C", wish(three, "release", card), seen=three.head)
    assert told(refused) == ("judged", "refused", "conflict.H2")  # not even with all seen
    assert (f"{held.op}/city", "conflict.H1") in three.city_cases()


@pytest.mark.clause("3.4")
@pytest.mark.parametrize(
    ("answer", "verdict", "state"),
    [
        ("accept", "accepted", CardState.CANCELLED),
        ("refuse", "refused", CardState.ACTIVE),
        ("keep", "refused", CardState.TEMP_LOST),
    ],
)
def test_a_supervisor_decides_once_and_for_all(
    three: Three, answer: str, verdict: str, state: CardState
) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    held = three.do("B", wish(three, "cancel", card))
    decide(three, held.op, answer)
    assert three.record(card).state is state
    rows = three.city.rows("SELECT state, verdict FROM inbox WHERE op = ?", held.op)
    assert rows == [("judged", verdict)]
    with pytest.raises(BadUsage, match=r"case\.closed"):
        decide(three, held.op, "accept")
    with pytest.raises(Exception, match="append-only"), three.city.hub.store.write() as db:
        db.execute_sql("UPDATE decision SET answer = 'accept'")
    assert three.cases("B")["conflict.H1"].answer == answer
    after = three.do("B", wish(three, "release", card), seen=three.head)
    assert after.code != "conflict.H2"


def decide(three: Three, op: str, answer: str) -> None:
    with three.city.hub.store.write() as db:
        three.decider.settle(db, f"{op}/city", answer, by="主任")


@pytest.mark.clause("3.4")
def test_a_card_that_was_lost_while_it_was_blocked_stays_lost(three: Three) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    held = three.do("B", wish(three, "cancel", card))
    assert told(three.do("A", wish(three, "temp", card)))[1] == "accepted"
    decide(three, held.op, "refuse")
    assert not usable(three, card)


@pytest.mark.clause("3.4")
def test_of_two_held_cancellations_the_last_decision_frees_the_card(three: Three) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    first = three.do("B", wish(three, "cancel", card))
    second = three.do("C", wish(three, "cancel", card))
    assert told(second)[0] == "held"
    decide(three, first.op, "refuse")
    assert not usable(three, card)
    decide(three, second.op, "refuse")
    assert usable(three, card)


@pytest.mark.clause("3.4")
def test_at_the_deadline_the_standard_answer_is_taken(three: Three) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    held = three.do("B", wish(three, "cancel", card))
    three.clock[0] += 5 * 24 * 3_600_000
    three.do("C", wish(three, "formal", three.card()))
    assert three.city.rows('SELECT answer, "by" FROM decision WHERE op = ?', held.op) == [
        ("keep", "deadline")
    ]
    assert three.record(card).state is CardState.TEMP_LOST


@pytest.mark.clause("2.2.2", "2.3.3", "P6")
def test_two_offices_that_both_have_the_card_are_asked_and_nobody_enables_it(
    three: Three,
) -> None:
    card = three.card("sealed", collected_at=None, custody="410782105-a1")
    three.do("A", wish(three, "issue", card))
    stored = three.do("B", wish(three, "store", card))
    assert told(stored) == ("judged", "accepted", "conflict.F1")
    refused = three.do("A", wish(three, "enable", card), seen=three.head)
    assert refused.code == "conflict.H3"
    other = three.cases("A")["conflict.F1.other"]
    assert other.choices == ("here", "given", "absent")
    three.do("B", SettleCase(case=stored.op, answer="absent"))
    assert three.do("A", wish(three, "enable", card), seen=three.head).code == "conflict.H3"
    three.do("A", SettleCase(case=other.id, answer="given"))
    answers = "SELECT counter, answer FROM case_item WHERE op = ? ORDER BY counter"
    assert three.city.rows(answers, stored.op) == [
        ("", "given"),
        ("410782105-a1", "given"),
        ("410782105-b1", "absent"),
    ]
    assert three.do("A", wish(three, "enable", card), seen=three.head).code != "conflict.H3"


def test_a_counter_cannot_answer_the_case_of_another(three: Three) -> None:
    card = three.card("temp_lost")
    three.do("A", wish(three, "release", card))
    loss = three.do("B", wish(three, "formal", card))
    three.do("C", SettleCase(case=loss.op, told="told"))
    closed = "SELECT closed IS NOT NULL FROM case_item WHERE id = ?"
    assert three.city.rows(closed, loss.op) == [(0,)]
    three.do("B", SettleCase(case=loss.op, told="told"))
    assert three.city.rows(closed, loss.op) == [(1,)]


@pytest.mark.clause("3.3")
def test_an_objection_of_another_sort_stays_what_it_is(three: Three) -> None:
    card = three.card()
    three.do("A", wish(three, "temp", card))
    bad = Cancel(card=card, reason="01", proof="")
    assert told(three.do("B", bad)) == ("judged", "refused", "cancel.proof")
    assert three.city.rows("SELECT count(*) FROM hold WHERE subject = ?", f"card/{card}") == [(0,)]


# ---------------------------------------------------------------------- convergence

script = st.lists(st.sampled_from(WISHES), min_size=1, max_size=3)


def plausible(base: str, wishes: Iterable[str]) -> tuple[str, ...]:
    """Return what a counter that sees only its own work could have done."""
    state, done = BASE[base], []
    for each in wishes:
        kind = {"temp": "loss.temporary", "formal": "loss.formal"}.get(each, f"card.{each}")
        try:
            state = move(state, kind).target or state
        except Refusal:
            continue
        done.append(each)
    return tuple(done)


def outcome(three: Three, base: str, works: Sequence[Sequence[str]], order: Sequence[int]) -> bool:
    """Return whether a new card is usable after the works have arrived in `order`."""
    card = three.card(base)
    left = [list(work) for work in works]
    for counter in order:
        three.do(NAMES[counter], wish(three, left[counter].pop(0), card))
    return usable(three, card)


def orders(works: Sequence[Sequence[str]]) -> list[tuple[int, ...]]:
    """Return every order in which the works can arrive, each counter's own kept."""
    turns = [counter for counter, work in enumerate(works) for _ in work]
    return sorted(set(permutations(turns)))


@pytest.mark.clause("P5")
@pytest.mark.parametrize("base", sorted(BASE))
def test_two_counters_whatever_arrives_first_gives_the_same_card(three: Three, base: str) -> None:
    works = {plausible(base, pair) for pair in product(WISHES, repeat=2)} - {()}
    for pair in combinations_with_replacement(sorted(works), 2):
        found = {order: outcome(three, base, pair, order) for order in orders(pair)}
        assert len(set(found.values())) == 1, (pair, found)


@pytest.mark.clause("P5")
@settings(deadline=None, max_examples=15)
@given(base=st.sampled_from(sorted(BASE)), works=st.lists(script, min_size=2, max_size=3))
def test_three_counters_whatever_arrives_first_gives_the_same_card(
    three: Three, base: str, works: list[list[str]]
) -> None:
    done = [plausible(base, work) for work in works]
    every = orders(done)
    some = every[:: len(every) // 12 + 1]
    found = {order: outcome(three, base, done, order) for order in some}
    assert len(set(found.values())) == 1, (done, found)


# ---------------------------------------------------------------------- the supervisor's commands


@pytest.mark.clause("3.4", "B16")
def test_a_supervisor_lists_and_settles_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = Three(tmp_path)
    try:
        card = three.card("temp_lost")
        three.do("A", wish(three, "release", card))
        held = three.do("B", wish(three, "cancel", card))
    finally:
        three.close()
    home = ["--home", str(three.city.folder)]
    assert cli.main(["hub", "cases", *home, "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)
    assert (case["id"], case["choices"]) == (f"{held.op}/city", ["accept", "refuse", "keep"])
    settle = ["hub", "settle", case["id"]]
    assert cli.main([*settle, "maybe", "--by", "主任", *home]) == 2
    assert "accept" in capsys.readouterr().err
    assert cli.main([*settle, "accept", "--by", "主任", "--reason", "死亡证明已核", *home]) == 0
    assert "同意" in capsys.readouterr().out
    assert cli.main(["hub", "cases", *home]) == 0
    assert case["id"] not in capsys.readouterr().out


def test_a_case_that_no_operation_opened_is_decided_alone(three: Three) -> None:
    with three.city.hub.store.write() as db:
        for clerk in ("one", "two"):
            ring_for_clerk(db, "410782105-a1", clerk, three.clock[0])
        three.decider.settle(db, "410782105-a1/one/key", "done", by="赵岚")
    assert "410782105-a1/two/key" in {case for case, _ in three.city_cases()}
