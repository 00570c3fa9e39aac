"""Characters that a font cannot draw: found before printing, marked 〓, left to the hand."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from sbk_tui.errors import Fact
from sbk_tui.printing.document import (
    Block,
    Document,
    Entry,
    Grid,
    Paragraph,
    Signatures,
    Table,
)
from sbk_tui.texts import word

NO_GLYPH = "print.no_glyph"
GETA = "〓"
"""The printers' sign for a letter that is not in the case."""


@dataclass(frozen=True, slots=True)
class MissingGlyph:
    """A character that the paper shows as 〓."""

    char: str
    label: str
    """Where it stands, as the paper calls it."""

    @property
    def codes(self) -> str:
        """Its number, to look it up by: U+20BB7."""
        return f"U+{ord(self.char):04X}"

    def facts(self) -> dict[str, Fact]:
        """Return what the words of `NO_GLYPH` need, to tell the clerk."""
        return {"char": self.char, "label": self.label, "codes": self.codes}


def missing_glyphs(document: Document, known: Container[str]) -> tuple[MissingGlyph, ...]:
    """Return each character of `document` that is not in `known`, once for each place."""
    found = [
        MissingGlyph(char, label)
        for label, text in _texts(document)
        for char in text
        if char not in known and char != "\n"
    ]
    # A sentence repeats what a box says: the box has the line to write on.
    boxed = {one.char for one in found if one.label != document.title}
    kept = (one for one in found if one.label != document.title or one.char not in boxed)
    return tuple(dict.fromkeys(kept))


def replaced(document: Document, missing: tuple[MissingGlyph, ...]) -> Document:
    """Return `document` with 〓 for what is missing, and a line for each place to write on."""
    if not missing:
        return document
    table = str.maketrans({one.char: GETA for one in missing})
    blocks = tuple(_block(block, table) for block in document.blocks)
    labels = dict.fromkeys(one.label for one in missing)
    by_hand = tuple(
        Paragraph(word("print.by_hand", label=label.translate(table), codes=_codes(label, missing)))
        for label in labels
    )
    at = next((i for i, block in enumerate(blocks) if isinstance(block, Signatures)), len(blocks))
    return replace(
        document,
        title=document.title.translate(table),
        office=document.office.translate(table),
        clerk=document.clerk.translate(table),
        copy_reason=document.copy_reason.translate(table),
        blocks=(*blocks[:at], *by_hand, *blocks[at:]),  # above the signatures: it is signed too
    )


def _codes(label: str, missing: tuple[MissingGlyph, ...]) -> str:
    return " ".join(one.codes for one in missing if one.label == label)


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    """Yield every text of the paper with the name of its place."""
    yield document.title, document.title
    yield word("print.office"), document.office
    yield word("print.clerk"), document.clerk
    yield document.title, document.copy_reason
    for block in document.blocks:
        match block:
            case Grid():
                for entry in block.entries:
                    yield entry.label, entry.label + entry.value
            case Table():
                for row in (block.headings, *block.rows):
                    yield from zip(block.headings, row, strict=True)
            case Paragraph():
                yield document.title, block.text
            case Signatures():
                yield document.title, "".join(block.labels)
            case _:
                assert_never(block)


def _block(block: Block, table: dict[int, str]) -> Block:
    match block:
        case Grid():
            entries = tuple(
                Entry(one.label.translate(table), one.value.translate(table), one.span)
                for one in block.entries
            )
            return replace(block, entries=entries)
        case Table():
            rows = tuple(tuple(value.translate(table) for value in row) for row in block.rows)
            return replace(block, rows=rows)
        case Paragraph():
            return replace(block, text=block.text.translate(table))
        case Signatures():
            return block
        case _:
            assert_never(block)
