"""The day close (B6): it balances if and only if all was counted and the history is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sbk_tui.codes import code_tables
from sbk_tui.data.audit import verify
from sbk_tui.data.day import DayBook
from sbk_tui.data.ids import uuid7
from sbk_tui.data.making import Making
from sbk_tui.data.money import Money
from sbk_tui.data.papers import Papers
from sbk_tui.data.pos_book import PosBook
from sbk_tui.domain.identity import mod11_2
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.day import BoxCount
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import Outdated, Refusal, SbkError
from sbk_tui.services.day_desk import Book, Closing, DayDesk, by_box
from sbk_tui.services.slips import Desk
from tests.data.conftest import Office, letters, make_office
from tests.data.days import CARDS, SELF, day, stock, wishes

RULES = Rules(settings=Settings(cancel_four_eyes=False), codes=code_tables())


def number(n: int) -> str:
    body = f"41078219850314{n:03d}"
    return body + mod11_2(body)


UNGUARD = (
    "DROP TRIGGER operation_is_never_changed",
    "DROP TRIGGER operation_is_never_deleted",
)


def desk_of(office: Office) -> DayDesk:
    opened = office.opened
    return DayDesk(
        DayBook(
            opened.store,
            counter=opened.certificate.counter,
            inc=opened.incarnation.inc,
            certificate=opened.incarnation.certificate,
        ),
        office.ledger,
        Money(opened.store, opened.certificate.counter),
        PosBook(opened.store),
        Making(opened.store, opened.certificate.counter),
        desk=Desk("百泉镇", opened.certificate.counter, "张敏"),
        now_ms=lambda: office.clock[0],
        new_id=lambda: uuid7(office.clock[0]),
    )


def counted(book: Book, change: int = 0, cause: str = "") -> dict[str, BoxCount]:
    """Count every box; the first one differently by `change`."""
    first = next(iter(book.boxes), None)
    return {
        box: BoxCount(
            box=box,
            recorded=cards,
            counted=cards + (change if box == first else 0),
            cause=cause if box == first else "",
        )
        for box, cards in book.boxes.items()
    }


def close(desk: DayDesk, office: Office, counts: dict[str, BoxCount]) -> Closing:
    return desk.close(desk.book(), counts, op=uuid7(office.clock[0]))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        act()
    return refused.value.code


@pytest.mark.clause("B6")
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=day, harm=st.sampled_from(["none", "delete", "change"]), which=st.integers(0, 100))
def test_a_day_balances_if_and_only_if_its_history_is_complete(
    tmp_path_factory: pytest.TempPathFactory, day: list[tuple[int, int]], harm: str, which: int
) -> None:
    office = make_office(tmp_path_factory.mktemp("day") / "counter", key=None, rules=RULES)
    try:
        office.do(stock())
        for card, wish in day:
            until = (from_ms(office.clock[0] + 60_000) + timedelta(hours=8, days=7)).date()
            try:
                office.do(wishes(CARDS[card], until)[wish])
            except SbkError:
                continue
        desk = desk_of(office)
        seq = desk.book().seq
        if harm != "none":
            _harm(office, harm, 1 + which % seq)
        book = desk.book()
        whole = harm == "none" or (harm == "delete" and 1 + which % seq == seq)
        if whole:  # a cut-off end is seen by the city, not from inside
            closing = close(desk, office, counted(book))
            assert not desk.book().flaws
            assert closing.done.seq == book.seq + 1
        else:
            assert book.flaws
            assert refusal(lambda: close(desk, office, counted(book))) == "day.history"
        if harm == "none":
            assert verify(office.opened.store, key=None, initials=letters).sound
    finally:
        office.opened.store.close()


def _harm(office: Office, harm: str, seq: int) -> None:
    with office.opened.store.write() as db:
        for statement in UNGUARD:
            db.execute_sql(statement)
        if harm == "delete":
            db.execute_sql("DELETE FROM operation WHERE seq = ?", (seq,))
        else:
            db.execute_sql(
                "UPDATE operation SET envelope = CAST(envelope || x'00' AS BLOB) WHERE seq = ?",
                (seq,),
            )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give a counter with cards in three boxes and some in none."""
    made = make_office(tmp_path / "counter", key=None, rules=RULES)
    places = ("1-1-2-1", "1-1-2-2", "1-1-10-1", "")
    lines = tuple(
        Line(person=f"{n:032x}", number=number(n), name="甲", card=card, place=place)
        for n, (card, place) in enumerate(zip(CARDS, places, strict=True))
    )
    made.do(TakeIn(batch="b", lines=lines))
    yield made
    made.opened.store.close()


@pytest.mark.clause("B6")
def test_boxes_are_in_the_order_of_the_shelf() -> None:
    places = {"1-1-10-1": 1, "1-1-9-3": 1, "1-1-9-20": 2, "": 4, "窗台": 1}
    assert by_box(places) == {"1-1-9": 3, "1-1-10": 1, "窗台": 1, "": 4}
    assert list(by_box(places)) == ["1-1-9", "1-1-10", "窗台", ""]


@pytest.mark.clause("B6")
def test_every_box_is_counted_and_every_difference_has_a_cause(office: Office) -> None:
    desk = desk_of(office)
    book = desk.book()
    assert book.boxes == {"1-1-2": 2, "1-1-10": 1, "": 1}
    assert refusal(lambda: close(desk, office, {})) == "day.uncounted"
    assert refusal(lambda: close(desk, office, counted(book, -1))) == "day.no_cause"
    closing = close(desk, office, counted(book, -1, "03"))
    paper = Papers(office.opened.store).get(closing.paper)
    assert paper is not None
    assert (paper.layout, paper.state) == ("day_sheet", "owed")
    assert book.hash.encode() in paper.record
    after = desk.book()
    assert (after.seq, after.closed_at != "") == (book.seq + 1, True)


@pytest.mark.clause("B6")
def test_who_worked_after_the_books_were_read_counts_again(office: Office) -> None:
    desk = desk_of(office)
    book = desk.book()
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    with pytest.raises(Outdated):
        desk.close(book, counted(book), op=uuid7(office.clock[0]))
    assert desk.book().boxes == {"1-1-2": 1, "1-1-10": 1, "": 1}
    assert {w.kind: w.times for w in desk.book().work} == {"batch.take_in": 1, "issue.person": 1}
