"""Bytes from a camera, a scanner or a stranger become a picture, or a typed refusal."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sbk_tui.errors import Refusal
from sbk_tui.hardware.portrait.values import Limits

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF-", "PDF"),
)
# What Pillow lets out of a damaged file, by throwing damaged files at it.
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError,
    OverflowError, ZeroDivisionError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An upright picture to work on, and what its file said of itself."""

    image: Image
    """RGB, or RGBA when the file has transparency; at most `Limits.working_side` long."""
    kind: str
    mode: str
    """Pillow's name of the stored colours: RGB, L, CMYK, RGBA, P, 1 …"""
    width: int
    height: int
    """As stored, turned upright."""
    dpi: int
    """0 when the file does not say."""
    size_bytes: int


def kind_of(data: bytes) -> str:
    """Return JPEG, PNG, TIFF or PDF by the first bytes, whatever the file is called; else empty."""
    return next((kind for start, kind in _BEGINNINGS if data.startswith(start)), "")


def look_at(data: bytes, limits: Limits) -> tuple[int, int]:
    """Return width and height by the header alone, as stored; nothing is decoded.

    Raises:
        Refusal: `photo.too_large`, `photo.not_a_picture`, `photo.too_many_pixels`,
            `photo.damaged`.
    """
    with _checked(data, limits) as file:
        return file.size


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Return the picture in `data`, turned upright by its EXIF; keep `data`, it is the original.

    Raises:
        Refusal: as `look_at`, before anything is decoded; `photo.damaged` also while decoding.
    """
    with _checked(data, limits) as file:
        try:
            return _decoded(kind_of(data), file, len(data), limits)
        except _DAMAGED as error:
            raise Refusal("photo.damaged", clause="A7.1") from error


def _checked(data: bytes, limits: Limits) -> ImageFile:
    """Return the file with its header read and found inside the limits."""
    if len(data) > limits.most_bytes:
        raise Refusal("photo.too_large", clause="A7.1", megabytes=limits.most_bytes >> 20)
    kind = kind_of(data)
    if kind in {"", "PDF"}:
        raise Refusal("photo.not_a_picture", clause="A7.1")
    try:
        file = _header(kind, data)
    except _DAMAGED as error:
        raise Refusal("photo.damaged", clause="A7.1") from error
    if file.width * file.height > limits.most_pixels:
        file.close()
        millions = limits.most_pixels // 1_000_000
        raise Refusal("photo.too_many_pixels", clause="A7.1", millions=millions)
    return file


def _header(kind: str, data: bytes) -> ImageFile:
    """Read the header with the one decoder that fits: no guessing, no process-wide pixel limit."""
    from PIL import JpegImagePlugin, PngImagePlugin, TiffImagePlugin

    file = io.BytesIO(data)
    if kind == "JPEG":
        return JpegImagePlugin.JpegImageFile(file)
    if kind == "PNG":
        return PngImagePlugin.PngImageFile(file)
    return TiffImagePlugin.TiffImageFile(file)


def _decoded(kind: str, file: ImageFile, size_bytes: int, limits: Limits) -> Picture:
    from PIL import ImageOps

    mode, stored = file.mode, file.size
    dpi = round(float(file.info.get("dpi", (0, 0))[0]))
    side = limits.working_side
    if kind == "JPEG" and mode == "RGB" and max(stored) > 2 * side:
        file.draft("RGB", (side, side))  # decodes at a half, quarter or eighth: less memory
    image: Image = file
    image.load()
    turned = file.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    image = ImageOps.exif_transpose(image)
    clear = "A" in mode or "transparency" in file.info
    image = image.convert("RGBA" if clear else "RGB")
    image.info.clear()  # no EXIF, place or profile goes on from here
    image.thumbnail((side, side))
    width, height = reversed(stored) if turned else stored
    return Picture(
        image=image,
        kind=kind,
        mode=mode,
        width=width,
        height=height,
        dpi=dpi,
        size_bytes=size_bytes,
    )
