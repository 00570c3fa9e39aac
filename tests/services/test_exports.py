"""Tables for others: nothing in them runs, nothing is half there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.exports import neutral, write_table

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "410782198503140028", "'", "张三", ""]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_cell_is_a_text(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    assert write_table(path, [EVIL, ["尾"]], lambda _rows: None) == 2
    assert path.stat().st_mode & 0o77 == 0
    if kind == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0][:4] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)"]
        assert rows[0][6] == "410782198503140028"
        return
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == EVIL[:4]
    assert rows[0][6] == "410782198503140028"


@given(st.text())
def test_a_neutral_cell_never_begins_a_formula(cell: str) -> None:
    assert not neutral(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert neutral(cell).removeprefix("'") == cell.removeprefix("'")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_cannot_be_noted_is_not_given(tmp_path: Path, kind: str) -> None:
    def refuse(_rows: int) -> None:
        raise Refusal("issues.place")

    with pytest.raises(Refusal):
        write_table(tmp_path / f"out.{kind}", [["a"]], refuse)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("out.txt", "export.kind"), ("old.csv", "export.exists"), ("no/out.csv", "export.no_folder")],
)
def test_where_nothing_is_written(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "old.csv").write_text("mine", "utf-8")
    with pytest.raises(BadUsage) as wrong:
        write_table(tmp_path / name, [["a"]], lambda _rows: None)
    assert wrong.value.code == code
    assert (tmp_path / "old.csv").read_text("utf-8") == "mine"
