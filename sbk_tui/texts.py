"""Codes become words here and nowhere else: `assets/texts/` holds every sentence.

`explain(error)` gives the message and the remedy of an error (`assets/texts/errors/*.toml`, one
file a room); `word(key)` a label (`assets/texts/words/*.toml`); `name_of` the Chinese name of a
coded value (`assets/codes/*.toml`, the same tables the rules use). A word is changed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sbk_tui import divisions
from sbk_tui.errors import Fact, SbkError
from sbk_tui.resources import toml_folder


class Words(NamedTuple):
    """What the clerk reads: what happened, and what to do now."""

    message: str
    remedy: str


def explain(error: SbkError) -> Words:
    """Return the sentence and the remedy for `error`, in the clerk's language."""
    return words_for(error.code, error.facts)


def words_for(code: str, facts: Mapping[str, Fact]) -> Words:
    """Return the words of an error `code` as they travel: code and facts (a hub's verdict)."""
    entry = toml_folder("texts/errors").get(code)
    if entry is None:
        return Words(f"未登记的错误（{code}）。", "请记下代码，联系系统管理员。")
    spoken = _Facts({name: _spoken(name, str(value)) for name, value in facts.items()})
    return Words(entry["message"].format_map(spoken), entry["remedy"].format_map(spoken))


def _spoken(name: str, value: str) -> str:
    """Return a fact in words: a code of the table of its name, a place by its full name."""
    if name == "to":
        return divisions.full_name(value)
    return name_of(name, value)


def word(key: str, **facts: Fact) -> str:
    """Return the label `key` (`table.name` of `assets/texts/words/`), its facts filled in."""
    table, _, name = key.partition(".")
    text: str = toml_folder("texts/words")[table][name]
    return text.format_map(_Facts(facts)) if facts else text


def name_of(table: str, code: str) -> str:
    """Return the Chinese name of `code` in a code table (`assets/codes/`), or `code` itself."""
    rows: dict[str, dict[str, str]] = toml_folder("codes").get(table, {}).get("rows", {})
    row = rows.get(code)
    return row["name"] if row else code


class _Facts(dict[str, Fact]):
    """A missing fact shows as its own name: a sentence is never lost to a forgotten detail."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
