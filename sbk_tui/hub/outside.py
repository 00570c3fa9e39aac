"""Telling the systems outside what the city has accepted, once each (ADR 25).

A lot of the feed becomes files, the messages in them and a moved cursor in one transaction; only
then is a file handed out, under the name and with the bytes that stand in the database. Whatever
fails between the two, the same file is handed out again and never a second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Record, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.hub import feed, registry
from sbk_tui.hub.cases import YELLOW, open_case
from sbk_tui.hub.home import Hub
from sbk_tui.hub.outside_lines import Accepted, Line, lines_of
from sbk_tui.hub.spoken import PREFIX, newest_member
from sbk_tui.outside.codec import encode, fit
from sbk_tui.outside.layout import System, Tell, layout, tells
from sbk_tui.outside.ports import Exchange
from sbk_tui.sync.wire import Verdict

MOST_LINES = 500
"""In one file [A]."""
_WINDOW = 2000
_EPOCH = 6
_SPOKEN = "loss.temporary"
"""What a loss that was read over the telephone is (B2)."""
STATES = ("told", "done", "bank_side", "refused", "unfit")
"""Of a line: told and not answered, done (also: was so already), and what the others mean."""
NOW, ALL = "now", "all"
"""Where telling begins when much was accepted before."""


class Channel(NamedTuple):
    """One system outside, and the way to it."""

    system: System
    bank: str
    """服务银行 whose lines go here; empty for the province and the fiscal office."""
    exchange: Exchange

    @property
    def name(self) -> str:
        """How it is called in tables and file names."""
        return f"{self.system}-{self.bank}" if self.bank else self.system


class Teller:
    """Tells one hub's news to one system outside after the other."""

    def __init__(
        self, hub: Hub, *, initials: Callable[[str], Sequence[str]], now_ms: Callable[[], int]
    ) -> None:
        self._hub = hub
        self._initials = initials
        self._now_ms = now_ms

    def begin(self, channel: Channel, where: str = "") -> None:
        """Set where telling begins, the first time.

        Args:
            where: `NOW` leaves out what was accepted before, `ALL` does not; empty when nothing
                was accepted yet.

        Raises:
            BadUsage: `outside.begin` when it must be said.
        """
        with self._hub.store.write() as db:
            row = db.execute_sql(
                "SELECT 1 FROM outside_system WHERE system = ?", (channel.name,)
            ).fetchone()
            if row is not None:
                return
            head = feed.head_of(db)
            if (
                where not in {NOW, ALL}
                and db.execute_sql(
                    "SELECT 1 FROM inbox WHERE verdict = 'accepted' LIMIT 1"
                ).fetchone()
            ):
                raise BadUsage("outside.begin", channel=channel.name)
            db.execute_sql(
                'INSERT INTO outside_system (system, "cursor", files) VALUES (?, ?, 0)',
                (channel.name, head if where == NOW else 0),
            )

    def tell(self, channel: Channel) -> int:
        """Hand out files with everything accepted since the last time; return how many.

        Raises:
            BadUsage: as `begin`; OutsideUnreachable: what was not handed out is the next time.
        """
        self.begin(channel)
        while self._take_lot(channel):
            pass
        with self._hub.store.session() as db:
            waiting = db.execute_sql(
                "SELECT name, body FROM outside_file WHERE system = ? AND written IS NULL"
                " ORDER BY name",
                (channel.name,),
            ).fetchall()
        for name, body in waiting:
            channel.exchange.put(f"{name}.csv", bytes(body))
            with self._hub.store.write() as db:
                db.execute_sql(
                    "UPDATE outside_file SET written = ? WHERE system = ? AND name = ?",
                    (self._now_ms(), channel.name, name),
                )
        return len(waiting)

    def _take_lot(self, channel: Channel) -> bool:
        """Make files of the next lot; return whether the feed goes on behind it."""
        with self._hub.store.write() as db:
            (cursor,) = db.execute_sql(
                'SELECT "cursor" FROM outside_system WHERE system = ?', (channel.name,)
            ).fetchone()
            end = feed.end_of_decision(db, cursor + _WINDOW)
            self._file(db, channel, self._news(db, channel, cursor, end))
            db.execute_sql(
                'UPDATE outside_system SET "cursor" = ? WHERE system = ?', (end, channel.name)
            )
            return end < feed.head_of(db)

    def _news(
        self, db: SqliteDatabase, channel: Channel, cursor: int, end: int
    ) -> Iterator[Accepted]:
        """Yield what was accepted, has changed something, and was not told of before."""
        rows = db.execute_sql(
            "SELECT op, subject FROM feed WHERE pos > ? AND pos <= ?"
            " AND type = 'row' AND counter = '' ORDER BY pos",
            (cursor, end),
        ).fetchall()
        changed: dict[str, dict[str, None]] = {}
        for op, subject in rows:
            changed.setdefault(op, {})[subject] = None
        for op, subjects in changed.items():
            told = db.execute_sql(
                "SELECT 1 FROM outside_message WHERE system = ? AND op = ?", (channel.name, op)
            ).fetchone()
            cards = tuple(s.partition("/")[2] for s in subjects if s.startswith("card/"))
            found = None if told else _accepted(db, op, cards)
            if found is not None:
                yield found

    def _file(self, db: SqliteDatabase, channel: Channel, news: Iterator[Accepted]) -> None:
        records = Records(db, self._initials)
        rows = [tell for tell in tells() if tell.system == channel.system]
        ready: dict[str, list[tuple[Accepted, Line]]] = {tell.layout: [] for tell in rows}
        for accepted in news:
            for tell in (tell for tell in rows if tell.kind == accepted.kind):
                for line in lines_of(tell, accepted, records):
                    if line.bank == channel.bank or not channel.bank:
                        self._sort(db, channel, tell, (accepted, line), ready)
        for name, lines in ready.items():  # in the table's order: notices of loss come first
            for first in range(0, len(lines), MOST_LINES):
                self._add_file(db, channel, name, lines[first : first + MOST_LINES])

    def _sort(
        self,
        db: SqliteDatabase,
        channel: Channel,
        tell: Tell,
        told: tuple[Accepted, Line],
        ready: dict[str, list[tuple[Accepted, Line]]],
    ) -> None:
        """Put a line with those to be sent, or open the case of one that cannot travel."""
        accepted, line = told
        try:
            fit(layout(tell.layout), line.values)
        except Refusal as refusal:
            self._note(db, channel, told, file="", at=0, code=refusal.code)
            open_case(
                db, f"{accepted.op}/{channel.name}", op=accepted.op, severity=YELLOW,
                code="outside.unfit", now_ms=self._now_ms(),
                facts={
                    "outside_system": channel.system,
                    "outside_matter": line.number or accepted.kind,
                    "item": str(refusal.facts.get("item", "")), "counter": accepted.counter,
                },
            )  # fmt: skip
        else:
            ready[tell.layout].append(told)

    def _add_file(
        self,
        db: SqliteDatabase,
        channel: Channel,
        kind: str,
        lines: Sequence[tuple[Accepted, Line]],
    ) -> None:
        (number,) = db.execute_sql(
            "UPDATE outside_system SET files = files + 1 WHERE system = ? RETURNING files",
            (channel.name,),
        ).fetchone()
        # A hub that was restored from a backup counts on from there: its epoch tells its files
        # from those of the life that was lost.
        name = f"{channel.name}-{self._hub.epoch[:_EPOCH]}-{number:06d}-{kind}"
        db.execute_sql(
            "INSERT INTO outside_file (system, name, layout, body, made) VALUES (?, ?, ?, ?, ?)",
            (
                channel.name, name, kind,
                encode(layout(kind), name, [line.values for _, line in lines]), self._now_ms(),
            ),
        )  # fmt: skip
        for at, told in enumerate(lines, 1):
            self._note(db, channel, told, file=name, at=at)

    def _note(
        self,
        db: SqliteDatabase,
        channel: Channel,
        told: tuple[Accepted, Line],
        *,
        file: str,
        at: int,
        code: str = "",
    ) -> None:
        accepted, line = told
        db.execute_sql(
            "INSERT INTO outside_message (system, op, subject, counter, kind, number, bank, file,"
            " line, social_number, state, code, said, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
            (
                channel.name, accepted.op, line.subject, accepted.counter, accepted.kind,
                line.number, line.values.get("bank", ""), file, at,
                line.values.get("social_number", ""), "unfit" if code else "told", code,
                self._now_ms(),
            ),
        )  # fmt: skip


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How telling one system stands."""

    channel: str
    behind: int | None
    """Positions of the feed that were not looked at; None: telling has not begun."""
    unsent: int
    open: int
    """Files without an answer."""
    oldest: int | None
    """When the oldest of those was made, Unix ms."""
    messages: dict[str, int]
    """Lines by state: told, done, bank_side, refused, unfit."""


def standing(hub: Hub, channel: Channel) -> Standing:
    """Return how telling a system stands now."""
    with hub.store.session() as db:
        began = db.execute_sql(
            'SELECT "cursor" FROM outside_system WHERE system = ?', (channel.name,)
        ).fetchone()
        files = db.execute_sql(
            "SELECT count(*) FILTER (WHERE written IS NULL),"
            " count(*) FILTER (WHERE written IS NOT NULL), min(made)"
            " FROM outside_file WHERE system = ? AND answered IS NULL",
            (channel.name,),
        ).fetchone()
        states = db.execute_sql(
            "SELECT CASE state WHEN 'already' THEN 'done' ELSE state END, count(*)"
            " FROM outside_message WHERE system = ? GROUP BY 1",
            (channel.name,),
        ).fetchall()
        behind = None if began is None else feed.head_of(db) - int(began[0])
    return Standing(
        channel=channel.name, behind=behind, unsent=files[0], open=files[1], oldest=files[2],
        messages=dict.fromkeys(STATES, 0) | {str(state): int(n) for state, n in states},
    )  # fmt: skip


def _accepted(db: SqliteDatabase, op: str, cards: tuple[str, ...]) -> Accepted | None:
    if op.startswith(PREFIX):
        counter, by, at = db.execute_sql(
            'SELECT counter, "by", at FROM spoken_loss WHERE id = ?', (op,)
        ).fetchone()
        grant = newest_member(db, counter).grant
        return Accepted(op, _SPOKEN, None, cards, counter, grant, by, at)
    row = db.execute_sql(
        "SELECT counter, verdict, record FROM inbox WHERE op = ?", (op,)
    ).fetchone()
    if row is None or row[1] != Verdict.ACCEPTED.value:
        return None
    record = msgspec.msgpack.decode(bytes(row[2]), type=Record)
    envelope = record.read()
    try:
        operation = record.operation(envelope)
    except (BadUsage, IntegrityFault):  # erased after its term, or of a newer program
        return None
    grant = registry.member(db, row[0], envelope.inc).grant
    return Accepted(
        op, envelope.kind, operation, cards, row[0], grant, envelope.clerk, hlc_ms(envelope.hlc)
    )
