"""Every public class of the domain stands in the glossary, under its one name."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_public_class_of_the_domain_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    missing = [
        node.name
        for path in sorted((ROOT / "sbk_tui" / "domain").rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        if f"`{node.name}`" not in glossary
    ]
    assert missing == []
