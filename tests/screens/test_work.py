"""Work beside a screen: what Textual is told of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SCREENS = sorted(Path("sbk_tui").glob("**/*.py"))


@pytest.mark.clause("B11")
@pytest.mark.parametrize("path", SCREENS, ids=str)
def test_no_worker_is_described_by_its_arguments(path: Path) -> None:
    """Without a description Textual keeps a repr of them: a password, a PIN, a whole form."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                assert not (isinstance(mark, ast.Name) and mark.id == "work")
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "work":
                    told = {each.arg: each.value for each in mark.keywords}
                    assert isinstance(told.get("description"), ast.Constant)
                    assert told["description"].value  # type: ignore[attr-defined]
