"""Temporary cards through the ledger: out once, back again, and the history kept (6.1–6.3)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from sbk_tui.data.audit import verify
from sbk_tui.data.records import Records
from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss
from sbk_tui.domain.operations.temp import (
    CancelTempCard,
    EnableTempCard,
    IssueTempCard,
    RewriteTempCard,
    StockTempCards,
    TakeBackTempCard,
)
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.temp_card import TempCard, TempCardState
from sbk_tui.domain.world import CHINA, Occasion, Seat, from_ms
from sbk_tui.errors import Refusal
from tests.data.conftest import KEY, RULES, Office, letters, make_office
from tests.data.days import CARDS, HOLDERS, SELF, holder_wishes, stock

T = TempCardState
FIRST, SECOND = list(HOLDERS)[:2]
BLANKS = ("LS0001", "LS0002")


def today(office: Office) -> date:
    return from_ms(office.clock[0] + 60_000).astimezone(CHINA).date()


def issue(office: Office, person: str = FIRST, card: str = BLANKS[0], days: int = 60) -> None:
    until = today(office) + timedelta(days=days)
    office.do(IssueTempCard(temp_card=card, person=person, receiver=SELF, valid_to=until))


def ready(office: Office) -> Office:
    """Take in cards and blanks; the first two cards are enabled and formally lost."""
    office.do(stock())
    office.do(StockTempCards(box="甲1", numbers=BLANKS))
    for card in CARDS[:2]:
        office.do(IssueToPerson(card=card, receiver=SELF))
        office.do(Enable(card=card))
        office.do(FormalLoss(card=card, id_shown=True))
    return office


def temp(office: Office, number: str = BLANKS[0]) -> TempCard:
    found = office.lookup.temp_card(number)
    assert found is not None
    return found


def refused(office: Office, operation: object) -> str:
    before = office.lookup.latest_ms()
    with pytest.raises(Refusal) as refusal:
        office.do(operation)  # type: ignore[arg-type]
    assert office.lookup.latest_ms() == before
    return refusal.value.code


@pytest.mark.clause("6.1.1.1", "6.1.1.2", "6.2", "6.3", "A6")
def test_a_card_goes_out_comes_back_and_goes_to_somebody_else(office: Office) -> None:
    ready(office)
    issue(office)
    out = temp(office)
    assert (out.state, out.person, out.custody, out.box) == (T.ISSUED, FIRST, "", "")
    office.do(EnableTempCard(temp_card=out.number))
    office.do(RewriteTempCard(temp_card=out.number, id_shown=True))
    office.do(TakeBackTempCard(temp_card=out.number, box="乙2"))
    back = temp(office)
    assert (back.state, back.box, back.custody) == (T.TAKEN_BACK, "乙2", "410782105-a1")
    assert back.returned_at is not None
    issue(office, SECOND)
    again = temp(office)
    assert (again.person, again.enabled_at, again.returned_at) == (SECOND, None, None)
    first, second = office.lookup.dossier(FIRST), office.lookup.dossier(SECOND)
    assert first is not None
    assert second is not None
    assert [event.kind for event in first.timeline][:4] == [
        "temp.take_back", "temp.rewrite", "temp.enable", "temp.issue",
    ]  # fmt: skip
    assert [e.kind for e in second.timeline if e.kind.startswith("temp.")] == ["temp.issue"]
    assert (first.temp_cards, second.temp_cards) == ((), (again,))
    assert verify(office.opened.store, key=KEY, initials=letters).flaws == ()


@pytest.mark.clause("6.1.1.1", "A6")
def test_one_person_has_one_and_a_blank_is_given_to_one(office: Office) -> None:
    ready(office)
    issue(office)
    until = today(office) + timedelta(days=60)
    second = IssueTempCard(temp_card=BLANKS[1], person=FIRST, receiver=SELF, valid_to=until)
    assert refused(office, second) == "temp.one_per_person"
    other = IssueTempCard(temp_card=BLANKS[0], person=SECOND, receiver=SELF, valid_to=until)
    assert refused(office, other) == "temp.no_such_move"


@pytest.mark.clause("6.1.1.1")
@pytest.mark.parametrize(("change", "code"), [
    ({"temp_card": "LS9999"}, "temp.unknown"),
    ({"person": "f" * 32}, "person.unknown"),
    ({"person": list(HOLDERS)[2]}, "temp.card_waits"),
    ({"receiver": Receiver(type="2", name="王明")}, "receiver.missing"),
    ({"days": 0}, "temp.term"),
    ({"days": 181}, "temp.term"),
])  # fmt: skip
def test_what_cannot_be_given_out(office: Office, change: dict[str, object], code: str) -> None:
    ready(office)
    days = change.pop("days", 60)
    assert isinstance(days, int)
    until = today(office) + timedelta(days=days)
    given = {"temp_card": BLANKS[0], "person": FIRST, "receiver": SELF, "valid_to": until, **change}
    assert refused(office, IssueTempCard(**given)) == code  # type: ignore[arg-type]


@pytest.mark.clause("6.1.1.2", "6.2")
def test_a_card_is_enabled_once_and_not_after_its_term(office: Office) -> None:
    ready(office)
    assert refused(office, EnableTempCard(temp_card=BLANKS[0])) == "temp.no_such_move"
    issue(office, days=1)
    assert (
        refused(office, RewriteTempCard(temp_card=BLANKS[0], id_shown=False)) == "temp.id_not_shown"
    )
    office.do(EnableTempCard(temp_card=BLANKS[0]))
    assert refused(office, EnableTempCard(temp_card=BLANKS[0])) == "temp.enabled"
    office.clock[0] += 3 * 24 * 3_600_000
    assert refused(office, RewriteTempCard(temp_card=BLANKS[0], id_shown=True)) == "temp.void"
    office.do(TakeBackTempCard(temp_card=BLANKS[0]))


@pytest.mark.clause("6.3")
@pytest.mark.parametrize("end", ["02", "03", "05"])
def test_a_lost_or_spoiled_card_ends_and_a_new_one_may_be_given(office: Office, end: str) -> None:
    ready(office)
    issue(office)
    ended = CancelTempCard(temp_card=BLANKS[0], end=end)  # type: ignore[arg-type]
    if end == "05":
        assert refused(office, ended) == "temp.still_out"
        return
    office.do(ended)
    assert temp(office).state == end
    issue(office, FIRST, BLANKS[1])
    assert refused(office, TakeBackTempCard(temp_card=BLANKS[0])) == "temp.no_such_move"


@pytest.mark.clause("6.1.1.1")
@pytest.mark.parametrize(("box", "numbers", "code"), [
    ("甲1", (), "temp.stock_size"),
    ("甲1", tuple(f"LT{n:04d}" for n in range(201)), "temp.stock_size"),
    ("", ("LT0001",), "temp.box"),
    ("甲1", ("lt0001",), "temp_card_number.form"),
    ("甲1", ("LT0001", "LS0001"), "temp.known"),
])  # fmt: skip
def test_a_box_that_cannot_be_taken_in(
    office: Office, box: str, numbers: tuple[str, ...], code: str
) -> None:
    ready(office)
    assert refused(office, StockTempCards(box=box, numbers=numbers)) == code


@pytest.mark.clause("5.1.4", "6.3")
@pytest.mark.parametrize("required", [False, True])
def test_an_office_may_want_the_temporary_card_back_before_the_new_one_is_enabled(
    tmp_path: Path, required: bool
) -> None:
    settings = Settings(cancel_four_eyes=False, temp_card_require_return=required)
    rules = Rules(settings=settings, codes=RULES.codes)
    office = make_office(tmp_path / "counter", key=None, rules=rules)
    try:
        ready(office)
        office.do(Cancel(card=CARDS[0], reason="05", proof="户口簿"))
        issue(office)
        office.do(TakeIn(batch="2", lines=(replace(stock().lines[0], card="B00000051"),)))
        office.do(IssueToPerson(card="B00000051", receiver=SELF))
        if required:
            assert refused(office, Enable(card="B00000051")) == "card.temp_card_out"
            office.do(TakeBackTempCard(temp_card=BLANKS[0]))
        office.do(Enable(card="B00000051"))
    finally:
        office.opened.store.close()


@pytest.mark.clause("P6")
def test_an_effect_never_refuses_whatever_the_records_say(office: Office) -> None:
    """A fact of another counter is kept as far as it can be, and a replay never stops."""
    seat = Seat(counter="x", district="410782105", authority=Authority(level=CounterLevel.TOWNSHIP))
    occasion = Occasion(at=from_ms(office.clock[0]), op="ab" * 16, seat=seat, clerk="zhang")
    wishes = holder_wishes(FIRST, today(office))
    with office.opened.store.session() as db:
        records = Records(db, letters)
        assert [len(wish.effect(records, occasion)) for wish in wishes] == [1, *[0] * 9]
    ready(office)
    with office.opened.store.session() as db:
        records = Records(db, letters)
        for wish in wishes:
            wish.effect(records, occasion)
