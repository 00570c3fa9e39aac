"""日终核对 (B6): the drawer by box against the records, what is left undone, the printed sheet.

A day balances when every box was counted, every difference has a cause, and the chain of records
since the last close is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.day import DayBook, Left, Work
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.making import BankStock, Made, Making
from sbk_tui.data.money import BatchCount, Money
from sbk_tui.data.pos_book import Matched, PosBook
from sbk_tui.domain.operations.day import CLAUSE, BoxCount, CloseDay, MoneyCount, NumberCount
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Outdated, Refusal
from sbk_tui.services import words
from sbk_tui.services.fee_words import matched
from sbk_tui.services.fees import decimal
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of, word

__all__ = ["JOB", "Book", "BoxCount", "Closing", "DayDesk", "difference", "making_words", "work_by"]
JOB, LAYOUT = "0.2", "day_sheet"
_HASH = 16
"""Characters of the newest record's hash on the sheet."""
_BOX_PARTS = 3


class Book(NamedTuple):
    """What the records say at one moment."""

    day: date
    boxes: Mapping[str, int]
    """Box → cards in it, in order; "" for cards in no box."""
    work: tuple[Work, ...]
    left: Left
    seq: int
    hash: str
    flaws: tuple[str, ...]
    """What does not hold in the chain since the last close."""
    money: MoneyCount
    numbers: tuple[NumberCount, ...]
    matched: str
    """What came of the terminal's list of the day, in words; empty: there was nothing to match."""
    made: Made
    """What is left undone of production (C19, C22)."""
    blanks: tuple[BankStock, ...]
    ribbons: int
    """Unused ribbons."""
    closed_at: str
    """When the last close was, in words; empty before the first."""


class Closing(NamedTuple):
    """A day that is closed."""

    done: Done
    paper: str
    """Id of the sheet that is owed."""


class DayDesk:
    """The day close, for the clerk who is signed in."""

    def __init__(
        self,
        day_book: DayBook,
        ledger: Ledger,
        money: Money,
        pos_book: PosBook,
        making: Making,
        *,
        desk: Desk,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._day_book = day_book
        self._ledger = ledger
        self._money = money
        self._pos_book = pos_book
        self._making = making
        self._desk = desk
        self._now_ms = now_ms
        self._new_id = new_id

    def book(self) -> Book:
        """Return what the records say now; checks the chain since the last close."""
        day = from_ms(self._now_ms()).astimezone(CHINA).date()
        closed = self._day_book.last_close()
        money = MoneyCount(**self._money.takings(day)._asdict())
        seq, hashed = self._day_book.head()
        return Book(
            day=day,
            boxes=by_box(self._day_book.places()),
            work=self._day_book.work(day, day),
            left=self._day_book.left(JOB),
            seq=seq,
            hash=hashed.hex()[:_HASH].upper(),
            flaws=self._day_book.flaws(closed.seq if closed else 0),
            money=money,
            numbers=tuple(_number_count(each) for each in self._money.batches()),
            matched=_matched(self._pos_book.matched(day), money),
            made=self._making.made(),
            blanks=self._making.stock(),
            ribbons=self._making.ribbons().left,
            closed_at=words.moment(closed.at_ms) if closed else "",
        )

    def close(
        self, book: Book, counts: Mapping[str, BoxCount], *, op: str, draft: str = ""
    ) -> Closing:
        """Record the close of the day as `book` showed it; on return it is on disk.

        Args:
            counts: box → what was counted.
            draft: the draft of the counting; dropped in the same transaction.

        Raises:
            Refusal: `day.uncounted`, `day.no_cause`, `day.history`; `Outdated` `day.moved` when
                somebody worked since `book` was read.
        """
        if book.flaws:
            raise Refusal("day.history", clause=CLAUSE, count=len(book.flaws), first=book.flaws[0])
        missing = [box for box in book.boxes if box not in counts]
        if missing:
            raise Refusal(
                "day.uncounted", clause=CLAUSE, count=len(missing), box=box_name(missing[0])
            )
        seq, _ = self._day_book.head()
        if seq != book.seq:
            raise Outdated("day.moved", clause=CLAUSE)
        boxes = tuple(counts[box] for box in book.boxes)
        operation = CloseDay(
            day=book.day, boxes=boxes, last_seq=book.seq, last_hash=book.hash,
            waiting=book.left.waiting, papers=book.left.papers, drafts=book.left.drafts,
            cases=book.left.cases, money=book.money, stock=book.numbers,
        )  # fmt: skip
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            return msgspec.msgpack.encode(self._sheet(book, boxes, done))

        beside: list[Beside] = [OwedPaper(paper, LAYOUT, record)]
        if draft:
            beside.append(DroppedDraft(draft))
        done = self._ledger.perform(self._ledger.intend(operation, op=op), beside=beside)
        return Closing(done, paper)

    def _sheet(
        self, book: Book, boxes: tuple[BoxCount, ...], done: Performed
    ) -> dict[str, str | list[dict[str, str]]]:
        recorded, counted = sum(b.recorded for b in boxes), sum(b.counted for b in boxes)
        at = words.moment(done.at_ms)
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "kind": words.kind(CloseDay.kind),
            "name": "",
            "number": "",
            "done_at": at,
            "day": book.day.isoformat(),
            "recorded": str(recorded),
            "counted": str(counted),
            "difference": difference(counted - recorded),
            "done": str(sum(work.times for work in book.work)),
            "waiting": str(book.left.waiting),
            "refused": str(book.left.refused),
            "papers": str(book.left.papers),
            "drafts": str(book.left.drafts),
            "cases": str(book.left.cases),
            **money_words(book.money),
            "pos_match": book.matched,
            **making_words(book),
            "blanks": _blanks(book),
            "numbers": _numbers(book),
            "seq": str(book.seq),
            "hash": book.hash,
            "boxes": [
                {
                    "box": box_name(box.box),
                    "recorded": str(box.recorded),
                    "counted": str(box.counted),
                    "difference": difference(box.counted - box.recorded),
                    "cause": name_of("difference_cause", box.cause) if box.cause else "",
                }
                for box in boxes
            ],
            "work": [
                {"kind": words.kind(w.kind), "clerk": w.clerk, "count": str(w.times)}
                for w in book.work
            ],
        }


def _blanks(book: Book) -> list[dict[str, str]]:
    """Return the blanks of each bank for the sheet."""
    return [
        {
            "bank": name_of("bank", each.bank),
            "stock": str(each.stock),
            "at_work": str(each.at_work),
            "spoiled": str(each.spoiled),
            "next": each.next,
        }
        for each in book.blanks
    ]


def _numbers(book: Book) -> list[dict[str, str]]:
    """Return the pre-printed papers of each batch for the sheet."""
    return [
        {
            "batch": f"{name_of('form_kind', each.form)} {each.batch}",
            "next": each.next or word("numbers.used_up"),
            "used": str(each.used),
            "void": str(each.void),
            "left": str(each.left),
        }
        for each in book.numbers
    ]


def by_box(places: Mapping[str, int]) -> dict[str, int]:
    """Return the cards by box: the first three parts of 柜-层-盒-位, else the place as it is."""
    boxes: dict[str, int] = {}
    for place, count in places.items():
        parts = place.split("-")
        box = "-".join(parts[:_BOX_PARTS]) if len(parts) > _BOX_PARTS else place
        boxes[box] = boxes.get(box, 0) + count
    return dict(sorted(boxes.items(), key=lambda item: _natural(item[0])))


def _natural(box: str) -> list[tuple[int, int, str]]:
    """Order 1-2-9 before 1-2-10, and cards in no box last."""
    if not box:
        return [(2, 0, "")]
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in box.split("-")]


def money_words(money: MoneyCount) -> dict[str, str]:
    """Return the day's money by the keys of the sheet."""
    return {
        "pos": word("day.taken", count=money.pos, amount=decimal(money.pos_fen)),
        "bank": word("day.taken", count=money.bank, amount=decimal(money.bank_fen)),
        "hanging": str(money.hanging),
        "unregistered": str(money.unregistered),
        "unseen": str(money.unseen),
    }


def _matched(last: Matched | None, money: MoneyCount) -> str:
    return matched(last) if last or money.pos or money.hanging else ""


def making_words(book: Book) -> dict[str, str]:
    """Return what is left of production by the keys of the sheet."""
    counts = {f"making_{key}": str(value) for key, value in book.made._asdict().items()}
    return {**counts, "ribbons": str(book.ribbons)}


def _number_count(count: BatchCount) -> NumberCount:
    batch = count.batch
    return NumberCount(
        form=batch.form.value, batch=batch.batch, next=batch.next, used=count.used,
        void=count.void, left=batch.left,
    )  # fmt: skip


def box_name(box: str) -> str:
    """Return how a box is called."""
    return box or word("day.no_box")


def difference(count: int) -> str:
    """Return a difference with its sign, empty for none."""
    return f"{count:+d}" if count else ""


def work_by(work: tuple[Work, ...], column: str) -> dict[str, int]:
    """Return the counts of a day's work by `kind` or by `clerk`, most first."""
    found: dict[str, int] = {}
    for each in work:
        key = getattr(each, column)
        found[key] = found.get(key, 0) + each.times
    return dict(sorted(found.items(), key=lambda item: -item[1]))
