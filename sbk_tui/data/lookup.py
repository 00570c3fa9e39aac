"""Finding people and reading everything about one: values out, by index only.

The kind of a search is read off the text: digits are a number, its last digits, a telephone or
a bank card; Latin letters are pinyin initials or a card number; Han is the beginning of a name.
Prefixes are ranges (`col >= ? AND col < ?`), never LIKE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.backup_note import Kept, last_backup
from sbk_tui.data.block_list import ListAge, list_age
from sbk_tui.data.line import is_enrolled
from sbk_tui.data.record import Envelope, decode_payload, hlc_ms
from sbk_tui.data.records import Records
from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.people import Application, FormerIdentity, Person
from sbk_tui.domain.production import Production
from sbk_tui.domain.referral import Referral
from sbk_tui.domain.temp_card import TempCard

PAGE = 50
_NUMBER = re.compile(r"\d{4,17}[\dXx]?")
_FEWEST_DIGITS = 3
_FEWEST_BANK_DIGITS = 6
_CODE_DIGITS = 8
_LAST = "\U0010ffff"


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a result list: a person and the card that matters now."""

    person: Person
    card: Card | None
    """The live card, else the newest."""
    cards: int


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline: an operation about the subject, and the city's word on it."""

    op: str
    seq: int
    at_ms: int
    kind: str
    clause: str
    clerk: str
    """The clerk's name, or the id of one who is not known here."""
    counter: str
    code: str
    """The eight characters printed on its slip."""
    state: str
    """"waiting" here only; else the receipt's state: received, judged, held, quarantined."""
    verdict: str
    refused: str
    """The code of a refusal by the city, or empty."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as it lies in the log."""

    event: Event
    envelope: Envelope
    operation: Operation | None
    """None once the payload was erased after its term."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """个人综合查询 (2.4.2): everything known here about one person."""

    person: Person
    cards: tuple[Card, ...]
    applications: tuple[Application, ...]
    timeline: tuple[Event, ...]
    """Newest first."""
    versions: dict[str, int]
    """Subject → version, to be handed back as `base` by whoever acts on what was shown."""
    temp_cards: tuple[TempCard, ...] = ()
    """Those the person has, or was the last to have."""
    formers: tuple[FormerIdentity, ...] = ()
    """Who the person was before corrections, oldest first."""
    payments: tuple[Payment, ...] = ()
    """Fees, the oldest first."""
    productions: tuple[Production, ...] = ()
    """How far the cards of the applications are that are made at a counter."""


class Lookup:
    """The reading side of one store."""

    def __init__(self, store: Store, initials: Callable[[str], Sequence[str]]) -> None:
        self._store = store
        self._initials = initials

    def find(self, text: str, limit: int = PAGE) -> tuple[Hit, ...]:
        """Return up to `limit` people that `text` may mean, best first; nothing for no text."""
        text = text.strip()
        if not text:
            return ()
        with self._store.session() as db:
            records = Records(db, self._initials)
            ids = _ids_for(db, text, limit)
            return tuple(hit for person in ids if (hit := _hit(records, person)) is not None)

    def referred(self, referral: Referral) -> tuple[Hit, ...]:
        """Return whom a township's referral may mean: by both ends of the number, and the card."""
        sql = (
            "SELECT id FROM person WHERE tail >= ? AND tail < ? AND +number >= ? AND +number < ?"
            " ORDER BY tail"
        )
        tail, first = referral.tail[::-1], referral.head
        with self._store.session() as db:
            records = Records(db, self._initials)
            rows: Any = db.execute_sql(sql, (tail, tail + _LAST, first, first + _LAST)).fetchall()
            found = []
            for (person_id,) in rows:
                cards = records.cards_of(person_id)
                person = records.person(person_id)
                if person and any(referral.fits(person.number, card.number) for card in cards):
                    found.append(
                        Hit(person=person, card=card_that_matters(cards), cards=len(cards))
                    )
            return tuple(found)

    def person(self, person_id: str) -> Person | None:
        """Return a person by id."""
        with self._store.session() as db:
            return Records(db, self._initials).person(person_id)

    def card(self, number: str) -> Card | None:
        """Return a card by its number."""
        with self._store.session() as db:
            return Records(db, self._initials).card(number)

    def dossier(self, key: str) -> Dossier | None:
        """Return everything about one person; `key` is an id, a 社会保障号码 or a card number."""
        with self._store.session() as db:
            records = Records(db, self._initials)
            person = records.person(key) or records.person_by_number(key)
            if person is None:
                card = records.card(key)
                person = records.person(card.person) if card else None
            if person is None:
                return None
            cards = records.cards_of(person.id)
            applications = records.applications_of(person.id)
            payments, productions = (
                records.payments_of(person.id),
                records.productions_of(person.id),
            )
            made = (*applications, *payments, *productions)
            subjects = [e.subject for e in (person, *cards, *made)]
            temp_cards = records.temp_cards_of(person.id)
            seen = [*subjects, *(card.subject for card in temp_cards)]
            return Dossier(
                person=person,
                cards=cards,
                applications=applications,
                # Not of the temporary cards: others had them before.
                timeline=_timeline(db, subjects),
                versions={name: records.version(name) for name in seen},
                temp_cards=temp_cards,
                formers=records.formers_of(person.id),
                payments=payments,
                productions=productions,
            )

    def operation(self, key: str) -> Filed | None:
        """Return an operation by its id, or by the eight characters of its slip (the newest).

        Raises:
            IntegrityFault: `record.payload` when its payload cannot be read.
        """
        key = key.strip().lower()
        if not re.fullmatch(r"[0-9a-f]{8}|[0-9a-f]{32}", key):
            return None
        where, values = "o.op = ?", tuple[str | bytes, ...]((key,))
        if len(key) == _CODE_DIGITS:
            low = bytes.fromhex(key)
            where, values = "o.hash >= ? AND o.hash < ?", (low, low + b"\xff" * 32)
        with self._store.session() as db:
            row: Any = db.execute_sql(f"{_EVENT} WHERE {where} ORDER BY o.hlc DESC LIMIT 1", values)
            found = row.fetchone()
            if found is None:
                return None
            event, envelope = _event(*found), msgspec.msgpack.decode(found[6], type=Envelope)
            payload: Any = db.execute_sql(
                "SELECT payload FROM operation WHERE op = ?", (event.op,)
            ).fetchone()[0]
        operation = None if payload is None else decode_payload(event.kind, bytes(payload))
        return Filed(event=event, envelope=envelope, operation=operation)

    def temp_card(self, number: str) -> TempCard | None:
        """Return a temporary card by its number."""
        with self._store.session() as db:
            return Records(db, self._initials).temp_card(number)

    def temp_card_with(self, identification: str) -> TempCard | None:
        """Return the temporary card whose chip has this 卡识别码; one that is out before others."""
        with self._store.session() as db:
            return Records(db, self._initials).temp_card_with(identification)

    def batch(self, batch: str) -> tuple[tuple[Person | None, Card], ...]:
        """Return the cards of a batch with their holders, by card number."""
        with self._store.session() as db:
            records = Records(db, self._initials)
            cursor = db.execute_sql(
                "SELECT number FROM card WHERE batch = ? ORDER BY number", (batch,)
            )
            cards = [records.card(number) for (number,) in cursor.fetchall()]
            return tuple((records.person(card.person), card) for card in cards if card)

    def latest_ms(self) -> int | None:
        """Return the time of the newest operation, None when there is none."""
        with self._store.session() as db:
            row = db.execute_sql("SELECT max(hlc) FROM operation").fetchone()
        return hlc_ms(row[0]) if row[0] else None

    def heard_ms(self) -> int | None:
        """Return the time of the city's newest answer, None before the first."""
        with self._store.session() as db:
            row = db.execute_sql("SELECT max(at) FROM receipt").fetchone()
        return int(row[0]) if row[0] else None

    def waiting(self) -> int:
        """Return how many operations the city has not received yet."""
        with self._store.session() as db:
            row = db.execute_sql(
                "SELECT (SELECT count(*) FROM operation) - (SELECT count(*) FROM receipt)"
            ).fetchone()
        return int(row[0])

    def oldest_waiting_ms(self) -> int | None:
        """Return the time of the oldest operation that the city has not received."""
        with self._store.session() as db:
            row = db.execute_sql(
                "SELECT min(o.hlc) FROM operation o LEFT JOIN receipt r ON r.op = o.op"
                " WHERE r.op IS NULL"
            ).fetchone()
        return hlc_ms(row[0]) if row[0] else None

    @property
    def is_enrolled(self) -> bool:
        """Whether this counter belongs to a city."""
        return is_enrolled(self._store)

    def block_list(self) -> ListAge:
        """Return how much of the city's list of lost and cancelled cards is here."""
        return list_age(self._store)

    def last_backup(self) -> Kept:
        """Return the last good backup of this counter, and how the last attempt went."""
        return last_backup(self._store)

    def open_cases(self) -> int:
        """Return how many cases wait for a clerk."""
        with self._store.session() as db:
            row = db.execute_sql("SELECT count(*) FROM case_item WHERE closed IS NULL").fetchone()
        return int(row[0])


def _ids_for(db: SqliteDatabase, text: str, limit: int) -> list[str]:
    ids: dict[str, None] = {}
    for sql, low in _searches(text):
        if len(ids) >= limit:
            break
        high = low + _LAST
        for row in db.execute_sql(sql, (low, high, limit)):
            ids.setdefault(row[0])
    return list(ids)[:limit]


def _searches(text: str) -> list[tuple[str, str]]:
    """Return the range queries that `text` may mean, likeliest first."""
    if (text.isascii() and text.isdigit()) or _NUMBER.fullmatch(text):
        text = text.upper()
        if len(text) < _FEWEST_DIGITS:
            return []
        found = [(_BY_NUMBER, text), (_BY_TAIL, text[::-1])]
        found += [(_BY_FORMER_NUMBER, text), (_BY_FORMER_TAIL, text[::-1]), (_BY_TEMP_CARD, text)]
        if text.startswith("1"):
            found.insert(0, (_BY_MOBILE, text))
        if len(text) >= _FEWEST_BANK_DIGITS:
            found.append((_BY_BANK_CARD, text))
        return found
    if text.isascii():
        upper, lower = text.upper(), text.lower()
        return [(_BY_CARD, upper), (_BY_INITIALS, lower), (_BY_TEMP_CARD, upper)]
    return [(_BY_NAME, text), (_BY_FORMER_NAME, text)]


_BY_NUMBER = "SELECT id FROM person WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
_BY_TAIL = "SELECT id FROM person WHERE tail >= ? AND tail < ? ORDER BY tail LIMIT ?"
_BY_MOBILE = "SELECT id FROM person WHERE mobile >= ? AND mobile < ? ORDER BY mobile LIMIT ?"
_BY_NAME = "SELECT id FROM person WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
_BY_CARD = "SELECT person FROM card WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
_BY_BANK_CARD = (
    "SELECT person FROM card WHERE bank_card >= ? AND bank_card < ? ORDER BY bank_card LIMIT ?"
)
_BY_INITIALS = (
    "SELECT person FROM person_initials WHERE initials >= ? AND initials < ?"
    " ORDER BY initials LIMIT ?"
)
_BY_FORMER_NUMBER = (
    "SELECT person FROM former_identity WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
)
_BY_FORMER_TAIL = (
    "SELECT person FROM former_identity WHERE tail >= ? AND tail < ? ORDER BY tail LIMIT ?"
)
_BY_FORMER_NAME = (
    "SELECT person FROM former_identity WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
)
# The plus keeps SQLite on the number, not on the state.
_BY_TEMP_CARD = (
    "SELECT person FROM temp_card WHERE number >= ? AND number < ? AND +state = '01'"
    " ORDER BY number LIMIT ?"
)


def _hit(records: Records, person_id: str) -> Hit | None:
    person = records.person(person_id)
    if person is None:
        return None
    cards = records.cards_of(person_id)
    return Hit(person=person, card=card_that_matters(cards), cards=len(cards))


def card_that_matters(cards: Sequence[Card]) -> Card | None:
    """Return the card a clerk means by "the card": the live one, else the newest, else None."""
    return max(
        cards,
        key=lambda c: (c.state.value not in {"9", "0"}, c.state.value == "0", str(c.made_on)),
        default=None,
    )


_EVENT = (
    "SELECT o.op, o.seq, o.hlc, o.kind, coalesce(c.name, o.clerk), o.hash, o.envelope,"
    " r.state, r.verdict, r.code FROM operation o"
    " LEFT JOIN receipt r ON r.op = o.op LEFT JOIN clerk c ON c.id = o.clerk"
)


def _timeline(db: SqliteDatabase, subjects: Sequence[str]) -> tuple[Event, ...]:
    marks = ", ".join("?" * len(subjects))
    rows: Any = db.execute_sql(
        f"{_EVENT} WHERE o.op IN (SELECT op FROM about WHERE subject IN ({marks}))"  # noqa: S608 -- only question marks are added
        " ORDER BY o.hlc DESC LIMIT 200",
        tuple(subjects),
    )
    return tuple(_event(*row) for row in rows)


def _event(
    op: str,
    seq: int,
    hlc: int,
    kind: str,
    clerk: str,
    hashed: bytes,
    envelope: bytes,
    state: str | None,
    verdict: str | None,
    code: str | None,
) -> Event:
    held = msgspec.msgpack.decode(envelope, type=Envelope)
    return Event(
        op=op,
        seq=seq,
        at_ms=hlc_ms(hlc),
        kind=kind,
        clause=held.clause,
        clerk=clerk,
        counter=held.counter,
        code=bytes(hashed).hex()[:8].upper(),
        state=state or "waiting",
        verdict=verdict or "",
        refused=code or "",
    )
