"""行政区划 of Xinxiang: counties, townships and villages by code, by name, by pinyin initials.

Read late from `assets/divisions/` (its SOURCE.md tells where from); keyed by the statistical
codes of 6, 9 and 12 digits. Old codes of old records are led to those of today.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from sbk_tui import pinyin
from sbk_tui.resources import ASSETS

CITY = "410700"
_COUNTY_DIGITS, _TOWNSHIP_DIGITS, _VILLAGE_DIGITS = 6, 9, 12


class Division(NamedTuple):
    """行政区划: one place."""

    code: str
    name: str
    level: str
    """`city`, `county`, `township` or `village`."""
    parent: str
    hidden: bool = False
    """A farm or industrial zone without people: found by code, not offered."""
    province_code: str | None = None
    """社区(村)编号 of the provincial system, 11 digits; no list of it is known."""


def division(code: str) -> Division | None:
    """Return the place of `code`, of today's or an old one; None when there is none."""
    return _all().get(code) or _all().get(today_code(code))


def today_code(code: str) -> str:
    """Return the code of today for an old one; any other code as it is."""
    renamed = _old_codes()
    for digits in (_VILLAGE_DIGITS, _TOWNSHIP_DIGITS, _COUNTY_DIGITS):
        head = code[:digits]
        if len(head) == digits and head in renamed:
            return renamed[head] + code[digits:]
    return code


def children(code: str, *, hidden: bool = False) -> tuple[Division, ...]:
    """Return the places directly below `code`, in the order of their codes."""
    return tuple(place for place in _children().get(code, ()) if hidden or not place.hidden)


def search(typed: str, within: str, *, hidden: bool = False) -> tuple[Division, ...]:
    """Return the places below the city, county or township `within` that fit `typed`.

    `typed` is a part of the name, the beginning of its pinyin initials, or the beginning of its
    code. Places whose name begins with it come first; else in the order of the codes.
    """
    wanted = typed.strip()
    found = [place for place in _below(within, hidden=hidden) if _fits(wanted, place)]
    return tuple(sorted(found, key=lambda place: not place.name.startswith(wanted)))


def full_name(code: str) -> str:
    """Return the name from the county down, as an address begins: 辉县市常村镇….

    Two 城关镇 and two 常村镇 exist, so a place is never named without its county. An unknown
    code is its own name.
    """
    place = division(code)
    if place is None:
        return code
    if place.level in {"city", "county"}:
        return place.name
    return full_name(place.parent) + place.name


def postcode_of(code: str) -> str:
    """Return the usual 邮政编码 of the county of `code`; empty when it is not one of the city's."""
    return _postcodes().get(today_code(code)[:_COUNTY_DIGITS], "")


def _fits(typed: str, place: Division) -> bool:
    if typed.isascii():
        return place.code.startswith(typed) or pinyin.matches(typed, place.name)
    return typed in place.name


def _below(code: str, *, hidden: bool) -> Iterable[Division]:
    for place in children(today_code(code), hidden=hidden):
        yield place
        yield from _below(place.code, hidden=hidden)


@cache
def _all() -> Mapping[str, Division]:
    rows = [*_rows("divisions_4107.csv"), *_rows("villages_4107.csv")]
    empty = _empty_zones(rows)
    places = (Division(r["code"], r["name"], r["level"], r["parent"]) for r in rows)
    return {
        place.code: place._replace(hidden=_is_virtual(place.name) or place.code in empty)
        for place in places
    }


def _empty_zones(rows: Iterable[Mapping[str, str]]) -> set[str]:
    """Return the townships all of whose villages are virtual."""
    villages = [row for row in rows if row["level"] == "village"]
    peopled = {row["parent"] for row in villages if not _is_virtual(row["name"])}
    return {row["parent"] for row in villages} - peopled


def _is_virtual(name: str) -> bool:
    return "虚拟" in name


@cache
def _children() -> Mapping[str, tuple[Division, ...]]:
    grouped: dict[str, list[Division]] = {}
    for place in sorted(_all().values()):
        grouped.setdefault(place.parent, []).append(place)
    return {parent: tuple(places) for parent, places in grouped.items()}


@cache
def _old_codes() -> Mapping[str, str]:
    return {row["old"]: row["new"] for row in _rows("old_codes.csv")}


@cache
def _postcodes() -> Mapping[str, str]:
    return {row["county"]: row["postcode"] for row in _rows("postcodes.csv")}


def _rows(file: str) -> list[dict[str, str]]:
    with (ASSETS / "divisions" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
