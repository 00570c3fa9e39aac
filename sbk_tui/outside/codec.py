"""Lines as files: an XML head with 批次号 and 人数, a line of names, one line a record (GB18030).

Pure, both ways. A file that is cut, mixed up or not ours is refused with a code; nothing of it is
taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sbk_tui.domain.text import clean, wire_length
from sbk_tui.errors import Refusal
from sbk_tui.outside.layout import FOREVER, Item, Layout

CHARSET = "gb18030"
"""GBK and everything beyond it: a rare name is not lost on the way [A]."""
_DECLARED = f'<?xml version="1.0" encoding="{CHARSET.upper()}"?>'
_HEAD = re.compile(
    r"<\?xml [^>]*\?>\s*<数据><批次号>([0-9A-Za-z_-]{1,60})</批次号><人数>(\d{1,6})</人数></数据>"
)
MOST_BYTES = 16 * 1024 * 1024
Record = Mapping[str, str]


class Sheet(NamedTuple):
    """What a file holds."""

    batch: str
    """批次号: the number of the file."""
    records: tuple[dict[str, str], ...]


def wire_value(item: Item, value: str) -> str:
    """Return a value as it travels.

    Raises:
        Refusal: `outside.missing`, `outside.no_code`, `outside.too_long`, `text.…`.
    """
    if not value:
        if item.required:
            raise Refusal("outside.missing", item=item.name)
        return ""
    if value == FOREVER:
        value = item.forever
    elif item.values:
        if value not in item.values:
            raise Refusal("outside.no_code", item=item.name, value=value)
        value = item.values[value]
    if wire_length(clean(value)) > item.most:
        raise Refusal("outside.too_long", item=item.name, most=item.most)
    return value


def fit(layout: Layout, record: Record) -> None:
    """Return when a record can travel by `layout`, but for its serial.

    Raises:
        Refusal: as `wire_value`, of the first item that does not fit.
    """
    for item in layout.items:
        if item.key != "serial":
            wire_value(item, record.get(item.key, ""))


def encode(layout: Layout, batch: str, records: Sequence[Record]) -> bytes:
    """Return the file of `records`, numbered from 1.

    Raises:
        Refusal: as `wire_value`.
    """
    text = io.StringIO()
    text.write(f"{_DECLARED}<数据><批次号>{batch}</批次号><人数>{len(records)}</人数></数据>\r\n")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(item.name for item in layout.items)
    for serial, record in enumerate(records, 1):
        known = {**record, "serial": str(serial)}
        lines.writerow(wire_value(item, known.get(item.key, "")) for item in layout.items)
    return text.getvalue().encode(CHARSET)


def decode(layout: Layout, content: bytes) -> Sheet:
    """Return what a file holds, in our codes.

    Raises:
        Refusal: `outside.charset`, `outside.head`, `outside.cut` (人数 differs from the lines),
            `outside.columns`, `outside.line` with the line's number; nothing is taken then.
    """
    if len(content) > MOST_BYTES:
        raise Refusal("outside.head")
    try:
        text = content.decode(CHARSET)
    except UnicodeDecodeError as error:
        raise Refusal("outside.charset") from error
    head, _, body = text.partition("\n")
    found = _HEAD.fullmatch(head.strip())
    if found is None:
        raise Refusal("outside.head")
    try:
        rows = [row for row in csv.reader(io.StringIO(body, newline=""), strict=True) if row]
    except csv.Error as error:
        raise Refusal("outside.cut", told=int(found[2]), there=0) from error
    if not rows or tuple(rows[0]) != tuple(item.name for item in layout.items):
        raise Refusal("outside.columns", title=layout.title)
    if len(rows) - 1 != int(found[2]) or not text.endswith("\n"):
        raise Refusal("outside.cut", told=int(found[2]), there=len(rows) - 1)
    return Sheet(found[1], tuple(_record(layout, n, row) for n, row in enumerate(rows[1:], 1)))


def _record(layout: Layout, line: int, row: Sequence[str]) -> dict[str, str]:
    if len(row) != len(layout.items):
        raise Refusal("outside.line", line=line)
    record = {}
    for item, value in zip(layout.items, row, strict=True):
        try:
            value = clean(value)
        except Refusal as refusal:
            raise Refusal("outside.line", line=line) from refusal
        if wire_length(value) > item.most or (item.required and not value):
            raise Refusal("outside.line", line=line)
        record[item.key] = _ours(item, value, line)
    return record


def _ours(item: Item, value: str, line: int) -> str:
    if item.forever and value == item.forever:
        return FOREVER
    if not item.values or not value:
        return value
    for ours, theirs in item.values.items():
        if theirs == value:
            return ours
    raise Refusal("outside.line", line=line)
