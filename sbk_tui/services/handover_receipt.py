"""接收回执 as a file (2.1.2): what the township counted, for a sender that its rows do not reach.

The first line is `接收回执, 批次, …, 交至, …, 校验码, …, 接收窗口, …, 实收, …, 实收校验码, …`;
below it one line a card with what became of it. Number and check of what was received are held
against the lines before anything is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sbk_tui.domain.handover import DAMAGED, EXTRA, ISSUED, MISSING, Handover, check_number
from sbk_tui.domain.handover import handover_id as id_of
from sbk_tui.domain.identity import CardNumber, DivisionCode
from sbk_tui.domain.operations.handover import CLAUSE, MOST_SEEN
from sbk_tui.domain.operations.handover_out import TakeAnswer
from sbk_tui.domain.text import bounded, narrow
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.card_columns import heading
from sbk_tui.services.lots import lots_of
from sbk_tui.services.sheets import Row, Sheet
from sbk_tui.texts import word

_MARK = "接收回执"
_KEYS = {"批次": "batch", "交至": "to", "校验码": "check", "接收窗口": "counter",
         "实收": "received", "实收校验码": "received_check"}  # fmt: skip
_RECEIVED = "handover.received"
_RESULTS = (_RECEIVED, DAMAGED, ISSUED, MISSING, EXTRA)
_MOST_TEXT = 50


class Result(NamedTuple):
    """What became of one card."""

    card: str
    code: str
    """`handover.received`, or as of a `Difference`."""


class Receipt(NamedTuple):
    """A file that is whole."""

    batch: str
    to: str
    check: str
    counter: str
    results: tuple[Result, ...]

    @property
    def id(self) -> str:
        """The id of the hand-over that it answers."""
        return id_of(self.batch, self.to, self.check)

    def is_known(self, handover: Handover) -> bool:
        """Return whether a hand-over's record says all this already."""
        known = {
            _RECEIVED: handover.received, DAMAGED: handover.damaged, ISSUED: handover.issued,
            EXTRA: handover.extra, MISSING: handover.missing,
        }  # fmt: skip
        held = {code: frozenset(cards) for code, cards in known.items()}
        return all(each.card in held[each.code] for each in self.results)

    def operations(self) -> Iterator[TakeAnswer]:
        """Yield the operations that take it in; the last of them confirms the count."""
        said = [each for each in self.results if each.code != MISSING]
        lots = list(lots_of(said, MOST_SEEN)) or [()]
        for place, lot in enumerate(lots, 1):
            yield TakeAnswer(
                handover=self.id,
                counter=self.counter,
                seen=tuple(each.card for each in lot if each.code in (_RECEIVED, DAMAGED)),
                damaged=tuple(each.card for each in lot if each.code == DAMAGED),
                issued=tuple(each.card for each in lot if each.code == ISSUED),
                extra=tuple(each.card for each in lot if each.code == EXTRA),
                last=place == len(lots),
            )


def receipt_rows(handover: Handover) -> Iterator[tuple[str, ...]]:
    """Yield the count of a hand-over as the file that `read_receipt` reads."""
    said = {
        "batch": handover.batch,
        "to": handover.to,
        "check": handover.check,
        "counter": handover.counter,
        "received": str(len(handover.received)),
        "received_check": handover.received_check,
    }
    yield (_MARK, *(cell for name, key in _KEYS.items() for cell in (name, said[key])))
    yield (word("handover_receipt.card"), word("handover_receipt.result"))
    damaged = frozenset(handover.damaged)
    for card in handover.received:
        yield card, _name(DAMAGED if card in damaged else _RECEIVED)
    for code, cards in (
        (ISSUED, handover.issued), (MISSING, handover.missing), (EXTRA, handover.extra),
    ):  # fmt: skip
        for card in cards:
            yield card, _name(code)


def read_receipt(sheet: Sheet) -> Receipt:
    """Return the answer in an open sheet.

    Raises:
        BadUsage: as `Sheet`; `receipt.head` (no such first line), `manifest.key_missing`.
        Refusal: `receipt.bad_row`, `receipt.cut` when number or check of what was received is not
            the first line's, or as the parsers of the first line.
    """
    rows = list(sheet.rows())  # to the end: a reading that is broken off holds the file
    head = _head(rows[0] if rows else None)
    results = [_result(row) for row in rows[2:]]
    batch, to = bounded(head["batch"], _MOST_TEXT), str(DivisionCode.parse(head["to"]))
    here = [each.card for each in results if each.code in (_RECEIVED, DAMAGED)]
    whole = head["received"] == str(len(here))
    if not whole or check_number(batch, to, here) != head["received_check"]:
        raise Refusal("receipt.cut", clause=CLAUSE, count=head["received"], found=len(here))
    counter = bounded(head["counter"], _MOST_TEXT)
    return Receipt(batch, to, head["check"], counter, tuple(results))


def _result(row: Row) -> Result:
    cells = [narrow(cell).strip() for cell in row.cells]
    codes = {_name(code): code for code in _RESULTS}
    if len(cells) < 2 or cells[1] not in codes:
        raise Refusal("receipt.bad_row", clause=CLAUSE, row=row.number)
    return Result(str(CardNumber.parse(cells[0])), codes[cells[1]])


def _head(row: Row | None) -> dict[str, str]:
    cells = [narrow(cell).strip() for cell in row.cells] if row else []
    if not cells or heading(cells[0]) != _MARK:
        raise BadUsage("receipt.head")
    pairs = zip(cells[1::2], cells[2::2], strict=False)
    found = {_KEYS[name]: value for name, value in pairs if name in _KEYS and value}
    for name, key in _KEYS.items():
        if key not in found:
            raise BadUsage("manifest.key_missing", key=name)
    return found


def _name(code: str) -> str:
    return word(f"difference.{code.rpartition('.')[2]}")
