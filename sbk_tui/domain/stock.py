"""库存: where a card lies at a counter, and what the stock room calls its state (2.3.3).

A place is "柜-层-盒-位" by custom; anything else that fits on a label is a place too.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.text import bounded, narrow
from sbk_tui.errors import Refusal

_NUMBERED = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})*")
_NUMBER = re.compile(r"[0-9]+")
_DASHES = str.maketrans(dict.fromkeys("–—‐‑−－﹣_/", "-"))
_LEVELS = 4
_DIGITS = 5
GOOD = "1"
"""验卡结果 正常."""
MARKS = 3
"""滞留标记 that make a 滞留卡 ([1] K3)."""


class Place(str):
    """存放位置: by custom 柜-层-盒-位, else free text; at most 50 bytes on the wire ([1] K1)."""

    __slots__ = ()
    most: ClassVar[int] = 50

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the place in its stored form: `１—2–03` is `1-2-3`.

        Raises:
            Refusal: `place.empty`, `text.too_long`, or as `text.clean`.
        """
        place = bounded(narrow(text), cls.most)
        tidy = "".join(place.translate(_DASHES).split())
        if _NUMBERED.fullmatch(tidy):
            place = "-".join(str(int(part)) for part in tidy.split("-"))
        if not place:
            raise Refusal("place.empty", clause="2.3.3")
        return cls(place)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Cabinet, layer, box and position as far as the place tells them; none of free text."""
        return tuple(map(int, self.split("-"))) if _NUMBERED.fullmatch(self) else ()

    @property
    def is_slot(self) -> bool:
        """Whether it names one position of a box."""
        return len(self.numbers) == _LEVELS

    @property
    def box(self) -> Place:
        """The box: of a slot the place without its position, else the place itself."""
        return Place("-".join(self.split("-")[:-1])) if self.is_slot else self

    def slot(self, position: int) -> Place:
        """Return a position of this box."""
        return Place(f"{self}-{position:d}")

    def next_box(self) -> Place:
        """Return the box beside this one, in the same layer."""
        *above, last = self.numbers
        return Place("-".join(map(str, (*above, last + 1))))

    @property
    def is_box(self) -> bool:
        """Whether it names a box, whose positions can be counted."""
        return len(self.numbers) == _LEVELS - 1


def shelf_key(place: str) -> str:
    """Return what places are sorted by: `1-2-10` behind `1-2-9`; free text as it is."""
    if not _NUMBERED.fullmatch(place):
        return place
    return "-".join(part.zfill(_DIGITS) for part in place.split("-"))


def house_key(address: str) -> str:
    """Return what addresses of a village are sorted by: house 10 behind house 9 (B10)."""
    return _NUMBER.sub(lambda found: found[0].zfill(_DIGITS), narrow(address))


def stock_state(card: Card) -> str:
    """Return a code of the table `stock_state` (domain facts 1.6); derived, never stored."""
    if card.enabled_at is not None:
        return "7"
    if card.collected_at is not None:
        return "6"
    if card.check_result not in ("", GOOD) or card.state is CardState.CANCELLED:
        return "5"
    if len(card.uncollected) >= MARKS:
        return "4"
    return "2" if card.place else "1"
