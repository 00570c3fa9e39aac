"""The chip without a line: what is read from every kind of card, and what each wrong step costs."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import CardRemoved, DeviceFault, Garbled, OutcomeUnknown, Refusal
from sbk_tui.hardware.chip import apdu, twin_keys
from sbk_tui.hardware.chip.bank import luhn
from sbk_tui.hardware.chip.layout import historical_of
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.chip.twin_card import FAULTS, VirtualCard
from sbk_tui.hardware.chip.twin_keys import TEST_KEY, Algorithm
from sbk_tui.hardware.chip.twin_line import CardBeside
from sbk_tui.hardware.chip.twin_profiles import ATR, PROFILES, profile
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import SocialCard

NUMBER = "410702198001010010"


def virtual(name: str = "v2") -> VirtualCard:
    counter = itertools.count(1)
    return VirtualCard(profile(name), lambda size: next(counter).to_bytes(size, "big"))


def session(card: VirtualCard) -> ChipSession:
    return ChipSession(CardBeside(card))


def read(card: VirtualCard, *, bank: bool = False) -> SocialCard:
    return session(card).read(bank=bank)


def confirmed(card: VirtualCard) -> tuple[ChipSession, SocialCard]:
    seen = read(card)
    talk = session(card)
    talk.confirm(seen)
    card.heard.clear()
    return talk, seen


def sent(card: VirtualCard, ins: int) -> list[bytes]:
    return [command for command in card.heard if command[1] == ins]


@pytest.mark.parametrize(
    ("algorithm", "auth8", "reset", "unblock"),
    [
        (
            "SM4",
            "714A17110D861E9F",
            "84240001145C7D50FD541EF5B53D6F213C210F61EE7CF10C9B",
            "8424000004C73FF6DA",
        ),
        ("DES", "F8CD5194A6D333CC", "842400010CEFAC14F29BBDDCBD29B44422", "842400000423F258F0"),
    ],
)
def test_the_arithmetic_gives_the_vectors_of_the_rule(
    algorithm: Algorithm, auth8: str, reset: str, unblock: str
) -> None:
    factor, source = bytes.fromhex("E4A30F837E2CAFEC"), bytes.fromhex("1B0D7286F2DC77AF")
    random, pin = bytes.fromhex("2AFD6A015D2D9BAC"), bytes.fromhex("123456")
    assert twin_keys.auth(algorithm, TEST_KEY, factor, source).hex().upper() == auth8
    for head, plain, whole in ((apdu.RESET_HEAD, pin, reset), (apdu.UNBLOCK_HEAD, b"", unblock)):
        data = twin_keys.secure_data(algorithm, TEST_KEY, random, head, plain)
        assert (head + bytes((len(data),)) + data).hex().upper() == whole


@pytest.mark.parametrize("name", ["v1", "v1_old", "v2", "v2_old", "v2_waiting", "v3_open"])
def test_every_generation_and_every_way_of_reading_gives_the_same_person(name: str) -> None:
    card = read(virtual(name))
    assert card.number == "E00000029"
    assert (card.issued, card.valid_to) == (date(2024, 6, 1), date(2034, 6, 1))
    assert card.identification == "410700D156000005000000025A17C0DE"
    assert card.historical == ATR[4:].hex().upper()
    assert card.holder is not None
    assert (card.holder.number, card.holder.name) == (NUMBER, "张三")
    assert (card.holder.sex, card.holder.nation) == ("1", "01")
    assert card.holder.birth == date(1980, 1, 1)
    assert card.notes == ()


def test_a_third_generation_card_is_not_called_broken_it_tells_its_number() -> None:
    card = read(virtual("v3"))
    assert (card.version, card.algorithm, card.number) == ("3.0", "SM4", "E00000029")
    assert card.holder is None
    assert card.notes == ("chip.holder_guarded",)


def test_a_name_cut_at_the_border_of_its_two_items_is_joined() -> None:
    holder = read(virtual("long_name")).holder
    assert holder is not None
    assert holder.name == "A" + "阿" * 20


def test_a_name_that_no_table_knows_keeps_its_bytes() -> None:
    holder = read(virtual("rare_name")).holder
    assert holder is not None
    assert holder.raw_name == b"\xd5\xc5\xff\xfe\x80"
    assert holder.name.startswith("张")


def test_items_that_were_never_written_are_empty() -> None:
    holder = read(virtual("f_filled")).holder
    assert holder is not None
    assert (holder.nation, holder.birth) == ("", None)
    blank = read(virtual("blank"))
    assert (blank.number, blank.notes) == ("", ("chip.holder_guarded",))


def test_a_wrong_check_character_is_a_note_and_never_a_refusal() -> None:
    card = read(virtual("odd_number"))
    assert (card.number, card.notes) == ("E00000021", ("chip.odd_number",))


@pytest.mark.parametrize("name", ["bank_only", "foreign"])
def test_another_card_is_recognised_by_one_command(name: str) -> None:
    card = virtual(name)
    with pytest.raises(DeviceFault) as caught:
        read(card)
    assert caught.value.code == "chip.not_social"
    assert len(card.heard) == 1


def test_the_bank_number_is_parsed_not_searched_for() -> None:
    number = read(virtual(), bank=True).bank_number
    assert luhn(number)
    assert number.startswith("621226")
    assert len(number) == 19
    assert read(virtual("no_bank"), bank=True).bank_number == ""


def test_the_atr_is_parsed_also_a_short_or_a_longer_one() -> None:
    assert historical_of(ATR) == ATR[4:]
    assert historical_of(ATR[:9]) == ATR[4:9]
    japan = profile("foreign").atr
    assert historical_of(japan) == bytes.fromhex("8012392F31C173C601C0")
    assert historical_of(b"\x3b") == b""


@given(st.binary(max_size=33))
@settings(deadline=None, max_examples=200)
def test_no_atr_and_no_answer_breaks_the_parsers(data: bytes) -> None:
    assert len(historical_of(data)) <= 15
    for tag, value in apdu.tlvs(data):
        assert tag >= 0
        assert len(value) <= len(data)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_the_files_have_the_length_that_real_programs_ask_for(name: str) -> None:
    card = profile(name)
    if not card.social:
        return
    sizes = [sum(2 + len(value) for _, value in file) for file in (card.ef05, card.ef06)]
    assert sizes == [0x40, 0x45 if name.startswith("v1") else 0x5B]


def test_asking_for_the_tries_spends_none() -> None:
    card = virtual()
    talk, _ = confirmed(card)
    assert [talk.tries_left() for _ in range(9)] == [6] * 9


def test_wrong_pins_count_down_to_the_lock_and_power_does_not_help() -> None:
    card = virtual()
    seen = []
    for _ in range(7):
        talk, _ = confirmed(card)
        with pytest.raises(DeviceFault) as caught:
            talk.verify("654321")
        seen.append((caught.value.code, caught.value.facts["left"]))
    assert (
        seen
        == [("chip.pin_wrong", left) for left in (5, 4, 3, 2, 1)] + [("chip.pin_blocked", 0)] * 2
    )


@pytest.mark.clause("4.1")
def test_a_change_needs_no_key_and_restores_the_tries() -> None:
    card = virtual()
    talk, _ = confirmed(card)
    with pytest.raises(DeviceFault):
        talk.verify("000000")
    talk.change_pin("123456", "246802")
    assert (card.pin, card.tries) == ("246802", 6)
    assert sent(card, 0x5E) == [bytes.fromhex("805E010007123456FF246802")]


def test_ascii_digits_are_a_wrong_pin() -> None:
    card = virtual()
    card.exchange(apdu.SELECT_SSSE)
    assert card.exchange(b"\x00\x20\x00\x00\x06123456").data == b"\x63\xc5"
    assert card.exchange(b"\x00\x20\x00\x00\x09" + bytes(9)).data == b"\x67\x00"


def test_the_verified_state_ends_with_the_power() -> None:
    card = virtual()
    talk, _ = confirmed(card)
    talk.verify("123456")
    assert card.verified
    read(card)
    assert not card.verified


@pytest.mark.clause("4.2", "4.3")
@pytest.mark.parametrize("name", ["v2", "v3"])
@pytest.mark.parametrize("repeats_head", [False, True])
def test_a_blocked_pin_is_unblocked_or_reset_with_one_command(
    name: str, repeats_head: bool
) -> None:
    card, service = virtual(name), KeyServiceTwin(repeats_head=repeats_head)
    card.tries = 0
    talk, seen = confirmed(card)
    assert talk.tries_left() == 0
    talk.unblock(seen, service)
    assert (card.pin, card.tries) == ("123456", 6)
    assert service.asked == ["0090", "0173"]
    talk, seen = confirmed(card)
    talk.reset_pin(seen, "135790", service)
    assert (card.pin, card.tries) == ("135790", 6)
    assert len(sent(card, 0x24)) == 1


def test_a_service_that_is_down_leaves_the_card_alone() -> None:
    card = virtual()
    talk, seen = confirmed(card)
    with pytest.raises(DeviceFault) as caught:
        talk.unblock(seen, KeyServiceTwin("service_down"))
    assert caught.value.code == "chip.service_silent"
    assert {command[1] for command in card.heard} == {0x84}


def test_a_wrong_answer_of_the_service_costs_one_try_and_is_not_repeated() -> None:
    card = virtual()
    talk, seen = confirmed(card)
    with pytest.raises(DeviceFault) as caught:
        talk.reset_pin(seen, "135790", KeyServiceTwin("service_wrong"))
    assert caught.value.code == "chip.key_refused"
    assert (len(sent(card, 0x82)), len(sent(card, 0x24))) == (1, 0)


def test_wrong_keys_lock_the_unblocking_for_ever() -> None:
    card = virtual()
    for expected in ("chip.key_refused", "chip.key_refused", "chip.key_refused"):
        talk, seen = confirmed(card)
        with pytest.raises(DeviceFault) as caught:
            talk.unblock(seen, KeyServiceTwin("service_wrong"))
        assert caught.value.code == expected
    talk, seen = confirmed(card)
    with pytest.raises(DeviceFault) as caught:
        talk.unblock(seen, KeyServiceTwin())
    assert caught.value.code == "chip.key_locked"


def test_a_random_is_good_for_the_next_command_only() -> None:
    card = virtual()
    card.exchange(apdu.SELECT_SSSE)
    source = card.exchange(apdu.CHALLENGE).data or b""
    factor = card.exchange(apdu.CHALLENGE).data or b""
    proof = twin_keys.auth("DES", TEST_KEY, factor[:8], source[:8]) + source[:8]
    command = apdu.external_authenticate(0x06, proof)
    card.exchange(apdu.TRIES)  # in between
    assert card.exchange(command).data == b"\x69\x84"


def test_a_reset_without_the_unblock_key_is_refused_by_the_card() -> None:
    card = virtual()
    card.exchange(apdu.SELECT_SSSE)
    card.exchange(apdu.CHALLENGE)
    assert card.exchange(apdu.UNBLOCK_HEAD + b"\x04" + bytes(4)).data == b"\x69\x82"
    assert card.exchange(bytes.fromhex("00DC0A30030A0131")).data == b"\x69\x82"


@pytest.mark.parametrize("fault", ["tear_pin_before", "tear_pin_after"])
def test_a_card_pulled_during_the_change_leaves_an_unknown_outcome(fault: str) -> None:
    card = virtual()
    talk, _ = confirmed(card)
    card.fault(fault)
    with pytest.raises(OutcomeUnknown):
        talk.change_pin("123456", "246802")
    assert len(sent(card, 0x5E)) == 1
    # The card tells which it was, by a PIN the holder gives.
    talk, _ = confirmed(card)
    talk.verify("246802" if fault == "tear_pin_after" else "123456")


@pytest.mark.parametrize("fault", ["tear_pin_before", "tear_pin_after"])
def test_a_card_pulled_during_a_reset_is_not_sent_a_second_one(fault: str) -> None:
    card = virtual()
    talk, seen = confirmed(card)
    card.fault(fault)
    with pytest.raises(OutcomeUnknown):
        talk.reset_pin(seen, "246802", KeyServiceTwin())
    assert len(sent(card, 0x24)) == 1


def test_another_card_than_the_one_read_is_refused_before_anything_is_sent() -> None:
    seen = read(virtual())
    other = virtual("foreign_region")
    with pytest.raises(Refusal) as caught:
        session(other).confirm(seen)
    assert caught.value.code == "chip.another_card"
    assert {command[1] for command in other.heard} <= apdu.READS


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        ("app_locked", "chip.locked_for_ever", DeviceFault),
        ("card_locked", "chip.locked", DeviceFault),
        ("alien_answer", "chip.bad_data", Garbled),
        ("mute", "chip.silent", DeviceFault),
        ("pulled", "chip.card_removed", CardRemoved),
    ],
)
def test_a_failing_card_says_so_by_a_code_of_its_own(
    fault: str, code: str, kind: type[DeviceFault]
) -> None:
    card = virtual()
    card.fault(fault, 0)
    with pytest.raises(kind) as caught:
        read(card)
    assert caught.value.code == code


def test_a_pull_at_any_command_of_reading_is_a_removed_card() -> None:
    whole = virtual()
    read(whole, bank=True)
    for nth in range(1, len(whole.heard) + 1):
        card = virtual()
        card.fault("pulled", nth)
        with pytest.raises(CardRemoved):
            read(card, bank=True)


def test_the_dead_unblock_key_leads_to_its_own_sentence() -> None:
    card = virtual()
    talk, seen = confirmed(card)
    card.fault("puk_dead")
    with pytest.raises(DeviceFault) as caught:
        talk.unblock(seen, KeyServiceTwin())
    assert caught.value.code == "chip.key_locked"


def test_every_fault_has_a_name_that_the_card_takes() -> None:
    for name in FAULTS:
        virtual().fault(name)


def test_a_counting_reader_would_show_the_wrong_record_as_sex() -> None:
    for name, number in (("v1", 3), ("v2", 4)):
        card = virtual(name)
        card.exchange(apdu.SELECT_SSSE)
        assert card.exchange(bytes((0, 0xB2, number, 0x34, 3))).data == b"\x0a\x011\x90\x00"
        assert card.exchange(bytes((0, 0xB2, number, 0x34, 0))).data == b"\x6c\x03"
        assert card.exchange(bytes((0, 0xB2, number, 0x33, 3))).data == b"\x6a\x86"
        assert card.exchange(bytes((0, 0xB2, number, 0x04, 3))).data == b"\x69\x86"
