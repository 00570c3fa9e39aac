"""Taking in what the systems outside answer: a file whole or not at all, and each once (ADR 25).

00 and 01 are done; after 02 the holder must do the bank's part, which stands on the card until a
later notice is done with both sides; anything else is a case for the city.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace
from peewee import SqliteDatabase

from sbk_tui.data.cases import CaseItem
from sbk_tui.data.records import Records
from sbk_tui.domain.text import escaped
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.hub import feed
from sbk_tui.hub.cases import RED, YELLOW, open_case, publish
from sbk_tui.hub.home import Hub
from sbk_tui.hub.outside import Channel
from sbk_tui.hub.spoken import newest_member
from sbk_tui.outside.codec import Sheet, decode
from sbk_tui.outside.layout import layout, meaning

_TELL_DAYS = 3
"""By when the holder is to be told of the bank's part [A]."""
_LOSSES = frozenset({"loss.temporary", "loss.formal", "loss.blind"})
_NAME_SHOWN = 80


class Taken(NamedTuple):
    """What came in at one look."""

    files: int
    aside: int


class _Message(NamedTuple):
    op: str
    subject: str
    counter: str
    kind: str
    number: str
    bank: str
    social_number: str


class Answers:
    """Takes in the answers to one hub's files."""

    def __init__(
        self,
        hub: Hub,
        *,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
        explain: Callable[[Refusal], str],
    ) -> None:
        """Take the hub and what makes a sentence of a refusal."""
        self._hub = hub
        self._initials = initials
        self._now_ms = now_ms
        self._explain = explain

    def take(self, channel: Channel) -> Taken:
        """Take in what lies there; a file that cannot be is put aside with the reason.

        Raises:
            OutsideUnreachable: what was not looked at is, the next time.
        """
        files = aside = 0
        for found in channel.exchange.answers():
            try:
                self._take_in(channel, found.content)
            except Refusal as refusal:
                self._ring(channel, found.name, found.content)
                channel.exchange.set_aside(found.name, self._explain(refusal))
                aside += 1
            else:
                channel.exchange.take(found.name)
                files += 1
        return Taken(files, aside)

    def _take_in(self, channel: Channel, content: bytes) -> None:
        """Take in one file; the same bytes a second time change nothing.

        Raises:
            Refusal: those of `decode`, `outside.no_such_file`, `outside.answered`,
                `outside.lines`, `outside.others_answer`.
        """
        sheet, mark = decode(layout("answer"), content), hashlib.sha256(content).hexdigest()
        with self._hub.store.write() as db:
            row = db.execute_sql(
                "SELECT answer FROM outside_file WHERE system = ? AND name = ?",
                (channel.name, sheet.batch),
            ).fetchone()
            if row is None:
                raise Refusal("outside.no_such_file", file=sheet.batch)
            if row[0] == mark:
                return
            if row[0]:
                raise Refusal("outside.answered", file=sheet.batch)
            for message, record in zip(
                self._messages(db, channel, sheet), sheet.records, strict=True
            ):
                self._heed(db, channel, message, record["result"], record["text"])
            # Answered, the file is only a name: nobody needs the people in it here any more.
            db.execute_sql(
                "UPDATE outside_file SET answered = ?, answer = ?, body = ?,"
                " written = coalesce(written, ?) WHERE system = ? AND name = ?",
                (self._now_ms(), mark, b"", self._now_ms(), channel.name, sheet.batch),
            )

    def _messages(self, db: SqliteDatabase, channel: Channel, sheet: Sheet) -> list[_Message]:
        """Return what was told by the lines of a file, when the answer is about those."""
        told = [
            _Message(*row)
            for row in db.execute_sql(
                "SELECT op, subject, counter, kind, number, bank, social_number"
                " FROM outside_message WHERE system = ? AND file = ? ORDER BY line",
                (channel.name, sheet.batch),
            )
        ]
        if len(told) != len(sheet.records):
            raise Refusal("outside.lines", told=len(told), there=len(sheet.records))
        for line, (message, record) in enumerate(zip(told, sheet.records, strict=True), 1):
            same = record["social_number"] == message.social_number
            if not same or record["serial"] != str(line):
                raise Refusal("outside.others_answer", line=line)
        return told

    def _heed(
        self, db: SqliteDatabase, channel: Channel, message: _Message, result: str, said: str
    ) -> None:
        meant = meaning(result)
        db.execute_sql(
            "UPDATE outside_message SET state = ?, code = ?, said = ?, at = ?, social_number = ''"
            " WHERE system = ? AND op = ? AND subject = ?",
            (meant, result, said, self._now_ms(), channel.name, message.op, message.subject),
        )
        match meant:
            case "done" if message.number:
                self._put_todo(db, message, "")
            case "bank_side":
                if message.number:
                    self._put_todo(db, message, message.number)
                self._tell_counter(db, channel, message, said)
            case "refused":
                open_case(
                    db, f"{message.op}/{channel.name}/{message.subject}", op=message.op,
                    severity=RED if message.kind in _LOSSES else YELLOW, code="outside.refused",
                    now_ms=self._now_ms(),
                    facts=self._facts(channel, message) | {"said": said or result},
                )  # fmt: skip

    def _put_todo(self, db: SqliteDatabase, message: _Message, number: str) -> None:
        """Write on the card what is left to do at the bank, and tell the counters."""
        records = Records(db, self._initials)
        card = records.card(message.subject.partition("/")[2])
        if card is not None and card.bank_todo != number:
            who = newest_member(db, message.counter)
            feed.publish(
                db, records, (replace(card, bank_todo=number),), op=f"outside/{message.op}",
                who=who, now_ms=self._now_ms(),
            )  # fmt: skip

    def _tell_counter(
        self, db: SqliteDatabase, channel: Channel, message: _Message, said: str
    ) -> None:
        """Put 告知持卡人 into the in-tray of the counter that did the work."""
        now = self._now_ms()
        due = from_ms(now).astimezone(CHINA).date() + timedelta(days=_TELL_DAYS)
        facts = self._facts(channel, message) | {"bank": message.bank, "said": said or "-"}
        item = CaseItem(
            id=f"{message.op}/{channel.name}/{message.subject}", op=message.op,
            counter=message.counter, subject=message.subject, severity=YELLOW,
            code="outside.bank_side", facts=dict(facts), opened=now, due=due.isoformat(), duty=True,
        )  # fmt: skip
        publish(db, item)

    def _facts(self, channel: Channel, message: _Message) -> dict[str, str]:
        kind, _, name = message.subject.partition("/")
        return {
            "outside_system": channel.system,
            "outside_matter": message.number or message.kind,
            "card": name if kind == "card" else "-",
            "counter": message.counter,
        }

    def _ring(self, channel: Channel, name: str, content: bytes) -> None:
        """Open the city's case of a file that is put aside."""
        mark = hashlib.sha256(content).hexdigest()
        with self._hub.store.write() as db:
            open_case(
                db, f"outside/{channel.name}/{mark[:16]}", op=f"outside/{mark}", severity=YELLOW,
                code="outside.aside", now_ms=self._now_ms(),
                facts={"outside_system": channel.system, "file": escaped(name)[:_NAME_SHOWN]},
            )  # fmt: skip
