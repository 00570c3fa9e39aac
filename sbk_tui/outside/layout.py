"""The layouts of the records that travel to the province, a bank and the fiscal office, as tables.

A table says which items stand in a line, how many bytes each may have and what is not known for
certain; encoding and decoding walk the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from sbk_tui.resources import toml

System = Literal["province", "bank", "fiscal"]
Meaning = Literal["done", "already", "bank_side", "refused"]
FOREVER = "forever"
"""The value of a day without end (长期)."""
LAYOUTS = (
    "application", "notice", "account", "activation", "payment", "write_back", "answer",
)  # fmt: skip


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column."""

    key: str
    name: str
    most: int
    """Bytes in GBK; a longer value would be cut there."""
    required: bool = False
    values: Mapping[str, str] = {}
    """Our code → theirs; empty: the code travels as it is."""
    forever: str = ""
    """How a day without end is written."""
    mark: str = ""
    """How sure the row is; the layout's when empty."""


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of line."""

    title: str
    source: str
    items: tuple[Item, ...]


class Tell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one kind of operation one system is told."""

    kind: str
    system: System
    layout: str
    number: str = ""
    """业务类型 of a notice."""
    source: str


class _Tells(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tells: tuple[Tell, ...]
    results: Mapping[str, Meaning]


@cache
def layout(name: str) -> Layout:
    """Return a layout by its name (`KeyError`-like faults are mistakes of ours)."""
    return msgspec.convert(toml(f"outside/{name}.toml"), Layout)


@cache
def _tells() -> _Tells:
    return msgspec.convert(toml("outside/tells.toml"), _Tells)


def tells() -> tuple[Tell, ...]:
    """Return who is told of what."""
    return _tells().tells


def meaning(result: str) -> Meaning:
    """Return what an answer means: 02 is done but for the bank's side, an unknown one is a no."""
    return _tells().results.get(result, "refused")
