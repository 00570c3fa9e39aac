"""The tables of `assets/codes/` and `assets/fees.toml` as values, for `Rules` and for lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import msgspec

from sbk_tui.domain.conflicts import Conflicts
from sbk_tui.domain.fees import Fee
from sbk_tui.domain.rules import CodeTable
from sbk_tui.resources import toml, toml_folder


@cache
def code_tables() -> Mapping[str, CodeTable]:
    """Return every code table by its key, read once per process.

    Raises:
        msgspec.ValidationError: naming the wrong field, when a shipped file was damaged.
    """
    return MappingProxyType(msgspec.convert(toml_folder("codes"), dict[str, CodeTable]))


@cache
def fee_table() -> tuple[Fee, ...]:
    """Return what services cost, in the order of the file.

    Raises:
        msgspec.ValidationError: naming the wrong field of `fees.toml`.
    """
    return msgspec.convert(toml("fees.toml")["fees"], tuple[Fee, ...])


@cache
def conflicts() -> Conflicts:
    """Return the matrix of conflicts, read once per process.

    Raises:
        msgspec.ValidationError: naming the wrong field, when the shipped file was damaged.
    """
    return msgspec.convert(toml("conflicts.toml"), Conflicts)
