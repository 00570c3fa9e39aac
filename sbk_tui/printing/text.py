"""A paper as plain text, for the preview on the screen."""

from __future__ import annotations

from typing import assert_never

from sbk_tui.printing.document import Block, Document, Entry, Grid, Paragraph, Signatures, Table
from sbk_tui.printing.wrapping import cells, padded, wrapped
from sbk_tui.texts import word

_TWO_COLUMNS = 60  # below it each value has a line of its own
_GAP = 2


def preview(document: Document, width: int) -> list[str]:
    """Return `document` in lines of at most `width` cells (30 or more)."""
    lines: list[str] = []
    if document.training:
        lines.append(_centred(word("print.training"), width))
    lines += [_centred(line, width) for line in wrapped(document.title, width, cells)]
    for entry in head(document):
        lines += _entry(entry, width)
    for block in document.blocks:
        lines += ["", *_block(block, width)]
    if document.qr:
        lines += ["", *wrapped(word("print.qr"), width, cells)]
    return lines


def head(document: Document) -> tuple[Entry, ...]:
    """Return what every paper carries, as labelled values."""
    entries = [
        Entry(word("print.office"), f"{document.office}（{document.office_code}）"),
        Entry(word("print.clerk"), document.clerk),
        Entry(word("print.printed_at"), document.printed_at),
        Entry(word("print.serial"), document.serial),
    ]
    if document.short_hash:
        entries.append(Entry(word("print.short_hash"), document.short_hash))
    if document.copy:
        entries.append(Entry(word("print.copy", copy=document.copy), document.copy_reason))
    return tuple(entries)


def _block(block: Block, width: int) -> list[str]:
    match block:
        case Grid():
            return _grid(block, width)
        case Table():
            return _table(block, width)
        case Paragraph():
            return wrapped(block.text, width, cells)
        case Signatures():
            return [_line_to_sign(label, width) for label in block.labels]
        case _:
            assert_never(block)


def _grid(grid: Grid, width: int) -> list[str]:
    lines: list[str] = []
    if grid.has_picture:
        lines.append(word("print.picture_there" if grid.picture else "print.picture_to_glue"))
    half = (width - _GAP) // 2
    left = ""
    for entry in grid.entries:
        text = f"{entry.label}：{entry.value}"
        fits = width >= _TWO_COLUMNS and entry.span == 1 and cells(text) <= half
        if fits and left:
            lines.append(padded(left, half + _GAP) + text)
            left = ""
            continue
        if left:
            lines.append(left)
        left = text if fits else ""
        if not fits:
            lines += _entry(entry, width)
    return [*lines, left] if left else lines


def _line_to_sign(label: str, width: int) -> str:
    return f"{label}：" + "_" * min(12, width - cells(label) - 2)


def _entry(entry: Entry, width: int) -> list[str]:
    label = f"{entry.label}："
    indent = cells(label)
    if indent > width // 2:
        return wrapped(label + entry.value, width, cells)
    first, *rest = wrapped(entry.value, width - indent, cells)
    return [label + first, *(" " * indent + line for line in rest)]


def _table(table: Table, width: int) -> list[str]:
    gaps = _GAP * (len(table.headings) - 1)
    total = sum(table.shares)
    widths = [max((width - gaps) * share // total, 2) for share in table.shares]
    lines: list[str] = []
    for row in (table.headings, *table.rows):
        columns = [wrapped(value, wide, cells) for value, wide in zip(row, widths, strict=True)]
        for number in range(max(len(column) for column in columns)):
            parts = [
                padded(column[number] if number < len(column) else "", wide)
                for column, wide in zip(columns, widths, strict=True)
            ]
            lines.append((" " * _GAP).join(parts).rstrip())
    return lines


def _centred(text: str, width: int) -> str:
    return " " * max((width - cells(text)) // 2, 0) + text
