"""A record on its slip: the whole of it, in few characters, for nobody else (B1)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data.log import find
from sbk_tui.data.record import Record, chain_hash, hash_payload
from sbk_tui.data.slip_code import PREFIX, SlipCodes, read_code, slip_code, slip_key
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, TemporaryLoss
from sbk_tui.errors import Refusal
from tests.data.conftest import KEY, Office
from tests.data.days import CARDS, SELF, stock

OURS, OTHERS = slip_key(KEY), slip_key(bytes(32))
GOLDEN = Path(__file__).parent.parent / "golden" / "unreleased.json"


def golden() -> list[Record]:
    """Return a record of every kind of operation."""
    rows = json.loads(GOLDEN.read_text())
    return [msgspec.msgpack.decode(bytes.fromhex(row[2]), type=Record) for row in rows]


@pytest.mark.clause("B1")
@pytest.mark.parametrize("record", golden(), ids=lambda record: record.read().kind)
def test_a_record_of_any_kind_comes_back_byte_for_byte(record: Record) -> None:
    code = slip_code(record, OURS)
    if code:  # a list of many cards has no place on a paper
        assert read_code(code, OURS) == record


@pytest.mark.clause("B1")
def test_what_a_clerk_does_at_the_window_fits_into_four_hundred_bytes(office: Office) -> None:
    office.do(stock())
    codes = SlipCodes(office.opened.store, OURS)
    for operation in (
        IssueToPerson(card=CARDS[0], receiver=SELF),
        Enable(card=CARDS[0]),
        TemporaryLoss(
            card=CARDS[0], caller_name="欧阳示例", caller_phone="13800000000",
            until=date(2026, 12, 3),
        ),
        FormalLoss(
            card=CARDS[0], id_shown=True, proxy_name="欧阳示例", proxy_number="410782198503140028"
        ),
    ):  # fmt: skip
        op = office.do(operation).op
        code = codes.of(op)
        assert (len(code) - len(PREFIX)) * 5 // 8 <= 400
        assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:")  # the small alphabet
        assert codes.of(op) == code  # a reprint shows what the first print did
        with office.opened.store.session() as db:
            stored = find(db, op)
        assert stored is not None
        assert read_code(code, OURS) == stored.record
    assert codes.of("0" * 32) == ""


@settings(deadline=None, max_examples=60)
@given(payload=st.binary(max_size=120), ids=st.lists(st.binary(min_size=16, max_size=16)))
def test_any_bytes_come_back(payload: bytes, ids: list[bytes]) -> None:
    text = b"".join(found.hex().encode() + b"\xc1" for found in ids[:6]) + payload
    salt, prev = bytes(16), bytes(range(32))
    envelope = b"a" + hash_payload(salt, text) + text[:40]
    record = Record(
        envelope=envelope, payload=text, salt=salt, prev=prev, hash=chain_hash(prev, envelope),
        counter_sig=bytes(64), clerk_sig=bytes(range(64)),
    )  # fmt: skip
    code = slip_code(record, OURS)
    assert not code or read_code(code, OURS) == record


CODE = next(filter(None, (slip_code(record, OURS) for record in golden()[1:])))


def test_small_letters_and_spaces_of_a_reader_do_no_harm() -> None:
    spaced = " ".join(CODE.lower()[at : at + 8] for at in range(0, len(CODE), 8))
    assert read_code(f"  {spaced}\r", OURS) == read_code(CODE, OURS)


@settings(deadline=None, max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), char=st.sampled_from("ABCDXYZ27"))
def test_a_changed_character_is_noticed(place: float, char: str) -> None:
    at = len(PREFIX) + int(place * (len(CODE) - len(PREFIX) - 1))  # the last one has spare bits
    changed = CODE[:at] + char + CODE[at + 1 :]
    if changed != CODE:
        with pytest.raises(Refusal):
            read_code(changed, OURS)


@pytest.mark.parametrize(
    "text", ["", "SBK1:", "SBK1:AAAA", "SBK1:!!!!", "https://example.invalid/"]
)
def test_what_is_no_code_is_told(text: str) -> None:
    with pytest.raises(Refusal) as raised:
        read_code(text, OURS)
    assert raised.value.code == "slip.unreadable"


def test_a_part_of_a_code_and_a_slip_of_another_counter_say_nothing() -> None:
    for text, key in ((CODE[:-9], OURS), (CODE, OTHERS)):
        with pytest.raises(Refusal) as raised:
            read_code(text, key)
        assert raised.value.code in ("slip.of_another", "slip.unreadable")
