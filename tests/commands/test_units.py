"""`sbk import units`: the city's list of units, all of it or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.desk import Sbk, new_counter

HEAD = "单位编号,单位名称\n"


@pytest.fixture
def township(private_folder: Path) -> Sbk:
    return new_counter(private_folder, "T", "410782105")


def saved(folder: Path, text: str) -> str:
    path = folder / "units.csv"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.clause("1.2")
def test_a_list_is_taken_in_and_a_later_one_renames(township: Sbk, private_folder: Path) -> None:
    first = saved(private_folder, f"{HEAD}410700001,新乡第一机床厂\n410700002,辉县一中\n")
    planned = township("import", "units", first, "--dry-run", "--json").document
    assert (planned["rows"], planned["new"]) == (2, 0)
    told = township("import", "units", first, "--json").document
    assert (told["rows"], told["new"], told["changed"]) == (2, 2, 0)
    again = saved(private_folder, "序号,单位名称,单位编号\n1,辉县市第一中学,410700002\n")
    told = township("import", "units", again, "--json").document
    assert (told["rows"], told["new"], told["changed"]) == (1, 0, 1)
    assert township.operations() == 0


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sheet.empty"),
        ("单位编号,单位名称\n", "import.no_rows"),
        ("编号,名称\n1,甲\n", "import.columns_missing"),
        ("单位编号,单位名称\n1,甲厂\n,乙厂\n", "units.bad_row"),
        ("单位编号,单位名称\n1,甲厂\n2\n", "units.bad_row"),
        ("单位编号,单位名称\n1,甲厂\n1,乙厂\n", "units.twice"),
        ("单位编号,单位名称\n1,甲厂\n410782105201,某村\n", "units.village"),
    ],
)
def test_a_list_that_is_wrong_changes_nothing(
    township: Sbk, private_folder: Path, text: str, code: str
) -> None:
    answer = township("import", "units", saved(private_folder, text), "--json")
    assert answer.code in (2, 3)
    assert answer.document["error"] == code
