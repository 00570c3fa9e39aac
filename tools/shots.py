"""Draw the pictures of the README and the guides from the running program (`make shots`).

The training counter is set up in a temporary folder and driven by keys; what stands in each cell
of its screen is drawn with a fixed-width Chinese font, so that columns stand as in a terminal.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.segment import Segment
from rich.terminal_theme import MONOKAI

from sbk_tui.app import SbkApp
from sbk_tui.demo import office
from sbk_tui.wiring import now_ms

OUT = Path(__file__).parent.parent / "docs" / "pictures"
FONT = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"  # Debian, fonts-wqy-microhei
MONO = 1  # the fixed-width face of the collection
WIDE, HIGH = 10, 21
INK, PAPER = (222, 222, 222), (18, 18, 18)
SHOTS = (  # file, size, keys from the menu; "wait" lets the search come back
    ("menu", (80, 24), ()),
    ("loss", (100, 30), ("3", "2", "enter", "l", "j", "g", "wait", "enter", "wait", "space")),
    ("query", (80, 24), ("2", "4", "2", "enter", "l", "j", "g", "wait", "enter", "wait")),
)


async def draw(app: SbkApp, name: str, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    """Save one screen."""
    async with app.run_test(size=size) as pilot:
        for key in keys:
            if key == "wait":
                await pilot.pause(0.3)
                await pilot.app.workers.wait_for_complete()
                await pilot.pause()
            else:
                await pilot.press(key)
        await pilot.pause()
        rows = [list(strips) for strips in app.screen._compositor.render_strips(app.size)]
    image = Image.new("RGB", (size[0] * WIDE, size[1] * HIGH), PAPER)
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, HIGH - 5, index=MONO)
    for y, segments in enumerate(rows):
        x = 0
        for segment in segments:
            x = _draw_segment(pen, font, segment, x, y)
    image.save(OUT / f"{name}.png", optimize=True)


def _draw_segment(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, segment: Segment, x: int, y: int
) -> int:
    """Draw a run of equal style and return the column behind it."""
    style = segment.style
    ink, paper = INK, PAPER
    if style is not None:
        if style.color is not None and not style.color.is_default:
            ink = tuple(style.color.get_truecolor(MONOKAI))
        if style.dim:
            ink = tuple((a + b) // 2 for a, b in zip(ink, PAPER, strict=True))
        if style.reverse:
            ink, paper = paper, ink
    for char in segment.text:
        cells = cell_len(char)
        left, top = x * WIDE, y * HIGH
        pen.rectangle((left, top, left + cells * WIDE - 1, top + HIGH - 1), fill=paper)
        pen.text((left, top + 2), char, font=font, fill=ink)
        if style is not None and style.underline:
            pen.line((left, top + HIGH - 2, left + cells * WIDE - 1, top + HIGH - 2), fill=ink)
        x += cells
    return x


def main() -> None:
    """Draw all pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "counter"
        office.make(home, level="township", people=300, seed_number=1, now_ms=now_ms())
        for name, size, keys in SHOTS:
            counter, _made = office.open_again(home)
            asyncio.run(draw(SbkApp(opened=counter), name, size, keys))
            counter.close()


if __name__ == "__main__":
    main()
