"""Measure a picture against the rules of `assets/portrait.toml` (A7.1; boxes of A7.2).

Geometry is told in pixels of the finished 358 x 441 picture, so that a camera's picture and its
repaired copy can be compared. What cannot be measured has no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbk_tui.errors import Fact
from sbk_tui.hardware.portrait.opening import Picture
from sbk_tui.hardware.portrait.silhouette import Silhouette, guess, outline
from sbk_tui.hardware.portrait.values import Finding, Limits, Marks, Verdict, judge

if TYPE_CHECKING:
    from PIL.Image import Image

_FRAME = 12  # pixels along the top and the upper sides that must show nothing but wall
_UPPER = 0.45  # share of the height that counts as upper sides [A]
_EDGE = 2  # a printed border is looked for in the outermost pixels
_WHITE, _BLACK = 250, 10

Measured = tuple[str, Fact | None, bool]  # rule, value, estimated


def measure(picture: Picture, marks: Marks | None, limits: Limits) -> Verdict:
    """Return what every rule says of `picture`.

    Args:
        marks: as the clerk set them, in pixels of `picture.image`; None: the silhouette's guess,
            whose findings warn and never refuse.
    """
    flat = laid_on_background(picture.image, limits)
    shape = outline(flat, limits)
    seen = marks or guess(shape, limits)
    rows = [*_file(picture), *_wall(flat, shape, seen, limits)]
    if seen is not None:
        rows += _geometry(flat, shape, seen, limits, guessed=marks is None)
        rows += _looks(flat, shape, seen)
    order = list(limits.rules)
    findings: list[Finding] = [
        judge(name, limits.rules[name], value, estimated=estimated)
        for name, value, estimated in rows
        if value is not None
    ]
    return Verdict(findings=tuple(sorted(findings, key=lambda found: order.index(found.rule))))


def first_guess(picture: Picture, limits: Limits) -> Marks | None:
    """Return where the guide lines may start; None when nobody is seen."""
    return guess(outline(laid_on_background(picture.image, limits), limits), limits)


def laid_on_background(image: Image, limits: Limits) -> Image:
    """Return `image` as RGB, what is transparent in it laid on the configured plain colour."""
    from PIL import Image as images

    if image.mode != "RGBA":
        return image
    ground = images.new("RGBA", image.size, (*limits.background, 255))
    return images.alpha_composite(ground, image).convert("RGB")


def _file(picture: Picture) -> Iterator[Measured]:
    yield "format", picture.kind, False
    yield "mode", picture.mode, False
    yield "width", picture.width, False
    yield "height", picture.height, False
    yield "dpi", picture.dpi, False
    yield "bytes", picture.size_bytes, False


def wall(flat: Image, limits: Limits, hair_top: float) -> tuple[int, int]:
    """Return what the frame along the top and the upper sides shows.

    First how uneven it is (standard deviation, grey levels), then how many per cent of it are
    in the configured colour. Above the head the frame ends at `hair_top` (pixels of `flat`);
    with 0 only the sides are looked at.
    """
    from PIL import Image as images
    from PIL import ImageChops, ImageStat

    small = _at_final_height(flat, limits)
    frame = _frame(small, 0, _FRAME, hair_top * small.height / flat.height)
    apart = ImageChops.difference(small, images.new("RGB", small.size, limits.background))
    red, green, blue = apart.split()
    worst = ImageChops.lighter(red, ImageChops.lighter(green, blue)).histogram(frame)
    near = sum(worst[: limits.background_tolerance + 1])
    spread = round(max(ImageStat.Stat(small, frame).stddev))
    return spread, 100 * near // sum(worst)


def _wall(
    flat: Image, shape: Silhouette, marks: Marks | None, limits: Limits
) -> Iterator[Measured]:
    from PIL import ImageStat

    hair_top = float(flat.height) if marks is None else marks.hair_top
    spread, near = wall(flat, limits, hair_top)
    yield "background", near, False
    yield "background_spread", spread, False
    grey = _at_final_height(flat, limits).convert("L")
    # Only at the sides: above them hair may come near the upper edge.
    edge = ImageStat.Stat(grey, _frame(grey, 0, _EDGE, 0)).mean[0]
    behind = ImageStat.Stat(grey, _frame(grey, 2 * _EDGE, _FRAME, 0)).mean[0]
    yield "border", round(abs(edge - behind)), False
    yield "subject", shape.share, False


def _at_final_height(flat: Image, limits: Limits) -> Image:
    return flat.resize((round(flat.width * limits.height / flat.height), limits.height))


def _frame(image: Image, inner: int, outer: int, hair_top: float) -> Image:
    """Return a mask of the strip `inner` to `outer` pixels from the upper sides and the top."""
    from PIL import Image as images

    width, upper = image.width, round(image.height * _UPPER)
    free = max(min(outer, round(hair_top) - 2), 0)  # rows above the hair that are wall for sure
    mask = images.new("L", image.size, 0)
    mask.paste(255, (inner, inner, width - inner, upper))
    mask.paste(0, (outer, free, width - outer, upper))
    return mask


def _geometry(
    flat: Image, shape: Silhouette, marks: Marks, limits: Limits, *, guessed: bool
) -> Iterator[Measured]:
    down, across = limits.height / flat.height, limits.width / flat.width
    yield "head_height", round((marks.chin - marks.hair_top) * down), guessed
    yield "hair_top", round(marks.hair_top * down), guessed
    if marks.eye_line is not None:
        yield "eye_line", round(marks.eye_line * down), False
    for name, marked, seen, scale in (
        ("centre", marks.centre, shape.head_centre(marks), across),
        ("face_width", marks.face_width, shape.head_width(marks), down),
    ):
        value = seen if marked is None else marked
        if value is not None:
            yield name, round(value * scale), marked is None


def _looks(flat: Image, shape: Silhouette, marks: Marks) -> Iterator[Measured]:
    """What can be said of light, sharpness and pose; all of it advice."""
    from PIL import ImageFilter, ImageStat

    small = flat.resize(shape.mask.size).convert("L")
    lowest = shape.mask.copy()
    lowest.paste(0, (0, 0, lowest.width, round(0.8 * lowest.height)))
    if lowest.getbbox():
        yield "clothes", round(ImageStat.Stat(small, lowest).mean[0]), False
    rows = shape.rows_between(marks.hair_top, marks.chin)
    if not rows:
        return
    top, bottom = rows[0][0], rows[-1][0] + 1
    left, right = min(span[0] for _, span in rows), max(span[1] for _, span in rows)
    head = small.crop((left, top, right, bottom))
    light = head.histogram(shape.mask.crop((left, top, right, bottom)))
    pixels = sum(light) or 1
    yield "overexposed", 100 * sum(light[_WHITE:]) // pixels, False
    yield "underexposed", 100 * sum(light[: _BLACK + 1]) // pixels, False
    unit = 1 / shape.scale
    grey = flat.convert("L").crop((left * unit, top * unit, right * unit, bottom * unit))
    grey = grey.resize((2 * head.width, 2 * head.height))  # the finished picture's resolution
    kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    skin = shape.mask.crop((left, top, right, bottom)).filter(ImageFilter.MinFilter(9))
    if skin.getbbox():  # inside the outline, which is sharp against the wall in any picture
        edges = ImageStat.Stat(grey.filter(kernel), skin.resize(grey.size))
        yield "sharpness", round(edges.var[0]), False
    yield "tilt", shape.tilt(marks), True
