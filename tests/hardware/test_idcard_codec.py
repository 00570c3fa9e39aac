"""Frames, status words and the read answer, against the published frames."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import CardRemoved, DeviceFault, Garbled
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.idcard_layout import encode_newest
from sbk_tui.texts import explain
from tests.hardware.documents import CITIZEN, FINGERPRINT, NEWEST_ADDRESS, PHOTO

CITIZEN_ANSWER = bytes.fromhex(
    Path(__file__).with_name("citizen_answer.hex").read_text(encoding="ascii")
)
VECTORS = {
    "sam status": "AA AA AA 96 69 00 04 00 00 90 94",
    "card found": "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97",
    "card selected": "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C",
    "no card": "AA AA AA 96 69 00 04 00 00 80 84",
    "select failed": "AA AA AA 96 69 00 04 00 00 81 85",
    "read failed": "AA AA AA 96 69 00 04 00 00 41 45",
    "nothing stored": "AA AA AA 96 69 00 04 00 00 91 95",
    "sam id": "AA AA AA 96 69 00 14 00 00 90 05 00 01 00 4E C8 33 0139 30 00 00 B1 68 DE 3A 00",
}
FRAMES = [bytes.fromhex(text) for text in VECTORS.values()] + [CITIZEN_ANSWER]


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (codec.RESET.code, "AA AA AA 96 69 00 03 10 FF EC"),
        (codec.STATUS.code, "AA AA AA 96 69 00 03 11 FF ED"),
        (codec.SAM_ID.code, "AA AA AA 96 69 00 03 12 FF EE"),
        (codec.FIND.code, "AA AA AA 96 69 00 03 20 01 22"),
        (codec.SELECT.code, "AA AA AA 96 69 00 03 20 02 21"),
        (codec.READ.code, "AA AA AA 96 69 00 03 30 01 32"),
        (codec.READ_FINGERPRINT.code, "AA AA AA 96 69 00 03 30 10 23"),
        (codec.NEWEST.code, "AA AA AA 96 69 00 03 30 03 30"),
        (b"\x60\x00", "AA AA AA 96 69 00 03 60 00 63"),
        (b"\x60\x01", "AA AA AA 96 69 00 03 60 01 62"),
        (b"\x60\x02", "AA AA AA 96 69 00 03 60 02 61"),
        (b"\x60\x03", "AA AA AA 96 69 00 03 60 03 60"),
        (b"\x60\x04", "AA AA AA 96 69 00 03 60 04 67"),
    ],
)
def test_a_request_is_sent_as_published(code: bytes, sent: str) -> None:
    assert codec.frame(code) == bytes.fromhex(sent)
    assert codec.FrameHunter(shortest=3).feed(codec.frame(code)) == [code]


@pytest.mark.parametrize("name", VECTORS)
def test_an_answer_is_understood_and_made_again(name: str) -> None:
    whole = bytes.fromhex(VECTORS[name])
    [payload] = codec.FrameHunter().feed(whole)
    answer = codec.answer_of(payload)
    assert codec.answer_frame(answer.sw, answer.data) == whole


def test_the_reader_says_its_number() -> None:
    number = "05.01-20170830-0000012345-0987654321"
    [payload] = codec.FrameHunter().feed(bytes.fromhex(VECTORS["sam id"]))
    assert codec.parse_sam_id(codec.answer_of(payload).data) == number
    assert codec.pack_sam_id(number) == codec.answer_of(payload).data


def test_a_short_sam_id_is_garbled() -> None:
    with pytest.raises(Garbled, match=r"device\.garbled"):
        codec.parse_sam_id(b"\x05\x00")


@pytest.mark.parametrize(
    ("photo", "fingerprint", "size", "chk", "sha256"),
    [
        (PHOTO, None, 1295, 0x4B, CITIZEN.sha256),
        (
            bytes(1024),
            None,
            1295,
            0xB7,
            "332ba014e4518187bd6ecc665c0cb713756e3068efe7f58fa8f5d51702b660a3",
        ),
        (
            PHOTO,
            b"",
            1297,
            0x49,
            "4933489e59be177c5cfb1b88bc2bca5f05e37b9dbbff4ea7ce9d7576dbb5a844",
        ),
        (
            PHOTO,
            FINGERPRINT,
            2321,
            0x41,
            "9bef46d82ebdf31046823eb1ba4ede3bf6c4101617a72801b88f0f2d9654e39a",
        ),
    ],
    ids=["30 01", "30 01, empty photo", "30 10, no fingerprint", "30 10"],
)
def test_a_read_answer_is_made_and_taken_apart(
    photo: bytes, fingerprint: bytes | None, size: int, chk: int, sha256: str
) -> None:
    card = CITIZEN.card(photo=photo)
    data = codec.pack_read(card.raw_text, photo, fingerprint)
    whole = codec.answer_frame(codec.DONE, data)
    assert (len(whole), whole[-1]) == (size, chk)
    assert hashlib.sha256(whole).hexdigest() == sha256
    [payload] = codec.FrameHunter().feed(whole)
    assert codec.parse_read(codec.answer_of(payload).data) == (card.raw_text, photo)


def test_the_published_answer_is_made_byte_for_byte() -> None:
    data = codec.pack_read(CITIZEN.card().raw_text, PHOTO)
    assert codec.answer_frame(codec.DONE, data) == CITIZEN_ANSWER


def test_the_newest_address_is_the_published_frame() -> None:
    whole = codec.answer_frame(codec.DONE, encode_newest(NEWEST_ADDRESS))
    assert whole == bytes.fromhex(
        "AA AA AA 96 69 00 4A 00 00 90 B3 6C 57 53 01 77 B0 65 61 4E 02 5E A2 7E D7 65 3A 53 3A 79"
        "8B 4F 57 88 53 90 31 00 F7 53 20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00"
        "20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 D8"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\x01\x00\x04\x00", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff" + bytes(1280)],
)
def test_inner_lengths_that_do_not_add_up_are_garbled(data: bytes) -> None:
    with pytest.raises(Garbled, match=r"device\.garbled"):
        codec.parse_read(data)


@pytest.mark.parametrize(
    ("sw", "fault", "code", "again"),
    [
        (0x80, CardRemoved, "idcard.card_removed", False),
        (0x81, DeviceFault, "idcard.lift_again", False),
        (0x41, DeviceFault, "idcard.lift_again", False),
        (0x31, DeviceFault, "idcard.refused_by_chip", False),
        (0x32, DeviceFault, "idcard.refused_by_chip", False),
        (0x33, DeviceFault, "idcard.refused_by_chip", False),
        (0x40, DeviceFault, "idcard.not_an_id_card", False),
        (0x47, DeviceFault, "idcard.reader_error", True),
        (0x10, Garbled, "idcard.reader_error", True),
        (0x11, Garbled, "idcard.reader_error", True),
        (0x21, Garbled, "idcard.reader_error", True),
        (0x24, DeviceFault, "idcard.reader_error", True),
        (0x60, DeviceFault, "idcard.reader_broken", False),
        (0x66, DeviceFault, "idcard.reader_not_authorised", False),
        (0x77, DeviceFault, "idcard.unknown_status", False),
        (0x9F, Garbled, "device.garbled", False),  # a good word where it does not belong
    ],
)
def test_every_status_word_has_its_fault(
    sw: int, fault: type[DeviceFault], code: str, again: bool
) -> None:
    answer = codec.Answer(sw)
    error = answer.fault()
    assert (type(error), error.code, answer.status.again) == (fault, code, again)
    words = explain(error)
    assert words.remedy
    assert "{" not in words.message + words.remedy
    assert "未登记的错误" not in words.message


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(max_size=300), max_size=8))
def test_the_hunter_never_raises_and_always_wants_more(pieces: list[bytes]) -> None:
    hunter = codec.FrameHunter()
    for piece in pieces:
        for payload in hunter.feed(piece):
            assert len(payload) >= 3
        assert hunter.wanted > 0
    hunter.expire()
    assert len(hunter.noise) <= 256


# Garbage that cannot itself begin a frame: without 96 no candidate swallows what follows.
_GARBAGE = st.binary(max_size=40).map(lambda data: data.replace(b"\x96", b"\xaa"))


@settings(deadline=None, max_examples=150)
@given(
    parts=st.lists(st.tuples(_GARBAGE, st.sampled_from(FRAMES)), max_size=5),
    rest=_GARBAGE,
    cuts=st.lists(st.integers(0, 4000), max_size=12),
)
def test_frames_are_found_in_garbage_however_the_bytes_arrive(
    parts: list[tuple[bytes, bytes]], rest: bytes, cuts: list[int]
) -> None:
    stream = b"".join(garbage + whole for garbage, whole in parts) + rest
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    hunter = codec.FrameHunter()
    found = [
        payload for start, end in pairwise(edges) for payload in hunter.feed(stream[start:end])
    ]
    assert found == [whole[7:-1] for _, whole in parts]


@settings(deadline=None, max_examples=100)
@given(_GARBAGE, st.sampled_from(FRAMES))
def test_reading_what_is_wanted_never_reads_beyond_the_frame(garbage: bytes, whole: bytes) -> None:
    stream, taken, hunter = garbage + whole + b"next", 0, codec.FrameHunter()
    found: list[bytes] = []
    while not found:
        size = hunter.wanted
        found = hunter.feed(stream[taken : taken + size])
        taken += size
    assert found == [whole[7:-1]]
    assert taken == len(garbage + whole)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 1294), st.integers(1, 255))
def test_no_single_wrong_byte_makes_a_wrong_answer(place: int, change: int) -> None:
    spoilt = bytearray(CITIZEN_ANSWER)
    spoilt[place] ^= change
    hunter = codec.FrameHunter()
    found = hunter.feed(bytes(spoilt)) + hunter.expire()
    assert found in ([], [CITIZEN_ANSWER[7:-1]])  # the first AA may be anything


def test_a_published_log_with_a_stray_byte_is_read() -> None:
    log = bytes.fromhex("AA 00 AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C")
    assert codec.FrameHunter().feed(log) == [log[8:-1]]


@pytest.mark.parametrize("length", [0, 3, 4097, 0xFFFF])
def test_an_impossible_length_costs_no_waiting(length: int) -> None:
    hunter = codec.FrameHunter()
    assert hunter.feed(codec.PREAMBLE + length.to_bytes(2, "big")) == []
    assert hunter.broken
    assert hunter.feed(FRAMES[0]) == [FRAMES[0][7:-1]]


def test_a_frame_behind_a_false_head_is_found_when_the_time_is_up() -> None:
    hunter = codec.FrameHunter()
    assert hunter.feed(codec.PREAMBLE + b"\x0f\xff" + FRAMES[1]) == []
    assert hunter.expire() == [FRAMES[1][7:-1]]


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        (b"Port already in use\r\n", "Port already in use"),
        (b"\xff\xfb\x03\xff\xfd\x00Port already\r\nin use", "Port already in use"),
        (b"", ""),
        (b"ok\r\n", ""),
        (b"\xaa\xaa\x96hello there", ""),
        (b"\x1b[2Jyour screen is mine", ""),
    ],
)
def test_words_on_the_line_are_told_from_noise(noise: bytes, said: str) -> None:
    assert codec.spoken(noise) == said


@pytest.mark.parametrize("request_", [codec.FIND, codec.SELECT, codec.SAM_ID, codec.NEWEST])
def test_a_late_read_answer_fits_no_other_request(request_: codec.Request) -> None:
    assert not request_.fits(codec.answer_of(CITIZEN_ANSWER[7:-1]))
    assert request_.fits(codec.Answer(0x24))
