"""The life of a temporary card, and who may have one (第六条, 6.1–6.3).

A temporary card is a numbered blank of the counter's stock. While a person has it, it names the
person; taken back it is a blank again and still says who had it last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Self

import msgspec

from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.identity import compact
from sbk_tui.domain.people import Application
from sbk_tui.errors import Refusal


class TempCardState(StrEnum):
    """临时卡状态, codes [1] K3."""

    BLANK = "00"
    """初始（入库）."""
    ISSUED = "01"
    """已发放."""
    LOST = "02"
    """已注销（遗失）."""
    SPOILED = "03"
    """已作废（损坏）."""
    TAKEN_BACK = "04"
    """已回收: a blank again."""
    RETIRED = "05"
    """注销（不再使用）."""


T = TempCardState
BLANKS = frozenset({T.BLANK, T.TAKEN_BACK})
"""States of a card that can be given to somebody."""
OUT = frozenset({T.ISSUED})


class TempMove(NamedTuple):
    """One allowed move of a temporary card: from any of `sources`, by `kind`."""

    sources: frozenset[TempCardState]
    kind: str
    target: TempCardState | None
    """None: the state stays as it is, or the operation says which."""
    clause: str


TEMP_MOVES = (
    # from                   operation         to             clause
    TempMove(BLANKS,         "temp.issue",     T.ISSUED,      "6.1.1.1"),
    TempMove(OUT,            "temp.enable",    None,          "6.1.1.2"),
    TempMove(OUT,            "temp.rewrite",   None,          "6.2"),
    TempMove(OUT,            "temp.take_back", T.TAKEN_BACK,  "6.3"),
    TempMove(BLANKS | OUT,   "temp.cancel",    None,          "6.3"),  # to 02, 03 or 05
)  # fmt: skip

TEMP_CLAUSE_OF = {row.kind: row.clause for row in TEMP_MOVES}


def temp_move(state: TempCardState, kind: str) -> TempMove:
    """Return the row that lets `kind` happen to a temporary card in `state`.

    Raises:
        Refusal: `temp.no_such_move`, with the clause of the operation.
    """
    for row in TEMP_MOVES:
        if row.kind == kind and state in row.sources:
            return row
    clause = TEMP_CLAUSE_OF[kind]
    raise Refusal("temp.no_such_move", clause=clause, temp_card_state=state.value, kind=kind)


class TempCardNumber(str):
    """临时卡编号: 4 to 20 digits and capital letters, as printed on the blank ([A])."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number in its stored form, in capitals and without blanks.

        Raises:
            Refusal: `temp_card_number.form`, or as `text.clean`.
        """
        number = compact(text)
        if not re.fullmatch("[0-9A-Z]{4,20}", number):
            raise Refusal("temp_card_number.form")
        return cls(number)


class TempCard(msgspec.Struct, frozen=True, kw_only=True):
    """临时卡: one numbered blank as it stands, whoever has it."""

    number: str
    """临时卡编号."""
    state: TempCardState = TempCardState.BLANK
    box: str = ""
    """The box of the stock it lies in; empty while somebody has it."""
    custody: str = ""
    """The counter that physically holds it; empty while somebody has it."""
    person: str = ""
    """Id of the holder; of a card taken back: of the last one."""
    receiver: Receiver | None = None
    """Who took it over the counter for the holder."""
    issued_at: datetime | None = None
    valid_to: date | None = None
    """有效期至: the last day, after which it is void by itself (domain rule 4.5)."""
    enabled_at: datetime | None = None
    rewritten_at: datetime | None = None
    returned_at: datetime | None = None
    ended_at: datetime | None = None
    chip: str = ""
    """卡识别码 of its chip, once a counter with a reader has read it; it stays with the blank."""

    @property
    def subject(self) -> str:
        """The name of this card in envelopes."""
        return f"temp/{self.number}"

    def is_void(self, today: date) -> bool:
        """Return whether its term is over."""
        return self.valid_to is not None and self.valid_to < today


def held(temp_cards: Iterable[TempCard]) -> TempCard | None:
    """Return the temporary card that is out with its holder, if there is one."""
    return next((card for card in temp_cards if card.state is T.ISSUED), None)


def check_chip(card: TempCard, chip: str, clause: str) -> None:
    """Return when `chip` (empty: not read) may be the chip of `card`.

    Raises:
        Refusal: `temp.other_chip`, another card bears this number.
    """
    if card.chip and chip and card.chip != chip:
        raise Refusal("temp.other_chip", clause=clause, card=card.number)


def check_eligible(
    cards: Iterable[Card],
    applications: Iterable[Application],
    temp_cards: Iterable[TempCard],
    counter: str,
) -> None:
    """Return when a person may have a temporary card (第六条, domain rule 4.5 [1] K3).

    Somebody waits for a card that is applied for and not yet made, or the card is formally lost
    or cancelled. A card that is ready at this counter is handed out instead.

    Raises:
        Refusal: `temp.one_per_person`, `temp.live_card`, `temp.card_waits`, `temp.no_ground`.
    """
    cards, waiting = tuple(cards), [each for each in applications if each.is_open]
    out = held(temp_cards)
    if out is not None:
        raise Refusal("temp.one_per_person", clause="第六条", card=out.number)
    given_back = {each.old_card for each in waiting if each.old_card}  # 换卡: the old one lies here
    usable = {CardState.ACTIVE, CardState.LOCKED, CardState.TEMP_LOST}
    for card in cards:
        if card.state in usable and card.number not in given_back:
            raise Refusal("temp.live_card", clause="第六条", card_state=card.state.value)
    gone = any(card.state in {CardState.FORMAL_LOST, CardState.CANCELLED} for card in cards)
    for card in cards:
        if card.state is CardState.SEALED and (not gone or card.custody == counter):
            raise Refusal("temp.card_waits", clause="第六条", card=card.number)
    if not (gone or waiting):
        raise Refusal("temp.no_ground", clause="第六条")


def numbers_from(first: str, last: str) -> tuple[str, ...]:
    """Return the numbers from `first` to `last` (empty: `first` alone), as on a box of blanks.

    Raises:
        Refusal: `temp_card_number.form`; `temp.range` when they differ in more than their last
            digits, or run backwards.
    """
    start = TempCardNumber.parse(first)
    if not last.strip():
        return (start,)
    end = TempCardNumber.parse(last)
    head, digits = _split(start)
    other, top = _split(end)
    if head != other or len(digits) != len(top) or not digits or int(top) < int(digits):
        raise Refusal("temp.range", first=start, last=end)
    if int(top) - int(digits) >= MOST_BLANKS:
        raise Refusal("temp.stock_size", clause="6.1.1.1", most=MOST_BLANKS)
    return tuple(f"{head}{n:0{len(digits)}d}" for n in range(int(digits), int(top) + 1))


MOST_BLANKS = 200
"""Blanks that are taken in by one operation at most."""


def _split(number: str) -> tuple[str, str]:
    digits = re.search(r"[0-9]*$", number)
    tail = digits.group() if digits else ""
    return number[: len(number) - len(tail)], tail
