"""`sbk import cards`: lists as they come from outside, good, bad and hostile."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sbk_tui.domain.identity import card_check, mod11_2
from sbk_tui.services.application_list import columns
from sbk_tui.services.card_columns import COLUMNS, Column, heading
from tests.commands.desk import Sbk
from tests.people import CHANG_GUILAN, ZHAO_TIEZHU

HEADING = ("社会保障号码", "姓名", "社保卡号", "服务银行", "银行卡号", "手机号码", "社区(村)编号",
           "装箱位置", "制卡日期", "有效期至")  # fmt: skip


def card(n: int) -> str:
    return f"C{n:07d}{card_check(f'C{n:07d}')}"


def person(n: int) -> str:
    body = f"410782{1950 + n % 50}{1 + n % 12:02d}{1 + n % 28:02d}{n // 50 % 1000:03d}"
    return body + mod11_2(body)


def row(n: int, **other: str) -> list[str]:
    """Return a good row, with what is to be otherwise."""
    cells = dict(zip(HEADING, (
        person(n), "王小明", card(n), "建设银行", f"6217{n:015d}", "13800370001", "410782105201",
        f"1-1-{n}", "2026-11-01", "2036年11月1日",
    ), strict=True))  # fmt: skip
    return list((cells | other).values())


def text_of(rows: Iterable[Iterable[str]], heading: Iterable[str] = HEADING) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([heading, *rows])
    return file.getvalue()


def saved(folder: Path, content: str | bytes, name: str = "2026-11-A.csv") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.clause("2.1")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_list_comes_in_whatever_saved_it(
    empty: Sbk, tmp_path: Path, encoding: str, line_end: str
) -> None:
    content = text_of([row(1), row(2)]).replace("\r\n", line_end).encode(encoding)
    answer = empty("import", "cards", saved(tmp_path, content), "--json")
    assert answer.code == 0, answer
    told = answer.document
    assert (told["rows"], told["new"], told["bad"], told["problems"]) == (2, 2, 0, [])
    held = empty.card(card(1))
    assert held["bank"] == "95533"
    assert (held["made_on"], held["valid_to"]) == ("2026-11-01", "2036-11-01")
    assert held["batch"] == "2026-11-A"
    found = empty("show", "person", person(1), "--json").document["person"]
    assert (found["name"], found["birth"], found["sex"]) == ("王小明", "1951-02-02", "2")
    assert empty.operations() == 1


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_are_seen_in_the_heading(
    empty: Sbk, tmp_path: Path, delimiter: str
) -> None:
    content = "\n".join(delimiter.join(cells) for cells in (HEADING, row(1)))
    assert empty("import", "cards", saved(tmp_path, content), "--json").document["new"] == 1


def test_english_headings_and_other_columns(empty: Sbk, tmp_path: Path) -> None:
    heading = ("No.", "id_number", "Name", "Card Number", "bank")
    content = text_of([["1", person(1), "王小明", card(1), "95533"]], heading)
    told = empty("import", "cards", saved(tmp_path, content), "--json").document
    assert (told["new"], told["ignored_columns"]) == (1, ["No."])


@pytest.mark.parametrize("known", [COLUMNS, columns()])
def test_every_heading_means_one_column(known: tuple[Column, ...]) -> None:
    names = [heading(name) for column in known for name in column.names]
    assert len(names) == len(set(names))


@pytest.mark.clause("2.1")
def test_a_second_time_takes_in_nothing_twice(empty: Sbk, tmp_path: Path) -> None:
    file = saved(tmp_path, text_of([row(n) for n in range(450)]))
    first = empty("import", "cards", file, "--batch", "A", "--json").document
    again = empty("import", "cards", file, "--batch", "A", "--json").document
    assert (first["new"], first["known"]) == (450, 0)
    assert (again["new"], again["known"]) == (0, 450)
    assert empty.operations() == 3
    longer = saved(tmp_path, text_of([row(n) for n in range(455)]))
    assert empty("import", "cards", longer, "--batch", "A", "--json").document["new"] == 5
    assert len(empty("show", "batch", "A", "--json").document["cards"]) == 455


def test_an_import_that_was_killed_goes_on_where_it_was(empty: Sbk, tmp_path: Path) -> None:
    file = saved(tmp_path, text_of([row(n) for n in range(3000)]))
    words = [sys.executable, "-m", "sbk_tui", "import", "cards", file, "--batch", "A"]
    env = {"SBK_HOME": str(empty.home), "SBK_CLERK": empty.clerk, "PYTHONUTF8": "1",
           "SBK_PASSWORD_FILE": str(empty.home.parent / "password")}  # fmt: skip
    wal = empty.home / "sbk.db-wal"
    with subprocess.Popen(words, env=os.environ | env) as process:
        while process.poll() is None and not (wal.exists() and wal.stat().st_size > 400_000):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.005)
        process.send_signal(signal.SIGKILL)
    told = empty("import", "cards", file, "--batch", "A", "--json").document
    assert told["known"] + told["new"] == 3000
    assert told["known"] % 200 == 0
    assert empty.operations() == 15
    assert len(empty("show", "batch", "A", "--json").document["cards"]) == 3000


def test_a_dry_run_writes_nothing(empty: Sbk, tmp_path: Path) -> None:
    file = saved(tmp_path, text_of([row(1)]))
    told = empty("import", "cards", file, "--dry-run", "--json").document
    assert (told["new"], told["dry_run"]) == (1, True)
    assert empty.operations() == 0


BAD: list[tuple[str, str, dict[str, str]]] = [
    ("number.spreadsheet", "社会保障号码", {"社会保障号码": "4.10782E+17"}),
    ("number.spreadsheet", "社会保障号码", {"社会保障号码": "410782199001010000"}),
    ("number.check", "社会保障号码", {"社会保障号码": "410782195102020011"}),
    ("number.length", "社会保障号码", {"社会保障号码": "4107821951"}),
    ("field.required", "姓名", {"姓名": " "}),
    ("name.character", "姓名", {"姓名": "王5明"}),
    ("text.control", "姓名", {"姓名": "王\x1b[2J明"}),
    ("text.hidden", "姓名", {"姓名": "王\u202e明"}),
    ("field.required", "社保卡号", {"社保卡号": ""}),
    ("card_number.form", "社保卡号", {"社保卡号": "12"}),
    ("number.spreadsheet", "银行卡号", {"银行卡号": "6.217E+18"}),
    ("bank_card.form", "银行卡号", {"银行卡号": "62"}),
    ("import.bank", "服务银行", {"服务银行": "月亮银行"}),
    ("phone.not_mobile", "手机号码", {"手机号码": "0373-3051234"}),
    ("division.not_village", "社区(村)编号", {"社区(村)编号": "410782"}),
    ("field.date", "制卡日期", {"制卡日期": "32.13.2026"}),
]


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(("code", "column", "other"), BAD, ids=lambda v: str(v)[:30])
def test_a_bad_row_is_named_by_row_column_and_reason(
    empty: Sbk, tmp_path: Path, code: str, column: str, other: dict[str, str]
) -> None:
    file = saved(tmp_path, text_of([row(1), row(2, **other), row(3)]))
    answer = empty("import", "cards", file, "--json")
    assert (answer.code, answer.document["error"]) == (3, "import.bad_rows")
    (told,) = answer.document["problems"]
    assert (told["row"], told["column"], told["code"]) == (3, column, code)
    assert told["message"] != ""
    assert "\x1b" not in answer.out + answer.err + empty("import", "cards", file).out
    assert empty.operations() == 0


def test_a_wrong_check_character_of_a_card_is_only_a_warning(empty: Sbk, tmp_path: Path) -> None:
    wrong = "C0000001" + ("1" if card(1)[-1] != "1" else "2")
    file = saved(tmp_path, text_of([row(1, 社保卡号=wrong)]))
    answer = empty("import", "cards", file, "--json")
    assert (answer.code, answer.document["new"]) == (0, 1)
    assert answer.document["problems"][0]["warning"] is True


def test_the_same_row_twice_counts_once_and_another_row_for_the_card_is_bad(
    empty: Sbk, tmp_path: Path
) -> None:
    told = empty("import", "cards", saved(tmp_path, text_of([row(1), row(2), row(1)])), "--json")
    assert (told.document["new"], told.document["duplicates"]) == (2, 1)
    twice = text_of([row(4), row(5, 社保卡号=card(4))])
    told = empty("import", "cards", saved(tmp_path, twice), "--json")
    assert [p["code"] for p in told.document["problems"]] == ["import.card_twice"]
    names = text_of([row(6), row(6, 社保卡号=card(7), 姓名="王大明")])
    told = empty("import", "cards", saved(tmp_path, names), "--json")
    assert [p["code"] for p in told.document["problems"]] == ["import.name_differs"]


@pytest.mark.clause("2.1")
def test_a_row_that_contradicts_the_records_is_found_before_anything_is_taken_in(
    sealed: Sbk, tmp_path: Path
) -> None:
    held = sealed("show", "batch", "2026-11-A", "--json").document["cards"][0]["number"]
    other = row(1, 社保卡号=held, 社会保障号码=ZHAO_TIEZHU.number, 姓名=ZHAO_TIEZHU.name)
    renamed = row(2, 社会保障号码=CHANG_GUILAN.number, 姓名="常桂花")
    file = saved(tmp_path, text_of([row(3), other, renamed]))
    told = sealed("import", "cards", file, "--json").document["problems"]
    assert [(p["row"], p["code"]) for p in told] == [
        (3, "batch.card_of_another"), (4, "batch.name_differs"),
    ]  # fmt: skip


def test_bad_rows_can_be_left_out_and_come_back_as_a_list(empty: Sbk, tmp_path: Path) -> None:
    bad = row(2, 姓名="=cmd()", 装箱位置="\x1b]0;")
    file = saved(tmp_path, text_of([row(1), bad, row(3)]))
    answer = empty("import", "cards", file, "--skip-bad", "--json")
    assert (answer.code, answer.document["new"], answer.document["bad"]) == (0, 2, 1)
    rejected = tmp_path / answer.document["rejected"]
    assert rejected.stat().st_mode & 0o077 == 0
    content = rejected.read_text("utf-8-sig")
    assert "\x1b" not in content
    heading, found = csv.reader(content.splitlines())
    assert heading[-2:] == ["行号", "原因"]
    assert (found[1], found[-2]) == ("'=cmd()", "3")
    mended = content.replace("'=cmd()", "王小明").replace("\\x1b]0;", "1-1-2")
    told = empty("import", "cards", saved(tmp_path, mended, "mended.csv"), "--json").document
    assert (told["new"], told["bad"]) == (1, 0)


UNFIT: list[tuple[str, bytes]] = [
    ("sheet.empty", b""),
    ("sheet.utf16", text_of([row(1)]).encode("utf-16")),
    ("sheet.encoding", b"\xff\xff\xff\x80" * 20),
    ("sheet.cut_off", text_of([row(1)]).encode()[: len("社会保障号码,姓".encode()) - 1]),
    ("sheet.cut_off", text_of([row(1)]).encode("gb18030")[:9]),
    ("sheet.damaged", text_of([row(1)]).encode().replace("王".encode(), b"\xe7\x8e")),
    ("sheet.csv", (text_of([row(1)]) + '"' + text_of([row(2)], row(3))).encode()),
    ("import.no_rows", b"\r\n\r\n"),
    ("import.no_rows", text_of([]).encode()),
    ("import.columns_missing", text_of([["1", "2"]], ["姓名", "社保卡号"]).encode()),
    ("import.column_twice", text_of([row(1)], ["身份证号", *HEADING[:-1]]).encode()),
    ("sheet.unreadable", b"PK\x03\x04 not a workbook at all"),
]


@pytest.mark.parametrize(("code", "content"), UNFIT, ids=lambda v: str(v)[:24])
def test_a_file_that_is_no_list_is_refused_whole(
    empty: Sbk, tmp_path: Path, code: str, content: bytes
) -> None:
    answer = empty("import", "cards", saved(tmp_path, content), "--json")
    assert (answer.code, answer.document["error"]) == (2, code), answer
    assert empty.operations() == 0


def test_half_a_file_is_noticed_at_its_last_row(empty: Sbk, tmp_path: Path) -> None:
    content = text_of([row(1), row(2)])
    half = content[: content.rindex("建设银行")]
    answer = empty("import", "cards", saved(tmp_path, half), "--json")
    assert answer.code == 3
    assert [p["code"] for p in answer.document["problems"]] == ["import.short_row"]
    shifted = text_of([[*row(1), "x"]])
    answer = empty("import", "cards", saved(tmp_path, shifted), "--json")
    assert [p["code"] for p in answer.document["problems"]] == ["import.long_row"]


def test_a_file_that_is_not_there(empty: Sbk, tmp_path: Path) -> None:
    assert empty("import", "cards", str(tmp_path / "none.csv"), "--json").code == 2


def workbook(folder: Path, rows: list[list[Any]]) -> str:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = folder / "cards.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(place, column, cell)
    return str(path)


def test_a_spreadsheet_comes_in_when_its_numbers_are_text(empty: Sbk, tmp_path: Path) -> None:
    import datetime

    pytest.importorskip("python_calamine")
    made = datetime.date(2026, 11, 1)
    good = [*row(1)[:5], 13800370001, *row(1)[6:8], made, made]
    file = workbook(tmp_path, [list(HEADING), good, [], row(2)])
    told = empty("import", "cards", file, "--json").document
    assert (told["new"], told["rows"]) == (2, 2)
    assert empty.card(card(1))["made_on"] == "2026-11-01"


def test_a_number_that_a_spreadsheet_ate_is_told_as_such(empty: Sbk, tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    eaten = [float(person(1)[:17] + "0"), *row(1)[1:]]
    answer = empty("import", "cards", workbook(tmp_path, [list(HEADING), eaten]), "--json")
    assert answer.code == 3
    told = answer.document["problems"][0]
    assert (told["row"], told["code"]) == (2, "number.spreadsheet")


def test_five_thousand_cards_are_a_matter_of_seconds(empty: Sbk, tmp_path: Path) -> None:
    file = saved(tmp_path, text_of([row(n) for n in range(5000)]))
    told = empty("import", "cards", file, "--json").document
    assert told["new"] == 5000
    assert empty("import", "cards", file).out.startswith("共 5000 行：入库 0 张")
