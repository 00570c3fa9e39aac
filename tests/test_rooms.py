"""Imports go downward only, and nobody brings a foreign package where it does not belong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = {  # room: what else of ours it may import (errors is open to all)
    "domain": set[str](),
    "data": {"domain"},
    "hardware": {"domain"},
    "printing": {"domain", "hardware.ports", "texts", "resources"},
    "services": {
        "domain", "data", "hardware.ports", "hardware.portrait", "printing", "texts", "resources",
        "divisions", "pinyin",
    },
    "sync": {"domain", "data"},
    "outside": {"domain", "resources"},
    "hub": {"domain", "data", "sync", "outside", "texts", "resources", "divisions"},
    "terminal": set[str](),
    "screens": {"domain", "services", "texts", "resources", "terminal"},
}  # fmt: skip
FOREIGN = {  # room: packages that must not be seen in it
    "domain": {"peewee", "textual", "rich", "time", "random", "secrets", "pathlib", "os"},
    "data": {"textual", "rich"},
    "hardware": {"textual", "rich", "peewee"},
    "printing": {"textual", "rich", "peewee"},
    "services": {"textual", "rich", "peewee", "serial", "smartcard"},
    "sync": {"textual", "rich"},
    "outside": {"textual", "rich", "peewee"},
    "hub": {"textual", "rich"},
    "terminal": {"peewee", "serial", "smartcard", "cryptography"},
    "screens": {"peewee", "serial", "smartcard", "cryptography"},
}
SOURCE = Path(__file__).parent.parent / "sbk_tui"
ENTRANCES = {"commands", "demo"}  # they may import all rooms, as cli, app and wiring do
MODULES = sorted(
    path.relative_to(SOURCE.parent)
    for path in SOURCE.glob("*/**/*.py")
    if path.relative_to(SOURCE).parts[0] not in ENTRANCES
)


def imported(path: Path) -> Iterator[str]:
    """Yield the full dotted name of everything a module imports, late imports too."""
    for node in ast.walk(ast.parse((SOURCE.parent / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_room_imports_only_what_is_below_it(path: Path) -> None:
    room = path.parts[1]
    open_to_it = tuple(f"sbk_tui.{name}." for name in ROOMS[room] | {room, "errors"})
    ours = {f"{name}." for name in imported(path) if name.startswith("sbk_tui")}
    assert [name for name in ours if not name.startswith(open_to_it)] == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_room_keeps_foreign_packages_out(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    assert roots & FOREIGN[path.parts[1]] == set()
