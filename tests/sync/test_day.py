"""Days over a bad line: every operation judged once, both sides equal afterwards."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.operations.loss import term_end
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.sync.push import Pace
from tests.data.conftest import RULES, Office, make_office
from tests.data.days import CARDS, day, stock, wishes
from tests.sync.city import City, join, log_of, push, sync

TABLES = ("person", "card", "application", "subject", "person_initials")
Select = Callable[[str], list[tuple[object, ...]]]

contacts = st.tuples(
    st.integers(1, 30),
    st.lists(st.sampled_from(("ok", "lost", "answer_lost", "twice", "restart")), max_size=5),
)
"""How large a batch the counter begins with, and what happens to its requests."""
days = st.lists(st.tuples(day, contacts), min_size=1, max_size=4)


def live(office: Office, wanted: list[tuple[int, int]]) -> None:
    """Let a day happen at the counter; what it refuses itself never happened."""
    for card, wish in wanted:
        today = from_ms(office.clock[0] + 60_000).astimezone(CHINA).date()
        operation = wishes(CARDS[card], term_end(today, RULES.settings))[wish]
        with contextlib.suppress(Refusal):
            office.do(operation)


def at_counter(office: Office) -> Select:
    def select(sql: str) -> list[tuple[object, ...]]:
        with office.opened.store.session() as db:
            return list(db.execute_sql(sql).fetchall())

    return select


def projections(select: Select) -> dict[str, list[tuple[object, ...]]]:
    """Return every projection of one side, in one order."""
    return {name: sorted(select(f"SELECT * FROM {name}"), key=repr) for name in TABLES}  # noqa: S608


@pytest.mark.clause("P2", "P3", "B4")
@settings(deadline=None, max_examples=15)
@given(days=days)
def test_whatever_the_line_does_each_operation_is_judged_once(
    days: list[tuple[list[tuple[int, int]], tuple[int, list[str]]]],
) -> None:
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        office = make_office(Path(place) / "counter", key=None)
        stack.callback(office.opened.store.close)
        city = City(Path(place) / "city", office.clock)
        stack.callback(city.close)
        client = join(office, city)
        office.do(stock())
        for wanted, (size, faults) in days:
            live(office, wanted)
            city.faults = list(faults)
            with contextlib.suppress(HubUnreachable):
                sync(office, client, Pace(size))
        city.faults = []
        tally = sync(office, client)

        log = log_of(office)
        assert (tally.made, tally.accepted, tally.waiting) == (len(log), len(log), 0)
        assert city.rows("SELECT count(*) FROM inbox") == [(len(log),)]
        judged = city.rows("SELECT op, count(*) FROM feed WHERE type = 'verdict' GROUP BY op")
        assert sorted(judged) == sorted((record.read().op, 1) for record in log)
        positions = [pos for (pos,) in city.rows("SELECT pos FROM feed ORDER BY pos")]
        assert positions == list(range(1, len(positions) + 1))
        assert projections(city.rows) == projections(at_counter(office))
        theirs = city.rows("SELECT op, receipt FROM inbox ORDER BY op")
        assert at_counter(office)("SELECT op, body FROM receipt ORDER BY op") == theirs


@pytest.mark.clause("P2")
def test_the_same_operation_again_gets_the_same_bytes(office: Office, city: City) -> None:
    client = join(office, city)
    office.do(stock())
    sync(office, client)
    office.clock[0] += 3_600_000
    first = push(office, client, 1, log_of(office))
    city.restart()
    second = push(office, client, 1, log_of(office))
    assert first.results == second.results
    assert city.rows("SELECT pos FROM feed WHERE type = 'verdict'") == city.rows(
        "SELECT pos FROM inbox"
    )
