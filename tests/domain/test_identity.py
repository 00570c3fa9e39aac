"""社会保障号码, 社保卡号, bank cards, phones, postcodes and division codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.identity import (
    BankCardNumber,
    CardNumber,
    DivisionCode,
    Email,
    NumberKind,
    Phone,
    Postcode,
    SocialNumber,
    UnitCode,
    card_check,
    luhn_ok,
    mod11_2,
)
from sbk_tui.domain.people import Person
from sbk_tui.errors import Refusal
from tests.people import (
    CHEN_KAKYIN,
    DAVID_SMITH,
    EVERYBODY,
    LIU_YANG,
    MARIE_DUPONT,
    ZENG_LE,
    ZHAO_TIEZHU,
)

DIGITS = st.text("0123456789", min_size=17, max_size=17)
BIRTHS = st.dates(date(1800, 1, 1), date(2099, 12, 31))


def refused(parse: Callable[[str], object], text: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse(text)
    return caught.value


@given(DIGITS)
@settings(deadline=None, max_examples=100)
def test_the_check_character_makes_the_weighted_sum_one(body: str) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    assert mod11_2(body) == "10X98765432"[total % 11]


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_a_number_tells_birth_and_sex_of_its_owner(person: Person) -> None:
    number = SocialNumber.parse(person.number)
    assert number == person.number
    assert number.birth in {person.birth, None}
    assert number.sex in {person.sex, ""}


@pytest.mark.parametrize(
    ("person", "kind", "region", "tells_birth"),
    [
        (LIU_YANG, NumberKind.CITIZEN, "410702", True),
        (ZHAO_TIEZHU, NumberKind.CITIZEN, "410728", True),  # a code of before 2019
        (CHEN_KAKYIN, NumberKind.RESIDENCE_PERMIT, "810000", True),
        (DAVID_SMITH, NumberKind.PERMANENT_RESIDENT, "", True),
        (MARIE_DUPONT, NumberKind.SPECIAL, "", False),
    ],
)
def test_a_number_tells_whose_it_is(
    person: Person, kind: NumberKind, region: str, tells_birth: bool
) -> None:
    number = SocialNumber.parse(person.number)
    assert (number.kind, number.region) == (kind, region)
    assert number.is_citizen is (kind is NumberKind.CITIZEN)
    assert (number.birth is not None) is tells_birth


@given(BIRTHS, st.integers(0, 999), st.sampled_from(["410702", "410728", "110101", "830000"]))
@settings(deadline=None, max_examples=100)
def test_any_real_birth_date_survives_the_round_trip(
    birth: date, sequence: int, region: str
) -> None:
    body = f"{region}{birth:%Y%m%d}{sequence:03d}"
    number = SocialNumber.parse(body + mod11_2(body))
    assert number.birth == birth
    assert number.sex == ("1" if sequence % 2 else "2")
    assert SocialNumber.parse(number) == number


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("41070319950808102x", ZENG_LE.number),
        (" 410703 19950808 102X ", ZENG_LE.number),
        ("４１０７０３１９９５０８０８１０２Ｘ", ZENG_LE.number),
        ("410702880312041", LIU_YANG.number),  # 15 digits of before 1999
        ("fra012ab34567", MARIE_DUPONT.number),
    ],
)
def test_a_number_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert SocialNumber.parse(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "number.length"),
        ("4107021988031204", "number.length"),
        ("4107021988031204144", "number.length"),
        ("41070288031204X", "number.length"),  # 15 characters, not digits
        ("4107021988031204A4", "number.characters"),
        ("X10702198803120414", "number.characters"),
        ("410702198803120415", "number.check"),
        ("410702198803120441", "number.check"),  # two digits exchanged
        ("410702198802300413", "number.birth"),  # 30 February, right check digit
        ("410702178803120416", "number.birth"),
        ("410702890230041", "number.birth"),  # 15 digits, 30 February
        ("4.107E+17", "number.spreadsheet"),
        ("4.107021988031204e17", "number.spreadsheet"),
        ("４．１０７Ｅ＋１７", "number.spreadsheet"),
        ("410703199508081000", "number.spreadsheet"),  # 15 digits kept, zeros filled in
        ("41070219880312041\x1b", "text.control"),
        ("410702198803120414\u202e", "text.hidden"),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(typed: str, code: str) -> None:
    refusal = refused(SocialNumber.parse, typed)
    assert refusal.code == code
    assert not typed or typed not in str(refusal.facts)


@given(st.sampled_from([p.number for p in EVERYBODY if len(p.number) == 18]), st.data())
@settings(deadline=None, max_examples=100)
def test_one_wrong_digit_never_passes(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 16))
    digit = data.draw(st.sampled_from(sorted(set("0123456789") - {number[place]})))
    with pytest.raises(Refusal):
        SocialNumber.parse(number[:place] + digit + number[place + 1 :])


@given(st.text(max_size=24))
@settings(deadline=None, max_examples=200)
def test_any_text_is_a_number_or_a_refusal_without_the_text(text: str) -> None:
    facts: set[str] = set()
    try:
        number = SocialNumber.parse(text)
    except Refusal as refusal:
        facts.update(refusal.facts)
    else:
        assert SocialNumber.parse(number) == number
    assert facts <= {"length", "char", "place"}


def test_a_traceback_shows_no_full_number() -> None:
    assert repr(SocialNumber.parse(LIU_YANG.number)) == "SocialNumber(410***********0414)"
    assert repr(Phone.parse("13800370001")) == "Phone(138****0001)"
    assert (
        repr(BankCardNumber.parse("6222020000000000000")) == "BankCardNumber(622202*********0000)"
    )


@pytest.mark.parametrize(
    ("number", "ok"),
    [
        ("B00000019", True),  # [1] K4
        ("B4107003X", True),
        ("B00000018", False),
        ("A12345674", True),
        ("A12345X74", False),
    ],
)
def test_a_wrong_check_character_of_a_card_is_only_a_warning(number: str, ok: bool) -> None:
    assert CardNumber.parse(number.lower()) == number
    assert CardNumber.parse(number).check_ok is ok
    assert (card_check(number[:8]) == number[8]) is ok


@pytest.mark.parametrize(
    "typed", ["", "B0000001", "B000000190", "B0000001B", "B000-0019", "社00000019"]
)
def test_a_card_number_of_another_form_is_refused(typed: str) -> None:
    assert refused(CardNumber.parse, typed).code == "card_number.form"


@given(st.text("0123456789", min_size=15, max_size=18))
@settings(deadline=None, max_examples=100)
def test_exactly_one_luhn_digit_fits(body: str) -> None:
    assert sum(luhn_ok(body + digit) for digit in "0123456789") == 1


def test_a_bank_card_is_read_without_blanks_and_judged_by_luhn() -> None:
    assert BankCardNumber.parse("6222 0200 0000 0000 000").check_ok is True
    assert BankCardNumber.parse("6222020000000000001").check_ok is False
    assert refused(BankCardNumber.parse, "62220200").code == "bank_card.form"
    assert refused(BankCardNumber.parse, "6.22202E+18").code == "number.spreadsheet"


@pytest.mark.parametrize(
    ("typed", "stored", "mobile"),
    [
        ("13800370001", "13800370001", True),
        ("+86 138 0037 0001", "13800370001", True),
        ("1380037000１", "13800370001", True),
        ("0373-3051234", "0373-3051234", False),
        ("03733051234", "03733051234", False),
        ("3051234", "3051234", False),
        ("0373-3051234-801", "0373-3051234-801", False),
    ],
)
def test_a_phone_is_mobile_or_fixed(typed: str, stored: str, mobile: bool) -> None:
    phone = Phone.parse(typed)
    assert (phone, phone.is_mobile) == (stored, mobile)


@pytest.mark.parametrize("typed", ["", "12800370001", "1380037000", "138003700011", "010-12345678"])
def test_another_phone_is_refused(typed: str) -> None:
    assert refused(Phone.parse, typed).code == "phone.form"


def test_a_fixed_number_is_no_mobile() -> None:
    assert refused(Phone.parse_mobile, "0373-3051234").code == "phone.not_mobile"
    assert Phone.parse_mobile("13800370001") == "13800370001"


def test_small_codes_have_their_forms() -> None:
    assert Postcode.parse("453000").is_local is True
    assert Postcode.parse("100000").is_local is False
    assert refused(Postcode.parse, "45300").code == "postcode.form"
    assert DivisionCode.parse("410702").is_village is False
    assert DivisionCode.parse_village("410702001016").county == "410702"
    assert refused(DivisionCode.parse, "41070200").code == "division.form"
    assert refused(DivisionCode.parse_village, "410702001").code == "division.not_village"
    assert UnitCode.parse("4107 0200 123") == "41070200123"
    assert refused(UnitCode.parse, "1" * 21).code == "unit_code.form"
    assert Email.parse("liu@example.org") == "liu@example.org"
    assert refused(Email.parse, "liu@example").code == "email.form"
    assert refused(Email.parse, f"{'l' * 30}@example.org").code == "text.too_long"
