"""The portrait (A7): what is opened, what is found wrong, what is repaired."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sbk_tui.errors import Refusal
from sbk_tui.hardware.portrait.measure import first_guess, measure
from sbk_tui.hardware.portrait.opening import open_picture
from sbk_tui.hardware.portrait.preview import ANSI, GUIDE, grey_blocks, half_blocks
from sbk_tui.hardware.portrait.repair import Repaired, repair
from sbk_tui.hardware.portrait.values import Grade, Marks, judge, prefilled
from sbk_tui.texts import word
from tests.hardware.drawn import GREEN_WALL, LIMITS, encoded, face, picture

ON_CAMERA = {"size": (1600, 1200), "hair_top": 150, "head": 600, "centre": 800}
CAMERA_MARKS = Marks(hair_top=150, chin=750, eye_line=450, centre=800, face_width=386)
GOOD = {"quality": 92, "dpi": (350, 350)}
MARKS = Marks(hair_top=14, chin=308, eye_line=161, centre=179, face_width=200)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.clause("A7.1")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo.not_a_picture"),
        ("这是一份文本文件，改名为 照片.jpg".encode(), "photo.not_a_picture"),
        (b"GIF89a" + b"\0" * 40, "photo.not_a_picture"),
        (b"%PDF-1.4 scanned", "photo.not_a_picture"),
        (b"\xff\xd8\xff\xe0 nothing follows", "photo.damaged"),
        (png_header(20_000, 20_000), "photo.too_many_pixels"),
        (png_header(400, 400), "photo.damaged"),
        (encoded(face(), **GOOD)[:9000], "photo.damaged"),
        (b"\xff\xd8\xff" + b"\0" * LIMITS.most_bytes, "photo.too_large"),
    ],
    ids=["empty", "text", "gif", "pdf", "stump", "bomb", "short", "cut", "heavy"],
)
def test_a_file_that_is_no_usable_picture_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_picture(data, LIMITS)
    assert refused.value.code == code


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds; the refusal is ours
@given(st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_opened_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    small = face(size=(60, 80), hair_top=5, head=50, centre=30)
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "TIFF"]))
    broken = bytearray(encoded(small, kind))
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refusal):  # whatever else came out of it would fail here
        assert open_picture(bytes(broken), LIMITS).image.mode in {"RGB", "RGBA"}


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    opened = picture(face().rotate(90, expand=True), quality=92, exif=exif.tobytes())
    assert (opened.width, opened.height, opened.image.size) == (358, 441, (358, 441))
    assert opened.image.getpixel((5, 5)) == (255, 255, 255)
    assert not opened.image.getexif()


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1", "LA"])
def test_other_kinds_of_colour_are_turned_into_rgb_and_told(mode: str) -> None:
    opened = picture(face().convert(mode), "TIFF" if mode in {"CMYK", "LA"} else "PNG")
    assert opened.mode == mode
    assert opened.image.mode in {"RGB", "RGBA"}
    found = measure(opened, MARKS, LIMITS).of("mode")
    assert found is not None
    assert found.grade is Grade.REFUSE


@pytest.mark.clause("A7.1")
def test_a_portrait_made_to_the_rules_passes_all_of_them() -> None:
    verdict = measure(picture(face(), **GOOD), MARKS, LIMITS)
    assert [(one.rule, one.value, one.by) for one in verdict.findings if one.by] == []
    assert verdict.grade is Grade.OK
    assert {one.rule for one in verdict.findings} == set(LIMITS.rules)


@pytest.mark.clause("A7.1", "A7.2")
@pytest.mark.parametrize(
    ("drawn", "saved", "marks", "rule", "grade"),
    [
        ({}, {"quality": 20}, MARKS, "bytes", Grade.REFUSE),
        ({}, {"quality": 98, "subsampling": 0}, MARKS, "bytes", Grade.WARN),
        ({}, {"quality": 92}, MARKS, "dpi", Grade.WARN),
        ({"size": (350, 441)}, GOOD, MARKS, "width", Grade.REFUSE),
        ({"wall": GREEN_WALL}, GOOD, MARKS, "background", Grade.REFUSE),
        ({"busy": True}, GOOD, MARKS, "background_spread", Grade.REFUSE),
        ({"hair_top": 40}, GOOD, Marks(hair_top=40, chin=334), "hair_top", Grade.REFUSE),
        ({"hair_top": 25}, GOOD, Marks(hair_top=25, chin=319), "hair_top", Grade.WARN),
        ({"head": 200}, GOOD, Marks(hair_top=14, chin=214), "head_height", Grade.REFUSE),
        ({}, GOOD, Marks(hair_top=14, chin=308, eye_line=240), "eye_line", Grade.REFUSE),
        ({}, GOOD, Marks(hair_top=14, chin=308, centre=150), "centre", Grade.REFUSE),
        ({"centre": 150}, GOOD, MARKS.moved(0, 0, 1), "centre", Grade.OK),
        ({"centre": 140}, GOOD, None, "centre", Grade.WARN),
        ({"clothes": (235, 235, 240)}, GOOD, MARKS, "clothes", Grade.WARN),
        ({"lean": 14}, GOOD, MARKS, "tilt", Grade.WARN),
    ],
)
def test_each_rule_speaks_for_itself(
    drawn: dict[str, object],
    saved: dict[str, object],
    marks: Marks | None,
    rule: str,
    grade: Grade,
) -> None:
    finding = measure(picture(face(**drawn), **saved), marks, LIMITS).of(rule)  # type: ignore[arg-type]
    assert finding is not None
    assert finding.grade is grade
    assert (finding.by == 0) is (grade is Grade.OK)


@pytest.mark.clause("A7.1")
def test_a_black_border_is_seen() -> None:
    framed = face()
    framed.paste(face().resize((350, 433)), (4, 4))
    framed.paste((0, 0, 0), (0, 0, 358, 3))
    framed.paste((0, 0, 0), (0, 0, 3, 441))
    framed.paste((0, 0, 0), (355, 0, 358, 441))
    finding = measure(picture(framed, **GOOD), MARKS, LIMITS).of("border")
    assert finding is not None
    assert finding.grade is Grade.REFUSE


@pytest.mark.clause("A7.1")
def test_the_limits_of_the_file_size_belong_to_it_and_a_kilobyte_has_1024_bytes() -> None:
    rule = LIMITS.rules["bytes"]
    judged = {size: judge("bytes", rule, size) for size in (15_359, 15_360, 61_440, 61_441)}
    assert [judged[size].by for size in judged] == [-1, 0, 20_480, 1]
    grades = [judged[size].grade for size in judged]
    assert grades == [Grade.REFUSE, Grade.OK, Grade.WARN, Grade.REFUSE]


def test_a_blurred_picture_is_called_blurred() -> None:
    blurred = face().resize((40, 50)).resize((358, 441))
    finding = measure(picture(blurred, **GOOD), MARKS, LIMITS).of("sharpness")
    assert finding is not None
    assert finding.grade is Grade.WARN


@pytest.mark.parametrize("wall", [(255, 255, 255), GREEN_WALL, (150, 170, 200)])
def test_the_guide_lines_start_near_hair_and_chin(wall: tuple[int, int, int]) -> None:
    seen = first_guess(picture(face(**ON_CAMERA, wall=wall), quality=92), LIMITS)  # type: ignore[arg-type]
    assert seen is not None
    assert seen.hair_top == pytest.approx(150, abs=30)
    assert seen.chin == pytest.approx(750, abs=70)


@pytest.mark.clause("A7.1")
@pytest.mark.parametrize("wall", [(255, 255, 255), (238, 240, 236), GREEN_WALL])
@pytest.mark.parametrize("marks", [CAMERA_MARKS, None], ids=["clerk", "guess"])
def test_a_camera_picture_becomes_one_that_the_card_maker_takes(
    wall: tuple[int, int, int], marks: Marks | None
) -> None:
    taken = picture(face(**ON_CAMERA, wall=wall), quality=92)  # type: ignore[arg-type]
    made = repair(taken, marks, LIMITS)
    again = open_picture(made.jpeg, LIMITS)
    assert made.verdict.refused() == ()
    assert (again.width, again.height, again.dpi, again.mode) == (358, 441, 350, "RGB")
    assert 15 * 1024 <= len(made.jpeg) <= 40 * 1024
    assert made.marks.hair_top == pytest.approx(14, abs=1)
    assert made.marks.chin == pytest.approx(308, abs=1)
    assert "cropped" in made.notes


@pytest.mark.clause("A7.1")
def test_transparency_is_laid_on_the_plain_colour() -> None:
    cut_out = face(**ON_CAMERA, wall=GREEN_WALL).convert("RGBA")  # type: ignore[arg-type]
    wall = Image.new("RGBA", cut_out.size, (*GREEN_WALL, 255))
    clear = [0 if pixel == wall.getpixel((0, 0)) else 255 for pixel in pixels(cut_out)]
    cut_out.putalpha(Image.frombytes("L", cut_out.size, bytes(clear)))
    made = repair(picture(cut_out, "PNG"), CAMERA_MARKS, LIMITS)
    assert "alpha_laid" in made.notes
    assert made.verdict.refused() == ()
    corner = open_picture(made.jpeg, LIMITS).image.getpixel((2, 2))
    assert isinstance(corner, tuple)
    assert min(corner) >= 250


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    data, bands = image.tobytes(), len(image.getbands())
    return [tuple(data[at : at + bands]) for at in range(0, len(data), bands)]


@pytest.mark.clause("A7.1")
@pytest.mark.parametrize(
    ("image", "marks", "code"),
    [
        (face(**ON_CAMERA, busy=True), None, "photo.busy_background"),  # type: ignore[arg-type]
        (face(**ON_CAMERA, busy=True), CAMERA_MARKS, "photo.busy_background"),  # type: ignore[arg-type]
        (face(**{**ON_CAMERA, "hair_top": 5}), None, "photo.head_outside"),  # type: ignore[arg-type]
        (face(**{**ON_CAMERA, "centre": 300}), None, "photo.head_outside"),  # type: ignore[arg-type]
        (face((320, 240), hair_top=40, head=120, centre=160), None, "photo.head_too_small"),
        (Image.new("RGB", (358, 441), "white"), None, "photo.no_head"),
        (Image.new("RGB", (358, 441), "white"), MARKS, "photo.no_head"),
        (Image.new("RGBA", (358, 441), (9, 9, 9, 0)), MARKS, "photo.no_head"),
    ],
    ids=["busy", "busy, marked", "hair cut", "at the side", "small", "white", "marked", "clear"],
)
def test_what_cannot_be_repaired_asks_for_another_shot(
    image: Image.Image, marks: Marks | None, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        repair(picture(image, "PNG"), marks, LIMITS)
    assert refused.value.code == code


@pytest.mark.clause("A7.1")
def test_a_picture_without_detail_is_refused_and_not_padded() -> None:
    flat = Image.new("RGB", (358, 441), "white")
    flat.paste((60, 60, 60), (80, 14, 280, 441))
    with pytest.raises(Refusal) as refused:
        repair(picture(flat, "PNG"), Marks(hair_top=14, chin=308, centre=179), LIMITS)
    assert refused.value.code == "photo.too_plain"


def test_a_good_picture_keeps_its_framing() -> None:
    made = repair(picture(face(), **GOOD), MARKS, LIMITS)
    assert made.notes == ()
    assert made.marks == MARKS


def test_tall_hair_is_cut_before_the_eyes_stand_too_low() -> None:
    marks = Marks(hair_top=150, chin=750, eye_line=650, centre=800)
    made: Repaired = repair(picture(face(**ON_CAMERA), quality=92), marks, LIMITS)  # type: ignore[arg-type]
    assert made.marks.eye_line == pytest.approx(LIMITS.eye_lowest, abs=1)
    assert made.marks.hair_top < 0


@pytest.mark.clause("A7.2")
def test_the_checklist_is_filled_in_where_a_measurement_knows() -> None:
    light = measure(picture(face(clothes=(235, 235, 240)), **GOOD), MARKS, LIMITS)
    dark = measure(picture(face(), **GOOD), MARKS, LIMITS)
    assert prefilled(LIMITS.content, light)["dark_collar"] is False
    assert prefilled(LIMITS.content, dark)["dark_collar"] is True
    assert "no_glasses" not in prefilled(LIMITS.content, dark)
    assert all(word(f"photo_content.{item.key}") for item in LIMITS.content)
    assert {item.rule for item in LIMITS.content} - {""} <= set(LIMITS.rules)


@pytest.mark.parametrize("rule", LIMITS.rules)
def test_every_finding_has_its_sentence_with_the_numbers_in_it(rule: str) -> None:
    row = LIMITS.rules[rule]
    inside = next((v for v in (row.low, row.warn_low, row.high, row.warn_high) if v is not None), 0)
    numbers = [-1000, inside, 10**9]
    for value in ["?", *row.accepts] if row.accepts else numbers:
        finding = judge(rule, row, value)
        sentence = word(finding.word, **finding.facts())
        assert "{" not in sentence


@pytest.mark.clause("A7.1")
def test_a_preview_is_two_pixels_a_cell_in_the_terminals_own_colours() -> None:
    cells = half_blocks(face(), 40, 20, marks=MARKS)
    assert len(cells) <= 20
    assert {len(row) for row in cells} == {len(cells[0])}
    assert len(cells[0]) <= 40
    assert all(0 <= cell.foreground < len(ANSI) for row in cells for cell in row)
    assert cells[1][0].foreground == cells[1][0].background == 15
    green = [row for row, line in enumerate(cells) if GUIDE in (line[0].foreground, line[0][2])]
    assert green == [0, 7, 13]  # hair, eyes, chin


def test_a_console_with_eight_colours_gets_eight() -> None:
    cells = half_blocks(face(), 30, 20, colours=8)
    assert max(max(cell[1:]) for row in cells for cell in row) < 8


def test_a_console_without_colours_gets_shades() -> None:
    lines = grey_blocks(face(), 40, 20, marks=MARKS)
    assert set("".join(lines)) <= set(" ░▒▓█-")
    assert len({len(line) for line in lines}) == 1
    assert lines[3][0] == "█"
