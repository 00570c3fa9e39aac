"""The chain of 补卡 and 换卡 follows from the records: any clerk goes on, the city agrees (5.1)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.domain.card import CardState
from sbk_tui.domain.operations.temp import IssueTempCard, StockTempCards
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.pinyin import initials
from sbk_tui.services import rail_words
from sbk_tui.services.card_jobs import job
from sbk_tui.services.rail import Stage, rail
from sbk_tui.services.replace_papers import working_day
from tests.services.replacing import (
    CARD,
    HOLDER,
    LOST,
    SELF,
    UNOPENED,
    UNOPENED_CARD,
    County,
    far_county,
    killed_at,
    open_pair,
    set_up,
    township_of,
)

Again = Callable[..., County]
STEPS = (
    "enable_old", "loss", "pay", "note", "apply", "register", "mark", "make", "collect", "enable",
    "temp_back",
)  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a county and its city, to be copied."""
    folder = tmp_path_factory.mktemp("rail")
    set_up(folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    return shutil.copytree(template, tmp_path / "copy")


@pytest.fixture
def county(folder: Path) -> Iterator[County]:
    """Give it open."""
    county = open_pair(folder)
    yield county
    county.close()


def is_sound(county: County) -> bool:
    found = verify(county.counter.opened.store, key=county.counter.key, initials=initials)
    return found.flaws == ()


@pytest.mark.clause("5.1.2.1", "5.1.2.2", "5.1.2.3", "5.1.2.4", "5.1.4")
def test_each_step_leads_to_the_next_and_the_last_one_ends_the_old_card(county: County) -> None:
    went = []

    def step(do: object) -> None:
        went.append(county.next()[0])
        assert callable(do)
        do()

    for act in (county.lose, county.pay, county.apply, county.register, county.mark, county.make):
        step(act)
    new = county.rail().facts.card
    assert new is not None
    step(county.collect)
    step(lambda: county.enable(new.number))
    assert went == ["loss", "pay", "apply", "register", "mark", "make", "collect", "enable"]
    rail = county.rail()
    assert rail.next is None
    assert [stop.step for stop in rail.stops] == list(STEPS)
    assert {s.step for s in rail.stops if s.stage is Stage.NEEDLESS} == {"enable_old", "temp_back"}
    assert rail.stop("loss").at is not None
    county.sync()
    assert county.cards() == [(CARD, "9"), (new.number, "1")]
    numbers = [county.counter.desks.forms.top(kind).next for kind in FormKind]
    assert numbers == ["A0002", "F0002"]
    assert is_sound(county)


@pytest.mark.clause("5.1.2.3", "5.1.2.4")
def test_the_fee_may_come_after_the_application_but_nothing_is_marked_without_it(
    county: County,
) -> None:
    county.lose()
    county.apply()
    assert county.next() == ("pay", "now")
    with pytest.raises(Refusal, match=r"make\.fee_open"):
        county.mark()
    with pytest.raises(Refusal, match=r"fee\.nothing_paid"):
        county.register()
    county.pay()
    assert county.next() == ("register", "now")


@pytest.mark.clause("5.2")
def test_an_exchange_under_warranty_costs_nothing_and_wants_no_loss(county: County) -> None:
    assert county.next(exchange=True)[0] == "pay"
    free = {"replace_reason": "71", "old_card": CARD, "card_handed_in": "1"}
    with pytest.raises(Refusal, match=r"replace\.other_card"):
        county.apply({**free, "old_card": UNOPENED_CARD}, exchange=True)
    county.apply(free, exchange=True)
    rail = county.rail()  # opened as 补卡: the application knows better
    assert rail.facts.exchange
    assert county.next() == ("mark", "now")
    needless = {s.step for s in rail.stops if s.stage is Stage.NEEDLESS}
    assert needless == {"enable_old", "loss", "pay", "note", "register", "temp_back"}
    county.mark()
    county.make()
    number = county.collect()
    county.enable(number)
    old = county.counter.lookup.card(CARD)
    assert old is not None
    assert (old.state, old.cancel_reason) == (CardState.CANCELLED, "07")


@pytest.mark.clause("5.1.2.1")
def test_a_card_that_was_never_enabled_is_enabled_first(county: County) -> None:
    assert county.next(UNOPENED.id) == ("enable_old", "now")
    county.enable(UNOPENED_CARD)
    assert county.next(UNOPENED.id) == ("loss", "now")


@pytest.mark.clause("5.1.2.2")
def test_a_wish_on_its_way_is_told_and_not_asked_again(county: County) -> None:
    county.lose()
    county.line_is_cut = True
    with pytest.raises(HubUnreachable, match=r"hub\.waits"):
        county.apply()
    assert county.next()[0] == "pay"
    assert county.rail().stop("apply").stage is Stage.CITY
    county.line_is_cut = False
    county.sync()
    assert county.rail().stop("apply").stage is Stage.DONE


@pytest.mark.clause("5.1.2.2", "5.1.2.3")
def test_what_is_taken_back_frees_the_lease_and_keeps_the_fee(county: County) -> None:
    county.lose()
    county.pay()
    county.apply()
    county.register()
    county.mark()
    new_id = county.counter.new_id
    county.desk.unmark(county.rail().facts, op=new_id())
    assert county.next() == ("mark", "now")
    county.desk.unregister(county.rail().facts, "1", op=new_id())
    assert county.next() == ("register", "now")
    county.desk.withdraw(county.rail().facts, "2", op=new_id())
    assert county.rail().facts.wish is None
    assert county.next() == ("apply", "now")  # the fee is paid, for the next application
    county.apply()
    county.register()
    county.desk.withdraw(county.rail().facts, "2", op=new_id())
    assert county.next() == ("pay", "now")  # it was for the one that was withdrawn


@pytest.mark.clause("A6", "6.3")
def test_a_temporary_card_is_given_while_waiting_and_taken_back_at_the_end(county: County) -> None:
    county.lose()
    county.do(StockTempCards(box="L1", numbers=("L000001",)))
    until = datetime.now(UTC).date() + timedelta(days=60)
    county.do(IssueTempCard(temp_card="L000001", person=HOLDER.id, receiver=SELF, valid_to=until))
    assert county.rail().stop("temp_back").stage is Stage.LATER
    for step in (county.pay, county.apply, county.register, county.mark, county.make):
        step()
    county.enable(county.collect())
    assert county.next() == ("temp_back", "now")


@pytest.mark.clause("B19", "2.4.2")
def test_the_receipt_says_what_the_list_says(county: County) -> None:
    county.lose()
    county.apply({**LOST, "new_bank": "95588"})
    rail = county.rail()
    paper = county.desk.receipt(county.seen(), rail)
    assert paper.values["expected"].count("15 个工作日")
    assert "换行销户" in paper.values["bank_closing"]
    steps = {row["clause"]: row["state"] for row in paper.tables["steps"]}
    assert steps["5.1.1.1"] == "现在办"
    assert "下一步：收费" in rail_words.what_next(rail)


def test_working_days_leave_the_weekend_out() -> None:
    friday = date(2026, 11, 20)
    assert working_day(friday, 1) == date(2026, 11, 23)
    assert working_day(friday, 15) == date(2026, 12, 11)


@pytest.mark.clause("5.1.2.4")
def test_another_counters_lease_is_shown_with_its_end_and_can_be_taken_over_then(
    county: County,
) -> None:
    for step in (county.lose, county.pay, county.apply, county.register, county.mark):
        step()
    seen, rules = county.seen(), county.counter.rules
    now = datetime.now(UTC)
    theirs = rail(seen, exchange=False, rules=rules, counter="410702-c9", now=now)
    assert theirs.next is not None
    assert theirs.next.stage is Stage.ELSEWHERE
    end = theirs.facts.lease_ends
    assert end is not None
    assert f"{end.astimezone(CHINA):%H:%M} 前由他们制卡" in rail_words.note(theirs, theirs.next)
    over = rail(seen, exchange=False, rules=rules, counter="410702-c9", now=end)
    assert over.next is not None
    assert (over.next.step, over.next.stage) == ("mark", Stage.NOW)
    assert "已过时限" in rail_words.note(over, over.next)


@pytest.mark.clause("A5", "5.1.2.2", "5.1.4")
def test_a_holder_of_another_district_gets_the_new_card_where_they_stand(county: County) -> None:
    far = far_county(county)
    try:
        far.sync()
        asked = far.counter.desks.city.ask(HOLDER.number, clause="5.1", purpose="service")
        far.sync()
        assert far.counter.desks.city.answer(asked) == HOLDER.id
        for step in (far.lose, far.sync, far.pay, far.apply, far.register, far.mark, far.make):
            step()
        new = far.collect()
        seen, enable = far.seen(), job("5.1.4").acts[1]
        card = next(each for each in seen.cards if each.number == new)
        done = far.counter.desks.cards.carry_out(enable, seen, card, {}, op=far.counter.new_id())
        slip = far.counter.desks.papers.owed(done.paper).values
        assert "红旗区人社局" in slip["bank_place"]  # where it was handled
        assert "辉县市" in slip["social_place"]  # where the holder is insured
        assert slip["social_account"] == "未激活"
        far.sync()
        county.sync()
        states = {each.number: each.state.value for each in county.seen().cards}
        assert states == {CARD: "9", new: "1"}
    finally:
        far.counter.close()


@pytest.mark.clause("B4")
def test_a_townships_referral_is_closed_when_the_countys_work_arrives(county: County) -> None:
    county.lose()
    county.sync()
    township = township_of(county)
    try:
        township.sync()
        referrals = township.counter.desks.referrals
        card = referrals.card_of(township.seen())
        code = referrals.refer(township.seen(), card, "51").code
        assert [hit.person.id for hit in county.counter.desks.query.find(code)] == [HOLDER.id]
        township.sync()
        assert len(referrals.open_of(HOLDER.id)) == 1
        county.apply()
        township.sync()
        assert referrals.open_of(HOLDER.id) == ()
        assert township.counter.desks.query.chain(township.seen()) == "下一步：收费（5.1.1.1）。"
    finally:
        township.counter.close()


@pytest.mark.clause("B19", "2.4.2")
def test_the_query_says_what_the_list_says(county: County) -> None:
    county.lose()
    assert county.counter.desks.query.chain(county.seen()) == ""
    county.apply()
    said = county.counter.desks.query.chain(county.seen())
    assert said == rail_words.what_next(county.rail()) == "下一步：收费（5.1.1.1）。"


# ---------------------------------------------------------------- where it can break (§18.1)


@pytest.fixture
def again(folder: Path) -> Iterator[Again]:
    """Give what prepares the counter, kills it at a row, and opens it again."""
    opened: list[County] = []

    def cut(row: str, *before: Callable[[County], object]) -> County:
        county = open_pair(folder)
        for step in before:
            step(county)
        county.close()
        opened.append(killed_at(folder, row))
        return opened[-1]

    yield cut
    for county in opened:
        county.close()


_PAID = (County.lose, County.pay, County.apply)
_MADE = (*_PAID, County.register, County.mark, County.make)


@pytest.mark.clause("5.1.2.1")
def test_c6_an_old_card_enabled_and_not_lost_goes_on_with_the_loss(again: Again) -> None:
    county = again("C6")
    assert county.next(UNOPENED.id) == ("loss", "now")
    with pytest.raises(Refusal, match=r"card\.no_such_move"):
        county.desk.apply(county.rail(UNOPENED.id).facts, LOST, op=county.counter.new_id())


@pytest.mark.clause("5.1.2.1", "5.1.2.2")
def test_c7_a_loss_that_the_city_has_not_heard_goes_before_the_replacement(again: Again) -> None:
    county = again("C7")
    assert county.next() == ("pay", "now")
    county.apply()
    assert county.cards()[0] == (CARD, "2")
    assert county.rail().stop("apply").stage is Stage.DONE


@pytest.mark.clause("5.1.2.2")
def test_c8_an_application_whose_answer_was_lost_is_one_application(again: Again) -> None:
    county = again("C8", County.lose)
    assert county.rail().stop("apply").stage is Stage.CITY
    county.city.faults = ["ok", "answer_lost"]  # it is asked again, by the same id
    county.sync()
    assert county.city.faults == []
    facts = county.rail().facts
    assert facts.wish is not None
    assert county.desk.apply(facts, LOST, op=facts.wish.id).repeated
    assert county.city.rows("SELECT count(*) FROM application") == [(1,)]


@pytest.mark.clause("5.1.2.3", "5.1.2.4")
def test_c9_an_application_without_its_fee_goes_on_at_the_registration(again: Again) -> None:
    county = again("C9", *_PAID)
    assert county.next() == ("register", "now")
    with pytest.raises(Refusal, match=r"make\.fee_open"):
        county.mark()
    county.register()
    assert county.next() == ("mark", "now")


@pytest.mark.clause("5.1.2.3")
def test_c10_a_registration_whose_answer_was_lost_is_one_registration(again: Again) -> None:
    county = again("C10", *_PAID)
    assert county.next() == ("register", "city")
    county.city.faults = ["ok", "answer_lost"]  # it is asked again, by the same id
    county.sync()
    assert county.city.faults == []
    assert county.next() == ("mark", "now")
    wish, payment = county.rail().facts.wish, county.rail().facts.payment
    assert wish is not None
    assert payment is not None
    assert (payment.application, payment.note) == (wish.id, "F0001")


@pytest.mark.clause("5.1.4")
def test_c20_a_card_fetched_and_not_enabled_goes_on_at_the_enabling(again: Again) -> None:
    county = again("C20", *_MADE)
    assert county.next() == ("enable", "now")
    new = county.new_card()
    county.enable(new)
    county.sync()
    assert dict(county.cards()) == {CARD: "9", new: "1"}


@pytest.mark.clause("5.1.4")
def test_c21_an_enabling_whose_answer_was_lost_leaves_one_live_card(again: Again) -> None:
    county = again("C21", *_MADE, County.collect)
    county.city.faults = ["ok", "answer_lost"]  # it is asked again, by the same id
    county.sync()
    assert county.city.faults == []
    assert sorted(str(state) for _, state in county.cards()) == ["1", "9"]
    assert county.rail().next is None
    assert is_sound(county)
