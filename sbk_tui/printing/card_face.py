"""The face of a social-security card as a picture for the card printer.

`assets/card_face.toml` says what is printed and where. The same card gives the same bytes: what
the clerk saw in the preview is what is printed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sbk_tui.domain import mask
from sbk_tui.errors import BadUsage
from sbk_tui.hardware.ports import CardSheet
from sbk_tui.printing.glyphs import GETA, MissingGlyph
from sbk_tui.printing.pdf import FONTS, known_characters
from sbk_tui.resources import toml
from sbk_tui.texts import word

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

NO_GLYPH = "card_face.no_glyph"
"""What a clerk is told of each `MissingGlyph`, before anything is printed."""
SHEET = CardSheet()
_MM = 25.4
_BASE = 0.86
"""Where a line of Chinese stands in its height: the rest is below it."""
_STEP = 0.98


class Box(NamedTuple):
    """A part of the card, in millimetres from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


class PhotoPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the portrait stands."""

    x: float
    y: float
    dots: tuple[int, int]
    """Its size in dots."""


class FaceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One labelled line, in millimetres."""

    key: str
    label: str
    x: float
    y: float
    wide: float
    high: float
    """Of the characters; a long value is smaller."""
    label_wide: float
    versions: tuple[str, ...] = ()
    """Generations of cards that have it, by their first digit; none: all."""

    @property
    def box(self) -> Box:
        """What it may cover."""
        return Box(self.x, self.y, self.x + self.wide, self.y + self.high)


class FaceLayout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole face."""

    dpi: int
    card: tuple[float, float]
    contacts: Box
    keep_away: float
    date: str
    photo: PhotoPlace
    rows: tuple[FaceRow, ...]

    @property
    def photo_box(self) -> Box:
        """What the portrait covers."""
        wide, high = (side * _MM / self.dpi for side in self.photo.dots)
        return Box(self.photo.x, self.photo.y, self.photo.x + wide, self.photo.y + high)

    def dots(self, millimetres: float) -> float:
        """Return a length in dots."""
        return millimetres * self.dpi / _MM


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFace:
    """What the face of one card says."""

    name: str
    number: str
    """社会保障号码."""
    card: str
    """社保卡号."""
    issued: date
    valid_to: date | None = None
    version: str
    """Of the card, "3.00": what is printed differs by its first digit."""
    photo: bytes
    """The portrait as kept: JPEG or PNG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFace:
    """A face ready for `CardPrinter.print_face`."""

    png: bytes
    missing: tuple[MissingGlyph, ...]
    """Characters drawn as 〓: nobody can write on a card, tell the clerk before it is printed."""


@cache
def layout() -> FaceLayout:
    """Return the layout.

    Raises:
        msgspec.ValidationError: naming what is wrong in the file.
    """
    return msgspec.convert(toml("card_face.toml"), FaceLayout)


def render(
    face: CardFace,
    *,
    mask_number: bool = False,
    training: bool = False,
    sheet: CardSheet = SHEET,
    fonts: Sequence[str] = FONTS,
) -> RenderedFace:
    """Return the picture of `face`, a PNG at 300 dpi.

    Args:
        mask_number: hide the middle of the 社会保障号码 (`rules.mask_number_on_face`).
        training: the counter is a drill, the card says so (B14).
        sheet: the picture that the printer wants.

    Raises:
        BadUsage: `print.extra_missing`, `print.no_font`, `card_face.photo_broken`.
    """
    from PIL import Image, ImageDraw  # late: only who makes a card loads it

    plan = layout()
    font, known = known_characters(fonts)
    picture = Image.new("RGB", sheet.dots, "white")
    left, top = (sheet.bleed + round(plan.dots(side)) for side in (plan.photo.x, plan.photo.y))
    picture.paste(_portrait(face.photo, plan.photo.dots), (left, top))
    pen, missing = _Pen(ImageDraw.Draw(picture), plan, sheet.bleed, font), list[MissingGlyph]()
    for row, value in _lines(plan, face, mask_number=mask_number, training=training):
        missing += [MissingGlyph(char, row.label) for char in value if char not in known]
        drawn = "".join(char if char in known else GETA for char in value)
        pen.write(row, drawn)
    file = io.BytesIO()
    picture.save(file, "PNG", dpi=(plan.dpi, plan.dpi))
    return RenderedFace(png=file.getvalue(), missing=tuple(dict.fromkeys(missing)))


def _lines(
    plan: FaceLayout, face: CardFace, *, mask_number: bool, training: bool
) -> list[tuple[FaceRow, str]]:
    """Return the rows that this card has, and what stands in them."""
    values = {
        "name": face.name,
        "number": mask.number(face.number) if mask_number else face.number,
        "card": face.card,
        "issued": plan.date.format(face.issued),
        "valid_to": plan.date.format(face.valid_to) if face.valid_to else "",
        "training": word("print.training") if training else "",
    }
    return [
        (row, values[row.key])
        for row in plan.rows
        if values[row.key] and (not row.versions or face.version[:1] in row.versions)
    ]


class _Pen(NamedTuple):
    """What writes on a card."""

    draw: ImageDraw
    plan: FaceLayout
    bleed: int
    font: str

    def write(self, row: FaceRow, value: str) -> None:
        """Write label and value, each as large as its room allows."""
        self._put(row.label, row, row.x, row.label_wide)
        self._put(value, row, row.x + row.label_wide, row.wide - row.label_wide)

    def _put(self, text: str, row: FaceRow, x: float, wide: float) -> None:
        dots = self.plan.dots
        size = fitting_size(text, dots(row.high), dots(wide), self.font)
        place = (self.bleed + dots(x), self.bleed + dots(row.y + _BASE * row.high))
        self.draw.text(place, text, "black", _font(self.font, size), anchor="ls")


def fitting_size(text: str, size: float, wide: float, font: str) -> float:
    """Return the largest size up to `size` in which `text` is at most `wide`, all in dots."""
    while text and _font(font, size).getlength(text) > wide:
        size *= _STEP
    return size


@cache
def _font(path: str, size: float) -> FreeTypeFont:
    from PIL import ImageFont

    # The simple layout: the same dots whether or not a shaping library is installed.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _portrait(data: bytes, dots: tuple[int, int]) -> Image:
    """Return the portrait in its size, a little cut where its shape is another."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as photo:
            return ImageOps.fit(photo.convert("RGB"), dots, Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError) as error:  # what a damaged file ends in
        raise BadUsage("card_face.photo_broken") from error
