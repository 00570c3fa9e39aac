"""Looking at one thing that a counter leans on: found, nothing there, or wrong with its cure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sbk_tui.errors import SbkError
from sbk_tui.texts import explain, word

Check = Callable[[], str | None]
"""Returns what it found, None when there is nothing to look at; raises what is wrong."""


class Finding(NamedTuple):
    """What one check found."""

    check: str
    state: str
    """"ok", "none" (nothing to look at) or "wrong"."""
    found: str
    cure: str
    exit_code: int


def look(name: str, check: Check) -> Finding:
    """Return what `check` finds; an error becomes its words."""
    try:
        found = check()
    except SbkError as error:
        told = explain(error)
        return Finding(name, "wrong", told.message, told.remedy, error.exit_code)
    if found is None:
        return Finding(name, "none", word("doctor.nothing"), "", 0)
    return Finding(name, "ok", found, "", 0)


class Morning:
    """开机检查 (B12): the checks of this counter, looked at one by one."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)

    @property
    def names(self) -> tuple[str, ...]:
        """The checks, in the order in which they are looked at."""
        return tuple(self._checks)

    def look(self, name: str) -> Finding:
        """Return what one check finds; may take some seconds (a device, the line)."""
        return look(name, self._checks[name])
