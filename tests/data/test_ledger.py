"""One write path: what is said to be done is on disk, once, with its record."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from sbk_tui.data import counter_file, models
from sbk_tui.data.audit import verify
from sbk_tui.data.ids import uuid7
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.card import CardState
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import HubUnreachable, NotPermitted, Outdated, Refusal, SbkError
from tests.data.conftest import KEY, Office, letters, make_office, open_office
from tests.data.days import CARDS, SELF, card_wishes, day, number, op_of, stock, wishes

CARD = CARDS[0]


def enabled(office: Office) -> Office:
    """Take in the stock, hand the first card out and enable it."""
    office.do(stock())
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    office.do(Enable(card=CARD))
    return office


def counts(office: Office) -> tuple[int, ...]:
    """Return the number of rows of the tables an operation writes."""
    tables = (
        models.Operation, models.About, models.Person, models.Card, models.Application,
        models.Subject, models.TempCard, models.FormerIdentity,
    )  # fmt: skip
    with office.opened.store.session() as db:
        return tuple(table.select().bind(db).count() for table in tables)


@pytest.mark.clause("P1", "3.2")
def test_effect_and_record_are_written_together(office: Office) -> None:
    done = enabled(office).do(FormalLoss(card=CARD, id_shown=True))
    card = office.lookup.card(CARD)
    assert card is not None
    assert card.state is CardState.FORMAL_LOST
    assert card.lost_at == from_ms(done.at_ms)
    assert done.seq == 4
    found = office.lookup.dossier(CARD)
    assert found is not None
    assert [event.kind for event in found.timeline] == [
        "loss.formal", "card.enable", "issue.person", "batch.take_in",
    ]  # fmt: skip
    assert found.timeline[0].code == done.code


@pytest.mark.clause("P2", "N1")
def test_the_same_operation_met_again_gives_the_first_result(office: Office) -> None:
    op = uuid7(1_795_000_000_000)
    first = enabled(office).do(FormalLoss(card=CARD, id_shown=True), op)
    again = office.do(FormalLoss(card=CARD, id_shown=True), op)
    assert (again.seq, again.hash, again.repeated) == (first.seq, first.hash, True)
    assert counts(office)[0] == 4


def test_an_id_that_comes_back_with_another_wish_is_refused(office: Office) -> None:
    op = uuid7(1_795_000_000_000)
    enabled(office).do(FormalLoss(card=CARD, id_shown=True), op)
    with pytest.raises(Refusal) as refused:
        office.do(Release(card=CARD, in_person=True, id_shown=True), op)
    assert refused.value.code == "op.reused"


@pytest.mark.clause("P1")
def test_what_is_refused_changes_nothing(office: Office) -> None:
    enabled(office)
    before = counts(office)
    with pytest.raises(Refusal):
        office.do(FormalLoss(card=CARD, id_shown=False))
    assert counts(office) == before


@pytest.mark.clause("A4")
@pytest.mark.parametrize(("level", "refusal"), [("T", NotPermitted), ("C", HubUnreachable)])
def test_a_township_cannot_replace_and_a_county_asks_the_city_first(
    make: Callable[..., Office], level: str, refusal: type[SbkError]
) -> None:
    office = enabled(make(level=level))
    office.do(FormalLoss(card=CARD, id_shown=True))
    before = counts(office)
    with pytest.raises(refusal) as refused:
        office.do(ApplyForReplacement(card=CARD, type="5", reason="51", bank="95533"))
    assert counts(office) == before
    assert refused.value.clause == ("第四条" if level == "T" else "5.1.2.2")


def test_a_subject_that_was_changed_since_it_was_seen_is_asked_again(office: Office) -> None:
    enabled(office)
    seen = office.lookup.dossier(CARD)
    assert seen is not None
    office.do(FormalLoss(card=CARD, id_shown=True))
    wish = Release(card=CARD, in_person=True, id_shown=True)
    base = {f"card/{CARD}": seen.versions[f"card/{CARD}"]}
    intent = office.ledger.intend(wish, op=uuid7(office.clock[0]), base=base)
    with pytest.raises(Outdated):
        office.ledger.perform(intent)


def test_a_clock_set_back_does_not_set_the_log_back(office: Office) -> None:
    enabled(office)
    office.clock[0] -= 10 * 24 * 3_600_000
    late = office.do(FormalLoss(card=CARD, id_shown=True))
    with office.opened.store.session() as db:
        hlcs = [row[0] for row in db.execute_sql("SELECT hlc FROM operation ORDER BY seq")]
    assert hlcs == sorted(hlcs)
    assert late.seq == 4
    assert verify(office.opened.store, key=KEY, initials=letters).sound


def test_a_batch_is_taken_in_once_however_often_it_is_sent(office: Office) -> None:
    office.do(stock())
    before = counts(office)
    office.do(stock())
    after = counts(office)
    assert (after[2], after[3]) == (before[2], before[3])


@pytest.mark.clause("2.1")
def test_a_card_that_belongs_to_another_is_not_taken_in(office: Office) -> None:
    office.do(stock())
    other = Line(person="f" * 32, number=number(900), name="他人", card=CARD)
    with pytest.raises(Refusal) as refused:
        office.do(TakeIn(batch="x", lines=(other,)))
    assert refused.value.code == "batch.card_of_another"


COUNTY = {"level": "C", "counter": "410782-c1", "district": "410782"}


@pytest.mark.clause("P8")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=day, is_county=st.booleans())
def test_the_tables_are_the_log_folded(
    tmp_path_factory: pytest.TempPathFactory, day: list[tuple[int, int]], is_county: bool
) -> None:
    folder = tmp_path_factory.mktemp("day") / "counter"
    office = make_office(folder, key=None, **(COUNTY if is_county else {}))
    try:
        office.do(stock())
        for which, wish in day:
            until = (from_ms(office.clock[0] + 60_000) + timedelta(hours=8)).date()
            operation = wishes(CARDS[which], until + timedelta(days=7))[wish]
            try:
                office.do(operation, op_of(operation))
            except SbkError:
                continue
        report = verify(office.opened.store, key=None, initials=letters)
        assert report.flaws == ()
        assert report.operations == counts(office)[0]
    finally:
        office.opened.store.close()


def _loop(folder: Path, private: bytes, card: str, times: int) -> None:
    """Report and release one card again and again, in a process of its own."""
    office = open_office(
        folder, key=KEY, clerk=Ed25519Signer(private), clock=[time.time_ns() // 1_000_000]
    )
    for _ in range(times):
        office.do(FormalLoss(card=card, id_shown=True))
        office.do(Release(card=card, in_person=True, id_shown=True))
    office.opened.store.close()


def ready_for_processes(folder: Path) -> bytes:
    """Set up a counter whose first two cards are enabled; return the clerk's private key."""
    private = new_private_key()
    made = make_office(folder)
    signer = Ed25519Signer(private)
    counter_file.register_clerk(made.opened.store, "zhang", "张敏", "clerk", signer.public)
    made.opened.store.close()
    office = open_office(folder, key=KEY, clerk=signer, clock=[1_795_000_000_000])
    office.do(stock())
    for card in CARDS[:2]:
        office.do(IssueToPerson(card=card, receiver=SELF))
        office.do(Enable(card=card))
    office.opened.store.close()
    return private


@pytest.mark.clause("P8")
def test_two_processes_never_fork_the_chain(tmp_path: Path) -> None:
    private = ready_for_processes(tmp_path / "counter")
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(target=_loop, args=(tmp_path / "counter", private, card, 20))
        for card in CARDS[:2]
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    opened = counter_file.open_counter(tmp_path / "counter", KEY)
    try:
        report = verify(opened.store, key=KEY, initials=letters)
    finally:
        opened.store.close()
    assert report.flaws == ()
    assert report.operations == 5 + 2 * 2 * 20


@pytest.mark.clause("P1")
@pytest.mark.parametrize("delay_ms", [5, 40, 90, 160])
def test_a_kill_at_any_moment_leaves_a_valid_chain_and_no_half_effect(
    tmp_path: Path, delay_ms: int
) -> None:
    private = ready_for_processes(tmp_path / "counter")
    spawn = multiprocessing.get_context("spawn")
    worker = spawn.Process(target=_loop, args=(tmp_path / "counter", private, CARD, 100_000))
    worker.start()
    marks = tmp_path / "counter" / "sbk.db-wal"
    while not marks.exists() or marks.stat().st_size < 20_000:
        time.sleep(0.005)
    time.sleep(delay_ms / 1000)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(30)
    opened = counter_file.open_counter(tmp_path / "counter", KEY)
    try:
        report = verify(opened.store, key=KEY, initials=letters)
    finally:
        opened.store.close()
    assert report.flaws == ()
    assert report.operations > 5


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("number", "410782198503140029", "number.check"),
        ("number", "4.107E+17", "number.spreadsheet"),
        ("name", "张\x1b[2J三", "text.control"),
        ("card", "B-1", "card_number.form"),
    ],
)
def test_a_line_that_is_not_what_it_says_is_not_taken_in(
    office: Office, field: str, value: str, code: str
) -> None:
    line = structs.replace(stock().lines[0], **{field: value})
    with pytest.raises(Refusal) as refused:
        office.do(TakeIn(batch="x", lines=(line,)))
    assert refused.value.code == code
    assert counts(office)[0] == 0


def test_every_state_answers_every_wish_by_the_table(make: Callable[..., Office]) -> None:
    """`sbk do` of forbidden moves from every state: refused, and nothing changed."""
    office = enabled(make())
    office.do(FormalLoss(card=CARD, id_shown=True))
    office.do(card_wishes(CARD, date(2026, 1, 1))[6])
    before = counts(office)
    until = (from_ms(office.clock[0]) + timedelta(hours=8, days=7)).date()
    for wish in card_wishes(CARD, until):
        with pytest.raises(Refusal):
            office.do(wish)
    assert counts(office) == before
