"""Temporary cards on their chips: killed, torn and resumed at every step, recorded once (B3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.data.planned_sagas import PlannedSagas
from sbk_tui.data.sagas import StepState
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.temp import StockTempCards
from sbk_tui.domain.temp_card import TempCard, TempCardState
from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.chip.layout import BY_NAME, encode
from sbk_tui.hardware.chip.twin_card import VirtualCard, Wire
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.services.menu import entry_for
from sbk_tui.services.temp_desk import Handled
from sbk_tui.services.temp_jobs import job
from tests.chips import card_of, powered, with_reader
from tests.screens.conftest import CARDS, PEOPLE, do, kinds, make_counter

HOLDER, OTHER = PEOPLE[0], PEOPLE[1]
BLANK = "L000017"
NUMBER = encode(BY_NAME["social_number"], HOLDER.number)
ITEMS = 5  # of the blank 3.0 card that differ from the holder's; his nation is not known
T = TempCardState


class Killed(BaseException):
    """The process ends here."""


class Mortal(VirtualCard):
    """A card whose `nth` UPDATE ends the process, before or after the chip has done it."""

    def __init__(self, nth: int, *, after: bool) -> None:
        super().__init__(powered().profile, powered()._random_source)
        self._left = nth
        self._after = after

    def exchange(self, command: bytes) -> Wire:
        """Do the command, or end the process around it."""
        if command[1] == 0xDC:
            self._left -= 1
            if self._left == 0:
                if self._after:
                    super().exchange(command)
                raise Killed
        return super().exchange(command)


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with blanks; two people's cards are formally lost."""
    made = make_counter(private_folder / "counter")
    do(made, StockTempCards(box="L1", numbers=(BLANK, "L000018")))
    for card in CARDS[:2]:
        do(made, FormalLoss(card=card, id_shown=True))
    yield made
    made.close()


@pytest.fixture
def slot() -> SocialCardReaderTwin:
    return SocialCardReaderTwin("slot")


def act(
    counter: wiring.Counter,
    clause: str,
    values: Mapping[str, str],
    *,
    person: str = HOLDER.id,
    op: str = "",
) -> Handled:
    """Do the first act of a job, as its screen does."""
    seen = counter.desks.query.dossier(person)
    return counter.desks.temp.carry_out(
        job(clause).acts[0], seen, values, op=op or counter.new_id(), draft="",
        cancel=threading.Event(),
    )  # fmt: skip


def issue(
    counter: wiring.Counter, *, card: str = BLANK, person: str = HOLDER.id, op: str = ""
) -> Handled:
    until = counter.ledger.today() + timedelta(days=30)
    form = {
        "temp_card": card,
        "valid_to": until.isoformat(),
        "receiver": "1",
        "phone": "13800003333",
    }
    return act(counter, "6.1.1", form, person=person, op=op)


def temp(counter: wiring.Counter, number: str = BLANK) -> TempCard:
    found = counter.lookup.temp_card(number)
    assert found is not None
    return found


def updates(card: VirtualCard) -> int:
    return sum(command[1] == 0xDC for command in card.heard)


@pytest.mark.clause("6.1.1.1", "6.2", "6.3", "B3")
def test_a_card_is_written_recorded_written_again_and_wiped(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk, card = with_reader(counter, slot), powered()
    slot.insert(card)
    issue(desk)
    assert card.record(0x08) == NUMBER
    out = temp(counter)
    assert (out.state, out.chip) == (T.ISSUED, "410700D156000005000000025A17C0DE")
    written = updates(card)
    act(desk, "6.2", {"id_shown": "1"})
    assert updates(card) == written  # it was right: rewriting wrote nothing twice
    assert temp(counter).rewritten_at is not None
    act(desk, "6.3", {"box": "L2"})
    assert card.record(0x08) == bytes(18)
    assert temp(counter).state is T.TAKEN_BACK
    assert kinds(counter)[-3:] == ["temp.issue", "temp.rewrite", "temp.take_back"]
    assert desk.desks.temp.unfinished() == ()


@pytest.mark.clause("6.1.1.1", "B3")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", range(1, ITEMS + 1))
def test_a_process_killed_at_any_item_is_resumed_there_by_the_next_one(
    counter: wiring.Counter, slot: SocialCardReaderTwin, nth: int, *, after: bool
) -> None:
    card = Mortal(nth, after=after)
    slot.insert(card)
    before = kinds(counter)
    with pytest.raises(Killed):
        issue(with_reader(counter, slot))
    assert kinds(counter) == before
    (saga,) = PlannedSagas(counter.opened.store, "looks").open()
    told = [step.state for step in saga.steps if step.sent_at is not None]
    assert told == [StepState.CONFIRMED] * (nth - 1) + [StepState.SENT]

    restarted = with_reader(counter, slot, run="run 2")
    (torn,) = restarted.desks.temp.unfinished(HOLDER.id)
    assert (torn.temp_card, torn.values["phone"]) == (BLANK, "13800003333")
    (item,) = counter.desks.open_work.page(None, 50)
    assert (item.said, item.person) == (f"临时卡 {BLANK} 写卡没写完", HOLDER.id)
    assert (item.name, item.clerk, entry_for(item.clause).clause) == (HOLDER.name, "张敏", "6.1.1")
    assert counter.desks.open_work.page(item.key, 50) == ()
    act(restarted, "6.1.1", torn.values)
    assert card.record(0x08) == NUMBER
    # The item in flight is sent again only when the chip says that it did not happen.
    assert updates(card) == ITEMS
    assert kinds(counter) == [*before, "temp.issue"]
    assert restarted.desks.temp.unfinished() == ()


@pytest.mark.clause("6.1.1.1", "B3")
def test_a_process_killed_between_chip_and_record_writes_nothing_again(
    counter: wiring.Counter, slot: SocialCardReaderTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, card, op = with_reader(counter, slot), powered(), counter.new_id()
    slot.insert(card)

    def killed(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(counter.ledger), "perform", killed)
        with pytest.raises(Killed):
            issue(desk, op=op)
    assert (card.record(0x08), updates(card)) == (NUMBER, ITEMS)
    assert temp(counter).state is T.BLANK
    issue(with_reader(counter, slot, run="run 2"), op=op)
    assert updates(card) == ITEMS
    assert temp(counter).state is T.ISSUED
    assert kinds(counter).count("temp.issue") == 1


@pytest.mark.clause("B3", "6.1.1.1")
@pytest.mark.parametrize("fault", ["tear_before", "tear_after"])
@pytest.mark.parametrize("nth", [1, 3, ITEMS])
def test_a_card_torn_out_is_finished_and_meanwhile_nothing_else_happens_to_it(
    counter: wiring.Counter, slot: SocialCardReaderTwin, fault: str, nth: int
) -> None:
    desk, card, other = with_reader(counter, slot), powered(), card_of(OTHER, "E00000029")
    card.fault(fault, nth)
    slot.insert(card)
    with pytest.raises(OutcomeUnknown):
        issue(desk)
    slot.insert(card)
    with pytest.raises(Refusal) as caught:  # another person, the same blank
        issue(desk, person=OTHER.id)
    assert (caught.value.code, caught.value.facts["kind"]) == ("temp.unfinished", "临时卡发放")
    with pytest.raises(Refusal) as caught:  # at record level alone neither
        issue(counter)
    assert caught.value.code == "temp.unfinished"
    held = list(other.profile.ef06)
    slot.insert(other)
    other.profile.ef05[0] = (0x01, bytes.fromhex("410700D15600000500000009AAAAAAAA"))
    with pytest.raises(Refusal) as caught:
        issue(desk)
    assert caught.value.code == "chip.another_card"
    assert other.profile.ef06 == held
    assert updates(other) == 0
    slot.insert(card)
    issue(desk)
    assert updates(card) == ITEMS + (fault == "tear_before")
    assert temp(counter).state is T.ISSUED


@pytest.mark.clause("6.2", "6.3", "B3")
@pytest.mark.parametrize(("clause", "form"), [("6.2", {"id_shown": "1"}), ("6.3", {"box": "L2"})])
def test_rewriting_and_taking_back_are_resumed_too(
    counter: wiring.Counter, slot: SocialCardReaderTwin, clause: str, form: dict[str, str]
) -> None:
    desk, card = with_reader(counter, slot), powered()
    slot.insert(card)
    issue(desk)
    if clause == "6.2":  # what stands there was damaged
        card.profile.ef06 = [(tag, b"\xff" * len(raw)) for tag, raw in card.profile.ef06]
    card.fault("tear_after", 2)
    with pytest.raises(OutcomeUnknown):
        act(desk, clause, form)
    assert temp(counter).state is T.ISSUED
    sent = updates(card)
    slot.insert(card)
    again = with_reader(counter, slot, run="run 2")
    act(again, clause, form)
    # Two were sent before the tear; wiped are four, 姓名扩展 is empty already.
    assert updates(card) == sent + (ITEMS if clause == "6.2" else ITEMS - 1) - 2
    assert card.record(0x08) == (NUMBER if clause == "6.2" else bytes(18))
    assert again.desks.temp.unfinished() == ()


@pytest.mark.clause("6.1.1.1")
def test_what_the_rules_forbid_leaves_the_chip_alone(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk, card = with_reader(counter, slot), powered()
    slot.insert(card)
    for given, code in (
        ({"person": PEOPLE[2].id}, "temp.card_waits"),
        ({"card": "L9999"}, "temp.unknown"),
    ):
        with pytest.raises(Refusal) as caught:
            issue(desk, **given)
        assert caught.value.code == code
    assert card.heard == []


@pytest.mark.clause("6.1.1.1")
def test_a_social_card_in_the_reader_is_no_temporary_card(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    card, service = card_of(HOLDER, CARDS[0]), KeyServiceTwin()
    slot.insert(card)
    with pytest.raises(Refusal) as caught:
        issue(with_reader(counter, slot, service))
    assert (caught.value.code, service.asked) == ("temp.social_card", [])


@pytest.mark.clause("6.2", "6.3")
def test_a_card_in_the_reader_is_known_by_its_chip_its_number_or_its_holder(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk, card, never = with_reader(counter, slot), powered(), threading.Event()
    do(counter, StockTempCards(box="L1", numbers=("E00000035",)))
    slot.insert(card)
    with pytest.raises(Refusal) as caught:
        desk.desks.chips.read_temp_card(never)
    assert caught.value.code == "temp.chip_unknown"
    issue(desk)
    assert desk.desks.chips.read_temp_card(never) == temp(counter)
    act(desk, "6.3", {"box": "L1"})
    assert desk.desks.chips.read_temp_card(never) == temp(counter)  # a blank is known, too
    # Given out without a reader: only what stands on the chip tells.
    issue(counter, card="L000018", person=OTHER.id)
    foreign = powered("foreign_region")
    for bears, of in (("E00000035", HOLDER), ("E99999994", OTHER)):
        lying = card_of(of, bears)
        lying.profile.ef05[0] = (0x01, foreign.record(0x01))
        slot.insert(lying)
        found = desk.desks.chips.read_temp_card(never).number
        assert found == ("E00000035" if of is HOLDER else "L000018")


@pytest.mark.clause("6.2")
def test_a_social_card_or_nobodys_is_not_taken_for_a_temporary_one(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk = with_reader(counter, slot).desks.chips
    for card, code in (
        (card_of(HOLDER, CARDS[0]), "temp.social_card"),
        (card_of(HOLDER, "E99999994"), "temp.chip_unknown"),
    ):
        slot.insert(card)
        with pytest.raises(Refusal) as caught:
            desk.read_temp_card(threading.Event())
        assert caught.value.code == code


@pytest.mark.clause("6.1.1.1", "B3")
def test_a_worn_chip_is_named_listed_and_ended_in_the_ledger(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk, card = with_reader(counter, slot), powered()
    card.fault("wear", 2)
    slot.insert(card)
    with pytest.raises(DeviceFault) as caught:
        issue(desk)
    assert caught.value.facts["chip_item"] == "name"
    (saga,) = PlannedSagas(counter.opened.store, "looks").open()
    assert saga.step("name").state is StepState.FAILED
    assert [each.temp_card for each in desk.desks.temp.unfinished()] == [BLANK]
    desk.desks.temp.cancel(BLANK, "03", op=counter.new_id())
    assert desk.desks.temp.unfinished() == ()
    slot.insert(powered())
    issue(desk, card="L000018")
    assert temp(counter, "L000018").state is T.ISSUED


@pytest.mark.clause("6.2")
def test_another_chip_than_the_one_that_was_given_out_is_refused(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    desk, card, other = with_reader(counter, slot), powered(), powered("foreign_region")
    slot.insert(card)
    issue(desk)
    slot.insert(other)
    with pytest.raises(Refusal) as caught:
        act(desk, "6.2", {"id_shown": "1"})
    assert caught.value.code == "temp.other_chip"
    assert updates(other) == 0


@pytest.mark.clause("6.1.1.1", "6.3")
def test_without_a_reader_the_job_is_recorded_as_ever(counter: wiring.Counter) -> None:
    issue(counter)
    act(counter, "6.3", {"box": "L1"})
    assert (temp(counter).state, temp(counter).chip) == (T.TAKEN_BACK, "")


@pytest.mark.clause("6.1.1.1")
def test_waiting_for_the_card_can_be_broken_off(
    counter: wiring.Counter, slot: SocialCardReaderTwin
) -> None:
    cancel = threading.Event()
    cancel.set()
    seen, first = counter.desks.query.dossier(HOLDER.id), job("6.1.1").acts[0]
    form = {"temp_card": BLANK, "valid_to": "2027-01-01", "receiver": "1", "phone": "13800003333"}
    with pytest.raises(SbkError):
        with_reader(counter, slot).desks.temp.carry_out(
            first, seen, form, op=counter.new_id(), draft="", cancel=cancel
        )
    assert PlannedSagas(counter.opened.store, "looks").open() == ()
