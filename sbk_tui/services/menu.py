"""What the main menu offers, by the regulation's numbers; `about` says it in a few words."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sbk_tui import divisions
from sbk_tui.domain.capability import Authority, Capability, CounterLevel
from sbk_tui.errors import NotPermitted
from sbk_tui.pinyin import matches
from sbk_tui.services.procedures import all_clauses, place, procedure
from sbk_tui.texts import word


class Entry(NamedTuple):
    """One line of the menu."""

    clause: str
    title: str
    about: str
    capability: Capability
    built: bool = True

    def fits(self, typed: str) -> bool:
        """Return whether the line is meant by `typed`: number, name or pinyin initials."""
        plain = typed.replace(".", "")
        if not plain:
            return True
        if plain.isdigit():
            return self.clause.replace(".", "").startswith(plain)
        named = self.clause.lower().startswith(plain.lower())  # F2
        return named or plain in self.title or matches(plain, self.title)

    def listed(self, typed: str, authority: Authority) -> bool:
        """Return whether the menu shows the line for what was `typed`.

        A bank window lists its own services only (A3); what an office does is found by typing,
        greyed, with the place that does it.
        """
        if not typed and authority.level is CounterLevel.BANK:
            return self.refused_to(authority) is None
        return self.fits(typed)

    def refused_to(self, authority: Authority) -> NotPermitted | None:
        """Return why a counter may not do it, or None."""
        try:
            authority.require(self.capability)
        except NotPermitted as refusal:
            return refusal
        if not self.built:
            return NotPermitted("capability.not_built", clause=self.clause)
        return None


def nearest_counters(district: str) -> tuple[str, ...]:
    """Return the places whose counters do what a township's may not: its county, and the city."""
    codes = (district[:6], divisions.CITY)
    found = (divisions.division(code) for code in dict.fromkeys(codes))
    return tuple(place.name for place in found if place is not None)


OURS = (
    ("0.1", "debts"), ("0.2", "day"), ("0.3", "morning"), ("0.4", "stats"), ("0.5", "line"),
    ("0.6", "cases"), ("0.12", "open_work"),
)  # fmt: skip
"""Our own lines, not of the regulation: number and name of the words."""


@cache
def entries() -> tuple[Entry, ...]:
    """Return the menu, in the regulation's order; 补换 stands in it for every level (A4)."""
    jobs = [procedure(clause) for clause in all_clauses()]
    found = [Entry(j.clause, j.title, j.summary, Capability[j.capability]) for j in jobs]
    found.append(Entry("0.7", word("temp.menu"), word("temp.menu_about"), Capability.TEMP_CARD))
    found.append(Entry("0.11", word("numbers.menu"), word("numbers.menu_about"), Capability.FEES))
    about = word("supplies.menu_about")
    found.append(Entry("0.14", word("supplies.menu"), about, Capability.PRODUCE))
    found += [
        Entry(number, word(f"menu.{name}"), word(f"menu.{name}_about"), Capability.QUERY)
        for number, name in OURS
    ]
    # What we add (0.…) stands behind the regulation's own.
    return tuple(sorted(found, key=lambda e: (e.clause.startswith("0."), place(e.clause))))


@cache
def entry_for(clause: str) -> Entry:
    """Return the line of the menu that does `clause`, or the job that it is a step of.

    Raises:
        KeyError: there is none.
    """
    found = {entry.clause: entry for entry in entries()}
    while clause not in found and "." in clause:
        clause = clause.rpartition(".")[0]
    return found[clause]
