"""The face of a card: every field in its place, nothing at the contacts, no name cut."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.ports import CardSheet
from sbk_tui.printing.card_face import (
    NO_GLYPH,
    Box,
    CardFace,
    fitting_size,
    layout,
    render,
)
from sbk_tui.printing.pdf import FONTS, known_characters
from sbk_tui.services.face_preview import preview
from sbk_tui.texts import words_for
from tests.hardware.drawn import encoded, face

PHOTO = encoded(face(), "JPEG")
CARD = CardFace(
    name="张晓禾", number="410782198503140028", card="E00000029", issued=date(2026, 11, 24),
    valid_to=date(2036, 11, 24), version="2.00", photo=PHOTO,
)  # fmt: skip
LAYOUT = layout()
NAMES = st.text(
    st.one_of(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), st.sampled_from("·A B")),
    min_size=1,
    max_size=50,
)


def grown(box: Box, by: float) -> Box:
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.left
        or other.right <= one.left
        or one.bottom <= other.top
        or other.bottom <= one.top
    )


def drawn(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def ink_of(picture: Image.Image) -> Image.Image:
    """Return white where something is printed."""
    return ImageChops.invert(picture.convert("L")).point(lambda level: 255 if level > 8 else 0)


def dots(box: Box) -> tuple[int, int, int, int]:
    left, top, right, bottom = (4 + round(LAYOUT.dots(side)) for side in box)
    return left, top, right, bottom


BOXES = [("photo", LAYOUT.photo_box), *((row.key, row.box) for row in LAYOUT.rows)]


@pytest.mark.clause("5.1.3.2")
@pytest.mark.parametrize(("key", "box"), BOXES, ids=[key for key, _ in BOXES])
def test_each_part_is_on_the_card_and_two_millimetres_off_the_contacts(key: str, box: Box) -> None:
    wide, high = LAYOUT.card
    assert (box.left >= 0, box.top >= 0) == (True, True)
    assert (box.right <= wide, box.bottom <= high) == (True, True)
    assert LAYOUT.keep_away == 2.0
    assert apart(box, grown(LAYOUT.contacts, LAYOUT.keep_away))
    assert all(apart(box, other) for name, other in BOXES if name != key)


def test_the_contacts_are_where_the_standard_has_them() -> None:
    # 10.25–19.87 mm from the left, 19.23–28.55 mm from the top, without the bleed.
    left, top, right, bottom = dots(LAYOUT.contacts)
    assert (left - 4, top - 4, right - 4, bottom - 4) == (121, 227, 235, 337)


def test_the_portrait_is_left_of_every_line() -> None:
    assert all(row.x >= LAYOUT.photo_box.right for row in LAYOUT.rows)
    assert LAYOUT.photo.dots == (236, 295)


@pytest.mark.clause("5.1.3.2")
def test_the_picture_is_as_large_as_the_printer_wants_it() -> None:
    made = render(CARD)
    with Image.open(io.BytesIO(made.png)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (1016, 648), "RGB")
        assert [round(dpi) for dpi in picture.info["dpi"]] == [300, 300]
    assert made.missing == ()
    assert made.png == render(CARD).png


def test_another_printer_wants_another_picture_of_the_same_card() -> None:
    exact = drawn(render(CARD, sheet=CardSheet((1011, 638), 0)).png)
    assert exact.size == (1011, 638)
    usual = drawn(render(CARD).png).crop((4, 4, 4 + 1000, 4 + 630))
    assert not differs(exact.crop((0, 0, 1000, 630)), usual)


@settings(deadline=None, max_examples=25)
@given(name=NAMES)
def test_whatever_the_name_it_is_drawn_whole_and_only_in_the_boxes(name: str) -> None:
    made = render(replace(CARD, name=name), training=True)
    ink = ink_of(drawn(made.png))
    for _key, box in BOXES:
        left, top, right, bottom = dots(box)
        ink.paste(0, (left - 1, top - 1, right + 1, bottom + 1))
    assert ink.getbbox() is None


@settings(deadline=None, max_examples=50)
@given(name=NAMES)
def test_a_long_name_is_smaller_and_never_cut(name: str) -> None:
    path, _known = known_characters(FONTS)
    size = fitting_size(name, 38.0, 366.0, path)
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    assert font.getlength(name) <= 366.0
    usual = ImageFont.truetype(path, 38.0, layout_engine=ImageFont.Layout.BASIC)
    assert (size == 38.0) == (usual.getlength(name) <= 366.0)


def test_the_longest_name_that_a_chip_holds_can_still_be_read() -> None:
    path, _known = known_characters(FONTS)
    row = next(row for row in LAYOUT.rows if row.key == "name")
    dot = LAYOUT.dpi / 25.4
    size = fitting_size("阿" * 25, row.high * dot, (row.wide - row.label_wide) * dot, path)
    assert size > 14  # dots: below 12 no font draws the strokes of a Chinese character apart


def in_row(card: CardFace, key: str, **options: bool) -> Image.Image:
    """Return the value of a row as it is drawn."""
    row = next(row for row in LAYOUT.rows if row.key == key)
    box = Box(row.x + row.label_wide, row.y, row.x + row.wide, row.y + row.high)
    return drawn(render(card, **options).png).crop(dots(box))


def differs(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("name", replace(CARD, name="张晓木")),
        ("number", replace(CARD, number="410702198001010010")),
        ("card", replace(CARD, card="E00000037")),
        ("issued", replace(CARD, issued=date(2026, 11, 25))),
        ("valid_to", replace(CARD, valid_to=date(2036, 11, 25))),
    ],
)
def test_each_value_stands_in_its_own_row(key: str, other: CardFace) -> None:
    changed = {
        row.key for row in LAYOUT.rows if differs(in_row(CARD, row.key), in_row(other, row.key))
    }
    assert changed == {key}


@pytest.mark.parametrize(("version", "has_end"), [("1.00", True), ("2.00", True), ("3.00", False)])
def test_the_third_generation_prints_no_end_date(version: str, has_end: bool) -> None:
    row = in_row(replace(CARD, version=version), "valid_to")
    assert (ink_of(row).getbbox() is not None) == has_end


def test_a_card_without_an_end_date_has_an_empty_row() -> None:
    assert ink_of(in_row(replace(CARD, valid_to=None), "valid_to")).getbbox() is None


def test_a_test_print_hides_the_middle_of_the_number() -> None:
    stars = in_row(replace(CARD, number="410***********0028"), "number")
    assert not differs(in_row(CARD, "number", mask_number=True), stars)
    assert differs(in_row(CARD, "number"), stars)


@pytest.mark.clause("B14")
def test_a_card_of_a_drill_says_so() -> None:
    row = next(row for row in LAYOUT.rows if row.key == "training")
    for training in (True, False):
        part = drawn(render(CARD, training=training).png).crop(dots(row.box))
        assert (ink_of(part).getbbox() is not None) == training


def test_a_character_without_a_glyph_is_told_before_it_is_printed() -> None:
    made = render(replace(CARD, name="张\U0003134a"))
    assert [(one.char, one.label) for one in made.missing] == [("\U0003134a", "姓名")]
    told = words_for(NO_GLYPH, made.missing[0].facts())
    assert "U+3134A" in told.message
    assert not differs(
        in_row(replace(CARD, name="张\U0003134a"), "name"),
        in_row(replace(CARD, name="张〓"), "name"),
    )


@pytest.mark.parametrize("photo", [b"", b"no picture", PHOTO[:300], PHOTO[: len(PHOTO) // 2]])
def test_a_damaged_portrait_is_refused(photo: bytes) -> None:
    with pytest.raises(BadUsage, match="photo_broken"):
        render(replace(CARD, photo=photo))


def test_no_font_is_told_as_for_papers() -> None:
    with pytest.raises(BadUsage, match="no_font"):
        render(CARD, fonts=("/no/such/font.ttf",))


@pytest.mark.clause("5.1.3.2")
def test_the_preview_shows_the_portrait_where_it_is_printed() -> None:
    rows = preview(render(CARD).png, 60)
    assert [len(row) for row in rows] == [60] * 19
    assert len(rows) <= 21  # below title, guide and above the key bar of 80 x 24
    photo = [[bool({cell.foreground, cell.background} - {15}) for cell in row] for row in rows]
    left = [column for row in photo for column, dark in enumerate(row) if dark]
    assert 15 <= min(left) <= 18
