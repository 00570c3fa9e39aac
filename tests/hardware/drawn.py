"""Invented faces, drawn: no picture of a living person is in the tests."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from sbk_tui.hardware.portrait.opening import Picture, open_picture
from sbk_tui.hardware.portrait.values import Limits, limits_from
from sbk_tui.resources import toml

Colour = tuple[int, int, int]
LIMITS: Limits = limits_from(toml("portrait.toml"))
WHITE: Colour = (255, 255, 255)
GREEN_WALL: Colour = (196, 208, 198)


def face(
    size: tuple[int, int] = (358, 441),
    *,
    wall: Colour = WHITE,
    hair_top: float = 14,
    head: float = 294,
    centre: float = 179,
    clothes: Colour = (40, 44, 60),
    busy: bool = False,
    lean: float = 0,
) -> Image.Image:
    """Return a face seen from the front, in pixels of `size`, with a little grain in it."""
    image = Image.new("RGB", size, wall)
    draw = ImageDraw.Draw(image)
    noise = random.Random(7)
    if busy:
        for _ in range(220):
            x, y = noise.randrange(size[0]), noise.randrange(size[1])
            grey = noise.randrange(20, 240)
            draw.rectangle((x, y, x + 40, y + 60), fill=(grey, 255 - grey, grey // 2))
    chin, half = hair_top + head, 0.35 * head
    draw.rectangle((centre - 0.55 * half, chin - 30, centre + 0.55 * half, size[1]), fill="#b88a70")
    shoulder = chin + 0.12 * head
    draw.rounded_rectangle(
        (centre - 2.1 * half, shoulder, centre + 2.1 * half, size[1] + 80), 60, fill=clothes
    )
    skull = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(skull)
    pen.ellipse((centre - half, hair_top, centre + half, hair_top + 0.75 * head), fill="#241c1a")
    pen.ellipse(
        (centre - 0.92 * half, hair_top + 0.2 * head, centre + 0.92 * half, chin), fill="#d8ab8c"
    )
    eyes = hair_top + 0.5 * head
    for side in (-0.4, 0.4):
        x = centre + side * half
        pen.ellipse((x - 0.16 * half, eyes - 6, x + 0.16 * half, eyes + 6), fill="#30201c")
    mouth = hair_top + 0.8 * head
    pen.ellipse((centre - 0.3 * half, mouth - 5, centre + 0.3 * half, mouth + 5), fill="#a04a48")
    if lean:
        skull = skull.rotate(-lean, center=(centre, chin), resample=Image.Resampling.BICUBIC)
    image.paste(skull, (0, 0), skull)
    grain = Image.frombytes("L", size, noise.randbytes(size[0] * size[1]))
    grain = grain.filter(ImageFilter.GaussianBlur(0.7))
    shaded = Image.merge("RGB", [grain.point([(i - 128) // 3 + 100 for i in range(256)])] * 3)
    person = Image.eval(Image.new("L", size, 0), lambda _: 0)
    ImageDraw.Draw(person).rectangle((centre - half, hair_top, centre + half, size[1]), fill=36)
    apart = Image.composite(shaded, image, person)
    return Image.composite(apart, image, _not_wall(image, wall))


def _not_wall(image: Image.Image, wall: Colour) -> Image.Image:
    same = [band.point([0 if i == level else 255 for i in range(256)]) for band, level in
            zip(image.split(), wall, strict=True)]  # fmt: skip
    red, green, blue = same
    return Image.merge("RGB", (red, green, blue)).convert("L").point([0] + [255] * 255)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return the bytes of a file as a camera or scanner would save it."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(image: Image.Image, kind: str = "JPEG", **options: Any) -> Picture:
    """Return `image` after the way through a file."""
    return open_picture(encoded(image, kind, **options), LIMITS)
