"""This process: a name that no later one bears, and who may look into its memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SET_DUMPABLE = 4  # prctl(2)


def this_process() -> str:
    """Return the name of this process."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def is_alive(name: str) -> bool:
    """Return whether the process of that name still runs on this machine."""
    number, _, started = name.partition(":")
    return number.isdecimal() and _started(int(number)) == started != ""


def keep_memory_private() -> None:
    """Let no crash write this process's memory to disk, and no program of this user read it.

    For the whole life of a process in which a clerk is signed in: keys are in it all along, and
    between two entries of a PIN nobody would notice that the door stood open (ADR 20). What it
    starts is as open as any program. On systems that know no such thing nothing happens.
    """
    if sys.platform != "linux":
        return
    # Late: needed once a process, and not before its first ink.
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A limit of none does not stop a pattern that pipes cores to a program; this does (core(5)).
    ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def _started(number: int) -> str:
    """Return when a process began, in ticks since the machine did; empty when there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in {"Z", "X"} else rest[18]
