"""Counting in by difference (B7): what a list still lacks, while codes come in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from sbk_tui.domain.handover import Handover
from sbk_tui.domain.identity import CardNumber
from sbk_tui.errors import Refusal

Outcome = Literal["counted", "again", "extra", "out", "no_code"]
"""counted: on the list, now seen · again: came before · extra: not on the list · out: on the list
but issued before · no_code: nothing that can be a card number, scan again."""


class Count:
    """One count under way; a value for drafts at any moment (`values`)."""

    def __init__(
        self, handover: Handover, out: Iterable[str], values: Mapping[str, str] | None = None
    ) -> None:
        """Begin with what the list lacks.

        Args:
            out: cards of the list that were issued before.
            values: an earlier count of the same list, as `values` gave it.
        """
        kept = values or {}
        self.out = frozenset(out)
        self._order = tuple(card for card in handover.missing if card not in self.out)
        self._known = frozenset(handover.expected)
        self._pending = dict.fromkeys(self._order)
        self._came: list[str] = []
        self.seen: dict[str, None] = {}
        self.extra: dict[str, None] = {}
        for code in f"{kept.get('seen', '')} {kept.get('extra', '')}".split():
            self.scan(code)
        self.damaged = self.seen.keys() & set(kept.get("damaged", "").split())

    @property
    def last(self) -> str:
        """The code that came last, empty when none did."""
        return self._came[-1] if self._came else ""

    @property
    def pending(self) -> tuple[str, ...]:
        """What was not seen yet, in the order of the list."""
        return tuple(self._pending)

    @property
    def values(self) -> dict[str, str]:
        """The count as texts, for a draft."""
        return {
            "seen": " ".join(self.seen),
            "extra": " ".join(self.extra),
            "damaged": " ".join(sorted(self.damaged)),
        }

    def scan(self, text: str) -> Outcome:
        """Take in one code."""
        try:
            number = CardNumber.parse(text)
        except Refusal:
            return "no_code"
        code = str(number)
        if code in self.seen or code in self.extra:
            return "again"
        if code in self._pending:
            del self._pending[code]
            return self._counted(code, self.seen, "counted")
        if code in self.out:
            return self._counted(code, self.seen, "out")
        if code in self._known:
            return "again"  # at an earlier count
        return self._counted(code, self.extra, "extra") if number.check_ok else "no_code"

    def _counted(self, code: str, among: dict[str, None], outcome: Outcome) -> Outcome:
        among[code] = None
        self._came.append(code)
        return outcome

    def damage(self) -> bool | None:
        """Mark the card that came last as damaged, or take the mark away; return which.

        None when there is no such card, or it is not on the list.
        """
        if self.last not in self.seen:
            return None
        self.damaged ^= {self.last}
        return self.last in self.damaged

    def undo(self) -> str:
        """Take the code that came last back; return it, empty when there is none."""
        if not self._came:
            return ""
        code = self._came.pop()
        self.extra.pop(code, None)
        self.seen.pop(code, None)
        self.damaged.discard(code)
        lacking = {*self._pending, code}
        self._pending = dict.fromkeys(card for card in self._order if card in lacking)
        return code
