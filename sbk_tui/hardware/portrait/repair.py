"""Make the picture that the card maker takes (A7.1) out of one that he would send back."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sbk_tui.errors import Fact, Refusal
from sbk_tui.hardware.portrait.measure import laid_on_background, measure, wall
from sbk_tui.hardware.portrait.opening import Picture, open_picture
from sbk_tui.hardware.portrait.silhouette import Silhouette, guess, outline
from sbk_tui.hardware.portrait.values import Grade, Limits, Marks, Verdict, judge

if TYPE_CHECKING:
    from PIL.Image import Image

_FRAMING = ("head_height", "hair_top", "eye_line", "centre", "face_width")
_SAME_SHAPE = 0.01  # a picture this near to 358:441 is scaled, not cropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The new picture, what the rules say of it, and what was done to get there."""

    jpeg: bytes
    verdict: Verdict
    marks: Marks
    """Where the guide lines are in the new picture."""
    notes: tuple[str, ...]
    """What was done, as keys of `photo_repair` in the words."""


def repair(picture: Picture, marks: Marks | None, limits: Limits) -> Repaired:
    """Return `picture` cropped to the head, on the plain colour, in the file size asked for.

    The caller keeps the original bytes. What is left wrong (dark clothes are not painted on)
    stands in the verdict.

    Raises:
        Refusal: `photo.no_head`, `photo.head_outside`, `photo.head_too_small`,
            `photo.busy_background`, `photo.too_plain`, `photo.too_rich`.
    """
    notes: list[str] = []
    flat = laid_on_background(picture.image, limits)
    if picture.image.mode == "RGBA":
        notes.append("alpha_laid")
    if marks is None:  # a guess in a busy room would blame the head for the room
        _refuse_a_room(wall(flat, limits, 0)[0], limits)
    shape = outline(flat, limits)
    seen = guess(shape, limits)
    if seen is None:
        raise Refusal("photo.no_head", clause="A7.1")
    chosen = marks or seen
    if chosen.centre is None:
        chosen = replace(chosen, centre=shape.head_centre(chosen) or flat.width / 2)
    flat, placed = _framed(picture, flat, chosen, marks, limits, notes)
    flat = _on_plain_wall(flat, placed, limits, notes)
    jpeg, raised = _encoded(flat, limits)
    if raised:
        notes.append("quality_raised")
    verdict = measure(open_picture(jpeg, limits), placed, limits)
    return Repaired(jpeg=jpeg, verdict=verdict, marks=placed, notes=tuple(notes))


def _framed(
    picture: Picture, flat: Image, chosen: Marks, marks: Marks | None, limits: Limits,
    notes: list[str],
) -> tuple[Image, Marks]:  # fmt: skip
    """Return the picture at its final size and the marks in it."""
    shape = flat.width / flat.height * limits.height / limits.width
    framing = Grade.REFUSE
    if abs(shape - 1) < _SAME_SHAPE:
        framing = _framing(picture, marks, limits)
    if framing is Grade.OK:
        return _scaled(flat, chosen, limits, notes)
    try:
        left, top, scale = _crop(flat, chosen, limits)
    except Refusal:
        if framing is Grade.REFUSE:
            raise
        return _scaled(flat, chosen, limits, notes)  # not the best, but allowed as it is
    right = min(left + limits.width / scale, flat.width)
    bottom = min(top + limits.height / scale, flat.height)
    notes.append("cropped")
    final = flat.resize((limits.width, limits.height), box=(left, top, right, bottom))
    return final, chosen.moved(left, top, scale)


def _scaled(flat: Image, chosen: Marks, limits: Limits, notes: list[str]) -> tuple[Image, Marks]:
    if flat.size != (limits.width, limits.height):
        notes.append("scaled")
    placed = chosen.moved(0, 0, limits.height / flat.height)
    return flat.resize((limits.width, limits.height)), placed


def _framing(picture: Picture, marks: Marks | None, limits: Limits) -> Grade:
    """Return how the head stands in the picture as it is; a guess counts like a mark here."""
    verdict = measure(picture, marks, limits)
    found = [one for rule in _FRAMING if (one := verdict.of(rule))]
    strict = tuple(judge(one.rule, limits.rules[one.rule], one.value) for one in found)
    return Verdict(findings=strict).grade


def _crop(flat: Image, marks: Marks, limits: Limits) -> tuple[float, float, float]:
    """Return left, top and scale of the crop that puts the head where the rules want it."""
    rows = marks.chin - marks.hair_top
    if rows * limits.most_enlargement < limits.head * 100:
        least = -(-limits.head * 100 // limits.most_enlargement)
        raise Refusal("photo.head_too_small", clause="A7.1", rows=max(round(rows), 0), least=least)
    scale = limits.head / rows
    left = (flat.width / 2 if marks.centre is None else marks.centre) - limits.width / scale / 2
    top = marks.hair_top - limits.hair_top / scale
    if marks.eye_line is not None:  # the eye line wins over the hair: tall hair may be cut
        top = max(top, marks.eye_line - limits.eye_lowest / scale)
    right, bottom = left + limits.width / scale, top + limits.height / scale
    beyond = {
        "left": -left,
        "top": -top,
        "right": right - flat.width,
        "bottom": bottom - flat.height,
    }
    if max(beyond.values()) * scale >= 1:
        short: dict[str, Fact] = {side: max(math.ceil(by), 0) for side, by in beyond.items()}
        raise Refusal("photo.head_outside", clause="A7.1", **short)
    # Less than a finished pixel is rounding of a mark: slide back inside.
    left = min(max(left, 0), max(flat.width - limits.width / scale, 0))
    top = min(max(top, 0), max(flat.height - limits.height / scale, 0))
    return left, top, scale


def _on_plain_wall(flat: Image, placed: Marks, limits: Limits, notes: list[str]) -> Image:
    """Return the picture with its plain wall in the configured colour; a room is refused."""
    from PIL import Image as images
    from PIL import ImageFilter

    spread, near = wall(flat, limits, placed.hair_top)
    _refuse_a_room(spread, limits)
    if near >= (limits.rules["background"].low or 0):
        return flat
    shape: Silhouette = outline(flat, limits)
    # Half a pixel into the person, then soft: no bright seam around dark hair.
    person = shape.mask.filter(ImageFilter.MinFilter(3)).resize(flat.size)
    person = person.filter(ImageFilter.GaussianBlur(1.5))
    plain = images.new("RGB", flat.size, limits.background)
    notes.append("wall_replaced")
    return images.composite(flat, plain, person)


def _refuse_a_room(spread: int, limits: Limits) -> None:
    if spread > limits.plain_spread:
        most = limits.plain_spread
        raise Refusal("photo.busy_background", clause="A7.1", spread=spread, most=most)


def _encoded(flat: Image, limits: Limits) -> tuple[bytes, bool]:
    """Return the JPEG in the byte range that is aimed at, and whether quality had to be raised."""
    law = limits.rules["bytes"]
    low, most = limits.aim_bytes
    least_bytes, most_bytes = law.low or low, law.high or most
    data = b""
    for quality in limits.qualities:
        data = _jpeg(flat, quality, limits)
        if len(data) <= most:
            break
    if len(data) > most_bytes:
        raise Refusal("photo.too_rich", clause="A7.1", kilobytes=len(data) >> 10)
    if len(data) >= low:
        return data, False
    for quality in limits.raised_qualities:
        data = _jpeg(flat, quality, limits, subsampling=0)
        if least_bytes <= len(data) <= most_bytes:
            return data, True
    raise Refusal("photo.too_plain", clause="A7.1", kilobytes=len(data) >> 10)


def _jpeg(flat: Image, quality: int, limits: Limits, *, subsampling: int = 2) -> bytes:
    file = io.BytesIO()
    flat.save(file, "JPEG", quality=quality, subsampling=subsampling, dpi=(limits.dpi, limits.dpi))
    return file.getvalue()
