"""What `assets/demo/` holds, as values: names, places, special people, the office, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from sbk_tui.resources import toml


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Given names in use for people born from one year on."""

    since: int = msgspec.field(name="from")
    male: tuple[str, ...] = msgspec.field(name="1")
    female: tuple[str, ...] = msgspec.field(name="2")


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`names.toml`."""

    surnames: Mapping[str, int]
    """Surname → how often."""
    given: tuple[Given, ...]
    """By year, oldest first."""


class Places(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`places.toml`; shares are relative weights."""

    township: str
    issuer: str
    regions: Mapping[str, int]
    units: Mapping[str, str]
    schools: Mapping[str, str]
    """单位编号 → name, from the first year of school to the last."""
    bank_shares: Mapping[str, int]


class Special(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of `special.toml`: a rare name or a document other than the citizens'."""

    name: str
    sex: str
    age: int
    nation: str = "01"
    country: str = "CHN"
    doc_type: str = "01"
    household: str = ""
    region: str = ""
    number: str = ""
    latin: str = ""
    travel_permit: str = msgspec.field(name="pass", default="")


class Clerk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clerk of the training counter."""

    id: str
    name: str
    role: str


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the counter is when it is trained for one 窗口级别."""

    level: str
    office: str
    district: str
    bank: str = ""
    """服务银行 that runs it."""


class Office(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`office.toml`."""

    password: str
    clerks: tuple[Clerk, ...]
    levels: Mapping[str, Level]


class Face(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture of `pictures.toml`: how it is drawn and saved."""

    file: str
    width: int = 358
    height: int = 441
    wall: tuple[int, int, int] = (255, 255, 255)
    hair_top: float = 14
    head: float = 294
    clothes: tuple[int, int, int] = (40, 44, 60)
    lean: float = 0
    quality: int = 93
    dpi: int = 350


class Pictures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pictures.toml`."""

    faces: tuple[Face, ...]


@cache
def names() -> Names:
    """Return the lists of names."""
    return msgspec.convert(_file("names"), Names, strict=False)


@cache
def places() -> Places:
    """Return where people live, work and learn."""
    return msgspec.convert(_file("places"), Places, strict=False)


@cache
def special() -> tuple[Special, ...]:
    """Return the special people, in the order in which they are generated."""
    return msgspec.convert(_file("special")["people"], tuple[Special, ...])


@cache
def office() -> Office:
    """Return clerks, password and levels."""
    return msgspec.convert(_file("office"), Office)


@cache
def pictures() -> Pictures:
    """Return the pictures of the portrait folder."""
    return msgspec.convert(_file("pictures"), Pictures)


def _file(name: str) -> dict[str, Any]:
    return toml(f"demo/{name}.toml")
