"""A paper as a value: a layout file and a record become a `Document`; nothing is drawn here.

The preview (`text.py`) and the PDF (`pdf.py`) are two readings of the same document, so what
the clerk sees is what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sbk_tui.errors import BadUsage
from sbk_tui.printing.layouts import (
    Column,
    FieldRow,
    FieldsPart,
    Layout,
    ParagraphPart,
    SignaturesPart,
    TablePart,
    layout_named,
)

Mask = Callable[[str], str]
HEAD = ("office", "office_code", "clerk", "printed_at", "serial")
"""What every paper carries; `short_hash` too once the operation is on record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled value of a paper."""

    label: str
    value: str
    span: int = 1
    """How many columns it takes."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Labelled values in ruled boxes, with a picture's place at the right if there is one."""

    columns: int
    entries: tuple[Entry, ...]
    has_picture: bool = False
    picture: bytes = b""
    """JPEG; empty: an empty box to glue it in."""


@dataclass(frozen=True, slots=True)
class Table:
    """A list with a heading row; `shares` are relative widths."""

    headings: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, each behind its label."""

    labels: tuple[str, ...]


Block = Grid | Table | Paragraph | Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One paper, ready to be read or drawn."""

    paper: str
    """A key of `layouts.PAPERS`."""
    title: str
    office: str
    office_code: str
    clerk: str
    printed_at: str
    serial: str
    """ASCII: it is printed as a bar code too."""
    short_hash: str
    """First 8 characters of the operation's hash; empty when it is not on record yet."""
    copy: str = ""
    """Number of the reprint, empty on the first print; with its reason (B18)."""
    copy_reason: str = ""
    training: bool = False
    """Prints 演练 at the head and across (B14)."""
    blocks: tuple[Block, ...]
    qr: bytes = b""
    """What the QR code holds, empty for none (B1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a paper is made of, as text; the caller has named codes and dates in words."""

    values: Mapping[str, str]
    tables: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    qr: bytes = b""


def build(
    name: str,
    record: Record,
    *,
    masks: Mapping[str, Mask],
    training: bool = False,
    paper: str = "",
) -> Document:
    """Return the paper `name` (a file of `assets/layouts/`) filled in from `record`.

    Args:
        masks: how to hide part of a value, by the name that the layout uses: number, name,
            phone.
        training: the counter is a drill, the paper says so (B14).
        paper: a key of `layouts.PAPERS` where the office uses another sheet than the layout.

    Raises:
        BadUsage: `print.no_layout`; `print.field_missing` naming the field that the record does
            not have, or has empty where the paper needs it; `print.mask_missing`.
    """
    document = _Builder(name, layout_named(name), record, masks).document()
    return replace(document, training=training, paper=paper or document.paper)


class _Builder:
    """Fills one layout; holds the four things that each step needs."""

    def __init__(
        self, name: str, layout: Layout, record: Record, masks: Mapping[str, Mask]
    ) -> None:
        self._name = name
        self._layout = layout
        self._record = record
        self._masks = masks

    def document(self) -> Document:
        values = self._record.values
        keys = (*HEAD, "short_hash") if self._layout.recorded else HEAD
        absent = [key for key in keys if not values.get(key)]
        if absent:
            raise self._missing(absent[0])
        return Document(
            paper=self._layout.paper,
            title=self._layout.title,
            office=values["office"],
            office_code=values["office_code"],
            clerk=values["clerk"],
            printed_at=values["printed_at"],
            serial=values["serial"],
            short_hash=values["short_hash"] if self._layout.recorded else "",
            copy=values.get("copy", ""),
            copy_reason=values.get("copy_reason", ""),
            blocks=tuple(block for part in self._layout.blocks for block in self._blocks(part)),
            qr=self._record.qr,
        )

    def _blocks(
        self, part: FieldsPart | TablePart | ParagraphPart | SignaturesPart
    ) -> tuple[Block, ...]:
        values = self._record.values
        match part:
            case FieldsPart():
                return (self._grid(part),)
            case TablePart():
                return (self._table(part),)
            case ParagraphPart() if not all(values.get(key) for key in part.needs):
                return ()
            case ParagraphPart():
                text = part.text.format_map(_Named(values, self._missing))
                return (Paragraph(text, part.strong),)
            case SignaturesPart():
                return (Signatures(part.labels),)

    def _grid(self, part: FieldsPart) -> Grid:
        values = self._record.values
        entries = tuple(
            Entry(one.label, self._value(values, one, required=one.required), one.span)
            for one in part.fields
            if not one.optional or values.get(one.key)
        )
        picture = self._record.pictures.get(part.picture, b"")
        return Grid(part.columns, entries, bool(part.picture), picture)

    def _table(self, part: TablePart) -> Table:
        rows = self._record.tables.get(part.key)
        if rows is None:
            raise self._missing(part.key)
        return Table(
            headings=tuple(column.label for column in part.columns),
            shares=tuple(column.share for column in part.columns),
            rows=tuple(tuple(self._value(row, column) for column in part.columns) for row in rows),
        )

    def _value(
        self, values: Mapping[str, str], wanted: FieldRow | Column, *, required: bool = False
    ) -> str:
        value = values.get(wanted.key)
        if value is None or (required and not value):
            raise self._missing(wanted.key, wanted.label)
        if not wanted.mask or not value:
            return value
        if wanted.mask not in self._masks:
            raise BadUsage(
                "print.mask_missing", paper=self._name, title=self._layout.title, mask=wanted.mask
            )
        return self._masks[wanted.mask](value)

    def _missing(self, key: str, label: str = "") -> BadUsage:
        return BadUsage(
            "print.field_missing",
            paper=self._name,
            title=self._layout.title,
            field=key,
            label=label or key,
        )


class _Named(dict[str, str]):
    """The values of a sentence; one that is not there is an error with its name."""

    def __init__(self, values: Mapping[str, str], missing: Callable[[str], BadUsage]) -> None:
        super().__init__(values)
        self._missing = missing

    def __missing__(self, key: str) -> str:
        raise self._missing(key)
