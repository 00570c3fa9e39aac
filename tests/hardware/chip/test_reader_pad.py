"""The reader's own pad: the structures byte by byte, every answer, and no digit in this program."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import DeviceAbsent, DeviceFault, OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.chip.reader_pad import MODIFY_ORDER, VERIFY_ORDER, features
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_line import CardBeside, VirtualReaderSlot
from sbk_tui.hardware.chip.twin_pad import CANCEL, ReaderPadTwin
from tests.hardware.chip.test_card import virtual
from tests.hardware.chip.test_reader import read, reader

PIN, NEW = "123456", "246802"  # the virtual card's, and another
# Written by hand from PC/SC part 10: 2.5.2 PIN_VERIFY_STRUCTURE, 2.5.3 PIN_MODIFY_STRUCTURE.
VERIFY_BYTES = (
    "1E 1E"  # 30 s until the first key, 30 s more until the last
    "81 03 00"  # bytes, from the first, BCD; three of them; no length put in
    "06 06"  # most six, least six: little-endian 0606
    "02 01"  # ended by the confirming key; one message
    "04 08"  # 0804, Chinese
    "00 000000"  # the message asks for the PIN; no T=1 prologue
    "08000000"  # eight bytes follow
    "0020000003 FFFFFF"
)
MODIFY_BYTES = (
    "1E 1E 81 03 00"
    "00 04"  # the old one at the first byte, the new one behind three and the FF
    "06 06"
    "03 02 03"  # old one asked for, new one twice; confirming key; three messages
    "04 08"
    "00 01 02 000000"  # PIN, new PIN, new PIN again
    "0C000000"
    "805E010007 FFFFFF FF FFFFFF"
)


def beside(card: VirtualCard, *entries: str) -> ChipSession:
    pad = ReaderPadTwin()
    pad.will_press(*entries)
    session = ChipSession(CardBeside(card, pad))
    session.select()
    return session


@pytest.mark.clause("B11")
def test_the_structures_are_what_the_standard_says_byte_by_byte() -> None:
    assert VERIFY_ORDER.data == bytes.fromhex(VERIFY_BYTES)
    assert MODIFY_ORDER.data == bytes.fromhex(MODIFY_BYTES)


@pytest.mark.clause("4.1", "B11")
def test_a_pin_is_checked_and_changed_at_the_reader() -> None:
    card = virtual("v3")
    session = beside(card, PIN, PIN, NEW, NEW, NEW)
    session.verify_at_pad()
    session.change_pin_at_pad()
    session.verify_at_pad()
    assert (card.pin, card.tries) == (NEW, 6)
    assert [command.hex() for command in card.heard if command[1] in {0x20, 0x5E}] == [
        "0020000003123456", "805e010007123456ff246802", "0020000003246802",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "kind", "code"),
    [
        ((), DeviceFault, "pinpad.silent"),
        ((CANCEL,), DeviceFault, "pinpad.cancelled"),
        ((PIN, CANCEL), DeviceFault, "pinpad.cancelled"),
        ((PIN, NEW, "246803"), Refusal, "pin.not_equal"),
        ((PIN, "2468"), Refusal, "pin.length"),
        (("000000", NEW, NEW), DeviceFault, "chip.pin_wrong"),
    ],
)
def test_every_answer_of_the_reader_has_its_words(
    entries: tuple[str, ...], kind: type[SbkError], code: str
) -> None:
    card = virtual()
    with pytest.raises(kind) as caught:
        beside(card, *entries).change_pin_at_pad()
    assert caught.value.code == code
    assert card.pin == PIN
    assert card.tries == (5 if code == "chip.pin_wrong" else 6)


def test_the_tries_are_counted_and_the_lock_is_told() -> None:
    card = virtual()
    session = beside(card, *["000000"] * 7)
    for left in (5, 4, 3, 2, 1):
        with pytest.raises(DeviceFault) as caught:
            session.verify_at_pad()
        assert (caught.value.code, caught.value.facts["left"]) == ("chip.pin_wrong", left)
    for _ in range(2):
        with pytest.raises(DeviceFault) as caught:
            session.verify_at_pad()
        assert caught.value.code == "chip.pin_blocked"


@pytest.mark.clause("B3")
@pytest.mark.parametrize("fault", ["tear_pin_before", "tear_pin_after", "mute"])
def test_a_card_that_goes_under_the_readers_hand_leaves_the_outcome_unknown(fault: str) -> None:
    card = virtual()
    session = beside(card, PIN, NEW, NEW)
    card.fault(fault)
    with pytest.raises(OutcomeUnknown):
        session.change_pin_at_pad()
    assert len([command for command in card.heard if command[1] == 0x5E]) == 1


class Deaf(ReaderPadTwin):
    """A reader that says it can, and takes no structure."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer

    def _modify(self, *_: object) -> bytes:
        return self.answer


@pytest.mark.parametrize("answer", [b"", b"\x6b\x80"])
def test_a_reader_that_does_not_take_the_structure_has_done_nothing(answer: bytes) -> None:
    card = virtual()
    session = ChipSession(CardBeside(card, Deaf(answer)))
    session.select()
    with pytest.raises(DeviceFault) as caught:
        session.change_pin_at_pad()
    assert caught.value.code == "pinpad.reader_refused"
    assert card.pin == PIN


@pytest.mark.parametrize("order", [VERIFY_ORDER, MODIFY_ORDER], ids=["verify", "modify"])
def test_the_pad_takes_no_structure_with_another_byte_in_what_it_understands(order) -> None:  # type: ignore[no-untyped-def]
    codes = {0x06: 0x42330006, 0x07: 0x42330007}
    for at in (2, 4, len(order.data) - 1):
        pad, sent = ReaderPadTwin(), []
        pad.will_press(PIN, NEW, NEW)
        data = bytearray(order.data[: at if at > 4 else None])
        if at <= 4:
            data[at] ^= 0x02

        def send(command: bytes, sent: list[bytes] = sent) -> bytes:
            sent.append(command)
            return b"\x90\x00"

        assert pad.control(codes[order.feature], bytes(data), send) == b"\x6b\x80"
        assert sent == []


@given(st.binary(max_size=80))
@settings(deadline=None, max_examples=200)
def test_whatever_a_reader_says_of_its_features_is_read(answer: bytes) -> None:
    assert all(0 <= tag <= 0xFF for tag in features(answer))


def test_the_features_are_read_and_broken_ones_left_out() -> None:
    assert features(bytes.fromhex("060442330006 070442330007")) == {6: 0x42330006, 7: 0x42330007}
    assert features(bytes.fromhex("0602AABB 0704423300")) == {}


def test_the_real_card_service_says_that_its_virtual_reader_has_none(
    slot: VirtualReaderSlot,
) -> None:
    assert not reader().pad_on_reader()  # also without a card
    card = virtual()
    slot.insert(card)
    seen = read()
    for work in (reader().change_pin_at_pad, reader().verify_at_pad):
        with pytest.raises(DeviceAbsent) as caught:
            work(seen)
        assert caught.value.code == "pinpad.not_on_reader"
    assert not [command for command in card.heard if command[1] in {0x20, 0x5E}]
