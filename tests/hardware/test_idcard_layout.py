"""The four kinds of identity document, as tables walked both ways."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage, Garbled
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.idcard_layout import (
    LAYOUTS,
    compose_card,
    decode_card,
    decode_text,
    encode_newest,
    encode_text,
)
from tests.hardware.documents import CITIZEN, DOCUMENTS, NEWEST_ADDRESS, PHOTO, Document


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_written_as_published(document: Document) -> None:
    text = encode_text(document.kind, document.values)
    whole = codec.answer_frame(codec.DONE, codec.pack_read(text, PHOTO))
    assert whole[-1] == document.chk
    assert hashlib.sha256(whole).hexdigest() == document.sha256


@pytest.mark.clause("1.2")
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_read_as_it_was_written(document: Document) -> None:
    card = document.card(NEWEST_ADDRESS)
    values = decode_text(card.raw_text)
    assert {name: value for name, value in values.items() if value} == {
        **document.values,
        **({"kind": document.kind} if document.kind != " " else {}),
    }
    assert {name: getattr(card, name) for name in document.read} == document.read
    assert (card.kind, card.photo_wlt, card.newest_address) == (
        document.kind,
        PHOTO,
        NEWEST_ADDRESS,
    )


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_layout_covers_the_256_bytes_without_gap_or_overlap(kind: str) -> None:
    end = 0
    for row in sorted(LAYOUTS[kind].fields):
        assert row.offset == end
        assert row.length % 2 == 0
        assert row.source
        end += row.length
    assert end == 256


def test_a_long_latin_name_of_2023_runs_over_two_places() -> None:
    name = "VERYLONGFAMILYNAME, FIRST SECOND A THIRD FOURTH"[:46]
    card = compose_card("Y", {"name_latin": name})
    assert name[34] == " "  # the padding of the first place is part of the name
    assert card.name_latin == name


@pytest.mark.parametrize(
    ("end", "valid_to", "long_term"),
    [
        ("20350601", date(2035, 6, 1), False),
        ("长期", None, True),
        ("", None, False),
        ("20350231", None, False),
        ("2035061", None, False),
        ("２０３５０６０１", None, False),
        ("00000000", None, False),
    ],
)
def test_the_end_of_validity_is_a_day_for_life_or_unknown(
    end: str, valid_to: date | None, long_term: bool
) -> None:
    card = compose_card(" ", {**CITIZEN.values, "valid_to": end})
    assert (card.valid_to, card.long_term) == (valid_to, long_term)


def test_an_impossible_birthday_is_not_known() -> None:
    assert compose_card(" ", {**CITIZEN.values, "birth": "19850230"}).birth is None


def test_an_unknown_nation_stays_as_its_code() -> None:
    assert compose_card(" ", {**CITIZEN.values, "nation": "77"}).nation == "77"


def test_a_rare_character_of_the_private_area_is_kept() -> None:
    assert compose_card(" ", {**CITIZEN.values, "name": "张\ue863"}).name == "张\ue863"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张\x1b[2J", "张\\u001b[2J"),
        ("张\r\n三", "张\\u000d\\u000a三"),
        ("张\u202e三", "张\\u202e三"),
        ("张\u200b三", "张\\u200b三"),
        ("张\x9b三", "张\\u009b三"),
        ("张\u2028三", "张\\u2028三"),
    ],
)
def test_a_hostile_chip_cannot_steer_the_terminal(name: str, shown: str) -> None:
    assert compose_card(" ", {**CITIZEN.values, "name": name}).name == shown


@settings(deadline=None, max_examples=150)
@given(st.binary(min_size=256, max_size=256), st.sampled_from(list(LAYOUTS)), st.binary())
def test_no_bytes_of_a_chip_come_out_raw(noise: bytes, kind: str, newest: bytes) -> None:
    text = noise[:248] + kind.encode("utf-16-le") + noise[250:]
    card = decode_card(text, b"", newest)
    said = [getattr(card, field.name) for field in fields(card)]
    letters = "".join(value for value in said if isinstance(value, str))
    assert {unicodedata.category(letter) for letter in letters}.isdisjoint({"Cc", "Cf", "Cs"})


@pytest.mark.parametrize("size", [0, 255, 257])
def test_a_text_of_another_size_is_garbled(size: int) -> None:
    with pytest.raises(Garbled, match=r"device\.garbled"):
        decode_text(bytes(size))


@pytest.mark.parametrize(("mark", "shown"), [("Q", "Q"), ("\x1b", "\\u001b")])
def test_an_unknown_kind_is_not_guessed(mark: str, shown: str) -> None:
    text = bytearray(CITIZEN.card().raw_text)
    text[248:250] = mark.encode("utf-16-le")
    with pytest.raises(Garbled, match=r"idcard\.unknown_kind") as caught:
        decode_text(bytes(text))
    assert caught.value.facts == {"mark": shown}


def test_fields_padded_with_zeros_are_read_too() -> None:
    text = CITIZEN.card().raw_text.replace(b"\x20\x00", b"\x00\x00")
    card = decode_card(text, b"")
    assert (card.kind, card.name, card.issuer) == (" ", "张晓禾", "辉县市公安局")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "张" * 16}, "idcard.value_too_long"),
        ({"sex": "女性"}, "idcard.value_too_long"),
        ({"country": "CHN"}, "idcard.unknown_value"),
    ],
)
def test_what_a_chip_cannot_hold_is_refused(values: dict[str, str], code: str) -> None:
    with pytest.raises(BadUsage) as caught:
        encode_text(" ", values)
    assert caught.value.code == code


def test_a_newest_address_of_36_characters_is_refused() -> None:
    assert len(encode_newest("村" * 35)) == 70
    with pytest.raises(BadUsage, match=r"idcard\.value_too_long"):
        encode_newest("村" * 36)
