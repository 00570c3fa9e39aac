"""即时制卡 (5.1.2.4, 5.1.3): a replacement card on its way from the mark to the printed face.

One record an application, so that there is one lease: who marked it works on it. The blank it is
made from is a record of its own, by serial: in stock, in the machine, written, made, or spoiled.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

import msgspec

from sbk_tui.domain.identity import compact
from sbk_tui.domain.paper_number import PaperNumber
from sbk_tui.errors import Refusal

MOST_BLANKS = 500
"""Blanks that are taken in by one operation at most [A]: a carton."""


class ProductionState(StrEnum):
    """制卡状态; the codes are ours [A]."""

    WAITING = "0"
    """待标注: restored or released; nobody works on it."""
    MARKED = "1"
    """已标注 (5.1.2.4)."""
    FETCHED = "2"
    """已取数据: the city has allotted the card number; the clerk compares."""
    FED = "3"
    """已进卡: a blank is in the machine."""
    WRITTEN = "4"
    """已写卡: the chip holds the holder's items; the city does not have its answer."""
    RETURNED = "5"
    """已回盘: 市中心接收 has a time; the card exists."""
    PRINTED = "6"
    """已打印: the face is on it; it may be handed out."""
    FAILED = "8"
    """回盘失败 (5.1.3.4): waits for 恢复申请."""
    ENDED = "9"
    """已撤销."""


S = ProductionState
BEFORE_BLANK = frozenset({S.MARKED, S.FETCHED})
"""States that a lease can run out in: nothing physical has happened."""
IN_MACHINE = frozenset({S.FED, S.WRITTEN})
MADE = frozenset({S.RETURNED, S.PRINTED})


class Production(msgspec.Struct, frozen=True, kw_only=True):
    """制卡: how far the card of one replacement application is."""

    application: str
    person: str
    counter: str
    """Who holds the lease: the counter that marked it."""
    state: ProductionState
    bank: str
    """The service bank; the blank must be of the same."""
    moved_at: datetime
    """When it last moved on; the lease counts from here."""
    card: str = ""
    """社保卡号, allotted by the city at 获取数据; the same after a failure."""
    made_on: date | None = None
    valid_to: date | None = None
    data: str = ""
    """Digest of what was fetched and compared: a person changed since is compared again."""
    blank: str = ""
    """Serial of the blank at work, or empty."""
    identification: str = ""
    """卡识别码 that the chip told after writing."""
    historical: str = ""
    """卡复位信息."""
    version: str = ""
    bank_card: str = ""
    """银行卡号 of the blank, read from the chip."""
    central_at: datetime | None = None
    """市中心接收: when the city took the write-back; None: not done, or not known (N2)."""
    printed: int = 0
    """Faces printed, reprints counted (5.1.3.3)."""
    failed_step: str = ""
    failed_reason: str = ""
    """A code of the table `make_fault`."""
    failed_answer: str = ""
    """What the device or the line said, as a code."""
    reported_at: datetime | None = None
    """When the report for the info centre was made (N2)."""

    @property
    def subject(self) -> str:
        """The name of this production in envelopes."""
        return f"production/{self.application}"

    def lease_ends(self, minutes: int) -> datetime:
        """Return when another counter may take it over, if no blank is in a machine by then."""
        return self.moved_at + timedelta(minutes=minutes)


class BlankState(StrEnum):
    """预制卡状态; the codes are ours [A]."""

    STOCK = "1"
    FED = "2"
    WRITTEN = "3"
    MADE = "4"
    """It is a card now."""
    SPOILED = "9"


class Blank(msgspec.Struct, frozen=True, kw_only=True):
    """预制卡: one blank of one bank, with its chip and its bank account, but without a holder."""

    serial: str
    bank: str
    custody: str
    """The counter where it lies."""
    taken_at: datetime
    state: BlankState = BlankState.STOCK
    application: str = ""
    """Whose card it is being made into; a written blank serves nobody else."""
    identification: str = ""
    reason: str = ""
    """Why it is spoiled, a code of the table `spoil_reason`."""
    spoiled_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The name of this blank in envelopes."""
        return f"blank/{self.serial}"


class Ribbons(msgspec.Struct, frozen=True, kw_only=True):
    """色带库存: unused ribbons of one counter's card printer, and how many were put in."""

    counter: str
    left: int = 0
    used: int = 0
    changed_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The name of this stock in envelopes."""
        return f"ribbons/{self.counter}"


class BlankSerial(PaperNumber):
    """预制卡序列号: 4 to 20 digits and capital letters that end in digits ([A])."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the serial in its stored form, in capitals and without blanks.

        Raises:
            Refusal: `blank.form`, or as `text.clean`.
        """
        serial = compact(text)
        if not re.fullmatch("[0-9A-Z]{3,19}[0-9]", serial):
            raise Refusal("blank.form", clause="5.1.3.1")
        return cls(serial)


def serials_from(first: str, last: str) -> tuple[str, ...]:
    """Return the serials from `first` to `last` (empty: `first` alone), as on a carton.

    Raises:
        Refusal: `blank.form`, `blank.range`, `blank.size`.
    """
    start = BlankSerial.parse(first)
    end = BlankSerial.parse(last) if last.strip() else start
    steps = start.steps_to(end)
    if steps is None or steps < 0:
        raise Refusal("blank.range", clause="5.1.3.1", first=start, last=end)
    if steps >= MOST_BLANKS:
        raise Refusal("blank.size", clause="5.1.3.1", most=MOST_BLANKS)
    return tuple(start.plus(step) for step in range(steps + 1))
