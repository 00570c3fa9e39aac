"""The figures of the statistics (B23) are those of the records, counted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sbk_tui.data.stats import Stats
from sbk_tui.domain.identity import card_check, mod11_2
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.domain.world import CHINA, from_ms
from tests.data.conftest import Office, make_office
from tests.data.days import SELF

VILLAGES = (("410782105201", "常东村"), ("410782105202", "常西村"), ("", ""))
LIMITS = (30, 90, 180, 365)


def line(n: int) -> Line:
    body, card = f"41078219850314{n:03d}", f"C{n:07d}"
    code, name = VILLAGES[n % 3]
    return Line(
        person=f"{n:032x}", number=body + mod11_2(body), name="甲", card=card + card_check(card),
        village_code=code, village_name=name,
    )  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give 400 days of arrivals, each followed by some issuing."""
    made = make_office(tmp_path / "counter", key=None)
    for lot, days in enumerate((0, 200, 100, 60, 40)):
        made.clock[0] += days * 86_400_000
        lines = [line(lot * 10 + n) for n in range(10)]
        made.do(TakeIn(batch=f"b{lot}", lines=tuple(lines)))
        for each in lines[:4]:
            made.clock[0] += 7 * 3_600_000
            made.do(IssueToPerson(card=each.card, receiver=SELF))
        made.do(Enable(card=lines[0].card))
        made.do(RollBack(card=lines[3].card, reason="01", card_back=True))
    yield made
    made.opened.store.close()


@pytest.mark.clause("B23")
def test_issued_by_day_is_what_the_cards_say(office: Office) -> None:
    stats = Stats(office.opened.store, "410782105-a1")
    days = [
        card.collected_at.astimezone(CHINA).date()
        for n in range(50)
        if (card := office.lookup.card(line(n).card)) and card.collected_at
    ]
    assert len(days) == 15
    first = min(days)
    assert stats.issued(first) == dict(Counter(days))
    assert stats.issued(first + timedelta(days=1)) == dict(Counter(d for d in days if d > first))
    assert stats.issued(date(2099, 1, 1)) == {}


@pytest.mark.clause("B23")
def test_what_waits_is_counted_by_age_and_village(office: Office) -> None:
    stats = Stats(office.opened.store, "410782105-a1")
    now = office.clock[0]
    found = stats.waiting(now, LIMITS)
    assert [w.total for w in found] == sorted((w.total for w in found), reverse=True)
    by_hand: dict[str, list[int]] = {}
    for n in range(50):
        each = line(n)
        card = office.lookup.card(each.card)
        assert card is not None
        if card.collected_at is not None:
            continue
        seen = office.lookup.dossier(each.number)
        assert seen is not None
        days = (from_ms(now) - from_ms(min(e.at_ms for e in seen.timeline))).total_seconds() / 86400
        group = sum(days >= limit for limit in LIMITS)
        by_hand.setdefault(each.village_code, [0] * 5)[group] += 1
    assert {w.village: list(w.ages) for w in found} == by_hand
    assert sum(w.total for w in found) == 35
    assert {w.village: w.name for w in found} == dict(VILLAGES)


@pytest.mark.clause("B23")
def test_states_add_up_to_all_cards(office: Office) -> None:
    states = Stats(office.opened.store, "410782105-a1").states()
    assert states == {("0", False): 35, ("0", True): 10, ("1", True): 5}


@pytest.mark.clause("B23")
def test_cards_of_another_counter_do_not_wait_here(office: Office) -> None:
    assert Stats(office.opened.store, "elsewhere").waiting(office.clock[0], LIMITS) == ()
