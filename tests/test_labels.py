"""Every label that the source asks for exists, and every label is asked for.

A key is read off the syntax tree: written out, by `a if b else c`, put together (`f"menu.{name}"`,
`"keys." + action`), or by a name that the same function gives such a value. A key that comes from
elsewhere is seen from the other side only: its text must stand somewhere in the source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from sbk_tui.resources import toml_folder

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "sbk_tui").rglob("*.py"))
_ANY = ".+"


@cache
def labels() -> dict[str, str]:
    """Return key → text of all labels."""
    tables = toml_folder("texts/words").items()
    return {f"{table}.{name}": text for table, rows in tables for name, text in rows.items()}


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in MODULES}


def patterns(node: ast.expr, given: dict[str, list[ast.expr]], deep: int = 0) -> Iterator[str]:
    """Yield what an expression may be, as regular expressions; `_ANY` for what cannot be known."""
    match node:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp(body=body, orelse=orelse):
            yield from patterns(body, given, deep)
            yield from patterns(orelse, given, deep)
        case ast.JoinedStr(values=values):
            parts = [list(patterns(value, given, deep)) for value in values]
            yield from _joined(parts)
        case ast.FormattedValue(value=value):
            yield from patterns(value, given, deep + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _joined(
                [list(patterns(left, given, deep)), list(patterns(right, given, deep))]
            )
        case ast.Name(id=name) if given.get(name) and deep < 3:
            for value in given[name]:
                yield from patterns(value, given, deep + 1)
        case _:
            yield _ANY


def _joined(parts: list[list[str]]) -> Iterator[str]:
    texts = [""]
    for part in parts:
        texts = [text + more for text in texts for more in part]
    yield from texts


def assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what the names of a function may be; a name that it is called with may be anything."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
        if isinstance(node, ast.arg | ast.comprehension | ast.For):
            target = node if isinstance(node, ast.arg) else node.target
            names = [target.arg] if isinstance(target, ast.arg) else _names(target)
            for name in names:
                given.setdefault(name, []).append(ast.Name(id=""))
    return given


def _names(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


@cache
def asked() -> dict[str, str]:
    """Return what the calls of `word` ask for: pattern → one place of it."""
    found: dict[str, str] = {}
    for path, tree in trees().items():
        scopes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for scope in (*scopes, tree):
            given = assigned(scope) if scope is not tree else {}
            for node in ast.walk(scope):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                if called and node.func.id == "word" and node.args:  # type: ignore[attr-defined]
                    for pattern in patterns(node.args[0], given):  # type: ignore[attr-defined]
                        found.setdefault(pattern, f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    return found


@cache
def texts_of_the_source() -> frozenset[str]:
    nodes = (node for tree in trees().values() for node in ast.walk(tree))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_label_that_is_asked_for_exists() -> None:
    missing = {
        pattern: place
        for pattern, place in asked().items()
        if not any(re.fullmatch(pattern, key) for key in labels())
    }
    assert missing == {}


@cache
def put_together() -> tuple[re.Pattern[str], ...]:
    """Return every text of the source with a table and a dot in front that is put together."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                found |= set(patterns(node, {}))
            elif isinstance(node, ast.Subscript) and "texts/words" in ast.dump(node.value):
                found |= {rf"{table}\..+" for table in patterns(node.slice, {})}
    begins = re.compile(r"[a-z_]+\\\.")
    return tuple(re.compile(each) for each in sorted(found) if begins.match(each))


def test_every_label_is_asked_for() -> None:
    known = [re.compile(each) for each in asked() if each != _ANY]
    unused = [
        key
        for key in labels()
        if key not in texts_of_the_source()
        and not any(each.fullmatch(key) for each in (*known, *put_together()))
    ]
    assert unused == []


@pytest.mark.parametrize("text", sorted(set(labels().values())), ids=lambda text: text[:12])
def test_a_label_can_be_filled_in(text: str) -> None:
    assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(text))


def test_every_field_that_a_form_asks_for_has_its_label() -> None:
    forms = (tree for path, tree in trees().items() if path.parent.name == "services")
    calls = (n for tree in forms for n in ast.walk(tree) if isinstance(n, ast.Call))
    names = {
        name.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Field" and call.args
        for name in call.args[:1]
        if isinstance(name, ast.Constant)
    }
    assert len(names) >= 50
    assert sorted(name for name in names if f"fields.{name}" not in labels()) == []


def test_the_walk_sees_all_ways_of_asking() -> None:
    written, chosen, joined = r"menu\.title", r"receipt\.question_back", r"fields\..+"
    assert {written, chosen, joined} <= set(asked())
