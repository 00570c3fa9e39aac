"""Write `assets/clauses.toml`: which tests prove a duty, which messages speak of it.

Read off the syntax trees: `@pytest.mark.clause("3.2")` above a test, a class of tests or a whole
module (`pytestmark`), and `clause="3.2"` beside the code of an error. Run after tests or errors
were added; a test compares the file with what this would write.

    python tools/clauses.py
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "assets" / "clauses.toml"
HEAD = "# Made by tools/clauses.py from the tests' marks and the errors' clauses; not by hand.\n"
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_ARTICLES = {"第三条": "A3", "第四条": "A4", "第五条": "A5", "第六条": "A6", "第七条": "A7.1"}
"""How errors name an article, and the duty it is."""


def text(root: Path = ROOT) -> str:
    """Return what the file should hold."""
    tests, messages = _tests(root), _messages(root)
    parts = [HEAD]
    for clause in sorted(tests.keys() | messages.keys(), key=_order):
        parts.append(f'\n["{clause}"]\n')
        for name, found in (("tests", tests[clause]), ("messages", messages[clause])):
            if found:
                rows = "".join(f'  "{each}",\n' for each in sorted(found))
                parts.append(f"{name} = [\n{rows}]\n")
    return "".join(parts)


def _order(clause: str) -> tuple[str, list[int], str]:
    letters = clause.rstrip("0123456789.-")
    digits = clause[len(letters) :] if letters.isalpha() or not letters else ""
    return letters, [int(part) for part in digits.split(".") if part.isdigit()], clause


def _tests(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        of_module = [clause for node in tree.body for clause in _module_marks(node)]
        for name, clauses in _marked(tree.body, ""):
            for clause in {*clauses, *of_module}:
                found[clause].add(f"{path.relative_to(root).as_posix()}::{name}")
    return found


def _marked(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            of_class = _marks(node.decorator_list)
            for name, clauses in _marked(node.body, f"{prefix}{node.name}::"):
                yield name, clauses + of_class
        elif isinstance(node, _FUNCTION) and node.name.startswith("test"):
            yield f"{prefix}{node.name}", _marks(node.decorator_list)


def _module_marks(node: ast.stmt) -> list[str]:
    if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"):
        return []
    return _marks(node.value.elts if isinstance(node.value, ast.List) else [node.value])


def _marks(nodes: list[ast.expr]) -> list[str]:
    calls = [n for n in nodes if isinstance(n, ast.Call)]
    marks = [n for n in calls if ast.unparse(n.func) == "pytest.mark.clause"]
    return [arg.value for mark in marks for arg in mark.args if isinstance(arg, ast.Constant)]


def _messages(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((root / "sbk_tui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                code = next((text for text in _texts(node.args) if "." in text), None)
                for clause in _texts(
                    [word.value for word in node.keywords if word.arg == "clause"]
                ):
                    if code is not None:
                        found[_ARTICLES.get(clause, clause)].add(code)
    return found


def _texts(nodes: list[ast.expr]) -> list[str]:
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
