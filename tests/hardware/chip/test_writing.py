"""写卡 without a line: every interruption, every refusal, and what the card holds afterwards."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import CardRemoved, DeviceFault, OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.chip import apdu
from sbk_tui.hardware.chip.layout import BY_NAME, encode, encode_name
from sbk_tui.hardware.chip.session import KeyJob
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.chip.writing import IN_ORDER, items_of, write
from sbk_tui.hardware.ports import KeyAnswer, KeyRequest, KeyService, SocialCard, WriteOrder
from tests.hardware.chip.test_card import read, sent, session, virtual

PERSON = {
    "social_number": "410702198803120414",
    "name": "刘洋",
    "sex": "1",
    "nation": "01",
    "birth": "19880312",
}
EMPTY = dict.fromkeys(PERSON, "")
ORDER = WriteOrder(values=PERSON)
KINDS = ("v1_temp", "v1_old_temp", "v2_temp", "v2_old_temp", "blank")


class Journal:
    """What was noted, in order: a list is a journal whose disk is this process."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def intend(self, item: str, digest: str) -> None:
        self.lines.append((item, digest))

    def confirm(self, item: str) -> None:
        self.lines.append((item, "ok"))


def empty(name: str) -> VirtualCard:
    """Return a card without a person on it."""
    if name == "blank":
        return virtual("blank")
    card = virtual(name.removesuffix("_temp"))
    for tag in (0x08, 0x09, 0x4E, 0x0A):
        _set(card, tag, b"\x00")
    for tag in (0x0B, 0x0D):
        _set(card, tag, b"\xff")
    return card


def _set(card: VirtualCard, tag: int, filler: bytes) -> None:
    card.profile.ef06 = [
        (each, filler * len(raw) if each == tag else raw) for each, raw in card.profile.ef06
    ]


def written(
    card: VirtualCard,
    order: WriteOrder = ORDER,
    *,
    seen: SocialCard | None = None,
    service: KeyService | None = None,
    journal: Journal | None = None,
) -> tuple[str, ...]:
    """Write in one powering, as the driver does."""
    known = seen or read(card)
    talk = session(card)
    talk.confirm(known)
    job = KeyJob("op", known, service or KeyServiceTwin(), threading.Event())
    return write(talk, job, order, journal or Journal())


def contents(card: VirtualCard) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    return list(card.profile.ef05), list(card.profile.ef06)


def updates(card: VirtualCard) -> list[int]:
    """Return the tags that were sent in UPDATE, in order."""
    return [command[5] for command in sent(card, 0xDC)]


def is_whole(card: VirtualCard) -> bool:
    held = dict(card.profile.ef06)
    name, more = encode_name(PERSON["name"])
    expected = {BY_NAME[key].tag: encode(BY_NAME[key], PERSON[key]) for key in PERSON}
    expected |= {0x09: name} | ({0x4E: more} if 0x4E in held else {})
    return all(held[tag] == value for tag, value in expected.items())


@pytest.mark.clause("6.1.1.1")
@pytest.mark.parametrize("name", KINDS)
def test_a_person_is_written_on_every_generation_of_cards(name: str) -> None:
    card, journal = empty(name), Journal()
    done = written(card, journal=journal)
    assert is_whole(card)
    assert done == tuple(each for each in IN_ORDER if each in done)
    assert read_number(card) == PERSON["social_number"]
    # Each item is noted before it is sent and after it was read back.
    noted = [line for line in journal.lines if line[1] != "ok"]
    assert [item for item, _ in noted] == list(done)
    assert noted[0][1] == hashlib.sha256(b"410702198803120414").hexdigest()
    assert {item for item, mark in journal.lines if mark == "ok"} == set(
        items_of(PERSON, read(card).version)
    )


def read_number(card: VirtualCard) -> str:
    card.profile.guarded = False
    holder = read(card).holder
    assert holder is not None
    return holder.number


@pytest.mark.clause("6.3")
@pytest.mark.parametrize("name", ["v1", "v2", "v2_old", "v3"])
def test_a_card_that_comes_back_is_wiped(name: str) -> None:
    card = virtual(name)
    own = WriteOrder(values=EMPTY, over=frozenset({"410702198001010010"}))
    written(card, own)
    assert card.record(0x08) == bytes(18)
    assert card.record(0x09) == bytes(30)
    assert card.record(0x0D) == b"\xff" * 4
    assert card.record(0x07) == b"E00000029"  # what is not in the order is not touched


def test_what_stands_there_already_is_not_written_again() -> None:
    card = empty("v2_temp")
    written(card)
    card.heard.clear()
    service, journal = KeyServiceTwin(), Journal()
    assert written(card, service=service, journal=journal) == ()
    assert (updates(card), service.asked) == ([], [])
    assert {mark for _, mark in journal.lines} == {"ok"}


@pytest.mark.clause("B3")
@pytest.mark.parametrize("fault", ["tear_before", "tear_after"])
@pytest.mark.parametrize("name", KINDS)
def test_a_card_torn_out_at_any_item_is_resumed_there_and_nothing_is_written_twice(
    name: str, fault: str
) -> None:
    whole = empty(name)
    items = written(whole)
    for nth, item in enumerate(items, 1):
        card = empty(name)
        seen = read(card)
        card.fault(fault, nth)
        with pytest.raises(OutcomeUnknown) as caught:
            written(card, seen=seen)
        assert (caught.value.code, caught.value.facts) == (
            "chip.write_unfinished",
            {"chip_item": item},
        )
        left = written(card, seen=seen)
        assert left == items[nth - 1 if fault == "tear_before" else nth :]
        assert contents(card) == contents(whole)
        once = updates(whole)
        again = [once[nth - 1]] if fault == "tear_before" else []
        assert updates(card) == once[:nth] + again + once[nth:]


@pytest.mark.clause("B3")
@given(cuts=st.lists(st.integers(1, 40), max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_card_pulled_again_and_again_at_any_command_is_whole_in_the_end(cuts: list[int]) -> None:
    card, journal = empty("blank"), Journal()
    seen = read(card)
    for nth in cuts:
        card.fault("pulled", nth)
        try:
            written(card, seen=seen, journal=journal)
        except (OutcomeUnknown, CardRemoved):
            continue
    card.fault("pulled", 10_000)
    written(card, seen=seen, journal=journal)
    assert is_whole(card)
    # A cut before the card acted leaves the old value: no update that took effect came twice.
    assert len(updates(card)) <= len(items_of(PERSON, "3.0")) + len(cuts)


@pytest.mark.clause("B3")
@pytest.mark.parametrize("fault", ["tear_before", "tear_after"])
def test_another_card_after_the_tear_stays_byte_for_byte_as_it_was(fault: str) -> None:
    card, other = empty("v2_temp"), virtual("foreign_region")
    seen, before = read(card), contents(other)
    card.fault(fault, 2)
    with pytest.raises(OutcomeUnknown):
        written(card, seen=seen)
    with pytest.raises(Refusal) as caught:
        written(other, seen=seen)
    assert caught.value.code == "chip.another_card"
    assert contents(other) == before
    assert {command[1] for command in other.heard} <= apdu.READS


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_worn_chip_stops_the_writing_and_the_item_is_named(nth: int) -> None:
    whole, card = empty("v2_temp"), empty("v2_temp")
    items = written(whole)
    card.fault("wear", nth)
    with pytest.raises(DeviceFault) as caught:
        written(card)
    assert caught.value.code == "chip.not_written"
    assert caught.value.facts == {"chip_item": items[nth - 1], "sw": "6581"}
    assert updates(card) == updates(whole)[:nth]


@pytest.mark.parametrize("name", ["v1", "v2", "v2_old"])
def test_a_used_card_is_refused_before_any_key(name: str) -> None:
    card, service = virtual(name), KeyServiceTwin()
    before = contents(card)
    with pytest.raises(Refusal) as caught:
        written(card, service=service)
    assert caught.value.code == "chip.used_card"
    assert (contents(card), service.asked) == (before, [])
    assert {command[1] for command in card.heard} <= apdu.READS


def test_a_used_card_of_the_third_generation_is_seen_with_the_reading_key_alone() -> None:
    card, service = virtual("v3"), KeyServiceTwin()
    before = contents(card)
    with pytest.raises(Refusal) as caught:
        written(card, service=service)
    assert (caught.value.code, service.asked) == ("chip.used_card", ["004C"])
    assert contents(card) == before


def test_the_card_of_the_same_person_is_no_used_card() -> None:
    card = virtual("v2")
    written(card, WriteOrder(values=PERSON, over=frozenset({"410702198001010010"})))
    assert is_whole(card)


@pytest.mark.parametrize(
    ("failure", "code"),
    [("service_down", "chip.service_silent"), ("service_wrong", "chip.key_refused")],
)
@pytest.mark.parametrize("name", ["v2_temp", "blank"])
def test_a_failing_key_service_leaves_the_card_as_it_was(
    name: str, failure: str, code: str
) -> None:
    card = empty(name)
    before = contents(card)
    twin = KeyServiceTwin("service_down" if failure == "service_down" else "service_wrong")
    with pytest.raises(DeviceFault) as caught:
        written(card, service=twin)
    assert caught.value.code == code
    assert (contents(card), updates(card)) == (before, [])
    assert len(sent(card, 0x82)) == (failure == "service_wrong")


class Late(KeyServiceTwin):
    """A service whose answer comes after the card was asked for something else."""

    def __init__(self, card: VirtualCard) -> None:
        super().__init__()
        self._card = card

    def authenticate(self, request: KeyRequest, factor: bytes, source: bytes) -> KeyAnswer:
        """Return the right answer, too late: the random is gone."""
        self._card.exchange(apdu.TRIES)
        return super().authenticate(request, factor, source)


def test_an_answer_that_comes_too_late_is_refused_by_the_card_and_not_repeated() -> None:
    card = empty("v2_temp")
    with pytest.raises(DeviceFault) as caught:
        written(card, service=Late(card))
    assert caught.value.code == "chip.random_stale"
    assert (len(sent(card, 0x82)), updates(card)) == (1, [])


def test_a_mute_chip_in_the_middle_is_an_unknown_outcome() -> None:
    card = empty("v2_temp")
    seen = read(card)
    count = len(card.heard)
    written(empty("v2_temp"))
    card.fault("mute", _first_update(seen) - count + 1)
    with pytest.raises(OutcomeUnknown):
        written(card, seen=seen)
    written(card, seen=seen)
    assert is_whole(card)


def _first_update(seen: SocialCard) -> int:
    card = empty("v2_temp")
    read(card)
    written(card, seen=seen)
    return next(at for at, command in enumerate(card.heard) if command[1] == 0xDC)


def test_a_chip_that_keeps_another_value_than_it_was_told_is_found_out() -> None:
    card = empty("v2_temp")
    real = card._update

    def forgetful(command: bytes, body: bytes) -> bytes:
        return b"\x90\x00" if body[0] == 0x09 else real(command, body)

    card._update = forgetful  # type: ignore[method-assign]
    with pytest.raises(DeviceFault) as caught:
        written(card)
    assert (caught.value.code, caught.value.facts["chip_item"]) == ("chip.not_written", "name")


def test_a_journal_that_cannot_write_stops_before_the_card_is_touched() -> None:
    class Full(Journal):
        def intend(self, item: str, digest: str) -> None:
            raise SbkError("store.full", item=item, digest=digest)

    card = empty("v2_temp")
    with pytest.raises(SbkError):
        written(card, journal=Full())
    assert updates(card) == []


def test_a_name_that_needs_a_second_item_is_refused_on_a_card_without_one() -> None:
    long = PERSON | {"name": "A" + "阿" * 20}
    card = empty("v1_temp")
    with pytest.raises(Refusal) as caught:
        written(card, WriteOrder(values=long))
    assert (caught.value.code, updates(card)) == ("chip.name_too_long", [])
    second = empty("v2_temp")
    written(second, WriteOrder(values=long))
    holder = read(second).holder
    assert holder is not None
    assert holder.name == long["name"]
    with pytest.raises(Refusal):
        items_of({"name": "阿" * 30}, "2.0")
