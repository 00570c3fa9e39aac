"""This process by a name that no later one bears: number and start time."""

from __future__ import annotations

import os
from pathlib import Path


def this_process() -> str:
    """Return the name of this process."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def is_alive(name: str) -> bool:
    """Return whether the process of that name still runs on this machine."""
    number, _, started = name.partition(":")
    return number.isdecimal() and _started(int(number)) == started != ""


def _started(number: int) -> str:
    """Return when a process began, in ticks since the machine did; empty when there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in {"Z", "X"} else rest[18]
