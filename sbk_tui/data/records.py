"""People, cards and applications in their tables: read as values, written whole.

`Records` is the `World` that rules see, a counter's or the hub's. Only the ledger (and the fold
that checks it) calls `put`; every put raises the subject's version in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.seal import digest
from sbk_tui.domain.card import Card
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.operations.receipt import receipt_state
from sbk_tui.domain.paper_number import NumberBatch, SpentNumber
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.people import Application, FormerIdentity, Person
from sbk_tui.domain.production import Blank, Production, Ribbons
from sbk_tui.domain.stock import shelf_key
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.domain.text import plain
from sbk_tui.domain.world import Entity, to_ms
from sbk_tui.errors import IntegrityFault

T = TypeVar(
    "T", Person, Card, Application, TempCard, FormerIdentity, Handover, NumberBatch, SpentNumber,
    Payment, Production, Blank, Ribbons,
)  # fmt: skip
_encode = msgspec.msgpack.Encoder(enc_hook=plain).encode
_person = msgspec.msgpack.Decoder(Person).decode
_card = msgspec.msgpack.Decoder(Card).decode
_application = msgspec.msgpack.Decoder(Application).decode
_temp_card = msgspec.msgpack.Decoder(TempCard).decode
_handover = msgspec.msgpack.Decoder(Handover).decode
_batch = msgspec.msgpack.Decoder(NumberBatch).decode
_spent = msgspec.msgpack.Decoder(SpentNumber).decode
_payment = msgspec.msgpack.Decoder(Payment).decode
_production = msgspec.msgpack.Decoder(Production).decode
_blank = msgspec.msgpack.Decoder(Blank).decode
_ribbons = msgspec.msgpack.Decoder(Ribbons).decode
_former = msgspec.msgpack.Decoder(FormerIdentity).decode

_STORED: dict[str, tuple[str, str, Callable[[bytes], Entity]]] = {
    # first word of a subject: table, its key, how a record of it is read
    "person": ("person", "id", _person),
    "card": ("card", "number", _card),
    "application": ("application", "id", _application),
    "temp": ("temp_card", "number", _temp_card),
    "former": ("former_identity", "id", _former),
    "handover": ("handover", "id", _handover),
    "numbers": ("number_batch", "id", _batch),
    "number": ("spent_number", "id", _spent),
    "payment": ("payment", "id", _payment),
    "production": ("production", "application", _production),
    "blank": ("blank", "serial", _blank),
    "ribbons": ("ribbons", "counter", _ribbons),
}


def knows(subject: str) -> bool:
    """Return whether this program has a table for `subject`; a newer city tells of more."""
    return subject.partition("/")[0] in _STORED


def read_entity(subject: str, body: bytes) -> Entity:
    """Return the record of `subject` in `body`.

    Raises:
        IntegrityFault: `record.row`.
    """
    stored = _STORED.get(subject.partition("/")[0])
    try:
        entity = stored[2](body) if stored else None
    except msgspec.DecodeError as error:
        raise IntegrityFault("record.row", subject=subject) from error
    if entity is None or entity.subject != subject:
        raise IntegrityFault("record.row", subject=subject)
    return entity


class Records:
    """The records of one open database; all calls inside a session of its store."""

    def __init__(self, db: SqliteDatabase, initials: Callable[[str], Sequence[str]]) -> None:
        """Take the database and the function that gives a name's pinyin initials, all readings."""
        self._db = db
        self._initials = initials

    def person(self, person_id: str) -> Person | None:
        return self._one(_person, "SELECT body FROM person WHERE id = ?", person_id)

    def person_by_number(self, number: str) -> Person | None:
        return self._one(_person, "SELECT body FROM person WHERE number = ?", number)

    def card(self, number: str) -> Card | None:
        return self._one(_card, "SELECT body FROM card WHERE number = ?", number)

    def cards_of(self, person_id: str) -> tuple[Card, ...]:
        return self._all(_card, "SELECT body FROM card WHERE person = ? ORDER BY number", person_id)

    def application(self, application_id: str) -> Application | None:
        return self._one(_application, "SELECT body FROM application WHERE id = ?", application_id)

    def applications_of(self, person_id: str) -> tuple[Application, ...]:
        return self._all(
            _application,
            "SELECT body FROM application WHERE person = ? ORDER BY made, id",
            person_id,
        )

    def temp_card(self, number: str) -> TempCard | None:
        return self._one(_temp_card, "SELECT body FROM temp_card WHERE number = ?", number)

    def temp_card_with(self, identification: str) -> TempCard | None:
        # Written out in the body; a counter's stock is a few thousand rows, read through in ms.
        found = self._all(
            _temp_card,
            "SELECT body FROM temp_card WHERE instr(body, ?) > 0"
            " ORDER BY state = '01' DESC, number",
            identification.encode(),
        )
        return next((card for card in found if card.chip == identification), None)

    def temp_cards_of(self, person_id: str) -> tuple[TempCard, ...]:
        return self._all(
            _temp_card, "SELECT body FROM temp_card WHERE person = ? ORDER BY number", person_id
        )

    def formers_of(self, person_id: str) -> tuple[FormerIdentity, ...]:
        return self._all(
            _former, "SELECT body FROM former_identity WHERE person = ? ORDER BY id", person_id
        )

    def person_once(self, number: str) -> Person | None:
        """Return who had `number` before a correction, the last one of several."""
        sql = (
            "SELECT p.body FROM former_identity f JOIN person p ON p.id = f.person"
            " WHERE f.number = ? AND p.number <> f.number ORDER BY f.id DESC LIMIT 1"
        )
        return self._one(_person, sql, number)

    def handover(self, handover_id: str) -> Handover | None:
        return self._one(_handover, "SELECT body FROM handover WHERE id = ?", handover_id)

    def handovers_of(self, batch: str) -> tuple[Handover, ...]:
        """Return the hand-overs of a batch, to whatever place."""
        return self._all(_handover, "SELECT body FROM handover WHERE batch = ? ORDER BY id", batch)

    def number_batches(self, form: str) -> tuple[NumberBatch, ...]:
        return self._all(_batch, "SELECT body FROM number_batch WHERE form = ? ORDER BY id", form)

    def spent_number(self, form: str, number: str) -> SpentNumber | None:
        return self._one(_spent, "SELECT body FROM spent_number WHERE id = ?", f"{form}/{number}")

    def payment(self, payment_id: str) -> Payment | None:
        return self._one(_payment, "SELECT body FROM payment WHERE id = ?", payment_id)

    def payments_of(self, person_id: str) -> tuple[Payment, ...]:
        return self._all(
            _payment, "SELECT body FROM payment WHERE person = ? ORDER BY made, id", person_id
        )

    def payment_by_reference(self, reference: str) -> Payment | None:
        sql = "SELECT body FROM payment WHERE reference = ? ORDER BY made, id LIMIT 1"
        return self._one(_payment, sql, reference)

    def production(self, application_id: str) -> Production | None:
        sql = "SELECT body FROM production WHERE application = ?"
        return self._one(_production, sql, application_id)

    def production_of_card(self, number: str) -> Production | None:
        sql = "SELECT body FROM production WHERE card = ? ORDER BY application LIMIT 1"
        return self._one(_production, sql, number)

    def productions_of(self, person_id: str) -> tuple[Production, ...]:
        """Return a person's productions, one an application that was ever marked."""
        sql = "SELECT body FROM production WHERE person = ? ORDER BY application"
        return self._all(_production, sql, person_id)

    def blank(self, serial: str) -> Blank | None:
        return self._one(_blank, "SELECT body FROM blank WHERE serial = ?", serial)

    def ribbons(self, counter: str) -> Ribbons | None:
        return self._one(_ribbons, "SELECT body FROM ribbons WHERE counter = ?", counter)

    def version(self, subject: str) -> int:
        """Return how often `subject` was changed; 0 when it does not exist."""
        row = self._db.execute_sql(
            "SELECT version FROM subject WHERE id = ?", (subject,)
        ).fetchone()
        return row[0] if row else 0

    def put(self, entity: Entity) -> None:
        """Write `entity` as it stands now and raise its version."""
        body = _encode(entity)
        self._write(entity, body)
        self._db.execute_sql(
            "INSERT INTO subject (id, version, row_hash) VALUES (?, 1, ?) ON CONFLICT (id)"
            " DO UPDATE SET version = subject.version + 1, row_hash = excluded.row_hash",
            (entity.subject, digest("sbk/row/1", body)),
        )

    def restore(self, subject: str, version: int, body: bytes) -> Entity:
        """Write a record as another database has it, with its version there; return it.

        Raises:
            IntegrityFault: `record.row` when the bytes are no such record.
        """
        entity = read_entity(subject, body)
        encoded = _encode(entity)
        self._write(entity, encoded)
        self._db.execute_sql(
            "INSERT INTO subject (id, version, row_hash) VALUES (?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET version = excluded.version, row_hash = excluded.row_hash",
            (subject, version, digest("sbk/row/1", encoded)),
        )
        return entity

    def drop(self, subject: str) -> None:
        """Take a record out of the tables, its version with it."""
        kind, _, key = subject.partition("/")
        table, column, _ = _STORED[kind]
        self._db.execute_sql(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608
        if kind == "person":
            self._db.execute_sql("DELETE FROM person_initials WHERE person = ?", (key,))
        self._db.execute_sql("DELETE FROM subject WHERE id = ?", (subject,))

    def _write(self, entity: Entity, body: bytes) -> None:
        match entity:
            case Person():
                self._put_person(entity, body)
            case Card():
                self._put_card(entity, body)
            case Application():
                self._put_application(entity, body)
            case TempCard():
                self._put_temp_card(entity, body)
            case FormerIdentity():
                self._put_former(entity, body)
            case Handover():
                self._put_handover(entity, body)
            case NumberBatch():
                self._put_number_batch(entity, body)
            case SpentNumber():
                self._put_spent_number(entity, body)
            case Payment():
                self._put_payment(entity, body)
            case Production():
                self._put_production(entity, body)
            case Blank():
                self._put_blank(entity, body)
            case Ribbons():
                self._db.execute_sql(
                    "INSERT INTO ribbons (counter, body) VALUES (?, ?)"
                    " ON CONFLICT (counter) DO UPDATE SET body = excluded.body",
                    (entity.counter, body),
                )

    def _put_handover(self, handover: Handover, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO handover (id, batch, state, body, sender, place, made)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body,"
            " sender = excluded.sender, made = excluded.made",
            (
                handover.id, handover.batch, handover.state, body, handover.sender, handover.to,
                _text(handover.requested_at or handover.announced_at) or "",
            ),
        )  # fmt: skip

    def _put_number_batch(self, batch: NumberBatch, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO number_batch (id, form, counter, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (batch.id, batch.form.value, batch.counter, body),
        )

    def _put_spent_number(self, spent: SpentNumber, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO spent_number (id, batch, state, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
            (f"{spent.form.value}/{spent.number}", spent.batch, spent.state.value, body),
        )

    def _put_payment(self, payment: Payment, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO payment (id, person, counter, state, made, reference, notice, note,"
            " application, amount_fen, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
            " reference = excluded.reference, notice = excluded.notice, note = excluded.note,"
            " application = excluded.application, body = excluded.body",
            (
                payment.id, payment.person, payment.counter, payment.state.value,
                _text(payment.made_at), payment.slip.reference if payment.slip else "",
                payment.notice, payment.note, payment.application, payment.amount_fen, body,
            ),
        )  # fmt: skip

    def _put_production(self, production: Production, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO production (application, person, counter, state, card, moved, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (application) DO UPDATE SET"
            " counter = excluded.counter, state = excluded.state, card = excluded.card,"
            " moved = excluded.moved, body = excluded.body",
            (
                production.application, production.person, production.counter,
                production.state.value, production.card, to_ms(production.moved_at), body,
            ),
        )  # fmt: skip

    def _put_blank(self, blank: Blank, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO blank (serial, bank, custody, state, application, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (serial) DO UPDATE SET"
            " custody = excluded.custody, state = excluded.state,"
            " application = excluded.application, body = excluded.body",
            (
                blank.serial, blank.bank, blank.custody, blank.state.value, blank.application,
                body,
            ),
        )  # fmt: skip

    def _put_person(self, person: Person, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO person (id, number, tail, name, mobile, village_code, unit_code, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " number = excluded.number, tail = excluded.tail, name = excluded.name,"
            " mobile = excluded.mobile, village_code = excluded.village_code,"
            " unit_code = excluded.unit_code, body = excluded.body",
            (
                person.id, person.number, person.number[::-1], person.name, person.mobile,
                person.village_code, person.unit_code, body,
            ),
        )  # fmt: skip
        self._db.execute_sql("DELETE FROM person_initials WHERE person = ?", (person.id,))
        # Former names too (F2): a correction puts them before the person.
        names = dict.fromkeys((person.name, *(f.name for f in self.formers_of(person.id))))
        for letters in (each for name in names for each in self._initials(name)):
            self._db.execute_sql(
                "INSERT INTO person_initials (initials, person) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                (letters, person.id),
            )

    def _put_card(self, card: Card, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO card (number, person, state, custody, batch, place, bank, bank_card,"
            " collected, body, shelf, marks, known, receipt)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number)"
            " DO UPDATE SET person = excluded.person, state = excluded.state,"
            " custody = excluded.custody, batch = excluded.batch, place = excluded.place,"
            " bank = excluded.bank, bank_card = excluded.bank_card,"
            " collected = excluded.collected, body = excluded.body, shelf = excluded.shelf,"
            " marks = excluded.marks, receipt = excluded.receipt",
            (
                card.number, card.person, card.state.value, card.custody, card.batch, card.place,
                card.bank, card.bank_card, _text(card.collected_at), body,
                shelf_key(card.place), len(card.uncollected), to_ms(card.known_at),
                receipt_state(card),
            ),
        )  # fmt: skip

    def _put_application(self, application: Application, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO application (id, person, state, made, counter, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " person = excluded.person, state = excluded.state, made = excluded.made,"
            " counter = excluded.counter, body = excluded.body",
            (
                application.id, application.person, application.state,
                _text(application.made_at), application.counter, body,
            ),
        )  # fmt: skip

    def _put_temp_card(self, card: TempCard, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO temp_card (number, state, box, custody, person, valid_to, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET"
            " state = excluded.state, box = excluded.box, custody = excluded.custody,"
            " person = excluded.person, valid_to = excluded.valid_to, body = excluded.body",
            (
                card.number, card.state.value, card.box, card.custody, card.person,
                _text(card.valid_to) or "", body,
            ),
        )  # fmt: skip

    def _put_former(self, former: FormerIdentity, body: bytes) -> None:
        self._db.execute_sql(
            "INSERT INTO former_identity (id, person, number, tail, name, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (former.id, former.person, former.number, former.number[::-1], former.name, body),
        )

    def _one(self, decode: Callable[[bytes], T], sql: str, *values: Any) -> T | None:
        row = self._db.execute_sql(sql, values).fetchone()
        return decode(row[0]) if row else None

    def _all(self, decode: Callable[[bytes], T], sql: str, *values: Any) -> tuple[T, ...]:
        return tuple(decode(row[0]) for row in self._db.execute_sql(sql, values).fetchall())


def _text(when: date | datetime | None) -> str | None:
    return when.isoformat() if when else None
