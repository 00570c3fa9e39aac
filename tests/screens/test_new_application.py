"""新增申请 by keys: from an empty search to the temporary card in the hand (F1, A6, 6.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.application_check import check
from sbk_tui.domain.operations.temp import StockTempCards
from sbk_tui.domain.people import Application
from sbk_tui.domain.world import from_ms
from sbk_tui.screens.form import FieldRow
from sbk_tui.services import new_application
from sbk_tui.services.apply_desk import form_of as form_from
from sbk_tui.services.query_desk import Dossier
from tests.hardware.drawn import encoded, face
from tests.people import JI_XI, LIU_XIAOMAN, WANG_XIUYING
from tests.screens.conftest import (
    PASSWORD,
    PEOPLE,
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


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with blanks whose camera saves into a folder."""
    home = private_folder / "counter"
    made = make_counter(home)
    do(made, StockTempCards(box="L1", numbers=("L000017",)))
    made.close()
    pictures = private_folder / "pictures"
    pictures.mkdir()
    (pictures / "shot.jpg").write_bytes(
        encoded(face((900, 1200), hair_top=160, head=560, centre=450))
    )
    (home / "config.toml").write_text(f'[devices]\nportrait_folder = "{pictures}"\n', "utf-8")
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


async def through(pilot: Pilot[None], step: str) -> None:
    """Press Enter until a step of the guide is reached."""
    for _ in range(20):
        if f">{step}" in shown(pilot.app):  # type: ignore[arg-type]
            return
        await pilot.press("enter")
        await settled(pilot)
    raise AssertionError(shown(pilot.app))  # type: ignore[arg-type]


async def form_is_there(pilot: Pilot[None]) -> None:
    """Wait until the form of the next job has the cursor."""
    for _ in range(200):
        focused = pilot.app.screen.focused
        if focused is not None and isinstance(focused.parent, FieldRow):
            return
        await settled(pilot)
    raise AssertionError(shown(pilot.app))  # type: ignore[arg-type]


@pytest.mark.clause("F1", "A6", "6.1.2.1", "6.1.2.2", "6.1.2.3")
async def test_from_an_empty_search_to_the_temporary_card(
    counter: wiring.Counter, app: SbkApp
) -> None:
    person = JI_XI
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "611")
        await type_text(pilot, person.number)
        await pilot.press("enter")
        await settled(pilot)
        assert "按 F4 新增申请" in shown(app)
        await pilot.press("f4")
        await settled(pilot)
        assert "6.1.2.1 新增申请" in shown(app)
        assert person.number in shown(app)
        assert "1999-10-09" in shown(app)
        await type_text(pilot, person.name)
        await pilot.press("down", "down", "down")
        await type_text(pilot, "01")
        await pilot.press("down", "down")
        await type_text(pilot, "河南省辉县市百泉镇百泉村")
        await pilot.press("down", "down")
        await type_text(pilot, "20350601")
        await through(pilot, "2")
        await pilot.press("3")
        await through(pilot, "3")
        await pilot.press("9")
        await through(pilot, "4")
        await type_text(pilot, "21")
        await through(pilot, "5")
        await pilot.press("f5")
        await pilot.pause()
        await pilot.press("enter")
        await settled(pilot)
        await through(pilot, "6")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.pause()
        assert "有 2 处要改" in shown(app)
        assert ">6" in shown(app)
        await pilot.press("up", "up", "up", "up", "up")
        await pilot.press("down")
        await type_text(pilot, "0373-6212345")
        await pilot.press("down", "down", "down", "down")
        await type_text(pilot, "00000")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.pause()
        assert "不能选“待定”" in shown(app)
        assert ">6" in shown(app)
        await pilot.press(*["backspace"] * 5)
        await type_text(pilot, "95533")
        await pilot.press("f10")
        await settled(pilot)
        assert ">7" in shown(app), shown(app)
        await pilot.press("f7")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f5")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
        await pilot.press("f8")
        await settled(pilot)
        await pilot.press("f8")
        await settled(pilot)
        assert "请手写：𠮷、㐂" in shown(app)
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("space", "f10")
        await settled(pilot)
        assert "接着发放临时卡" in shown(app), shown(app)
        await pilot.press("f10")
        await settled(pilot)
        await form_is_there(pilot)
        assert "6.1.1 临时卡发放" in shown(app)
        assert person.name in shown(app)
        await type_text(pilot, "L000017")
        await pilot.press("enter", "enter", "enter")
        await type_text(pilot, "13800003333")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
    assert kinds(counter)[-3:] == ["person.apply", "temp.issue", "temp.enable"]
    found = counter.lookup.dossier(person.number)
    assert found is not None
    assert (found.person.name, found.person.fixed_phone) == (person.name, "0373-6212345")
    assert [card.number for card in found.temp_cards] == ["L000017"]


@pytest.mark.clause("F1")
async def test_somebody_with_a_card_needs_no_new_application(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "242")
        await type_text(pilot, PEOPLE[0].number)
        await pilot.pause(0.2)
        await settled(pilot)
        await pilot.press("f4")
        await settled(pilot)
        assert "已有一张状态为「正常」的卡" in shown(app)
        assert "2.4.2" in shown(app)
    assert kinds(counter) == before


@pytest.mark.clause("F1", "B22")
@pytest.mark.parametrize(("typed", "values"), [
    (JI_XI.number.lower(), {"number": JI_XI.number}),
    ("𠮷㐂", {"name": "𠮷㐂"}),
    ("13800001111", {"mobile": "13800001111"}),
    ("zxh", {}),
    ("410782", {}),
    ("\u202e王明", {}),
])  # fmt: skip
def test_what_was_typed_is_taken_along(typed: str, values: dict[str, str]) -> None:
    assert new_application.from_typed(typed).values == values


def dossier(*, state: str = "03", doc_end: date | None = None) -> Dossier:
    at = from_ms(1_790_000_000_000)
    person = replace(WANG_XIUYING, long_term=doc_end is None, doc_end=doc_end)
    wish = Application(
        id="a", person=person.id, state=state, bank="95588", made_at=at, counter="410782105-a1"
    )
    return Dossier(person=person, cards=(), applications=(wish,), timeline=(), versions={})


TODAY = date(2026, 11, 24)


@pytest.mark.clause("F1")
def test_an_earlier_failure_comes_back_filled_in_with_its_cause() -> None:
    begun = new_application.from_dossier(dossier(doc_end=date(2026, 1, 31)), TODAY)
    assert "失败" in begun.cause
    assert "2026-01-31" in begun.cause
    wanted = {"name", "number", "birth", "address", "village_code", "bank", "doc_end"}
    assert wanted <= set(begun.values)
    assert begun.values["bank"] == "95588"


@pytest.mark.clause("F1", "A6")
def test_the_earlier_data_are_a_whole_form_but_for_the_photo(counter: wiring.Counter) -> None:
    begun = new_application.from_dossier(dossier(), TODAY)
    form = form_from({"path": "new_application", **begun.values})
    found = check(form, today=TODAY, rules=counter.rules)
    assert [p.field for p in found if not p.warning] == ["photo"]


@pytest.mark.clause("A6", "6.1.2.1")
def test_each_missing_item_is_named_at_its_field_step_by_step(counter: wiring.Counter) -> None:
    desk = counter.desks.apply
    values = desk.first_values("new_application") | {"category": "1"}
    named = {
        problem.field
        for step in ("status", "household", "unit", "contact", "identify")
        for problem in desk.step_problems(step, values)
        if not problem.warning
    }
    assert {
        "status", "household", "address", "mail_address", "unit_code", "unit_name", "bank",
    } <= named  # fmt: skip
    full = values | {"mail_address": "百泉村", "bank": "95533"}
    assert [p.field for p in desk.step_problems("contact", full)] == ["mobile"]


@pytest.mark.clause("1.2", "6.1.2.1")
async def test_a_guardian_younger_than_the_child_is_named_at_the_field(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "611")
        await pick(pilot, LIU_XIAOMAN.number)
        await pilot.press("f4")
        await settled(pilot)
        await type_text(pilot, LIU_XIAOMAN.name)
        await pilot.press("down", "down", "down")
        await type_text(pilot, "01")
        await pilot.press("down", "down")
        await type_text(pilot, "河南省新乡市红旗区曙光社区")
        await pilot.press("down", "down")
        await type_text(pilot, "20300920")
        await through(pilot, "2")
        await pilot.press("4", "down")
        await type_text(pilot, "刘大")
        await pilot.press("down")
        await type_text(pilot, "410702201601010019")
        await pilot.press("down")
        await type_text(pilot, "13800370001")
        await pilot.press("f10")
        await settled(pilot)
        await pilot.pause()
        assert "监护人的出生日期不早于被监护人" in shown(app)
        assert ">2" in shown(app)


@pytest.mark.clause("1.2", "6.1.2.1")
async def test_a_worker_is_asked_for_the_unit_and_not_for_a_village(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "6121")
        await type_text(pilot, "吴一")
        await pilot.press("down")
        await type_text(pilot, JI_XI.number)
        await pilot.press("down", "down")
        await type_text(pilot, "01")
        await pilot.press("down", "down")
        await type_text(pilot, "河南省辉县市百泉镇百泉村")
        await pilot.press("down", "down")
        await type_text(pilot, "20350601")
        await through(pilot, "2")
        await pilot.press("1")
        await through(pilot, "3")
        await pilot.press("1")
        await through(pilot, "4")
        await type_text(pilot, "11")
        await through(pilot, "5")
        assert "单位编号" in shown(app)
        assert "村(社区)编号" not in shown(app)
