"""Papers: shown as text first, printed when the clerk says so, owed until the spooler took them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sbk_tui.data.papers import Paper, Papers
from sbk_tui.domain import mask
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import DocumentPrinter
from sbk_tui.printing.document import Document, Record, build
from sbk_tui.printing.text import preview
from sbk_tui.texts import word

_MASKS = {
    "number": mask.number,
    "name": mask.name,
    "phone": mask.phone,
    "card": lambda text: text,  # 社保卡号 is not a number of a person; the holder needs it whole
}


class Printable(NamedTuple):
    """A paper that can be shown and printed: one that is owed, or one of an unfinished form."""

    layout: str
    values: Mapping[str, str]
    pictures: Mapping[str, bytes] = {}
    tables: Mapping[str, Sequence[Mapping[str, str]]] = {}
    paper: str = ""
    """Id of the owed paper, or empty."""
    op: str = ""
    """What it is the slip of, if anything."""
    copies: int = 0


class PaperDesk:
    """The papers of this counter and its printer."""

    def __init__(
        self,
        papers: Papers,
        printer: Callable[[], DocumentPrinter],
        code_of: Callable[[str], str],
        *,
        training: bool,
    ) -> None:
        """Take what makes the printer's driver: it is asked for at each printing.

        Args:
            code_of: gives the characters of an operation's code for its slip, empty for none (B1).
        """
        self._papers = papers
        self._printer = printer
        self._code_of = code_of
        self._training = training

    def owed(self, paper_id: str) -> Printable:
        """Return a paper by id.

        Raises:
            Refusal: `paper.unknown`.
        """
        found = self._papers.get(paper_id)
        if found is None:
            raise Refusal("paper.unknown")
        return _printable(found)

    def owed_count(self) -> int:
        """Return how many papers were never printed."""
        return len(self._papers.owed())

    def debts(self) -> tuple[Printable, ...]:
        """Return the papers that were never printed, oldest first (B18)."""
        return tuple(_printable(paper) for paper in self._papers.owed())

    def preview(self, printable: Printable, width: int) -> list[str]:
        """Return the paper as lines of at most `width` cells."""
        return preview(self._document(printable), width)

    def print(self, printable: Printable) -> tuple[str, tuple[str, ...]]:
        """Print; return the spooler's name for the job, and characters to write in by hand.

        On return the spooler has the paper, and an owed one counts as printed.

        Raises:
            DeviceFault: the printer's; BadUsage: `print.extra_missing`.
        """
        from sbk_tui.printing.pdf import render

        drawn = render(self._document(printable))
        job = self._printer().submit(printable.layout, drawn.pdf)
        if printable.paper:
            self._papers.printed(printable.paper, job)
        return job, tuple(glyph.char for glyph in drawn.missing)

    def _document(self, printable: Printable) -> Document:
        values = dict(printable.values)
        if printable.copies:
            values["copy"] = str(printable.copies + 1)
            values["copy_reason"] = word("paper.again")
        code = self._code_of(printable.op) if printable.op else ""
        record = Record(
            values=values, tables=printable.tables, pictures=printable.pictures, qr=code.encode()
        )
        return build(printable.layout, record, masks=_MASKS, training=self._training)


def _printable(paper: Paper) -> Printable:
    """Return what a stored paper says: its values, and its tables as lists of them."""
    stored = msgspec.msgpack.decode(paper.record, type=dict[str, str | list[dict[str, str]]])
    return Printable(
        paper.layout,
        {key: value for key, value in stored.items() if isinstance(value, str)},
        tables={key: value for key, value in stored.items() if isinstance(value, list)},
        paper=paper.id,
        op=paper.op,
        copies=paper.copies,
    )
