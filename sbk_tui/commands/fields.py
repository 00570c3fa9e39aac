"""Operations from `FIELD=VALUE` words, and the list of their fields: both read off the types.

Nothing about a kind is written here. A nested record is filled by dotted names
(`receiver.phone=…`) or, like a list, from JSON: `form=@FILE.json`, `lines=@FILE.json`; several
texts stand with commas between: `numbers=L000001,L000002`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.text import clean, escaped
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.forms import parse_date

_YES = frozenset({"true", "yes", "1", "是"})
_NO = frozenset({"false", "no", "0", "否"})
_MOST_JSON = 16 * 1024 * 1024


class FieldInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One field as `sbk do --list` tells it."""

    name: str
    """Dotted when it belongs to a nested record; `lines[].card` inside a list."""
    type: str
    """"text", "texts", "yes/no", "date", "number", "list", or the allowed values, `|` between."""
    required: bool
    computed: bool = False
    """Filled in by the command when it is left out."""
    default: Any = None


def fields_of(
    record: type[msgspec.Struct], computed: frozenset[str], prefix: str = ""
) -> tuple[FieldInfo, ...]:
    """Return the fields of `record`, those of nested records and lists in their place.

    Args:
        computed: full names of the fields that need not be given.
    """
    found: list[FieldInfo] = []
    for field in _fields(record):
        name = f"{prefix}{field.name}"
        match _bare(field.type):
            case inspect.StructType(cls=cls):
                found += fields_of(cls, computed, f"{name}.")
            case inspect.VarTupleType(item_type=inspect.StructType(cls=cls)):
                found.append(FieldInfo(name=name, type="list", required=field.required))
                found += fields_of(cls, computed, f"{name}[].")
            case leaf:
                found.append(_leaf_info(field, name, leaf, name in computed))
    return tuple(found)


def _leaf_info(field: inspect.Field, name: str, leaf: inspect.Type, is_computed: bool) -> FieldInfo:
    default = None if field.default is msgspec.NODEFAULT else field.default
    return FieldInfo(
        name=name,
        type=_type_name(leaf),
        required=field.required and not is_computed,
        computed=is_computed,
        default=msgspec.to_builtins(default),
    )


def _type_name(leaf: inspect.Type) -> str:
    match leaf:
        case inspect.BoolType():
            return "yes/no"
        case inspect.DateType():
            return "date"
        case inspect.IntType():
            return "number"
        case inspect.LiteralType(values=values):
            return "|".join(map(str, values))
        case inspect.StrType():
            return "text"
        case inspect.VarTupleType(item_type=inspect.StrType()):
            return "texts"
    raise TypeError(leaf)


def tree_of(words: Sequence[str]) -> dict[str, Any]:
    """Return the words `FIELD=VALUE` as a tree: `a.b=1` becomes `{"a": {"b": "1"}}`.

    Raises:
        BadUsage: `field.form` for a word without `=`, `field.twice`.
    """
    tree: dict[str, Any] = {}
    for text in words:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise BadUsage("field.form", given=escaped(text))
        *parents, last = name.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
            if not isinstance(branch, dict):
                raise BadUsage("field.twice", field=escaped(name))
        if last in branch:
            raise BadUsage("field.twice", field=escaped(name))
        branch[last] = value
    return tree


def with_files(tree: Mapping[str, Any], payload: type[Operation]) -> dict[str, Any]:
    """Return `tree` with `@FILE` read as JSON where a nested record or a list is asked for.

    Raises:
        BadUsage: `field.file`, `field.json`.
    """
    nested = {f.name for f in _fields(payload) if not _is_leaf(_bare(f.type))}
    return {
        name: _json(name, value) if name in nested and isinstance(value, str) else value
        for name, value in tree.items()
    }


def _json(field: str, value: str) -> Any:
    text = value
    if value.startswith("@"):
        try:
            path = Path(value[1:])
            if path.stat().st_size > _MOST_JSON:
                raise BadUsage("field.file", field=field, place=escaped(value[1:]))
            text = path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise BadUsage("field.file", field=field, place=escaped(value[1:])) from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadUsage("field.json", field=field) from error


def operation_from(payload: type[Operation], tree: Mapping[str, Any]) -> Operation:
    """Return the operation that `tree` describes, every value judged by the type of its field.

    Raises:
        BadUsage: `field.unknown`, `field.missing`, `field.not_…`.
        Refusal: `text.…`, a text that may not be shown or stored.
    """
    operation: Operation = _record(payload, tree, "")
    return operation


def _record(record: type[Any], given: object, path: str) -> Any:
    if not isinstance(given, Mapping):
        raise BadUsage("field.not_record", field=path.removesuffix(".") or record.__name__)
    fields = {field.name: field for field in _fields(record)}
    for name in given:
        if name not in fields:
            known = " ".join(fields)
            raise BadUsage("field.unknown", field=escaped(f"{path}{name}"), known=known)
    for name, field in fields.items():
        if field.required and name not in given:
            raise BadUsage("field.missing", field=f"{path}{name}")
    return record(**{
        name: _value(_bare(fields[name].type), value, f"{path}{name}", _optional(fields[name].type))
        for name, value in given.items()
    })  # fmt: skip


def _value(kind: inspect.Type, given: object, path: str, optional: bool) -> Any:
    if optional and given in (None, ""):
        return None
    match kind:
        case inspect.StructType(cls=cls):
            return _record(cls, given, f"{path}.")
        case inspect.VarTupleType(item_type=item):
            if isinstance(given, str) and _is_leaf(kind):
                given = [each.strip() for each in given.split(",") if each.strip()]
            if not isinstance(given, list):
                raise BadUsage("field.not_list", field=path)
            return tuple(_value(item, each, f"{path}[{n}]", False) for n, each in enumerate(given))
        case _:
            return _leaf(kind, given, path)


def _leaf(kind: inspect.Type, given: object, path: str) -> Any:
    if isinstance(given, bool) and isinstance(kind, inspect.BoolType):
        return given
    if isinstance(given, int) and isinstance(kind, inspect.IntType):
        return given
    if not isinstance(given, str):
        raise BadUsage("field.not_text", field=path)
    match kind:
        case inspect.BoolType():
            return _yes_or_no(given, path)
        case inspect.DateType():
            return _day(given, path)
        case inspect.IntType():
            if not (given.isascii() and given.isdigit()):
                raise BadUsage("field.not_number", field=path)
            return int(given)
        case inspect.LiteralType(values=values):
            if given not in values:
                raise BadUsage("field.not_one_of", field=path, known=" ".join(map(str, values)))
            return given
        case _:
            return _text(given, path)


def _yes_or_no(given: str, path: str) -> bool:
    if given.lower() not in _YES | _NO:
        raise BadUsage("field.not_yes_no", field=path)
    return given.lower() in _YES


def _day(given: str, path: str) -> date:
    try:
        return parse_date(given)
    except Refusal as error:
        raise BadUsage("field.not_date", field=path) from error


def _text(given: str, path: str) -> str:
    try:
        return clean(given)
    except Refusal as error:
        raise Refusal(error.code, clause=error.clause, field=path, **error.facts) from error


def _fields(record: type[Any]) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(record)
    assert isinstance(described, inspect.StructType)  # noqa: S101 -- for the type checker
    return described.fields


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return `kind` without its "or nothing"."""
    if isinstance(kind, inspect.UnionType):
        return next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind


def _optional(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and kind.includes_none


def _is_leaf(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.VarTupleType):
        return isinstance(kind.item_type, inspect.StrType)
    return not isinstance(kind, inspect.StructType)
