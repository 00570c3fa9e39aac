"""The one gate for text from outside, and the names that pass it."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.people import Person
from sbk_tui.domain.text import Address, PersonName, UnitName, clean, escaped, plain, wire_length
from sbk_tui.errors import Refusal
from tests.people import EVERYBODY

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.mark.parametrize(
    ("text", "code", "char", "place"),
    [
        ("刘\x1b[2J洋", "text.control", "U+001B", 2),
        ("刘\x9b洋", "text.control", "U+009B", 2),
        ("刘\n洋", "text.control", "U+000A", 2),
        ("刘\u2028洋", "text.control", "U+2028", 2),
        ("\u202e刘洋", "text.hidden", "U+202E", 1),
        ("刘\u2066洋", "text.hidden", "U+2066", 2),
        ("刘洋\u200b", "text.hidden", "U+200B", 3),
        ("刘洋\ufeff", "text.hidden", "U+FEFF", 3),
        ("刘\ufe0f", "text.hidden", "U+FE0F", 2),
        ("刘\U000e0100", "text.hidden", "U+E0100", 2),
        ("刘\U000e0041", "text.hidden", "U+E0041", 2),
        ("刘\ue000", "text.private", "U+E000", 2),
        ("刘\U000f0000", "text.private", "U+F0000", 2),
        ("刘\udc80", "text.broken", "U+DC80", 2),
        ("刘\uffff", "text.broken", "U+FFFF", 2),
        ("刘\u0378", "text.broken", "U+0378", 2),
    ],
)
def test_what_could_fool_terminal_or_eye_is_refused(
    text: str, code: str, char: str, place: int
) -> None:
    for parse in (clean, PersonName.parse, Address.parse, UnitName.parse):
        with pytest.raises(Refusal) as caught:
            parse(text)
        assert (caught.value.code, caught.value.facts) == (code, {"char": char, "place": place})


@given(ANY_TEXT)
@settings(deadline=None, max_examples=300)
def test_what_passes_is_composed_and_visible(text: str) -> None:
    try:
        passed = clean(text)
    except Refusal:
        return
    assert passed == unicodedata.normalize("NFC", text)
    assert escaped(passed).replace("\\\\", "\\") == passed


@given(ANY_TEXT)
@settings(deadline=None, max_examples=300)
def test_escaped_text_always_passes_the_gate(text: str) -> None:
    assert clean(unicodedata.normalize("NFC", escaped(text))) is not None


def test_markup_is_text_for_the_gate() -> None:
    assert clean("[@click=app.quit]") == "[@click=app.quit]"


def test_evidence_tells_hidden_characters_apart() -> None:
    assert escaped("刘\x1b\u202e\U000e0041\\x1b") == "刘\\x1b\\u202e\\U000e0041\\\\x1b"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("刘洋", "刘洋"),
        (" 刘　洋 ", "刘洋"),
        ("麦麦提江•艾力", "麦麦提江·艾力"),
        ("麦麦提江．艾力", "麦麦提江·艾力"),
        ("麦麦提江 ・ 艾力", "麦麦提江·艾力"),
        ("𠮷㐂", "𠮷㐂"),
        ("王\U00031350", "王\U00031350"),  # extension H: unassigned in older Unicode tables
        ("〇一", "〇一"),
        ("豈", "豈"),  # a compatibility character becomes the common one
        ("ＭＡＲＩＥ  dupont", "MARIE dupont"),
        ("É\u0301lodie".replace("É", "E"), "Élodie"),
    ],
)
def test_a_name_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert PersonName.parse(typed) == unicodedata.normalize("NFC", stored)


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_names_of_real_shapes_pass(person: Person) -> None:
    assert PersonName.parse(person.name) == person.name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name.empty"),
        (" 　", "name.empty"),
        ("刘洋1", "name.character"),
        ("刘[red]洋", "name.character"),
        ("O'BRIEN", "name.character"),
        ("Иван", "name.character"),
        ("·刘洋", "name.dot"),
        ("刘洋·", "name.dot"),
        ("刘··洋", "name.dot"),
        ("·", "name.dot"),
    ],
)
def test_what_is_no_name_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        PersonName.parse(typed)
    assert caught.value.code == code


@pytest.mark.parametrize(("name", "over"), [("阿" * 25, 0), ("阿" * 26, 2), ("𠮷" * 13, 2)])
def test_a_name_is_measured_in_bytes_of_the_wire(name: str, over: int) -> None:
    if not over:
        assert wire_length(PersonName.parse(name)) == PersonName.most
        return
    with pytest.raises(Refusal) as caught:
        PersonName.parse(name)
    assert (caught.value.code, caught.value.facts) == ("name.too_long", {"over": over, "most": 50})


@given(ANY_TEXT)
@settings(deadline=None, max_examples=300)
def test_a_parsed_name_parses_to_itself(text: str) -> None:
    try:
        name = PersonName.parse(text)
    except Refusal:
        return
    assert PersonName.parse(name) == name
    assert wire_length(name) <= PersonName.most


def test_an_address_of_51_characters_would_be_cut_by_the_province() -> None:
    assert Address.parse("路" * 50) == "路" * 50
    with pytest.raises(Refusal) as caught:
        Address.parse("路" * 51)
    assert caught.value.facts == {"over": 2, "most": 100}
    assert UnitName.parse("示例　学校 ") == "示例 学校"


def test_a_parsed_name_is_stored_as_plain_text() -> None:
    packed = msgspec.msgpack.encode([PersonName.parse("刘洋")], enc_hook=plain)
    assert packed == msgspec.msgpack.encode(["刘洋"])
    with pytest.raises(NotImplementedError):
        msgspec.msgpack.encode([object()], enc_hook=plain)
