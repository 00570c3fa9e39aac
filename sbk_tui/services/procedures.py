"""The regulation's step lists, read from `assets/procedures/` when a job is first opened."""

from __future__ import annotations

from functools import cache

import msgspec

from sbk_tui.domain.procedure import Procedure
from sbk_tui.resources import ASSETS, toml


@cache
def procedure(clause: str) -> Procedure:
    """Return the procedure of a clause (`KeyError` is a mistake of ours, found by the tests)."""
    path = f"procedures/{clause}.toml"
    if not (ASSETS / path).exists():
        raise KeyError(clause)
    return msgspec.convert(toml(path), Procedure)


def all_clauses() -> tuple[str, ...]:
    """Return the clauses that have a procedure, in the regulation's order."""
    names = (path.stem for path in (ASSETS / "procedures").glob("*.toml"))
    return tuple(sorted(names, key=lambda name: [int(part) for part in name.split(".")]))
