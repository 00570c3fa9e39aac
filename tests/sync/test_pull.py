"""Several counters and one city: after quiet every counter has what the city has for it."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.data.replica import Page, Replica, blocked_state
from sbk_tui.domain.card import BLOCKED
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss, term_end
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import HubUnreachable, Refusal, StorageFault
from sbk_tui.hub import feed
from sbk_tui.sync import pages
from sbk_tui.sync.pull import pull, read_page
from sbk_tui.sync.push import Pace
from tests.data.conftest import RULES, Office, letters, make_office
from tests.data.days import CARDS, HOLDERS, KINDS, SELF, number, rename, stock, wishes
from tests.people import WANG_XIUYING, form_of
from tests.sync.city import City, join, log_of, sync

RECORDS = {
    "person": "'person/' || id",
    "card": "'card/' || number",
    "application": "'application/' || id",
    "temp_card": "'temp/' || number",
    "former_identity": "'former/' || id",
}
THEIRS = [f"C{n:07d}" + card_check(f"C{n:07d}") for n in range(1, 5)]
PLACES = (
    ("410782105-a1", "410782105"),
    ("410782105-b1", "410782105"),
    ("410782106-c1", "410782106"),
)


class Land:
    """A city with two counters of one township and one of another, all on one clock."""

    def __init__(self, place: Path, database: str = "") -> None:
        place.mkdir(exist_ok=True)
        self.clock = [1_795_000_000_000]
        self.city = City(place / "city", self.clock, database=database)
        self.offices = [
            make_office(place / name, key=None, counter=name, district=at, clock=self.clock)
            for name, at in PLACES
        ]
        self.clients = [join(office, self.city) for office in self.offices]

    def sync(self, n: int, pace: Pace = Pace()) -> outbox.Tally:  # noqa: B008 -- a value
        return sync(self.offices[n], self.clients[n], pace)

    def quiet(self) -> None:
        """Let everybody hand in and then fetch."""
        self.city.faults = []
        for n in (*range(len(self.offices)), *range(len(self.offices))):
            self.sync(n)

    def close(self) -> None:
        self.city.close()
        for office in self.offices:
            office.opened.store.close()


@pytest.fixture
def land(tmp_path: Path) -> Iterator[Land]:
    land = Land(tmp_path)
    yield land
    land.close()


def rows_of(office: Office, sql: str, *values: object) -> list[tuple[object, ...]]:
    with office.opened.store.session() as db:
        return list(db.execute_sql(sql, values).fetchall())


def state_of(office: Office, card: str) -> str:
    ((state,),) = rows_of(office, "SELECT state FROM card WHERE number = ?", card)
    return str(state)


def records(select: object) -> dict[str, bytes]:
    """Return subject → bytes of every record of one side."""
    found: dict[str, bytes] = {}
    for table, subject in RECORDS.items():
        for name, body in select(f"SELECT {subject}, body FROM {table}"):  # type: ignore[operator]  # noqa: S608
            found[str(name)] = bytes(body)
    return found


def due(city: City, counter: str, district: str) -> set[str]:
    """Return the subjects that a counter is to have, worked out from the hub's own tables."""
    mine = {p for (p,) in city.rows("SELECT person FROM interest WHERE counter = ?", counter)}
    for person, body in city.rows("SELECT id, body FROM person"):
        known = msgspec.msgpack.decode(bytes(body))  # type: ignore[arg-type]
        if (known["district"] or known["village_code"]).startswith(district):
            mine.add(person)
    subjects = {f"person/{person}" for person in mine}
    for table, subject in RECORDS.items():
        if table == "person":
            continue
        for name, person in city.rows(f"SELECT {subject}, person FROM {table}"):  # noqa: S608
            if person in mine:
                subjects.add(str(name))
    return subjects


def check_replicas(land: Land) -> None:
    """Check that every counter has exactly the city's records of its region and of its work."""
    theirs = records(land.city.rows)
    for office, (counter, district) in zip(land.offices, PLACES, strict=True):
        ours = records(lambda sql, office=office: rows_of(office, sql))
        named = due(land.city, counter, district)
        blanks = {name for name in ours if name.startswith("temp/")} - named
        assert {name: ours[name] for name in named} == {name: theirs[name] for name in named}
        assert ours.keys() - named == blanks
        assert all(ours[name] == theirs[name] for name in blanks)


def application(n: int) -> Apply:
    """Return one resident's application as it is made at counter `n`, under that one's own id."""
    form = msgspec.structs.replace(
        form_of(WANG_XIUYING), mobile=f"1390000000{n}", village_code="410782105201"
    )
    return Apply(person=f"{n + 48:032x}", form=form)


def moves(card: str, n: int, until: date) -> list[Operation]:
    """Return what offices do to one card and its holder when they quarrel most."""
    holder = list(HOLDERS)[CARDS.index(card)]
    return [
        TemporaryLoss(card=card, caller_name="刘洋", caller_phone="13800000000", until=until),
        FormalLoss(card=card, id_shown=True),
        Release(card=card, in_person=True, id_shown=True),
        Cancel(card=card, reason="01", proof="死亡证明"),
        Enable(card=card),
        rename(holder, HOLDERS[holder], f"改名{'甲乙丙'[n]}"),
        rename(holder, "改名甲", "又名"),
        application(n),
    ]


def live(n: int, office: Office, wanted: list[tuple[int, int]]) -> None:
    """Let a day happen at counter `n`; what it refuses itself never happened."""
    for card, wish in wanted:
        until = term_end(from_ms(office.clock[0] + 60_000).astimezone(CHINA).date(), RULES.settings)
        near = moves(CARDS[card], n, until)
        all_kinds = wishes(CARDS[card], until)
        operation = near[wish] if wish < len(near) else all_kinds[wish - len(near)]
        if n == 2 and wish >= len(near) and "card" in operation.__struct_fields__:
            operation = msgspec.structs.replace(operation, card=THEIRS[card])
        with contextlib.suppress(Refusal):
            office.do(operation)


def theirs_too() -> TakeIn:
    """Return cards of the other township: for two of the same people, and for two of its own."""
    own = stock(THEIRS)
    lines = [
        msgspec.structs.replace(line, person=f"{n + 16:032x}", village_code="410782106201")
        for n, line in enumerate(own.lines)
    ]
    lines[2:] = [
        msgspec.structs.replace(line, number=other)
        for line, other in zip(lines[2:], (number(21), number(22)), strict=True)
    ]
    return msgspec.structs.replace(own, batch="2026-11-C", lines=tuple(lines))


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A run opens four databases; shrinking one failure takes minutes."""
FAULTS = ("ok", "ok", "lost", "answer_lost", "twice", "restart")
wanted = st.lists(
    st.tuples(st.integers(0, 2), st.one_of(st.integers(0, 7), st.integers(8, 7 + KINDS))),
    max_size=6,
)
turns = st.lists(
    st.tuples(
        st.tuples(wanted, wanted, wanted),
        st.lists(
            st.tuples(
                st.integers(0, 2), st.integers(1, 30), st.lists(st.sampled_from(FAULTS), max_size=6)
            ),
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=4,
)
"""What happens at each counter, and then who calls the city, how fast, over what line."""


@pytest.mark.clause("P2", "P3", "P6")
@settings(deadline=None, max_examples=8, phases=NO_SHRINKING)
@given(turns=turns, entries=st.integers(1, 9))
def test_after_quiet_every_counter_has_what_the_city_has_for_it(
    turns: list[tuple[tuple[list[tuple[int, int]], ...], list[tuple[int, int, list[str]]]]],
    entries: int,
) -> None:
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(feed, "MOST_ENTRIES", entries))
        land = Land(Path(place))
        stack.callback(land.close)
        land.offices[0].do(stock())
        land.offices[2].do(theirs_too())
        for card in CARDS[:3]:
            land.offices[0].do(IssueToPerson(card=card, receiver=SELF))
            land.offices[0].do(Enable(card=card))
        land.sync(0)
        land.sync(1)
        for days, calls in turns:
            for n, wanted in enumerate(days):
                live(n, land.offices[n], wanted)
            for n, size, faults in calls:
                land.city.faults = list(faults)
                with contextlib.suppress(HubUnreachable):
                    land.sync(n, Pace(size))
                report = verify(land.offices[n].opened.store, key=None, initials=letters)
                assert report.flaws == ()
        land.quiet()

        for office in land.offices:
            tally = outbox.tally(office.opened.store)
            assert (tally.waiting, tally.received) == (0, 0)
            judged = tally.accepted + tally.refused + tally.held + tally.quarantined
            assert tally.made == judged == len(log_of(office))
            assert verify(office.opened.store, key=None, initials=letters).flaws == ()
        made = sum(len(log_of(office)) for office in land.offices)
        verdicts = land.city.rows(
            "SELECT count(*), count(DISTINCT op) FROM feed WHERE type='verdict'"
        )
        assert verdicts == [(made, made)]
        check_replicas(land)


def ready(land: Land) -> None:
    """Hand out and enable a card at the first counter; the second one knows of it."""
    first = land.offices[0]
    first.do(stock())
    first.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    first.do(Enable(card=CARDS[0]))
    land.quiet()


LOSS = FormalLoss(card=CARDS[0], id_shown=True)
RELEASE = Release(card=CARDS[0], in_person=True, id_shown=True)
SURE_FINAL = msgspec.structs.replace(
    RULES, settings=msgspec.structs.replace(RULES.settings, formal_loss_releasable=False)
)


@pytest.mark.clause("P4", "B16")
def test_a_refused_decision_has_no_effect_once_the_city_was_heard(land: Land) -> None:
    land.city.rules = SURE_FINAL
    land.city.restart()
    ready(land)
    first = land.offices[0]
    first.do(LOSS)
    first.do(RELEASE)
    assert state_of(first, CARDS[0]) == "1"
    seen = first.lookup
    ((version,),) = rows_of(first, "SELECT version FROM subject WHERE id = ?", f"card/{CARDS[0]}")
    assert land.sync(0).refused == 1
    assert state_of(first, CARDS[0]) == "2"
    ((after,),) = rows_of(first, "SELECT version FROM subject WHERE id = ?", f"card/{CARDS[0]}")
    assert after > version  # type: ignore[operator]  # a form opened before the refusal notices
    assert seen.open_cases() == 1


@pytest.mark.clause("P5", "3.2")
def test_a_loss_at_one_counter_is_a_loss_at_the_other_and_in_the_whole_city(land: Land) -> None:
    ready(land)
    land.offices[1].do(LOSS)
    assert state_of(land.offices[0], CARDS[0]) == "1"
    land.sync(1)
    land.quiet()
    assert state_of(land.offices[0], CARDS[0]) == "2"
    stranger = land.offices[2].opened.store
    assert blocked_state(stranger, CARDS[0]) == "2"
    assert rows_of(land.offices[2], "SELECT number FROM card") == []
    land.offices[0].do(RELEASE)
    land.quiet()
    assert blocked_state(stranger, CARDS[0]) is None


def test_an_operation_that_waits_is_laid_on_the_citys_newer_row(land: Land) -> None:
    ready(land)
    holder = next(iter(HOLDERS))
    land.offices[1].do(rename(holder, HOLDERS[holder], "改名乙"))
    land.offices[0].do(LOSS)
    land.sync(1)
    land.city.faults = ["ok", "lost"]  # hello; then neither push …
    with contextlib.suppress(HubUnreachable):
        land.sync(0)
    pull_only(land, 0)
    assert state_of(land.offices[0], CARDS[0]) == "2"
    assert rows_of(land.offices[0], "SELECT name FROM person WHERE id = ?", holder) == [("改名乙",)]
    report = verify(land.offices[0].opened.store, key=None, initials=letters)
    assert report.flaws == ()


def pull_only(land: Land, n: int) -> None:
    """Fetch without handing in."""
    office, own = land.offices[n], land.offices[n].opened
    replica = Replica(own.store, letters, lambda: land.clock[0], BLOCKED)
    pull(
        own.store, land.clients[n], replica, counter=own.certificate.counter,
        inc=office.opened.incarnation.inc,
    )  # fmt: skip


def ask(land: Land, n: int, after: int = 0, *, newest_only: bool = False) -> pages.FeedPage:
    own = land.offices[n].opened
    return land.clients[n].feed(
        pages.Ask(
            counter=own.certificate.counter, inc=own.incarnation.inc, after=after,
            newest_only=newest_only,
        )
    )  # fmt: skip


@pytest.mark.clause("P7")
def test_a_counter_gets_its_district_its_verdicts_and_nothing_else(land: Land) -> None:
    ready(land)
    land.offices[1].do(LOSS)
    land.quiet()
    assert [entry.type for entry in ask(land, 2).entries] == ["block"]
    verdicts = {entry.op for entry in ask(land, 1).entries if entry.type == "verdict"}
    assert verdicts == {record.read().op for record in log_of(land.offices[1])}
    with pytest.raises(Refusal, match=r"hub\.request"):
        land.clients[2].feed(
            pages.Ask(counter="410782105-a1", inc=land.offices[2].opened.incarnation.inc, after=0)
        )


def test_a_page_ends_with_a_decision_never_in_it(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_ENTRIES", 1)
    monkeypatch.setattr(feed, "_WINDOW", 3)
    ready(land)
    after, ends = 0, []
    while True:
        page = ask(land, 0, after)
        if page.entries:
            ends.append(page.entries[-1].type)
            assert len({entry.op for entry in page.entries}) <= 2
        after = page.next
        if after >= page.head:
            break
    assert set(ends) == {"verdict"}
    whole = ask(land, 0, newest_only=True)
    assert after == page.head >= whole.next


def test_a_page_is_taken_in_whole_or_not_at_all_and_twice_is_once(land: Land) -> None:
    ready(land)
    land.offices[1].do(LOSS)
    land.sync(1)
    first = land.offices[0]
    before = everything(first)
    with first.opened.store.write() as db:
        db.execute_sql(
            "CREATE TRIGGER full BEFORE INSERT ON card"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(StorageFault):
        pull_only(land, 0)
    assert everything(first) == before
    with first.opened.store.write() as db:
        db.execute_sql("DROP TRIGGER full")
    old = int(outbox.peer(first.opened.store)["cursor"])
    page = read_page(first.opened.store, ask(land, 0, old), land.clients[0].hub_public)
    replica = Replica(first.opened.store, letters, lambda: land.clock[0], BLOCKED)
    replica.apply(page, after=old)
    after = everything(first)
    assert after != before
    replica.apply(page, after=old)
    assert everything(first) == after


@pytest.mark.clause("1.2")
def test_one_resident_made_known_at_two_counters_becomes_one_person(land: Land) -> None:
    ready(land)
    land.offices[0].do(application(0))
    land.offices[1].do(application(1))
    land.sync(1)
    pull_only(land, 0)  # the other's person is here before our own application was sent
    people = "SELECT id, mobile FROM person WHERE number = ?"
    (only,) = rows_of(land.offices[0], people, WANG_XIUYING.number)
    assert only == (application(1).person, "13900000000")  # the city's person, our newer form
    wishes = rows_of(land.offices[0], "SELECT DISTINCT person FROM application")
    assert wishes == [(application(1).person,)]
    assert verify(land.offices[0].opened.store, key=None, initials=letters).flaws == ()
    land.quiet()
    assert outbox.tally(land.offices[0].opened.store).refused == 0  # the city's stands: P1
    wishes = rows_of(land.offices[0], "SELECT DISTINCT person FROM application")
    assert wishes == [(application(1).person,)]
    check_replicas(land)


def test_work_that_rests_on_refused_work_is_made_anew_with_all_it_touches(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(land)
    monkeypatch.setattr(feed, "MOST_ENTRIES", 1)
    aged = msgspec.structs.replace(RULES.settings, minor_age=99)
    land.city.rules = msgspec.structs.replace(RULES, settings=aged)
    land.city.restart()
    first = land.offices[0]
    refused = first.do(application(0))
    line = msgspec.structs.replace(
        stock().lines[0],
        person="f" * 32,
        number=WANG_XIUYING.number,
        card=THEIRS[0],
        name=WANG_XIUYING.name,
    )
    first.do(TakeIn(batch="2026-11-B", lines=(line,)))
    land.city.faults = ["ok", "ok", "ok", "lost"]  # hello, push, the refusal; then nothing
    with contextlib.suppress(HubUnreachable):
        land.sync(0)
    assert rows_of(first, "SELECT id FROM application WHERE id = ?", refused.op) == []
    people = "SELECT id FROM person WHERE number = ?"
    assert rows_of(first, people, WANG_XIUYING.number) == [("f" * 32,)]
    assert verify(first.opened.store, key=None, initials=letters).flaws == ()
    land.quiet()
    check_replicas(land)


def everything(office: Office) -> list[list[tuple[object, ...]]]:
    tables = (*RECORDS, "subject", "hub_row", "receipt", "blocked_card", "peer")
    return [sorted(rows_of(office, f"SELECT * FROM {table}"), key=repr) for table in tables]  # noqa: S608


def test_a_new_copy_is_fetched_on_after_a_broken_line_and_shown_only_when_whole(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    land.offices[0].do(stock())
    land.sync(0)
    land.offices[0].do(IssueToPerson(card=CARDS[0], receiver=SELF))
    land.sync(0)
    monkeypatch.setattr(feed, "MOST_ENTRIES", 1)
    land.city.faults = ["ok", "ok", "lost"]  # hello, one page, then nothing
    with pytest.raises(HubUnreachable):
        land.sync(1)
    assert rows_of(land.offices[1], "SELECT number FROM card") == []
    staged = rows_of(land.offices[1], "SELECT count(*) FROM staged")
    assert staged != [(0,)]
    land.sync(1)
    check_replicas(land)
    assert rows_of(land.offices[1], "SELECT count(*) FROM staged") == [(0,)]


@pytest.mark.clause("P12")
def test_a_hub_restored_from_a_backup_gets_its_lost_stretch_again(land: Land) -> None:
    ready(land)
    backup = land.city.backup()
    land.offices[0].do(LOSS)
    land.offices[1].do(rename(list(HOLDERS)[1], HOLDERS[list(HOLDERS)[1]], "改名乙"))
    land.quiet()
    land.city.restore(backup)
    land.quiet()
    assert land.city.rows("SELECT count(*) FROM inbox") == [(5,)]
    assert state_of(land.offices[1], CARDS[0]) == "2"
    assert rows_of(land.offices[0], "SELECT count(*) FROM former_receipt") == [(1,)]
    check_replicas(land)
    for office in land.offices:
        assert verify(office.opened.store, key=None, initials=letters).flaws == ()


def test_whom_a_counter_worked_on_elsewhere_is_kept_for_thirty_days(land: Land) -> None:
    ready(land)
    foreign = msgspec.structs.replace(
        theirs_too(), lines=theirs_too().lines[2:3]
    )  # a person of the other township
    land.offices[0].do(foreign)
    land.quiet()
    person = foreign.lines[0].person
    land.offices[0].do(IssueToPerson(card=THEIRS[2], receiver=SELF))
    land.quiet()
    have = "SELECT count(*) FROM person WHERE id = ?"
    assert rows_of(land.offices[0], have, person) == [(1,)]
    land.clock[0] += (feed.INTEREST_DAYS + 1) * 24 * 3_600_000
    land.quiet()
    assert rows_of(land.offices[0], have, person) == [(0,)]
    assert rows_of(land.offices[2], have, person) == [(1,)]
    check_replicas(land)


def test_positions_are_in_commit_order_even_when_a_committer_is_slow(land: Land) -> None:
    ready(land)
    head = ask(land, 0).head
    store, taken, go_on = land.city.hub.store, threading.Event(), threading.Event()

    def slow() -> None:
        with store.write() as db:
            feed.append(db, "block", feed.Audience(region="*"), op="slow", subject="block/S")
            taken.set()
            go_on.wait(10)

    def quick() -> None:
        with store.write() as db:
            feed.append(db, "block", feed.Audience(region="*"), op="quick", subject="block/Q")

    first = threading.Thread(target=slow)
    second = threading.Thread(target=quick)
    first.start()
    assert taken.wait(10)
    second.start()
    with store.session() as db:
        assert feed.head_of(db) == head
    go_on.set()
    first.join()
    second.join()
    behind = land.city.rows("SELECT pos, op FROM feed WHERE pos > ? ORDER BY pos", head)
    assert behind == [(head + 1, "slow"), (head + 2, "quick")]


def test_the_citys_clock_is_followed_while_it_is_near(land: Land) -> None:
    ready(land)
    first = land.offices[0].opened.store
    replica = Replica(first, letters, lambda: land.clock[0], BLOCKED)
    near, far = land.clock[0] + 5 * 60_000, land.clock[0] + 11 * 60_000
    for hub_ms, expected in ((far, None), (near, near)):
        at = int(outbox.peer(first)["cursor"])
        before = outbox.peer(first)["hlc"]
        replica.apply(
            Page(next=at, rows=(), receipts=(), blocked=(), cases=(), hub_ms=hub_ms), after=at
        )
        now = outbox.peer(first)["hlc"]
        assert now == (before if expected is None else str(expected << 16).encode())
    done = land.offices[0].do(LOSS)
    assert done.at_ms == near
