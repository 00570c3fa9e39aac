"""Invented faces, drawn: what a portrait folder of a counter holds, without anybody's picture."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

from sbk_tui.demo.assets import Face

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
_GRAIN = 7  # seed: the same picture each time


def jpeg_of(face: Face) -> bytes:
    """Return the file of a face of `pictures.toml`."""
    image = drawn_face(
        (face.width, face.height),
        wall=face.wall,
        hair_top=face.hair_top,
        head=face.head,
        centre=face.width / 2,
        clothes=face.clothes,
        lean=face.lean,
    )
    file = io.BytesIO()
    image.save(file, "JPEG", quality=face.quality, dpi=(face.dpi, face.dpi))
    return file.getvalue()


def drawn_face(
    size: tuple[int, int] = (358, 441),
    *,
    wall: Colour = WHITE,
    hair_top: float = 14,
    head: float = 294,
    centre: float = 179,
    clothes: Colour = (40, 44, 60),
    busy: bool = False,
    lean: float = 0,
) -> Image:
    """Return a face seen from the front, in pixels of `size`, with a little grain in it.

    Args:
        wall: what stands behind the head; `busy`: patches of all colours before it.
        hair_top: rows above the hair; `head`: rows from there to the chin.
        lean: degrees by which the head leans to the right.
    """
    from PIL import Image as images
    from PIL import ImageDraw

    image = images.new("RGB", size, wall)
    draw = ImageDraw.Draw(image)
    noise = random.Random(_GRAIN)  # noqa: S311 -- grain of a picture
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
    skull = _skull(size, hair_top, head, centre)
    if lean:
        skull = skull.rotate(-lean, center=(centre, chin), resample=images.Resampling.BICUBIC)
    image.paste(skull, (0, 0), skull)
    return _grained(image, wall, noise, (centre - half, hair_top, centre + half, size[1]))


def _skull(size: tuple[int, int], hair_top: float, head: float, centre: float) -> Image:
    from PIL import Image as images
    from PIL import ImageDraw

    skull, half = images.new("RGBA", size, (0, 0, 0, 0)), 0.35 * head
    pen = ImageDraw.Draw(skull)
    pen.ellipse((centre - half, hair_top, centre + half, hair_top + 0.75 * head), fill="#241c1a")
    face = (centre - 0.92 * half, hair_top + 0.2 * head, centre + 0.92 * half, hair_top + head)
    pen.ellipse(face, fill="#d8ab8c")
    eyes = hair_top + 0.5 * head
    for side in (-0.4, 0.4):
        x = centre + side * half
        pen.ellipse((x - 0.16 * half, eyes - 6, x + 0.16 * half, eyes + 6), fill="#30201c")
    mouth = hair_top + 0.8 * head
    pen.ellipse((centre - 0.3 * half, mouth - 5, centre + 0.3 * half, mouth + 5), fill="#a04a48")
    return skull


def _grained(
    image: Image, wall: Colour, noise: random.Random, person: tuple[float, float, float, float]
) -> Image:
    """Lay grain over the person, so that the file weighs what a photograph does."""
    from PIL import Image as images
    from PIL import ImageDraw, ImageFilter

    size = image.size
    grain = images.frombytes("L", size, noise.randbytes(size[0] * size[1]))
    grain = grain.filter(ImageFilter.GaussianBlur(0.7))
    shaded = images.merge("RGB", [grain.point([(i - 128) // 3 + 100 for i in range(256)])] * 3)
    mask = images.new("L", size, 0)
    ImageDraw.Draw(mask).rectangle(person, fill=36)
    return images.composite(images.composite(shaded, image, mask), image, _not_wall(image, wall))


def _not_wall(image: Image, wall: Colour) -> Image:
    from PIL import Image as images

    bands = zip(image.split(), wall, strict=True)
    same = [band.point([0 if i == level else 255 for i in range(256)]) for band, level in bands]
    return images.merge("RGB", same).convert("L").point([0] + [255] * 255)
