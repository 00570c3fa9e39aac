"""Lists from outside, row by row as text: CSV in UTF-8 or GB18030, and spreadsheets.

A file is opened once and may be read twice; only a CSV's current chunk is in memory. Nothing is
believed about a file but its bytes.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from sbk_tui.domain.text import is_han
from sbk_tui.errors import BadUsage

_CHUNK = 64 * 1024
_MOST_BYTES = 256 * 1024 * 1024
_MOST_CELL = 4096
_DELIMITERS = (",", "\t", ";")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXACT = 2**53
"""Whole numbers above this have lost digits in a spreadsheet."""


class Row(NamedTuple):
    """One row that is not empty: its number in the file (from 1) and its cells as text."""

    number: int
    cells: tuple[str, ...]


class Sheet:
    """A file of rows, open until its `with` block ends."""

    def __init__(self, path: Path) -> None:
        """Take the file; see `__enter__`."""
        self._path = path

    def __enter__(self) -> Self:
        """Open the file and find out what it is.

        Raises:
            BadUsage: `sheet.unreadable`, `sheet.too_large`, `sheet.empty`, `sheet.utf16`,
                `sheet.encoding`, `sheet.cut_off`, `sheet.damaged`.
        """
        try:
            self._file: BinaryIO = self._path.open("rb")
        except OSError as error:
            raise BadUsage("sheet.unreadable", file=self._path.name) from error
        try:
            self._look()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def _look(self) -> None:
        size = self._file.seek(0, io.SEEK_END)
        self._file.seek(0)
        if size > _MOST_BYTES:
            raise BadUsage("sheet.too_large", most=_MOST_BYTES >> 20)
        head = self._file.read(len(_ZIP))
        self._is_workbook = head in (_ZIP, _OLE)
        if head.startswith(_UTF16):
            raise BadUsage("sheet.utf16")
        if not head:
            raise BadUsage("sheet.empty")
        self._encoding = "" if self._is_workbook else encoding_of(self._file)

    def rows(self) -> Iterator[Row]:
        """Yield every row that is not empty, the heading too, from the first.

        Raises:
            BadUsage: `sheet.csv` with the row, `sheet.extra_missing`, `sheet.unreadable`.
        """
        self._file.seek(0)
        found = self._workbook_rows() if self._is_workbook else self._csv_rows()
        for number, cells in found:
            if any(cell.strip() for cell in cells):
                yield Row(number, tuple(cells))

    def _csv_rows(self) -> Iterator[tuple[int, list[str]]]:
        # A wrapper of its own for each reading; detached, so that the file stays open.
        text = io.TextIOWrapper(self._file, self._encoding, newline="")
        try:
            first = text.readline()
            text.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            while True:
                begins = reader.line_num + 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    raise BadUsage("sheet.csv", row=begins) from error
                if cells is None:
                    return
                yield begins, [cell[:_MOST_CELL] for cell in cells]
        finally:
            text.detach()

    def _workbook_rows(self) -> Iterator[tuple[int, list[str]]]:
        # Late: only who has a spreadsheet needs the `sheets` extra.
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError as error:
            raise BadUsage("sheet.extra_missing") from error
        try:
            book = CalamineWorkbook.from_filelike(self._file)
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
        except (CalamineError, IndexError, OSError) as error:
            raise BadUsage("sheet.unreadable", file=self._path.name) from error
        for number, cells in enumerate(rows, 1):
            yield number, [_text(cell)[:_MOST_CELL] for cell in cells]


def _text(cell: object) -> str:
    """Return a spreadsheet's cell as it was meant; a number that lost digits stays `4.1E+17`."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float():
            return f"{cell:.12E}"
        case _:
            return str(cell)


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding in which every byte of `file` makes sense: UTF-8 before GB18030.

    Raises:
        BadUsage: `sheet.cut_off` when it ends in the middle of a character, `sheet.damaged` when
            UTF-8 is broken in the middle, `sheet.encoding` when it is neither.
    """
    wrong = _first_wrong(file, "utf-8-sig")
    if wrong is None:
        return "utf-8-sig"
    if wrong.chinese_before:
        # GB18030 text hardly ever reads as a Chinese character of UTF-8: this was meant as UTF-8,
        # and read as GB18030 it would give people other names.
        if wrong.at_end:
            raise BadUsage("sheet.cut_off")
        raise BadUsage("sheet.damaged", row=wrong.row)
    wrong = _first_wrong(file, "gb18030")
    if wrong is None:
        return "gb18030"
    raise BadUsage("sheet.cut_off" if wrong.at_end else "sheet.encoding")


class _Wrong(NamedTuple):
    """Where a decoder stumbled."""

    row: int
    chinese_before: bool
    """Whether a Chinese character was read before."""
    at_end: bool


def _first_wrong(file: BinaryIO, encoding: str) -> _Wrong | None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    rows, chinese = 1, False
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding)
            rows += before.count("\n")
            return _Wrong(rows, chinese or any(map(is_han, before)), not chunk)
        rows += text.count("\n")
        chinese = chinese or any(map(is_han, text))
        if not chunk:
            return None
