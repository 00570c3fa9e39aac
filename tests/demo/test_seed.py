"""The seeded counter: every state there, nothing in the future, and a log that is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sbk_tui.data.audit import verify
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.log import records_of
from sbk_tui.demo import assets, office
from sbk_tui.demo.office import Made
from sbk_tui.demo.people import FEWEST, residents
from sbk_tui.demo.story import DAYS, possible_fates, story
from sbk_tui.domain.capability import LEVELS, Authority, CounterLevel
from sbk_tui.domain.card import CardState
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.operations.base import Nature
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.day import CloseDay
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.leash import ExtendLeash
from sbk_tui.domain.operations.pin import ChangePin, ResetPin, UnlockPin
from sbk_tui.domain.operations.receipt import RecordReceipts
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.operations.uncollected import MarkUncollected
from sbk_tui.domain.operations.visit import NotAtHome
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import BadUsage
from sbk_tui.pinyin import initials
from sbk_tui.wiring import Counter
from tests.demo.conftest import NOON, PEOPLE, make

Training = tuple[Counter, Made]
REACHABLE = set(CardState) - {CardState.LOCKED}
"""No operation of a counter locks a card: the chip does."""


@pytest.mark.clause("P8")
@pytest.mark.parametrize("level", sorted(assets.office().levels))
def test_the_log_of_every_level_is_sound(tmp_path: Path, level: str) -> None:
    home = tmp_path / "counter"
    make(home, level, people=FEWEST)
    counter, made = office.open_again(home)
    try:
        report = verify(counter.opened.store, key=counter.key, initials=initials)
        assert (report.flaws, made.level) == ((), level)
        assert report.operations > 0
        assert counter.seat.authority.level.value == assets.office().levels[level].level
    finally:
        counter.close()


def test_cards_are_in_every_state_and_some_people_wait_or_have_none(training: Training) -> None:
    counter, made = training
    dossiers = [counter.lookup.dossier(r.person.number) for r in made.residents()]
    known = [dossier for dossier in dossiers if dossier is not None]
    cards = [card for dossier in known for card in dossier.cards]
    assert {card.state for card in cards} == REACHABLE
    assert any(card.state is CardState.SEALED and card.place for card in cards)
    assert any(card.state is CardState.SEALED and card.collected_at for card in cards)
    assert any(card.replaces for card in cards)
    assert any(not dossier.cards and dossier.applications for dossier in known)
    assert len(known) < PEOPLE


@pytest.mark.clause("P8", "5.1.1.1.1", "5.1.2.2")
def test_at_a_county_people_stand_at_every_step_before_the_city_is_asked(tmp_path: Path) -> None:
    make(tmp_path / "counter", "county", people=400)
    counter, made = office.open_again(tmp_path / "counter")
    try:
        stand: set[str] = set()
        for resident in made.residents():
            seen = counter.lookup.dossier(resident.person.number)
            if seen is not None and any(c.state is CardState.FORMAL_LOST for c in seen.cards):
                chain = counter.desks.replacements.rail(seen, exchange=False)
                stand.add(chain.next.step if chain.next else "")
        assert stand >= {"pay", "note", "apply"}
        report = verify(counter.opened.store, key=counter.key, initials=initials)
        assert report.flaws == ()
    finally:
        counter.close()


def test_what_needs_two_clerks_was_approved_by_the_second(training: Training) -> None:
    counter, _ = training
    lead, second = (clerk.id for clerk in assets.office().clerks)
    with counter.opened.store.session() as db:
        stored = [r.record.read() for r in records_of(db, counter.opened.incarnation.inc)]
    here = {kind.name for kind in KINDS if kind.nature is not Nature.HUB_FIRST}
    here -= {CloseDay.kind, MarkUncollected.kind}  # no story counts a drawer, or marks it
    here -= {BlindLoss.kind, SettleCase.kind}  # it knows all its cards, and nobody refuses it
    here -= {ChangePin.kind, UnlockPin.kind, ResetPin.kind}  # the story has no chip
    here -= {
        ExtendLeash.kind,
        IssueToUnit.kind,
        NotAtHome.kind,
        RecordReceipts.kind,
    }  # it always hears from the city
    here = {
        name for name in here if not name.startswith("handover.")
    }  # the story's cards are taken in, not handed over
    rights = LEVELS[CounterLevel.TOWNSHIP]  # it takes no money and makes no cards
    here -= {kind.name for kind in KINDS if kind.capability not in rights}
    assert {envelope.kind for envelope in stored} == here
    assert {envelope.clerk for envelope in stored} == {lead}
    approvers = {(e.kind, tuple(a.clerk for a in e.approvals)) for e in stored if e.approvals}
    assert approvers == {("card.cancel", (second,))}


def test_an_application_carries_a_portrait_that_is_there(training: Training) -> None:
    counter, made = training
    blobs = Blobs(counter.opened.store, counter.home / "blobs", counter.key)
    dossiers = (counter.lookup.dossier(r.person.number) for r in made.residents())
    photos = [dossier.person.photo for dossier in dossiers if dossier and dossier.applications]
    assert photos
    assert all(blobs.get(photo) for photo in photos)


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


@given(st.integers(0, 2**32), st.integers(0, 4 * 365 * 24 * 60))
@settings(max_examples=25, deadline=None, phases=NO_SHRINKING)
def test_the_story_lies_in_the_past_and_each_life_is_in_order(seed: int, minutes: int) -> None:
    now_ms = NOON + minutes * 60_000
    today = from_ms(now_ms).astimezone(CHINA).date()
    events = story(
        residents(FEWEST, seed, today),
        now_ms=now_ms,
        seed=seed,
        authority=Authority(level=CounterLevel.TOWNSHIP),
        settings=Settings(),
        photos=["1:ab"],
    )
    times = [event.at_ms for event in events]
    assert times == sorted(times)
    assert now_ms - (DAYS + 4) * 86_400_000 < times[0]
    assert times[-1] < now_ms
    renewed = {
        line.replaces: event.at_ms
        for event in events
        if isinstance(event.operation, TakeIn)
        for line in event.operation.lines
        if line.replaces
    }
    of_old = ((getattr(e.operation, "card", ""), e.at_ms) for e in events)
    assert [card for card, at in of_old if at > renewed.get(card, at)] == []
    assert {event.operation.kind for event in events} == {
        "temp.stock",
        *(
            kind
            for fate in possible_fates(Authority(level=CounterLevel.TOWNSHIP))
            for kind in fate.kinds
        ),
    }


@given(st.integers(0, 2**32), st.integers(0, 3 * 365))
@settings(max_examples=4, deadline=None, phases=NO_SHRINKING)
def test_the_ledger_takes_every_story(
    tmp_path_factory: pytest.TempPathFactory, seed: int, days: int
) -> None:
    home = tmp_path_factory.mktemp("story") / "counter"
    now_ms = NOON + days * 86_400_000
    made = office.make(home, level="township", people=FEWEST, seed_number=seed, now_ms=now_ms)
    assert made.operations > FEWEST


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hands off", "utf-8")
    with pytest.raises(BadUsage, match=r"demo\.folder_in_use"):
        make(tmp_path)
    with pytest.raises(BadUsage, match=r"demo\.folder_in_use"):
        office.open_again(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_too_few_people_are_refused(private_folder: Path) -> None:
    with pytest.raises(BadUsage, match=r"demo\.few_people"):
        make(private_folder, people=FEWEST - 1)
