"""Tables for others: CSV and XLSX that no spreadsheet takes for formulas, each cell a text.

A file appears whole or not at all, readable by its owner alone.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sbk_tui.errors import BadUsage, StorageFault

KINDS = (".csv", ".xlsx")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""
_MOST_ROWS = 1_048_576
"""Of a sheet of XLSX."""


def neutral(cell: str) -> str:
    """Return a CSV cell that no spreadsheet runs: a leading apostrophe where it would."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_table(
    path: Path, rows: Iterable[Sequence[str]], before_shown: Callable[[int], None]
) -> int:
    """Write `rows`, the heading first, to a new file and return how many there were.

    Args:
        before_shown: called with the number of rows before the file appears under its name; what
            it raises leaves no file.

    Raises:
        BadUsage: `export.kind` for another ending than .csv or .xlsx, `export.exists`,
            `export.no_folder`, `export.extra_missing`, `export.too_many` (XLSX).
        StorageFault: `store.full`.
    """
    if path.suffix.lower() not in KINDS:
        raise BadUsage("export.kind", file=path.name)
    if path.exists():
        raise BadUsage("export.exists", file=path.name)
    if not path.parent.is_dir():
        raise BadUsage("export.no_folder", place=str(path.parent))
    write = _xlsx if path.suffix.lower() == ".xlsx" else _csv
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        count = write(part, rows)
        before_shown(count)
        part.replace(path)
    except OSError as error:
        raise StorageFault("store.full") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _csv(path: Path, rows: Iterable[Sequence[str]]) -> int:
    count = 0
    # With a mark of the byte order: without it a Chinese spreadsheet reads UTF-8 as GBK.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            writer.writerow([neutral(cell) for cell in row])
            count += 1
    return count


def _xlsx(path: Path, rows: Iterable[Sequence[str]]) -> int:
    # Late: only who writes a spreadsheet needs the `sheets` extra.
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise BadUsage("export.extra_missing") from error
    count = 0
    with Workbook(str(path), {"constant_memory": True, "in_memory": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(_bounded(rows)):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
            count += 1
    return count


def _bounded(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    for number, row in enumerate(rows):
        if number >= _MOST_ROWS:
            raise BadUsage("export.too_many", most=_MOST_ROWS)
        yield row
