"""The application form: what must be in it, by path and by 人员类别 (1.1, 1.2, 6.1.2.1, 第六条)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sbk_tui.codes import code_tables
from sbk_tui.domain.application import (
    FIELDS,
    OTHER,
    REQUIRED,
    STUDENT,
    TOWN_RESIDENT,
    VILLAGER,
    WORKER,
    ApplicationForm,
    age_on,
    is_minor,
    required_fields,
    tidied,
)
from sbk_tui.domain.application_check import CODED, check
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Problem, Rules, Settings
from tests.people import (
    CHEN_KAKYIN,
    EVERYBODY,
    LIU_XIAOMAN,
    LIU_YANG,
    MARIE_DUPONT,
    SUN_CHENXI,
    WANG_XIUYING,
    ZHAO_TIEZHU,
    form_of,
)

TODAY = date(2026, 3, 2)
RULES = Rules(settings=Settings(), codes=code_tables())


def rules(**changed: Any) -> Rules:
    return replace(RULES, settings=replace(Settings(), **changed))


def problems(form: ApplicationForm, by: Rules = RULES, today: date = TODAY) -> dict[str, str]:
    """Return field → code; a field has one problem in these tests."""
    found = check(form, today=today, rules=by)
    assert len({problem.field for problem in found}) == len(found), found
    return {problem.field: problem.code for problem in found}


def only(form: ApplicationForm, by: Rules = RULES, today: date = TODAY) -> Problem:
    (problem,) = check(form, today=today, rules=by)
    return problem


def new_application(person: Person) -> ApplicationForm:
    return replace(form_of(person), path="new_application", bank="95588")


@pytest.mark.clause("1.2")
@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_a_complete_form_has_no_problem_on_either_path(person: Person) -> None:
    assert check(form_of(person), today=TODAY, rules=RULES) == ()
    assert check(new_application(person), today=TODAY, rules=RULES) == ()


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("person", "field"),
    [(LIU_YANG, field) for field in ("number", "sex", "nation", "birth", "photo", "name")]
    + [(LIU_YANG, field) for field in ("category", "status", "household", "country", "doc_type")]
    + [(LIU_YANG, field) for field in ("unit_code", "unit_name", "mobile", "postcode", "bank")]
    + [(LIU_XIAOMAN, field) for field in ("unit_code", "unit_name")]
    + [(LIU_XIAOMAN, f"guardian_{field}") for field in ("name", "number", "phone")]
    + [(ZHAO_TIEZHU, field) for field in ("village_code", "village_name")]
    + [(WANG_XIUYING, field) for field in ("village_code", "village_name")],
)
def test_each_item_of_the_capture_is_missed_at_its_field(person: Person, field: str) -> None:
    empty = None if field == "birth" else ""
    form = replace(form_of(person), **{field: empty})
    found = {p.field: p.code for p in check(form, today=TODAY, rules=RULES)}
    assert found[field] == "application.missing"


@pytest.mark.clause("A6", "6.1.2.1")
@pytest.mark.parametrize(
    ("person", "blanks", "field", "code"),
    [
        (LIU_YANG, ["status"], "status", "application.missing"),
        (LIU_YANG, ["household"], "household", "application.missing"),
        (LIU_YANG, ["address"], "address", "application.missing"),
        (LIU_YANG, ["mobile", "fixed_phone"], "mobile", "application.missing_either"),
        (LIU_YANG, ["mail_address"], "mail_address", "application.missing"),
        (LIU_YANG, ["unit_name"], "unit_name", "application.missing"),
        (LIU_YANG, ["unit_code"], "unit_code", "application.missing"),
        (ZHAO_TIEZHU, ["village_name"], "village_name", "application.missing"),
        (ZHAO_TIEZHU, ["village_code"], "village_code", "application.missing"),
        (LIU_YANG, ["bank"], "bank", "application.missing"),
    ],
)
def test_a_new_application_names_each_missing_item(
    person: Person, blanks: list[str], field: str, code: str
) -> None:
    problem = only(replace(new_application(person), **dict.fromkeys(blanks, "")))
    assert (problem.field, problem.code, problem.clause) == (field, code, "第六条")
    assert not problem.warning


@pytest.mark.clause("A6")
def test_a_new_application_names_all_that_is_missing_at_once() -> None:
    blank = ApplicationForm(path="new_application", country="")
    expected = (
        "name number doc_end sex nation country birth address mail_address mobile category "
        "status household bank photo"
    )
    assert set(problems(blank)) == set(expected.split())


@pytest.mark.clause("A6")
def test_the_bank_may_wait_at_the_capture_only() -> None:
    assert problems(replace(form_of(LIU_YANG), bank="00000")) == {}
    problem = only(replace(new_application(LIU_YANG), bank="00000"))
    assert (problem.field, problem.code, problem.clause) == (
        "bank",
        "application.bank_pending",
        "第六条",
    )


@pytest.mark.clause("A6")
def test_a_captured_form_can_be_judged_on_its_way_to_a_temporary_card() -> None:
    found = check(form_of(LIU_YANG), today=TODAY, rules=RULES, path="new_application")
    assert [(p.field, p.code) for p in found] == [("bank", "application.bank_pending")]


@pytest.mark.clause("A6")
def test_a_fixed_phone_is_enough_for_a_new_application_but_not_for_the_capture() -> None:
    assert problems(replace(new_application(WANG_XIUYING), mobile="")) == {}
    assert problems(replace(form_of(WANG_XIUYING), mobile="")) == {"mobile": "application.missing"}


@pytest.mark.clause("A6")
def test_the_office_may_ask_a_unit_of_everyone_as_the_text_says() -> None:
    form = new_application(ZHAO_TIEZHU)
    by_letter = rules(temp_require_unit_for_all=True)
    assert problems(form, by_letter) == {
        "unit_code": "application.missing",
        "unit_name": "application.missing",
    }
    with_unit = replace(form, unit_code="41078300001", unit_name="长垣市示例农机合作社")
    assert problems(with_unit, by_letter) == {}
    assert set(problems(with_unit)) == {"unit_code", "unit_name"}
    assert problems(form_of(ZHAO_TIEZHU), by_letter) == {}


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("person", "changed", "code"),
    [
        (LIU_YANG, {"village_code": "410702001016"}, "application.not_for_category"),
        (LIU_YANG, {"village_name": "曙光社区"}, "application.not_for_category"),
        (LIU_YANG, {"school_class": "一班"}, "application.not_for_category"),
        (ZHAO_TIEZHU, {"unit_code": "4107"}, "application.not_for_category"),
        (WANG_XIUYING, {"unit_name": "示例厂"}, "application.not_for_category"),
        (LIU_XIAOMAN, {"school_class": "五年级二班"}, None),
        (LIU_YANG, {"guardian_name": "刘大海"}, "application.guardian_not_needed"),
        (LIU_YANG, {"category": "7"}, "application.unknown_code"),
        (LIU_YANG, {"country": "China"}, "application.unknown_code"),
        (LIU_YANG, {"country": "PER"}, None),  # not in our list, understood as it stands
        (LIU_YANG, {"household": "51"}, None),
        (LIU_YANG, {"nation": "57"}, "application.unknown_code"),
        (LIU_YANG, {"bank": "12345"}, "application.unknown_code"),
        (LIU_YANG, {"mobile": "0373-3051234"}, "phone.not_mobile"),
        (LIU_YANG, {"fixed_phone": "123"}, "phone.form"),
        (LIU_YANG, {"email": "liu"}, "email.form"),
        (LIU_YANG, {"address": "路" * 51}, "text.too_long"),
        (LIU_YANG, {"unit_name": "厂\x1b[2J"}, "text.control"),
        (LIU_YANG, {"photo": "\u202e"}, "text.hidden"),
        (ZHAO_TIEZHU, {"village_code": "410783103"}, "division.not_village"),
        (LIU_YANG, {"old_card": "B0000001"}, "card_number.form"),
        (MARIE_DUPONT, {"nation": ""}, None),
        (CHEN_KAKYIN, {"nation": ""}, None),
    ],
)
def test_one_wrong_field_is_one_problem(
    person: Person, changed: dict[str, str], code: str | None
) -> None:
    found = check(replace(form_of(person), **changed), today=TODAY, rules=RULES)
    expected = [] if code is None else [(next(iter(changed)), code, False)]
    assert [(p.field, p.code, p.warning) for p in found] == expected


@pytest.mark.clause("1.2", "F1")
@pytest.mark.parametrize(
    ("person", "changed", "field", "code"),
    [
        (LIU_YANG, {"birth": date(1988, 3, 21)}, "birth", "application.birth_differs"),
        (LIU_YANG, {"sex": "2"}, "sex", "application.sex_differs"),
        (LIU_YANG, {"doc_type": "08"}, "doc_type", "application.document_number"),
        (LIU_YANG, {"doc_end": date(2026, 3, 1)}, "doc_end", "application.document_expired"),
        (LIU_YANG, {"old_card": "B00000018"}, "old_card", "card_number.check"),
        (LIU_YANG, {"postcode": "100000"}, "postcode", "postcode.elsewhere"),
        (LIU_YANG, {"old_card_asked": False}, "old_card", "application.old_card_not_asked"),
    ],
)
def test_what_deserves_a_second_look_is_a_warning(
    person: Person, changed: dict[str, Any], field: str, code: str
) -> None:
    problem = only(replace(form_of(person), **changed))
    assert (problem.field, problem.code, problem.warning) == (field, code, True)


@pytest.mark.clause("F1")
def test_an_expired_document_stops_a_new_application() -> None:
    problem = only(replace(new_application(LIU_YANG), doc_end=TODAY - timedelta(days=1)))
    assert (problem.code, problem.warning, problem.clause) == (
        "application.document_expired",
        False,
        "F1",
    )
    assert problems(replace(new_application(LIU_YANG), doc_end=TODAY)) == {}


def test_a_document_ends_on_a_day_or_never() -> None:
    form = form_of(LIU_YANG)
    assert problems(replace(form, long_term=True)) == {"doc_end": "application.document_end_twice"}
    assert problems(replace(form, doc_end=None, long_term=True)) == {}
    assert problems(replace(form, doc_end=None)) == {"doc_end": "application.missing_either"}


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("birth", "today", "reference", "minor"),
    [
        (date(2010, 12, 31), date(2026, 1, 1), "year_end", False),
        (date(2010, 12, 31), date(2026, 1, 1), "today", True),
        (date(2010, 12, 31), date(2026, 12, 31), "today", False),
        (date(2011, 1, 1), date(2026, 12, 31), "year_end", True),
        (date(2010, 6, 1), date(2025, 12, 31), "year_end", True),
        (date(2012, 2, 29), date(2028, 2, 28), "today", True),
        (date(2012, 2, 29), date(2028, 2, 29), "today", False),
    ],
)
def test_minors_are_counted_at_the_end_of_the_year(
    birth: date, today: date, reference: str, minor: bool
) -> None:
    office = rules(minor_reference=reference).settings
    assert is_minor(birth, today, office) is minor


def test_a_birthday_on_29_february_comes_on_1_march() -> None:
    assert age_on(date(2027, 2, 28), date(2008, 2, 29)) == 18
    assert age_on(date(2027, 3, 1), date(2008, 2, 29)) == 19


@pytest.mark.clause("1.2")
def test_a_minor_is_no_worker_and_needs_a_guardian() -> None:
    child = replace(form_of(LIU_XIAOMAN), category=WORKER)
    assert problems(child) == {"category": "application.minor_worker"}
    grown = form_of(SUN_CHENXI)
    assert problems(grown) == {}
    by_day = rules(minor_reference="today")
    assert set(problems(grown, by_day)) == {"guardian_name", "guardian_number", "guardian_phone"}


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("guardian", "today", "code"),
    [
        (LIU_XIAOMAN, TODAY, "application.guardian_younger"),  # the child itself
        (SUN_CHENXI, TODAY, "application.guardian_not_adult"),
        (SUN_CHENXI, date(2028, 12, 30), "application.guardian_not_adult"),
        (SUN_CHENXI, date(2028, 12, 31), None),
        (MARIE_DUPONT, TODAY, None),  # her number tells no age
    ],
)
def test_a_guardian_is_grown_up(guardian: Person, today: date, code: str | None) -> None:
    form = replace(form_of(LIU_XIAOMAN), guardian_number=guardian.number)
    found = problems(form, today=today)
    assert found == ({} if code is None else {"guardian_number": code})


@pytest.mark.clause("1.1")
def test_a_proxy_gives_name_number_and_phone() -> None:
    form = replace(form_of(LIU_YANG), proxy_relation="1")
    assert problems(form) == dict.fromkeys(
        ["proxy_name", "proxy_number", "proxy_phone"], "application.missing"
    )
    assert set(problems(form, rules(proxy_require_own_id=False))) == {"proxy_name", "proxy_phone"}
    whole = replace(
        form,
        proxy_name=WANG_XIUYING.name,
        proxy_number=WANG_XIUYING.number,
        proxy_phone=WANG_XIUYING.mobile,
    )
    assert problems(whole) == {}
    with_letter = rules(proxy_require_letter=True)
    assert problems(whole, with_letter) == {"proxy_letter": "application.letter_missing"}
    assert problems(replace(whole, proxy_letter=True), with_letter) == {}
    oneself = replace(whole, proxy_number=LIU_YANG.number)
    assert problems(oneself) == {"proxy_number": "application.proxy_self"}


def test_a_number_in_the_wrong_field_does_not_travel_as_a_fact() -> None:
    problem = only(replace(form_of(LIU_YANG), category=LIU_YANG.number))
    assert (problem.code, problem.facts) == ("application.unknown_code", {"given": "410702"})


def test_nobody_is_born_tomorrow() -> None:
    form = replace(form_of(LIU_XIAOMAN), birth=TODAY + timedelta(days=1))
    codes = [(p.field, p.code) for p in check(form, today=TODAY, rules=RULES)]
    assert ("birth", "application.birth_future") in codes


def test_a_form_is_stored_tidy_and_an_untidy_one_is_noticed() -> None:
    typed = replace(
        form_of(LIU_YANG), number="410702880312041", name="刘　洋", mobile="+86 13800370001"
    )
    assert tidied(typed) == form_of(LIU_YANG)
    assert problems(typed) == dict.fromkeys(["name", "number", "mobile"], "application.untidy")


def test_problems_come_in_the_order_of_the_form() -> None:
    found = check(ApplicationForm(), today=TODAY, rules=RULES)
    places = [FIELDS.index(problem.field) for problem in found]
    assert places == sorted(places)
    assert found[0].field == "name"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            field: st.text(max_size=20)
            for field in FIELDS
            if isinstance(getattr(ApplicationForm(), field), str) and field != "path"
        },
    )
)
@settings(deadline=None, max_examples=150)
def test_any_rubbish_is_judged_and_facts_hold_no_number(rubbish: dict[str, str]) -> None:
    form = tidied(replace(form_of(LIU_YANG), **rubbish))
    assert tidied(form) == form
    for problem in check(form, today=TODAY, rules=RULES):
        assert problem.field in FIELDS
        assert LIU_YANG.number not in str(problem.facts)
        assert problem.code != "application.untidy"


def test_a_form_survives_its_record() -> None:
    form = form_of(LIU_XIAOMAN)
    packed = msgspec.msgpack.encode(tidied(form))
    assert msgspec.msgpack.decode(packed, type=ApplicationForm) == form
    assert len(msgspec.msgpack.decode(packed)) == len(FIELDS)


@pytest.mark.clause("1.2", "6.1.2.1", "A6")
@pytest.mark.parametrize(
    ("category", "unit", "village"),
    [
        (WORKER, True, False),
        (TOWN_RESIDENT, False, True),
        (VILLAGER, False, True),
        (STUDENT, True, False),
        (OTHER, False, True),
    ],
)
def test_unit_or_village_is_asked_by_category(category: str, unit: bool, village: bool) -> None:
    for path in ("capture", "new_application"):
        needs = required_fields(path, category, Settings())  # type: ignore[arg-type]
        asked = {need.fields[0] for need in needs}
        assert ({"unit_code", "unit_name"} <= asked) is unit
        assert ({"village_code", "village_name"} <= asked) is village


def test_the_tables_speak_of_fields_and_codes_that_exist() -> None:
    assert {field for need in REQUIRED for field in need.fields} <= set(FIELDS)
    assert all(need.capture or need.new_application for need in REQUIRED)
    assert set(CODED) <= set(FIELDS)
    assert set(CODED.values()) <= set(code_tables())
