"""修改个人信息 through the ledger: old and new linked, both findable, nothing by one clerk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sbk_tui.data.audit import verify
from sbk_tui.domain.identity import mod11_2
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.correct import Change, ChangePhoto, Correct
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.errors import Outdated, Refusal
from tests.data.conftest import RULES, Office, letters, make_office
from tests.data.days import CARDS, HOLDERS, rename, stock
from tests.people import CHANG_GUILAN, LIU_XIAOMAN, WANG_XIUYING, form_of

FIRST = next(iter(HOLDERS))
NEW = "41078219850315001"
NEW += mod11_2(NEW)


def change(field: str, before: str, after: str) -> Change:
    return Change(field=field, before=before, after=after)


def correct(*changes: Change, person: str = FIRST, proof: str = "户口簿") -> Correct:
    return Correct(person=person, changes=changes, proof=proof)


def person(office: Office, key: str = FIRST) -> Person:
    found = office.lookup.dossier(key)
    assert found is not None
    return found.person


def found(office: Office, text: str) -> list[str]:
    return [hit.person.id for hit in office.lookup.find(text)]


OLD = stock().lines[0].number


@pytest.mark.clause("F2")
def test_a_new_name_and_number_are_linked_to_the_old_ones_and_both_are_found(
    office: Office,
) -> None:
    office.do(stock())
    office.do(correct(change("name", "持卡人甲", "吴𠮷"), change("number", OLD, NEW)))
    dossier = office.lookup.dossier(FIRST)
    assert dossier is not None
    assert (dossier.person.name, dossier.person.number) == ("吴𠮷", NEW)
    assert [(f.name, f.number, f.proof) for f in dossier.formers] == [("持卡人甲", OLD, "户口簿")]
    for text in (OLD, NEW, OLD[-6:], NEW[-6:], "吴𠮷", "持卡人甲"):
        assert found(office, text)[0] == FIRST, text
    assert dossier.timeline[0].kind == "person.correct"
    assert verify(office.opened.store, key=office.key, initials=letters).flaws == ()


@pytest.mark.clause("F2")
def test_a_list_made_before_the_change_still_finds_its_holder(office: Office) -> None:
    office.do(stock())
    office.do(correct(change("name", "持卡人甲", "新名"), change("number", OLD, NEW)))
    late = replace(stock().lines[0], card="B00000051", person="e" * 32)
    office.do(TakeIn(batch="2", lines=(late,)))
    dossier = office.lookup.dossier(FIRST)
    assert dossier is not None
    assert [card.number for card in dossier.cards] == [CARDS[0], "B00000051"]
    assert office.lookup.person("e" * 32) is None


@pytest.mark.clause("F2")
def test_a_number_that_passed_to_somebody_else_is_theirs(office: Office) -> None:
    """重号: two people had one number; one of them gets a new one, the other keeps it."""
    office.do(stock())
    office.do(correct(change("number", OLD, NEW)))
    other = replace(stock().lines[0], card="B00000051", person="e" * 32, name="别人")
    with pytest.raises(Refusal) as refused:
        office.do(TakeIn(batch="2", lines=(other,)))
    assert refused.value.code == "batch.name_differs"


@pytest.mark.clause("F2")
@pytest.mark.parametrize(("wish", "code"), [
    (correct(), "correct.nothing"),
    (correct(change("photo", "", "1:00")), "correct.field"),
    (correct(change("name", "持卡人甲", "新名"), proof=""), "correct.proof"),
    (correct(change("name", "持卡人甲", "新名"), proof="证" * 101), "correct.proof_long"),
    (correct(change("name", "持卡人甲", "")), "application.missing"),
    (correct(change("name", "持卡人甲", "新 名")), "application.untidy"),
    (correct(change("name", "持卡人甲", "新\u202e名")), "text.hidden"),
    (correct(change("number", OLD, OLD[:-1] + "2")), "number.check"),
    (correct(change("mobile", "", "123")), "phone.form"),
    (correct(change("birth", "", "1985-02-30")), "field.date"),
    (correct(change("sex", "", "7")), "application.unknown_code"),
    (correct(change("number", OLD, NEW), person="f" * 32), "person.unknown"),
])  # fmt: skip
def test_what_cannot_be_corrected(office: Office, wish: Correct, code: str) -> None:
    office.do(stock())
    before = person(office)
    with pytest.raises(Refusal) as refused:
        office.do(wish)
    assert refused.value.code == code
    assert person(office) == before


@pytest.mark.clause("F2")
def test_a_number_of_somebody_else_cannot_be_taken(office: Office) -> None:
    office.do(stock())
    office.do(correct(change("number", OLD, NEW)))
    second, number = list(HOLDERS)[1], stock().lines[1].number
    with pytest.raises(Refusal) as refused:
        office.do(correct(change("number", number, NEW), person=second))
    assert refused.value.code == "correct.number_taken"


@pytest.mark.clause("F2")
def test_gaps_of_a_person_from_a_list_do_not_stand_in_the_way(office: Office) -> None:
    office.do(stock())
    office.do(correct(change("mobile", "", "13800001234"), proof=""))
    assert person(office).mobile == "13800001234"
    dossier = office.lookup.dossier(FIRST)
    assert dossier is not None
    assert dossier.formers == ()


@pytest.mark.clause("F2", "1.2")
@pytest.mark.parametrize(("guardian", "code"), [
    ("410702201601010019", "application.guardian_younger"),
    (CHANG_GUILAN.number, ""),
])  # fmt: skip
def test_a_guardian_is_older_than_the_child(office: Office, guardian: str, code: str) -> None:
    child = LIU_XIAOMAN
    office.do(Apply(person=child.id, form=form_of(child)))
    wish = correct(change("guardian_number", child.guardian_number, guardian), person=child.id)
    if code:
        with pytest.raises(Refusal) as refused:
            office.do(wish)
        assert refused.value.code == code
    else:
        office.do(wish)
        assert person(office, child.id).guardian_number == guardian


@pytest.mark.clause("F2")
def test_an_older_look_at_the_person_is_asked_again(office: Office) -> None:
    office.do(stock())
    office.do(rename(FIRST, "持卡人甲", "新名"))
    with pytest.raises(Outdated):
        office.do(rename(FIRST, "持卡人甲", "又名"))


@pytest.mark.clause("F2")
def test_nobody_applies_around_a_correction(office: Office) -> None:
    """申领 under another name, or a number that was changed, is no way past proof and 复核."""
    office.do(Apply(person=WANG_XIUYING.id, form=form_of(WANG_XIUYING)))
    other = replace(form_of(WANG_XIUYING), name="王绣英")
    with pytest.raises(Refusal) as refused:
        office.do(Apply(person="e" * 32, form=other))
    assert refused.value.code == "apply.name_differs"
    office.do(correct(change("number", WANG_XIUYING.number, NEW), person=WANG_XIUYING.id))
    with pytest.raises(Refusal) as refused:
        office.do(Apply(person="e" * 32, form=form_of(WANG_XIUYING)))
    assert refused.value.code == "apply.former_number"


@pytest.fixture
def careful(tmp_path: Path) -> Iterator[Office]:
    """Give an office with the settings as they are shipped."""
    rules = Rules(settings=Settings(), codes=RULES.codes)
    office = make_office(tmp_path / "careful", rules=rules)
    yield office
    office.opened.store.close()


@pytest.mark.clause("F2")
@pytest.mark.parametrize(("field", "before", "after", "alone"), [
    ("name", "持卡人甲", "新名", False),
    ("number", OLD, NEW, False),
    ("mobile", "", "13800001234", True),
])  # fmt: skip
def test_a_name_or_number_wants_a_second_clerk(
    careful: Office, field: str, before: str, after: str, alone: bool
) -> None:
    careful.do(stock())
    wish = correct(change(field, before, after))
    if alone:
        careful.do(wish)
        return
    with pytest.raises(Refusal) as refused:
        careful.do(wish)
    assert refused.value.code == "approval.needed"


@pytest.mark.clause("F3")
def test_a_photo_is_changed_with_a_reason(make: Callable[..., Office]) -> None:
    office = make()
    office.do(stock())
    for photo, reason, code in [
        ("", "1", "correct.photo_missing"), ("1:aa", "7", "correct.photo_reason"),
    ]:  # fmt: skip
        with pytest.raises(Refusal) as refused:
            office.do(ChangePhoto(person=FIRST, photo=photo, reason=reason))
        assert refused.value.code == code
    office.do(ChangePhoto(person=FIRST, photo="1:aa", reason="2"))
    assert person(office).photo == "1:aa"
    with pytest.raises(Refusal) as refused:
        office.do(ChangePhoto(person=FIRST, photo="1:aa", reason="2"))
    assert refused.value.code == "correct.photo_same"
