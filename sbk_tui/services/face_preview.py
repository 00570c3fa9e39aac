"""The face of a card in the terminal, before it is printed (5.1.3.2 预览)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sbk_tui.hardware.portrait.preview import Cell


def preview(face: bytes, columns: int, *, colours: Literal[8, 16] = 16) -> list[list[Cell]]:
    """Return a face (PNG) as rows of half-block cells, at most `columns` wide.

    It shows the portrait and where things stand; the words are too small to be read and are for
    the screen to write beside it. At 60 columns it is 19 rows high.
    """
    # Late: only who makes a card loads the picture library.
    from PIL import Image

    from sbk_tui.hardware.portrait.preview import half_blocks

    with Image.open(io.BytesIO(face), formats=("PNG",)) as picture:
        return half_blocks(picture, columns, columns, colours=colours)
