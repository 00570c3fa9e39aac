"""Where the wall ends and the person begins: advice for the guide lines, made with Pillow alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sbk_tui.hardware.portrait.values import Limits, Marks

if TYPE_CHECKING:
    from PIL.Image import Image

_ROWS = 220  # half of the finished height: five times faster, and blurs the wall's grain away
_WALL, _FILLED = 255, 128
_HEAD_RATIO = 1.35  # hair top to chin against the head's width with ears, when no neck shows [A]
_NECK = 0.82  # a neck is narrower than this share of the head [A]
_SHOULDER = 1.2  # and shoulders wider than this share of the neck [A]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silhouette:
    """The person's outline on a small copy of the picture."""

    mask: Image
    """L, 255 where the person is, `_ROWS` high."""
    scale: float
    """Small pixels for one pixel of the picture."""
    spans: tuple[Span | None, ...]
    """For each small row the first and one past the last pixel of the person."""
    share: int
    """Per cent of the picture that is not wall."""

    def rows_between(self, top: float, bottom: float) -> list[tuple[int, Span]]:
        """Return the small rows with a person in them between two rows of the picture."""
        first, last = round(top * self.scale), round(bottom * self.scale)
        numbered = list(enumerate(self.spans))[max(first, 0) : max(last, 0)]
        return [(row, span) for row, span in numbered if span]

    def head_width(self, marks: Marks) -> float | None:
        """Return the widest row between the marks, ears and hair included, in picture pixels."""
        rows = self.rows_between(marks.hair_top, marks.chin)
        return max((right - left for _, (left, right) in rows), default=0) / self.scale or None

    def head_centre(self, marks: Marks) -> float | None:
        """Return the middle of the head from the left edge, in picture pixels."""
        rows = self.rows_between(marks.hair_top, marks.chin)
        if not rows:
            return None
        return sum(left + right for _, (left, right) in rows) / (2 * len(rows)) / self.scale

    def tilt(self, marks: Marks) -> int | None:
        """Return the lean of the head's axis in degrees, positive to the picture's right."""
        # The cap of the hair and the chin say little about the axis: the middle part does.
        rise = marks.chin - marks.hair_top
        rows = self.rows_between(marks.hair_top + 0.2 * rise, marks.chin - 0.15 * rise)
        if len(rows) < 8:
            return None
        middles = [(row, (left + right) / 2) for row, (left, right) in rows]
        mean_y = sum(y for y, _ in middles) / len(middles)
        mean_x = sum(x for _, x in middles) / len(middles)
        across = sum((y - mean_y) * (x - mean_x) for y, x in middles)
        along = sum((y - mean_y) ** 2 for y, _ in middles)
        return -round(math.degrees(math.atan2(across, along)))


def outline(image: Image, limits: Limits) -> Silhouette:
    """Return the silhouette of `image` (RGB): what a fill from five border points leaves over."""
    from PIL import Image as images
    from PIL import ImageChops, ImageDraw, ImageFilter

    scale = _ROWS / image.height
    width = max(round(image.width * scale), 8)
    small = image.resize((width, _ROWS)).filter(ImageFilter.GaussianBlur(1.5))
    seeds = [(1, 1), (width // 2, 1), (width - 2, 1), (1, _ROWS // 3), (width - 2, _ROWS // 3)]
    wall = images.new("L", small.size, 0)
    for colour in _wall_colours(small, seeds, limits.wall_tolerance):
        apart = ImageChops.difference(small, images.new("RGB", small.size, colour))
        red, green, blue = apart.split()
        total = ImageChops.add(ImageChops.add(red, green), blue)
        near = total.point([_WALL if i <= limits.wall_tolerance else 0 for i in range(256)])
        wall = ImageChops.lighter(wall, near)
    for seed in seeds:
        if wall.getpixel(seed) == _WALL:
            ImageDraw.floodfill(wall, seed, _FILLED)
    person = wall.point([0 if i == _FILLED else 255 for i in range(256)])
    person = person.filter(ImageFilter.MedianFilter(5))
    spans = tuple(_span(person, row) for row in range(_ROWS))
    share = round(100 * person.histogram()[255] / (width * _ROWS))
    return Silhouette(mask=person, scale=scale, spans=spans, share=share)


def guess(silhouette: Silhouette, limits: Limits) -> Marks | None:
    """Return where hair top and chin seem to be; None when there is nobody to see."""
    low, high = limits.rules["subject"].low, limits.rules["subject"].high
    if silhouette.share < (low or 0) or silhouette.share > (high or 100):
        return None
    widths = [right - left for left, right in (span or (0, 0) for span in silhouette.spans)]
    least = max(3, round(0.04 * silhouette.mask.width))
    top = next((row for row, wide in enumerate(widths) if wide >= least), None)
    if top is None:
        return None
    chin = _chin(widths, top)
    return Marks(hair_top=top / silhouette.scale, chin=chin / silhouette.scale)


def _wall_colours(
    small: Image, seeds: list[tuple[int, int]], tolerance: int
) -> list[tuple[int, int, int]]:
    """Return the colours at the seeds without one that stands alone: a head at the edge."""
    colours = [cast("tuple[int, int, int]", small.getpixel(seed)) for seed in seeds]

    def akin(colour: tuple[int, int, int]) -> int:
        return sum(_apart(colour, other) <= 2 * tolerance for other in colours)

    most = max(akin(colour) for colour in colours)
    return [colour for colour in dict.fromkeys(colours) if akin(colour) >= min(most, 3)]


def _apart(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _span(mask: Image, row: int) -> Span | None:
    box = mask.crop((0, row, mask.width, row + 1)).getbbox()
    return (box[0], box[2]) if box else None


def _chin(widths: list[int], top: int) -> float:
    """Return the small row of the chin: where the head's width has almost become the neck's."""
    widest = top
    neck: int | None = None
    for row in range(top, len(widths)):
        wide = widths[row]
        if neck is None and wide > widths[widest]:
            widest = row
        elif wide < _NECK * widths[widest] and (neck is None or wide < widths[neck]):
            neck = row
        elif neck is not None and wide > _SHOULDER * widths[neck]:
            break
    if neck is None:
        # Long hair hides the neck: the head is as wide as the outline a third of the way down.
        head = widths[min(top + (len(widths) - top) // 3, len(widths) - 1)]
        return min(top + _HEAD_RATIO * head, len(widths) - 1)
    almost = widths[neck] + 0.15 * (widths[widest] - widths[neck])  # [A]
    return next((row for row in range(widest, neck + 1) if widths[row] <= almost), neck)
