"""A picture in a terminal: two pixels a cell by half blocks, or four shades of grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sbk_tui.hardware.portrait.values import Marks

if TYPE_CHECKING:
    from PIL.Image import Image

# The terminal's own colours as the common text modes draw them; a terminal may differ a little.
ANSI = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0),
    (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85),
    (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255),
)  # fmt: skip
GUIDE = 2
"""The colour of the guide lines: green, which no face and no wall has."""
_SHADES = " ░▒▓█"
_HALF = "▀"


class Cell(NamedTuple):
    """One cell of a preview; colours are numbers of `ANSI`."""

    character: str
    foreground: int
    background: int


def half_blocks(
    image: Image, columns: int, rows: int, *, colours: Literal[8, 16] = 16,
    marks: Marks | None = None,
) -> list[list[Cell]]:  # fmt: skip
    """Return `image` (RGB) in at most `columns` x `rows` cells, its shape kept.

    Args:
        colours: 8 where the bright ones cannot be shown behind text (bare Linux console).
        marks: guide lines to draw, in pixels of `image`.
    """
    from PIL import Image as images

    small = image.convert("RGB").resize(_fitted(image, columns, 2 * rows))
    palette = images.new("P", (1, 1))
    palette.putpalette([level for colour in ANSI[:colours] for level in colour])
    indexed = small.quantize(palette=palette, dither=images.Dither.FLOYDSTEINBERG)
    dots = [list(line) for line in _lines(indexed)]
    for row in _guide_rows(marks, image.height, len(dots)):
        dots[row] = [GUIDE if x % 2 == 0 else dot for x, dot in enumerate(dots[row])]
    return [
        [Cell(_HALF, over, under) for over, under in zip(upper, lower, strict=True)]
        for upper, lower in zip(dots[::2], dots[1::2], strict=True)
    ]


def grey_blocks(image: Image, columns: int, rows: int, *, marks: Marks | None = None) -> list[str]:
    """Return `image` as lines of ` ░▒▓█`, for a console without colours; light is full."""
    wide, high = _fitted(image, columns, 2 * rows)
    small = image.convert("L").resize((wide, high // 2))
    lines = ["".join(_SHADES[dot * len(_SHADES) // 256] for dot in line) for line in _lines(small)]
    for row in _guide_rows(marks, image.height, len(lines)):
        lines[row] = "".join("-" if x % 2 == 0 else shade for x, shade in enumerate(lines[row]))
    return lines


def _fitted(image: Image, wide: int, high: int) -> tuple[int, int]:
    """Return the largest size of the image's shape inside `wide` x `high`, its height even."""
    scale = min(wide / image.width, high / image.height)
    return max(round(image.width * scale), 1), max(round(image.height * scale / 2), 1) * 2


def _lines(image: Image) -> list[bytes]:
    data, wide = image.tobytes(), image.width
    return [data[start : start + wide] for start in range(0, len(data), wide)]


def _guide_rows(marks: Marks | None, height: int, rows: int) -> list[int]:
    """Return the rows of the preview in which a guide line runs."""
    if marks is None:
        return []
    places = (marks.hair_top, marks.chin, marks.eye_line)
    found = [int(place * rows / height) for place in places if place is not None]
    return [row for row in found if 0 <= row < rows]
