"""The layout files (`assets/layouts/`): what stands on each paper, and in which order.

Layouts are ours [A]: no blank forms of the city were found; the field lists follow the interface
records and published samples.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sbk_tui.errors import BadUsage
from sbk_tui.resources import ASSETS, toml


class Paper(NamedTuple):
    """A sheet, in millimetres and points."""

    width: float
    height: float
    side: float
    """Margin left and right; a continuous form has its sprocket holes there."""
    top: float
    text_size: float


PAPERS = {
    "A4": Paper(210, 297, 18, 15, 10.5),
    "A5": Paper(148, 210, 12, 11, 9.5),
    "241x140": Paper(241, 139.7, 22, 8, 9.5),  # half of a continuous form, 33 lines [1] R12
}


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """One block of a layout; `kind` says which."""


class FieldRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One labelled value. The record must have `key`, be it empty."""

    key: str
    label: str
    mask: str = ""
    """How it is hidden where a third person keeps the paper: number, name, phone."""
    span: int = 1
    required: bool = False
    """An empty value is an error too."""
    optional: bool = False
    """Left out, label and all, when the record has nothing."""


class FieldsPart(_Part, frozen=True, kw_only=True, tag="fields"):
    """Labelled values in boxes."""

    columns: int = 2
    fields: tuple[FieldRow, ...]
    picture: str = ""
    """The picture of the record that stands at the right, or empty."""


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of a list."""

    key: str
    label: str
    share: int = 1
    mask: str = ""


class TablePart(_Part, frozen=True, kw_only=True, tag="table"):
    """The rows of the record's table `key`."""

    key: str
    columns: tuple[Column, ...]


class ParagraphPart(_Part, frozen=True, kw_only=True, tag="paragraph"):
    """A sentence with values in braces, left out unless all of `needs` have a value."""

    text: str
    needs: tuple[str, ...] = ()
    strong: bool = False


class SignaturesPart(_Part, frozen=True, kw_only=True, tag="signatures"):
    """Lines to sign on."""

    labels: tuple[str, ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper of the counter."""

    title: str
    paper: str
    clauses: tuple[str, ...]
    recorded: bool = True
    """False: printed and signed before the operation is saved, so it has no hash yet (1.2)."""
    blocks: tuple[FieldsPart | TablePart | ParagraphPart | SignaturesPart, ...]


def layout_named(name: str) -> Layout:
    """Return the layout `name`.

    Raises:
        BadUsage: `print.no_layout`.
        msgspec.ValidationError: naming what is wrong in the file.
    """
    if name not in names():
        raise BadUsage("print.no_layout", paper=name)
    return msgspec.convert(toml(f"layouts/{name}.toml"), Layout)


def names() -> tuple[str, ...]:
    """Return the papers that can be printed."""
    return tuple(sorted(path.stem for path in (ASSETS / "layouts").glob("*.toml")))
