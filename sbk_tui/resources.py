"""Where the shipped data files are: `assets/` beside the package, or inside it in a wheel."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_INSIDE = Path(__file__).parent / "assets"
ASSETS = _INSIDE if _INSIDE.is_dir() else Path(__file__).parent.parent / "assets"


@cache
def toml(name: str) -> dict[str, Any]:
    """Return the parsed TOML file `name` below `assets/`, read once per process."""
    with (ASSETS / name).open("rb") as file:
        return tomllib.load(file)


@cache
def toml_folder(name: str) -> dict[str, Any]:
    """Return all TOML files of the folder `name` as one table; a key may stand in one file only.

    Raises:
        ValueError: when two files define the same top-level key.
    """
    merged: dict[str, Any] = {}
    for path in sorted((ASSETS / name).glob("*.toml")):
        for key, value in toml(str(path.relative_to(ASSETS))).items():
            if key in merged:
                raise ValueError(f"{path}: {key} is defined twice")
            merged[key] = value
    return merged
