"""`sbk clauses`: each duty of the regulation, where it lives, and which tests prove it."""

from __future__ import annotations

import argparse
from typing import Any

from sbk_tui.commands.output import emit, say
from sbk_tui.domain.kinds import KINDS
from sbk_tui.resources import ASSETS, toml
from sbk_tui.texts import word


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--json", action="store_true", help=word("clauses.json"))


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    rows = [_row(clause, title) for clause, title in _titles().items()]
    if args.json:
        emit(rows)
        return 0
    for row in rows:
        title, tests = row["title"], len(row["tests"])
        say(word("clauses.line", clause=row["clause"], title=title, tests=tests))
        where = [row["procedure"], *row["kinds"], *row["messages"]]
        if any(where):
            say(word("clauses.where", places=" ".join(filter(None, where))))
    return 0


def _titles() -> dict[str, str]:
    """Return the duties with their titles, then the promises that tests name beside them."""
    titles: dict[str, str] = dict(toml("duties.toml")["duties"])
    return titles | {clause: "" for clause in toml("clauses.toml") if clause not in titles}


def _row(clause: str, title: str) -> dict[str, Any]:
    found = toml("clauses.toml").get(clause, {})
    procedure = f"procedures/{clause}.toml"
    return {
        "clause": clause,
        "title": title,
        "procedure": procedure if (ASSETS / procedure).exists() else None,
        "kinds": [kind.name for kind in KINDS if kind.clause == clause],
        "messages": found.get("messages", []),
        "tests": found.get("tests", []),
    }
