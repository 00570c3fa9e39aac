"""发卡记录 (2.4.1): pages and counts say the same as the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from sbk_tui.data.issues import Issues, Wanted
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel
from tests.data.conftest import Office, make_office
from tests.data.days import SELF, number

VILLAGES = ("410782105201", "410782105202", "410782106201")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give 60 people in three villages; every second card issued, some enabled, one cancelled."""
    office = make_office(tmp_path_factory.mktemp("issues") / "counter", key=None)
    lines = tuple(
        Line(
            person=f"{n:032x}", number=number(n), name="持卡人",
            card=f"C{n:07d}0", village_code=VILLAGES[n % 3], unit_code="U7" if n % 5 == 0 else "",
        )
        for n in range(60)
    )  # fmt: skip
    office.do(TakeIn(batch="b", lines=lines))
    for n in range(0, 60, 2):
        office.do(IssueToPerson(card=lines[n].card, receiver=SELF))
    for n in range(0, 60, 4):
        office.do(Enable(card=lines[n].card))
    office.do(Cancel(card=lines[0].card, reason="01", proof="死亡证明"))
    yield office
    office.opened.store.close()


CASES = [
    (Wanted(), 60),
    (Wanted(region="410782105"), 40),
    (Wanted(region="410782105201"), 20),
    (Wanted(region="4107821"), 60),
    (Wanted(region="410782199"), 0),
    (Wanted(unit="U7"), 12),
    (Wanted(number=number(7)), 1),
    (Wanted(card="C00000070"), 1),
    (Wanted(state="stock"), 30),
    (Wanted(state="handed"), 15),
    (Wanted(state="live"), 14),
    (Wanted(state="cancelled"), 1),
    (Wanted(state="stock", region="410782105201"), 10),
    (Wanted(since=date(2026, 1, 1), until=date(2026, 11, 17)), 0),
    (Wanted(since=date(2026, 11, 18), until=date(2026, 11, 18)), 30),
    (Wanted(since=date(2026, 11, 19)), 0),
]


@pytest.mark.clause("2.4.1")
@pytest.mark.parametrize(("wanted", "count"), CASES)
def test_pages_counts_and_rows_agree(worked: Office, wanted: Wanted, count: int) -> None:
    issues = Issues(worked.opened.store)
    assert issues.totals(wanted).all == count
    found, after = [], ""
    while page := issues.page(wanted, after, 7):
        found += [issue.card.number for issue in page]
        after = page[-1].card.number
    assert len(found) == count
    assert found == sorted(set(found))
    assert found == [issue.card.number for issue in issues.all(wanted)]
    assert all(issue.person.id == issue.card.person for issue in issues.all(wanted))


@pytest.mark.clause("2.4.1")
def test_the_day_is_the_counters_day_not_utc(worked: Office) -> None:
    card = worked.lookup.card("C00000020")
    assert card is not None
    assert card.collected_at is not None
    day = card.collected_at.date()  # 12:30 UTC: the same day in both
    assert Issues(worked.opened.store).totals(Wanted(card=card.number, since=day, until=day)).all
