"""The drawn faces of the training counter, as files and as opened pictures."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from sbk_tui.demo.portraits import WHITE, drawn_face
from sbk_tui.hardware.portrait.opening import Picture, open_picture
from sbk_tui.hardware.portrait.values import Limits, limits_from
from sbk_tui.resources import toml

__all__ = ["GREEN_WALL", "LIMITS", "WHITE", "encoded", "face", "picture"]
LIMITS: Limits = limits_from(toml("portrait.toml"))
GREEN_WALL = (196, 208, 198)
face = drawn_face


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return the bytes of a file as a camera or scanner would save it."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(image: Image.Image, kind: str = "JPEG", **options: Any) -> Picture:
    """Return `image` after the way through a file."""
    return open_picture(encoded(image, kind, **options), LIMITS)
