"""Three counters and one city through everything that goes wrong at once; then all is well."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.errors import HubUnreachable
from sbk_tui.hub import intake
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.push import Pace
from sbk_tui.sync.run import client_for
from tests import postgres
from tests.data.conftest import Office, letters, open_office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, log_of, nonce
from tests.sync.test_pull import (
    FAULTS,
    NO_SHRINKING,
    Land,
    check_replicas,
    live,
    records,
    theirs_too,
    wanted,
)

HOUR_MS = 3_600_000
Step = tuple[object, ...]

counter = st.integers(0, 2)
calls = st.tuples(
    st.just("call"), counter, st.integers(1, 30), st.lists(st.sampled_from(FAULTS), max_size=6)
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("work"), counter, wanted),
        calls,
        calls,
        st.tuples(st.just("clock"), st.sampled_from((-30, -1, 1, 30))),
        st.tuples(st.just("updated"), counter, st.sampled_from(((1, 1), protocol.SPOKEN))),
        st.tuples(st.just("crash"), counter),
        st.just(("left",)),
        st.just(("backup",)),
        st.just(("restore",)),
    ),
    min_size=4,
    max_size=14,
)
"""What happens, in order; a clock goes by hours, a call by a batch's size and the line's faults."""


class Model(Land):
    """Three counters and a city to which anything may happen."""

    def __init__(self, place: Path, database: str = "") -> None:
        super().__init__(place, database)
        self._copy: Path | None = None
        self.offices[0].do(stock())
        self.offices[2].do(theirs_too())
        for card in CARDS[:3]:
            self.offices[0].do(IssueToPerson(card=card, receiver=SELF))
            self.offices[0].do(Enable(card=card))
        self.quiet()

    def step(self, what: str, *how: object) -> None:
        """Let one thing happen."""
        match (what, *how):
            case ("work", int(n), list(wished)):
                live(n, self.offices[n], wished)
            case ("call", int(n), int(size), list(faults)):
                self.city.faults = list(faults)
                with contextlib.suppress(HubUnreachable):
                    self.sync(n, Pace(size))
                self.city.faults = []
            case ("clock", int(hours)):
                self.clock[0] += hours * HOUR_MS
            case ("updated", int(n), (int(lowest), int(highest))):
                self._call_as(n, (lowest, highest))
            case ("crash", int(n)):
                self._open_again(n)
            case ("left",):
                self.clock[0] += intake.LEFT_MS + 1
                self.city.service.judge_left()
            case ("backup",):
                self._copy = self.city.backup()
            case ("restore",) if self._copy is not None:
                self.city.restore(self._copy)

    def _call_as(self, n: int, speaks: tuple[int, int]) -> None:
        office = self.offices[n]
        self.clients[n] = client_for(
            office.opened, self.city.post, now_ms=lambda: office.clock[0], new_nonce=nonce,
            speaks=speaks,
        )  # fmt: skip

    def _open_again(self, n: int) -> None:
        """End a counter's program and start it again: only what is on disk goes on."""
        office = self.offices[n]
        office.opened.store.close()
        clerk = office.ledger._session.signer
        self.offices[n] = open_office(office.folder, key=None, clerk=clerk, clock=self.clock)
        self._call_as(n, protocol.SPOKEN)


def judged_once(city: City, log: Sequence[str]) -> None:
    """Check that the city has said exactly one last word on each operation."""
    bodies = city.rows("SELECT body FROM feed WHERE type = 'verdict' ORDER BY pos")
    told = [msgspec.msgpack.decode(bytes(body), type=wire.Sealed) for (body,) in bodies]  # type: ignore[arg-type]
    receipts = [msgspec.json.decode(each.body, type=wire.Receipt) for each in told]
    assert {each.op for each in receipts} == set(log)
    last_words = Counter(each.op for each in receipts if each.state is wire.State.JUDGED)
    assert set(last_words.values()) <= {1}


def feed_is_tables(city: City) -> None:
    """Check that the newest line of the feed on each record is the record."""
    rows = city.rows("SELECT subject, body FROM feed WHERE type = 'row' ORDER BY pos")
    newest = {str(subject): bytes(body) for subject, body in rows}  # type: ignore[arg-type]
    tables = records(city.rows)
    assert {subject: newest[subject] for subject in tables} == tables


@pytest.mark.clause("P1", "P2", "P3", "P12")
@settings(deadline=None, max_examples=8, phases=NO_SHRINKING)
@given(script=steps)
def test_whatever_happens_to_three_counters_and_their_city_all_is_well_after_quiet(
    script: list[Step],
) -> None:
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        model = Model(Path(place))
        stack.callback(model.close)
        for what, *how in script:
            model.step(str(what), *how)
            if what == "call":
                store = model.offices[int(str(how[0]))].opened.store
                assert verify(store, key=None, initials=letters).flaws == ()
        model.quiet()
        log = [record.read().op for office in model.offices for record in log_of(office)]
        assert model.city.rows("SELECT count(*) FROM inbox") == [(len(log),)]
        for office in model.offices:
            settled(office)
        judged_once(model.city, log)
        feed_is_tables(model.city)
        check_replicas(model)


def test_both_databases_give_equal_answers_to_the_same_days(tmp_path: Path) -> None:
    chance = random.Random(20)
    script: list[Step] = []
    for _ in range(4):  # all three at the same cards, then one after the other calls
        for n in range(3):
            wished = [(chance.randrange(3), chance.randrange(12)) for _ in range(5)]
            script.append(("work", n, wished))
        for n in chance.sample(range(3), 3):
            script.append(("call", n, chance.randint(1, 20), chance.choices(FAULTS, k=4)))
    answers = []
    for name, database in (
        ("sqlite", ""),
        ("postgres", postgres.new_database(postgres.server())),
    ):
        model = Model(tmp_path / name, database)
        with contextlib.closing(model):
            for what, *how in script:
                model.step(str(what), *how)
            model.quiet()
            feed_is_tables(model.city)
            states = "SELECT number, state FROM card ORDER BY number"
            answers.append((model.city.verdicts(), model.city.rows(states)))
    lite, server = answers
    assert [tuple(row) for row in lite[0]] == [tuple(row) for row in server[0]]
    assert [tuple(row) for row in lite[1]] == [tuple(row) for row in server[1]]
    assert len({row[3] for row in lite[0]}) > 2  # accepted, refused, and for more reasons than one


def settled(office: Office) -> None:
    """Check that nothing of a counter waits, and that its records follow from its log."""
    tally = outbox.tally(office.opened.store)
    judged = tally.accepted + tally.refused + tally.held + tally.quarantined
    assert (tally.waiting, tally.received, tally.made) == (0, 0, judged)
    assert verify(office.opened.store, key=None, initials=letters).flaws == ()
