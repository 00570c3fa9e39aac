"""修改个人信息 and 更换照片 by keys: proof, second clerk, two clerks at once (F2, F3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.identity import mod11_2
from sbk_tui.domain.operations.correct import Change, Correct
from sbk_tui.domain.people import Person
from tests.hardware.drawn import encoded, face
from tests.screens.conftest import (
    PASSWORD,
    PEOPLE,
    SECOND,
    do,
    kinds,
    make_counter,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)
NEW = "41070219880312042"
NEW += mod11_2(NEW)
OLD = PEOPLE[0].number


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter whose camera saves into a folder, with a scan in it."""
    home = private_folder / "counter"
    make_counter(home).close()
    pictures = private_folder / "pictures"
    pictures.mkdir()
    (pictures / "shot.jpg").write_bytes(
        encoded(face((900, 1200), hair_top=160, head=560, centre=450))
    )
    (pictures / "hukou.pdf").write_bytes(b"%PDF-1.4 invented")
    (home / "config.toml").write_text(f'[devices]\nportrait_folder = "{pictures}"\n', "utf-8")
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


def person(counter: wiring.Counter) -> Person:
    found = counter.lookup.person(PEOPLE[0].id)
    assert found is not None
    return found


@pytest.mark.clause("F2")
async def test_a_name_of_rare_characters_with_proof_scan_and_second_clerk(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("1")
        await settled(pilot)
        await pilot.press(*["backspace"] * 4)
        await type_text(pilot, "刘㐂𠮷")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.pause()
        assert "须写明看过的证明材料" in shown(app)
        await type_text(pilot, "户口簿")
        await pilot.press("f7")
        await settled(pilot)
        assert "hukou.pdf" in shown(app)
        await type_text(pilot, "hukou")
        await pilot.press("enter")
        await settled(pilot)
        assert "扫描件已存" in shown(app)
        await pilot.press("f10")
        await settled(pilot)
        assert "刘洋 → 刘㐂𠮷" in shown(app)
        await type_text(pilot, "1002")
        await pilot.press("enter")
        await type_text(pilot, SECOND)
        await pilot.press("enter")
        await settled(pilot)
        assert "已改：刘㐂𠮷" in shown(app)
        assert "到县、市窗口换卡" in shown(app)
        await pilot.press("escape", "escape")
        await open_job(pilot, "242")
        await pick(pilot, "刘洋")
        assert "曾用：刘洋" in shown(app)
    assert kinds(counter)[-1] == "person.correct"
    dossier = counter.lookup.dossier(OLD)
    assert dossier is not None
    assert dossier.person.name == "刘㐂𠮷"
    assert counter.desks.apply.picture(dossier.formers[0].scan).startswith(b"%PDF")
    assert counter.desks.drafts.jobs() == ()


@pytest.mark.clause("F2")
@pytest.mark.parametrize(("clerk", "password"), [("1002", "wrong-Password-1"), ("1001", PASSWORD)])
async def test_one_clerk_alone_changes_no_number(
    counter: wiring.Counter, app: SbkApp, clerk: str, password: str
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("1", "down", *["backspace"] * 18)
        await type_text(pilot, NEW)
        await pilot.press(*["down"] * 7)
        await type_text(pilot, "公安机关证明")
        await pilot.press("f10")
        await settled(pilot)
        assert "没有扫描件" in shown(app)
        await type_text(pilot, clerk)
        await pilot.press("enter")
        await type_text(pilot, password)
        await pilot.press("enter")
        await settled(pilot)
        assert "已改" not in shown(app)
        assert NEW in shown(app)
    assert kinds(counter) == before
    assert person(counter).number == OLD


@pytest.mark.clause("F2")
async def test_birth_date_and_sex_follow_a_new_number(app: SbkApp) -> None:
    number = "41070219880313044"
    number += mod11_2(number)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("1", "down", *["backspace"] * 18)
        await type_text(pilot, number)
        await pilot.press("down")
        await settled(pilot)
        assert "1988-03-13" in shown(app)
        assert "女" in shown(app)


@pytest.mark.clause("F2", "N1")
async def test_a_telephone_is_changed_by_one_clerk_once(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = len(kinds(counter))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("2", *["backspace"] * 11)
        await type_text(pilot, "13900001234")
        await pilot.press(*["f10"] * 20)
        await settled(pilot)
        assert "已改：刘洋" in shown(app)
    assert kinds(counter)[before:] == ["person.correct"]
    assert person(counter).mobile == "13900001234"


@pytest.mark.clause("F2")
@pytest.mark.parametrize(("answer", "mobile"), [("1", "13900001234"), ("2", "13700007777")])
async def test_two_clerks_at_once_see_three_columns(
    counter: wiring.Counter, app: SbkApp, answer: str, mobile: str
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("2", *["backspace"] * 11)
        await type_text(pilot, "13900001234")
        do(counter, Correct(person=PEOPLE[0].id, changes=(
            Change(field="mobile", before=person(counter).mobile, after="13700007777"),
            Change(field="postcode", before=person(counter).postcode, after="453000"),
        )))  # fmt: skip
        await pilot.press("f10")
        await settled(pilot)
        screen = shown(app)
        for text in ("13800001111", "13700007777", "13900001234", "453000", "对方改成"):
            assert text in screen
        await pilot.press(answer)
        await settled(pilot)
        assert "453000" in shown(app)
        if answer == "1":
            await pilot.press("f10")
            await settled(pilot)
            assert "已改" in shown(app)
    assert (person(counter).mobile, person(counter).postcode) == (mobile, "453000")


@pytest.mark.clause("F3", "A7.1")
async def test_a_portrait_is_changed_with_its_reason(counter: wiring.Counter, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f3")
        await pick(pilot, OLD)
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f5")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
        await pilot.press("f10")
        await settled(pilot)
        assert "此项不能为空" in shown(app)
        await pilot.press("1", *["f10"] * 10)
        await settled(pilot)
        assert "已改：刘洋" in shown(app)
    assert kinds(counter)[-1] == "person.photo"
    assert counter.desks.apply.picture(person(counter).photo)[:2] == b"\xff\xd8"


@pytest.mark.clause("F2", "F3")
async def test_the_menu_puts_corrections_behind_the_query(app: SbkApp) -> None:
    async with app.run_test(size=(80, 40)):
        lines = [line.split() for line in shown(app).splitlines()]
    order = [line[0] if line[0] != ">" else line[1] for line in lines if len(line) > 1]
    places = [order.index(clause) for clause in ("2.4.2", "F2", "F3", "3.1")]
    assert places == sorted(places)


@pytest.mark.clause("F2")
async def test_the_full_number_in_the_form_is_noted_and_lists_open_with_f5(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "f2")
        await pick(pilot, OLD)
        await pilot.press("1", *["down"] * 4, "f5")
        await settled(pilot)
        await type_text(pilot, "回")
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f10")
        await settled(pilot)
        assert "已改：刘洋" in shown(app)
    assert person(counter).nation == "03"
    with counter.opened.store.session() as db:
        rows = db.execute_sql("SELECT person, command FROM access_log").fetchall()
    assert [tuple(row) for row in rows] == [(PEOPLE[0].id, "F2")]
