"""成品卡入库 from a list (2.1): survey the whole file first, then take it in lot by lot.

A lot is one operation of up to 200 lines and one transaction. Its id comes from its content, so
an import that was broken off is simply run again: what is in stays in, the rest follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sbk_tui.data.ledger import Ledger
from sbk_tui.data.pseudonym import pseudonyms
from sbk_tui.data.records import Records
from sbk_tui.data.store import Store
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.batch import MOST_LINES, Line, TakeIn
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.domain.world import Occasion, Seat, from_ms
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.card_list import CardList, Judged, Told

MOST_TOLD = 1000
"""Problems that a survey keeps; the others are counted only."""
_MOST_LOT_BYTES = 48 * 1024
"""Below what a record may weigh (64 KiB), with room for the ids of the people."""


class Lot(NamedTuple):
    """A planned operation: its id, and how many of its cards are not known yet."""

    op: str
    fresh: int


class Survey(NamedTuple):
    """What a file holds, before anything is taken in."""

    rows: int
    fresh: int
    """Cards that would be taken in."""
    known: int
    """Cards that this counter has on record already, for the same people."""
    twins: int
    """Rows that repeat another row."""
    bad: int
    """Rows with a problem that is no warning."""
    told: tuple[Told, ...]
    lots: tuple[Lot, ...]


class _Filling:
    """The lot that is being filled."""

    def __init__(self, batch: str) -> None:
        self.batch = batch
        self.lines: list[Line] = []
        self.fresh = 0
        self.size = 0

    def takes(self, batch: str, size: int) -> bool:
        """Whether one more line of `batch` fits."""
        small = len(self.lines) < MOST_LINES and self.size + size <= _MOST_LOT_BYTES
        return batch == self.batch and small


class CardImport:
    """Imports of card lists for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        store: Store,
        initials: Callable[[str], Sequence[str]],
        rules: Rules,
        seat: Seat,
        now_ms: Callable[[], int],
    ) -> None:
        """Take the counter's parts.

        Raises:
            NotPermitted: the counter does not hand out cards (A3).
        """
        seat.authority.require(Capability.ISSUE)
        self._ledger = ledger
        self._store = store
        self._initials = initials
        self._rules = rules
        self._occasion = Occasion(at=from_ms(now_ms()), op="", seat=seat, clerk="")
        self._name = pseudonyms(store)

    def survey(self, cards: CardList) -> Survey:
        """Judge every row of the file against the rules and this counter's records."""
        rows = known = twins = bad = 0
        told: list[Told] = []

        def counted() -> Iterator[tuple[Judged, bool]]:
            nonlocal rows, known, twins, bad
            for judged, is_known in self._against_records(cards.judged()):
                rows, known, twins = rows + 1, known + is_known, twins + bool(judged.twin)
                bad += judged.bad
                room = MOST_TOLD - len(told)
                told.extend(Told(judged.row.number, p) for p in judged.problems[:room])
                yield judged, is_known

        lots = tuple(Lot(self._op(filled), filled.fresh) for filled in self._lots(counted()))
        if not rows:
            raise BadUsage("import.no_rows")
        fresh = sum(lot.fresh for lot in lots)
        return Survey(rows, fresh, known, twins, bad, tuple(told), lots)

    def take_in(
        self,
        cards: CardList,
        survey: Survey,
        reject: Callable[[Judged], None],
        advance: Callable[[int], None],
    ) -> int:
        """Take in what `survey` found fit; return how many cards are new in the records.

        Args:
            reject: is given every bad row.
            advance: is told the cards done after every lot.

        Raises:
            BadUsage: `import.changed` when the file is no longer what was surveyed.
            Refusal: a rule says no to a lot, because another clerk changed something meanwhile;
                the lots before it stay.
        """

        def good() -> Iterator[tuple[Judged, bool]]:
            for judged, is_known in self._against_records(cards.judged()):
                if judged.bad:
                    reject(judged)
                yield judged, is_known

        new, planned = 0, iter(survey.lots)
        for filled in self._lots(good()):
            lot = next(planned, None)
            if lot is None or lot.op != self._op(filled):
                raise BadUsage("import.changed")
            if lot.fresh:
                operation = TakeIn(batch=filled.batch, lines=self._named(filled.lines))
                done = self._ledger.perform(self._ledger.intend(operation, op=lot.op))
                new += sum(isinstance(entity, Card) for entity in done.changed)
            advance(len(filled.lines))
        return new

    def _against_records(self, rows: Iterable[Judged]) -> Iterator[tuple[Judged, bool]]:
        """Yield each row, judged by the operation's own rule too, and whether its card is known."""
        with self._store.session() as db:
            records = Records(db, self._initials)
            for judged in rows:
                if judged.line is None:
                    yield judged, False
                    continue
                wish = TakeIn(batch=judged.batch, lines=(judged.line,))
                try:
                    wish.admit(records, self._occasion, self._rules)
                except Refusal as refusal:
                    problem = Problem("card", refusal.code, refusal.facts, refusal.clause)
                    yield judged._replace(line=None, problems=(problem,)), False
                    continue
                yield judged, records.card(judged.line.card) is not None

    def _lots(self, rows: Iterable[tuple[Judged, bool]]) -> Iterator[_Filling]:
        filling = _Filling("")
        for judged, is_known in rows:
            if judged.line is None:
                continue
            size = len(msgspec.msgpack.encode(judged.line)) + len("0" * 32)
            if not filling.takes(judged.batch, size):
                if filling.lines:
                    yield filling
                filling = _Filling(judged.batch)
            filling.lines.append(judged.line)
            filling.fresh += not is_known
            filling.size += size
        if filling.lines:
            yield filling

    def _op(self, lot: _Filling) -> str:
        return self._name("import", msgspec.msgpack.encode((lot.batch, lot.lines)))

    def _named(self, lines: Iterable[Line]) -> tuple[Line, ...]:
        return tuple(
            replace(line, person=self._name("person", line.number.encode())) for line in lines
        )
