"""A document as a PDF with its Chinese font embedded; the same document gives the same bytes.

Needs the extra `print` (reportlab, segno), imported when a paper is made.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from sbk_tui.errors import BadUsage
from sbk_tui.printing.document import Document
from sbk_tui.printing.flow import (
    AcrossMark,
    BarMark,
    BoxMark,
    LineMark,
    Mark,
    PictureMark,
    QrMark,
    TextMark,
    pages_of,
)
from sbk_tui.printing.glyphs import MissingGlyph, missing_glyphs, replaced
from sbk_tui.printing.layouts import PAPERS

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",  # Debian, fonts-wqy-microhei
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
)
"""Where a Chinese TrueType font is looked for; OpenType outlines cannot be embedded."""

_MM = 72 / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A paper ready for a `DocumentPrinter`."""

    pdf: bytes
    missing: tuple[MissingGlyph, ...]
    """Characters printed as 〓, each with a line to write it on by hand; tell the clerk."""


def render(document: Document, fonts: Sequence[str] = FONTS) -> Rendered:
    """Return `document` as a PDF on its own paper size.

    Raises:
        BadUsage: `print.extra_missing`, `print.no_font`, `print.picture_broken`.
    """
    try:
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        raise BadUsage("print.extra_missing") from error
    font, known = _font(_first_font(fonts))
    missing = missing_glyphs(document, known)
    drawn = replaced(document, missing)

    from reportlab.pdfbase.pdfmetrics import stringWidth

    def measure(text: str, size: float) -> float:
        return float(stringWidth(text, font, size)) / _MM

    paper = PAPERS[document.paper]
    file = io.BytesIO()
    size = (paper.width * _MM, paper.height * _MM)
    canvas = Canvas(file, pagesize=size, invariant=1, pageCompression=1, initialFontName=font)
    canvas.setTitle(document.title)
    for page in pages_of(drawn, measure):
        for mark in page:
            _draw(canvas, mark, font, paper.width, paper.height)
        canvas.showPage()
    canvas.save()
    return Rendered(pdf=file.getvalue(), missing=missing)


def known_characters(fonts: Sequence[str] = FONTS) -> tuple[str, frozenset[str]]:
    """Return the font file that papers use, and the characters it can draw.

    Raises:
        BadUsage: `print.extra_missing`, `print.no_font`.
    """
    path = _first_font(fonts)
    try:
        return path, _font(path)[1]
    except ImportError as error:
        raise BadUsage("print.extra_missing") from error


def _first_font(fonts: Sequence[str]) -> str:
    found = next((font for font in fonts if Path(font).is_file()), None)
    if found is None:
        raise BadUsage("print.no_font")
    return found


@lru_cache(maxsize=4)
def _font(path: str) -> tuple[str, frozenset[str]]:
    """Return the registered name of a font file and the characters it can draw."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = f"Sbk-{Path(path).stem}"
    try:
        font = TTFont(name, path)
    except (TTFError, OSError) as error:
        raise BadUsage("print.no_font") from error
    pdfmetrics.registerFont(font)
    return name, frozenset(map(chr, font.face.charToGlyph))


def _draw(canvas: Canvas, mark: Mark, font: str, wide: float, high: float) -> None:
    """Draw one mark; a PDF counts upwards from the lower left."""
    match mark:
        case TextMark():
            _text(canvas, mark, font, high)
        case BoxMark():
            canvas.setLineWidth(0.5)
            low = (high - mark.y - mark.height) * _MM
            canvas.rect(mark.x * _MM, low, mark.width * _MM, mark.height * _MM)
        case LineMark():
            y = (high - mark.y) * _MM
            canvas.line(mark.x * _MM, y, (mark.x + mark.width) * _MM, y)
        case PictureMark():
            _picture(canvas, mark, high)
        case BarMark():
            _bar(canvas, mark, high)
        case QrMark():
            _qr(canvas, mark, high)
        case AcrossMark():
            canvas.saveState()
            canvas.setFillGray(0.88)
            canvas.translate(wide * _MM / 2, high * _MM / 2)
            canvas.rotate(30)
            canvas.setFont(font, high * 0.7)
            canvas.drawCentredString(0, -high * 0.25, mark.text)
            canvas.restoreState()
        case _:
            assert_never(mark)


def _text(canvas: Canvas, mark: TextMark, font: str, high: float) -> None:
    line = canvas.beginText(mark.x * _MM, (high - mark.y) * _MM)
    line.setFont(font, mark.size)
    if mark.strong:  # the font has one weight: filled and thinly outlined looks bold
        canvas.setLineWidth(mark.size / 40)
        line.setTextRenderMode(2)
    line.textOut(mark.text)
    if mark.strong:
        line.setTextRenderMode(0)
    canvas.drawText(line)


def _picture(canvas: Canvas, mark: PictureMark, high: float) -> None:
    from reportlab.lib.utils import ImageReader

    low = (high - mark.y - mark.height) * _MM
    try:
        image = ImageReader(io.BytesIO(mark.data))
        canvas.drawImage(image, mark.x * _MM, low, mark.width * _MM, mark.height * _MM)
    except OSError as error:
        raise BadUsage("print.picture_broken") from error


def _bar(canvas: Canvas, mark: BarMark, high: float) -> None:
    from reportlab.graphics.barcode.code128 import Code128

    bars: Any = Code128(mark.text, barHeight=mark.height * _MM, barWidth=1, quiet=0)
    scale = mark.width * _MM / bars.width
    canvas.saveState()
    canvas.translate(mark.x * _MM, (high - mark.y - mark.height) * _MM)
    canvas.scale(scale, 1)
    bars.drawOn(canvas, 0, 0)
    canvas.restoreState()


def _qr(canvas: Canvas, mark: QrMark, high: float) -> None:
    try:
        import segno
    except ImportError as error:
        raise BadUsage("print.extra_missing") from error
    rows = segno.make(mark.data, error="m", micro=False).matrix
    step = mark.side * _MM / (len(rows) + 8)  # a quiet zone of four modules on each side
    top = (high - mark.y) * _MM - 4 * step
    for number, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                x = mark.x * _MM + (column + 4) * step
                canvas.rect(x, top - (number + 1) * step, step, step, stroke=0, fill=1)
