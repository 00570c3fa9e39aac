"""Forms as lists of fields: one description for screen, command line and check.

A field's parser is the domain's own, so that it refuses with the same code wherever the value
came from. `problems` returns everything that is wrong, not the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.errors import Refusal
from sbk_tui.pinyin import matches

Values = Mapping[str, str]


def _always(_values: Values) -> bool:
    return True


class Field(NamedTuple):
    """One line of a form."""

    name: str
    kind: Literal["text", "choice", "tick", "date"] = "text"
    table: str = ""
    """For a choice: the code table; its offered rows are shown, all its rows understood."""
    only: tuple[str, ...] = ()
    """For a choice: the codes offered here, if fewer than the table's."""
    parse: Callable[[str], object] | None = None
    wide: bool = False
    """A value that wants most of the line: an address, a name of an office."""
    quiet: bool = False
    """A choice too long to be listed beside the field; F5 lists it."""
    required: bool = False
    default: str = ""
    asked: Callable[[Values], bool] = _always
    """Whether the field is asked for, given the others."""
    must_be_ticked: str = ""
    """For a tick that the operation cannot do without: the code of the refusal."""

    def choices(self, rules: Rules) -> tuple[tuple[str, str], ...]:
        """Return (code, name) of what is offered, in the table's order."""
        if not self.table:
            return ()
        rows = rules.codes[self.table].rows
        codes = self.only or tuple(code for code, row in rows.items() if row.offered)
        return tuple((code, rows[code].name) for code in codes if code in rows)


def problem_of(field: Field, values: Values, rules: Rules) -> Problem | None:
    """Return what is wrong with one field, or None."""
    value = values.get(field.name, "").strip()
    if not field.asked(values):
        return None
    if field.kind == "tick":
        if field.must_be_ticked and value != "1":
            return Problem(field.name, field.must_be_ticked)
        return None
    if not value:
        return Problem(field.name, "field.required") if field.required else None
    if field.kind == "choice":
        return None if value in dict(field.choices(rules)) else Problem(field.name, "field.choice")
    parse = parse_date if field.kind == "date" else field.parse
    if parse is not None:
        try:
            parse(value)
        except Refusal as refusal:
            return Problem(field.name, refusal.code, refusal.facts, refusal.clause)
    return None


def problems(fields: Sequence[Field], values: Values, rules: Rules) -> tuple[Problem, ...]:
    """Return everything that is wrong with a form, in the order of its fields."""
    found = (problem_of(field, values, rules) for field in fields)
    return tuple(problem for problem in found if problem is not None)


def parse_date(text: str) -> date:
    """Return the date of `20260131`, `2026-01-31` or `2026.1.31`.

    Raises:
        Refusal: `field.date`.
    """
    parts = text.replace(".", "-").replace("/", "-").split("-")
    if len(parts) == 1 and len(text) == 8 and text.isdigit():
        parts = [text[:4], text[4:6], text[6:]]
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError as error:
        raise Refusal("field.date") from error


def fitting(offered: Sequence[tuple[str, str]], typed: str) -> tuple[tuple[str, str], ...]:
    """Return what of (code, name) pairs `typed` may mean: by code, name or pinyin initials."""
    code_like = typed.upper()
    return tuple(
        (code, name)
        for code, name in offered
        if typed in name or code.startswith(code_like) or (typed.isascii() and matches(typed, name))
    )
