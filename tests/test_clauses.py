"""`sbk clauses`: the table of duties and their proofs is true."""

from __future__ import annotations

import re
import tomllib

import pytest

from sbk_tui.domain.kinds import KINDS
from sbk_tui.resources import ASSETS, toml
from tests.commands.desk import typed
from tools import clauses

PROMISE = re.compile(r"[BP]\d+")


def test_the_committed_table_is_what_the_tests_and_errors_say() -> None:
    committed = (ASSETS / "clauses.toml").read_text("utf-8")
    assert committed == clauses.text(), "run: python tools/clauses.py"


def test_every_mark_names_a_duty_or_a_promise() -> None:
    duties = toml("duties.toml")["duties"]
    strange = [name for name in toml("clauses.toml") if name not in duties]
    assert [name for name in strange if not PROMISE.fullmatch(name)] == []


def test_every_kind_belongs_to_a_duty() -> None:
    of_ours = {kind.clause for kind in KINDS if kind.clause.startswith("B")}  # promises of ours
    assert of_ours == {"B6", "B16", "B21"}
    assert {kind.clause for kind in KINDS} - of_ours <= set(toml("duties.toml")["duties"])


def test_the_duties_are_told_with_place_and_proof() -> None:
    rows = {row["clause"]: row for row in typed("clauses", "--json").document}
    assert list(rows)[:3] == ["A3", "A4", "A5"]
    loss = rows["3.2"]
    assert (loss["title"], loss["kinds"]) == ("正式挂失", ["loss.formal"])
    assert loss["procedure"] == "procedures/3.2.toml"
    assert "loss.id_not_shown" in loss["messages"]
    assert any("test_do.py::" in test for test in loss["tests"])
    assert any("test_production.py::" in test for test in rows["5.1.3.3"]["tests"])
    assert "3.2  正式挂失" in typed("clauses").out


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('@pytest.mark.clause("3.1", "N1")\ndef test_a(): ...', {"3.1": "test_a", "N1": "test_a"}),
        ('pytestmark = pytest.mark.clause("2.5")\ndef test_a(): ...', {"2.5": "test_a"}),
        (
            'class TestB:\n @pytest.mark.clause("F1")\n def test_c(self): ...',
            {"F1": "TestB::test_c"},
        ),
        ('@pytest.mark.clause("3.1")\ndef helper(): ...', {}),
    ],
)
def test_marks_are_read_off_functions_classes_and_modules(
    tmp_path_factory: pytest.TempPathFactory, source: str, found: dict[str, str]
) -> None:
    root = tmp_path_factory.mktemp("house")
    (root / "tests").mkdir()
    (root / "tests" / "test_x.py").write_text(source, "utf-8")
    told = tomllib.loads(clauses.text(root))
    expected = {clause: {"tests": [f"tests/test_x.py::{name}"]} for clause, name in found.items()}
    assert told == expected
