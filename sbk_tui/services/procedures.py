"""The regulation's step lists, read from `assets/procedures/` when a job is first opened."""

from __future__ import annotations

from functools import cache

import msgspec

from sbk_tui.domain.procedure import Procedure, Trouble
from sbk_tui.resources import ASSETS, toml


@cache
def procedure(clause: str) -> Procedure:
    """Return the procedure of a clause (`KeyError` is a mistake of ours, found by the tests)."""
    path = f"procedures/{clause}.toml"
    if not (ASSETS / path).exists():
        raise KeyError(clause)
    return completed(msgspec.convert(toml(path), Procedure))


def completed(job: Procedure) -> Procedure:
    """Return a procedure with the troubles that it shares with others behind its own."""
    if not job.troubles_of:
        return job
    return msgspec.structs.replace(job, troubles=(*job.troubles, *troubles(job.troubles_of)))


def troubles(device: str) -> tuple[Trouble, ...]:
    """Return what goes wrong at a device: the rows of its trouble table."""
    rows = toml(f"troubles/{device}.toml")["troubles"]
    return msgspec.convert(rows, tuple[Trouble, ...])


def all_clauses() -> tuple[str, ...]:
    """Return the clauses that have a procedure, in the menu's order."""
    names = (path.stem for path in (ASSETS / "procedures").glob("*.toml"))
    return tuple(sorted(names, key=place))


def place(clause: str) -> tuple[int, ...]:
    """Return the menu's sorting key: the numbers of a clause, or behind its procedure's place."""
    if clause[0].isdigit():
        return tuple(int(part) for part in clause.split("."))
    return (*place(procedure(clause).place), int(clause[1:]))
