"""Every error code has its words, every word has its code, and the facts fit the sentence.

Codes are found by walking the syntax tree: the first argument of an error class of
`sbk_tui.errors`, the second of `Problem`; written out, by `a if b else c`, or by a name that the
same function gives such a value. A code that comes from a table is seen from the other side only:
its text must stand somewhere in the source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from sbk_tui import errors
from sbk_tui.domain.application import FIELDS
from sbk_tui.resources import ASSETS, toml, toml_folder
from sbk_tui.texts import word, words_for

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "sbk_tui").rglob("*.py"))
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SbkError)
}
FILES = sorted((ASSETS / "texts" / "errors").glob("*.toml"))


class Raised(NamedTuple):
    """One code at one place of the source."""

    code: str
    place: str
    facts: frozenset[str] | None
    """Names of the facts given; None when they cannot be read off the source."""


@cache
def raised() -> tuple[Raised, ...]:
    return tuple(found for path in MODULES for found in _raised_in(path))


def _raised_in(path: Path) -> Iterator[Raised]:
    tree = ast.parse(path.read_text("utf-8"))
    scopes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in (*scopes, tree):
        given = _assigned(scope)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and (code := _code_argument(node)) is not None:
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                for text in _literals(code, given):
                    yield Raised(text, place, _facts(node))


def _called(node: ast.Call) -> str:
    name = node.func
    return name.id if isinstance(name, ast.Name) else getattr(name, "attr", "")


def _code_argument(node: ast.Call) -> ast.expr | None:
    place = {"Problem": 1} | dict.fromkeys(ERRORS, 0)
    if _called(node) not in place:
        return None
    by_name = next((word.value for word in node.keywords if word.arg == "code"), None)
    return by_name or next(iter(node.args[place[_called(node)] :]), None)


def _literals(node: ast.expr, given: dict[str, list[ast.expr]]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body, given)
            yield from _literals(orelse, given)
        case ast.Name(id=name):
            for value in given.get(name, ()):
                yield from _literals(value, {})


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    given: dict[str, list[ast.expr]] = {}
    # A module's own names only: what a function calls `code` is nobody else's.
    for node in scope.body if isinstance(scope, ast.Module) else ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    return given


def _facts(node: ast.Call) -> frozenset[str] | None:
    if _called(node) == "Problem":
        facts = [word.value for word in node.keywords if word.arg == "facts"] or node.args[2:3]
        if not facts:
            return frozenset()
        return _keys(facts[0]) if isinstance(facts[0], ast.Dict) else None
    if any(word.arg is None for word in node.keywords):
        return None
    return frozenset(word.arg for word in node.keywords if word.arg) - {"clause", "code"}


def _keys(node: ast.Dict) -> frozenset[str] | None:
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
    return frozenset(map(str, keys)) if len(keys) == len(node.keys) else None


@cache
def texts() -> dict[str, dict[str, str]]:
    return toml_folder("texts/errors")


@cache
def strings_of_the_source() -> frozenset[str]:
    trees = (ast.parse(path.read_text("utf-8")) for path in MODULES)
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    found = {node.value for node in nodes if isinstance(node.value, str)}
    # Rulings on conflicts are rows of a table: each has a sentence, or two.
    rulings = [f"conflict.{code}" for code in toml("conflicts.toml")["rulings"]]
    return frozenset(found | {*rulings, *(f"{each}.other" for each in rulings)})


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_code_that_is_raised_has_words() -> None:
    missing = {found.code: found.place for found in raised() if found.code not in texts()}
    assert missing == {}


def test_every_text_has_its_code_in_the_source() -> None:
    assert sorted(set(texts()) - strings_of_the_source()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_text_tells_what_happened_and_what_to_do(path: Path) -> None:
    for code, entry in toml(str(path.relative_to(ASSETS))).items():
        assert set(entry) == {"message", "remedy"}, code
        for sentence in entry.values():
            assert sentence.strip() == sentence, code
            assert sentence.endswith(("。", "？", "！", "}")), code


def test_the_facts_fit_the_sentences() -> None:
    wrong = {}
    for found in raised():
        if found.facts is None or found.code not in texts():
            continue
        entry = texts()[found.code]
        lacking = _placeholders(entry["message"] + entry["remedy"]) - found.facts
        if lacking:
            wrong[found.place] = (found.code, sorted(lacking))
    assert wrong == {}


def test_the_walk_sees_all_ways_of_naming_a_code() -> None:
    codes = {found.code for found in raised()}
    assert {"number.check", "card.sealed", "card.no_such_move", "application.missing"} <= codes


def test_an_unknown_code_still_says_something() -> None:
    assert "no.such_code" in words_for("no.such_code", {}).message


def test_every_field_of_the_form_has_a_label() -> None:
    assert all(word(f"application.{field}") for field in FIELDS)
