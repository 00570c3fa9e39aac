"""套打: each value lands where the form has its line; the preview is what the printer is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage
from sbk_tui.printing.escp import (
    Form,
    FormField,
    Offset,
    form_named,
    forms,
    preview,
    read,
    render,
)
from sbk_tui.printing.wrapping import cells

VALUES = {
    "date": "2026年11月24日", "bill_number": "0012501", "unit_name": "辉县市社会保障局",
    "unit_code": "410782-1", "payer": "张晓禾", "item_code": "replace",
    "item_name": "补（换）卡工本费", "quantity": "1", "standard": "25.00", "amount": "25.00",
    "total": "25.00", "total_capital": "人民币贰拾伍元整", "issuer": "张敏", "checker": "",
    "note": "",
}  # fmt: skip
STEP = 0.3  # mm: coarser than a sixtieth of an inch, finer than a stroke


def one_field(x: float, y: float) -> Form:
    field = FormField(key="payer", label="缴款人", x=x, y=y)
    return Form(title="试", clause="5.1.1", width=241.0, height=93.1, fields=(field,))


def test_one_field_is_the_documented_bytes() -> None:
    sheet = render(one_field(50.8, 12.7), VALUES)
    assert sheet.data == bytes.fromhex(
        "1B40 1B32 1B4316 1B4A5A 1B247800 1C26 D5C5CFFEBACC 1C2E 0D 0C".replace(" ", "")
    )


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2")
@pytest.mark.parametrize("name", forms())
def test_every_value_stands_at_its_place_on_the_form(name: str) -> None:
    form = form_named(name)
    placed = {each.text: each for each in read(render(form, VALUES).data)}
    for field in form.fields:
        assert 0 < field.x < form.width
        assert 0 < field.y < form.height
        text = VALUES[field.key]
        if text and sum(VALUES[f.key] == text for f in form.fields) == 1:
            assert abs(placed[text].x - field.x) < STEP
            assert abs(placed[text].y - field.y) < STEP


@settings(deadline=None, max_examples=50)
@given(
    x=st.floats(25, 200), y=st.floats(25, 85),
    dx=st.integers(-10, 10), dy=st.integers(-10, 10),
)  # fmt: skip
def test_an_offset_moves_everything_by_half_millimetres(
    x: float, y: float, dx: int, dy: int
) -> None:
    (placed,) = read(render(one_field(x, y), VALUES, Offset(dx / 2, dy / 2)).data)
    assert abs(placed.x - (x + dx / 2)) < STEP
    assert abs(placed.y - (y + dy / 2)) < STEP


def test_an_offset_of_another_form_is_refused() -> None:
    with pytest.raises(BadUsage, match=r"print\.offset"):
        render(one_field(50, 50), VALUES, Offset(0, 25))


def test_a_character_no_printer_has_leaves_a_gap_to_write_in() -> None:
    sheet = render(one_field(50, 50), {"payer": "王𡘙"})
    assert sheet.missing == ("𡘙",)
    (placed,) = read(sheet.data)
    assert placed.text == "王  "


def test_control_bytes_of_a_name_never_reach_the_printer() -> None:
    sheet = render(one_field(50, 50), {"payer": "张\x1b@\x0c三"})
    (placed,) = read(sheet.data)
    assert placed.text == "张  @  三"


def test_a_value_that_is_not_there_is_named() -> None:
    with pytest.raises(BadUsage) as missing:
        render(form_named("note"), {key: VALUES[key] for key in VALUES if key != "checker"})
    assert missing.value.facts["field"] == "checker"


@pytest.mark.parametrize("width", [60, 78, 98])
@pytest.mark.parametrize("name", forms())
def test_the_preview_shows_the_form_within_its_width(name: str, width: int) -> None:
    lines = preview(form_named(name), render(form_named(name), VALUES), width)
    assert max(map(cells, lines)) <= width
    text = "".join("".join(lines).split())
    for said in ("张晓禾", "0012501", "人民币贰拾伍元整", "25.00"):
        assert said in text
