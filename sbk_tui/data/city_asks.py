"""What a clerk asks the city of a person who is not known here (A5), and what it answered.

The screen writes a question, signed by the clerk; the sender puts it to the city and fetches the
person; the two meet in this table only. The number that was asked for is kept until the answer.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sbk_tui.data import models
from sbk_tui.data.seal import SUITE, Signer, digest, verify
from sbk_tui.data.store import Store
from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.errors import Refusal

PURPOSES = ("service", "verify", "inspection", "other")
"""Why a clerk may look at a person; the words stand at the screen."""
FRESH_MS = 10 * 60 * 1000
"""A question that nobody took to the city for so long is not put any more [A]."""
NOBODY = "lookup.nobody"
"""The city knows nobody by this number."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question; its MessagePack bytes are what the clerk signs."""

    id: str
    counter: str
    inc: str
    clerk: str
    sought: str
    """A whole 社会保障号码 or card number: the city searches for nothing less."""
    purpose: str
    clause: str
    """The job in which it is asked."""
    at: int
    """Unix ms by the counter's clock."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it travels."""

    body: bytes
    signature: bytes

    def read(self) -> Question:
        """Return the question. Raises: Refusal `hub.request` when it is none."""
        try:
            return msgspec.msgpack.decode(self.body, type=Question)
        except msgspec.DecodeError as error:
            raise Refusal("hub.request") from error

    def is_by(self, public: bytes) -> bool:
        """Return whether the clerk with this key has asked."""
        return verify(SUITE, public, self.signature, _message(self.body))


class Answer(NamedTuple):
    """What came of a question."""

    person: str
    """Empty: there is none, see `code`."""
    code: str


def whole(text: str) -> SocialNumber | CardNumber:
    """Return the whole number in `text`: nobody leafs through the city by a part of one.

    Raises:
        Refusal: `lookup.number`.
    """
    try:
        return SocialNumber.parse(text)
    except Refusal:
        pass
    try:
        return CardNumber.parse(text)
    except Refusal as error:
        raise Refusal("lookup.number", clause="A5") from error


def _message(body: bytes) -> bytes:
    return digest("sbk/lookup/1", body)


def sign(question: Question, signer: Signer) -> Signed:
    """Return a question with its clerk's signature."""
    body = msgspec.msgpack.encode(question)
    return Signed(body=body, signature=signer.sign(_message(body)))


def ask(store: Store, question: Question, signer: Signer) -> None:
    """Put a question down for the sender; on return it is on disk."""
    signed = sign(question, signer)
    with store.write() as db:
        db.execute_sql(
            "INSERT INTO city_ask (id, clerk, purpose, clause, asked, body, signature)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                question.id, question.clerk, question.purpose, question.clause, question.at,
                signed.body, signed.signature,
            ),
        )  # fmt: skip


def withdraw(store: Store, ask_id: str) -> None:
    """Take a question back that has no answer: nobody waits for it any more."""
    with store.write() as db:
        db.execute_sql("DELETE FROM city_ask WHERE id = ? AND answered IS NULL", (ask_id,))


def open_asks(store: Store, now_ms: int) -> tuple[Signed, ...]:
    """Return the questions that wait for the city, the oldest first."""
    with store.session() as db:
        rows = db.execute_sql(
            "SELECT body, signature FROM city_ask WHERE answered IS NULL AND asked > ?"
            " ORDER BY asked, id",
            (now_ms - FRESH_MS,),
        ).fetchall()
    return tuple(Signed(body=bytes(body), signature=bytes(seal)) for body, seal in rows)


def answer(store: Store, ask_id: str, found: Answer, now_ms: int) -> None:
    """File the city's answer; a person that was found is noted as seen (access log).

    A question that was withdrawn meanwhile is noted too: the person's records are here.
    """
    with store.write() as db:
        row = db.execute_sql(
            "UPDATE city_ask SET answered = ?, person = ?, code = ?, body = x'', signature = x''"
            " WHERE id = ? AND answered IS NULL RETURNING clerk, purpose, clause",
            (now_ms, found.person, found.code, ask_id),
        ).fetchone()
        if row is None or not found.person:
            return
        clerk, purpose, clause = row
        models.AccessLog.insert(
            at=now_ms, clerk=clerk, person=found.person, command=f"{clause} lookup",
            purpose=purpose, revealed="city", rows=1,
        ).execute(db)  # fmt: skip


def answer_of(store: Store, ask_id: str) -> Answer | None:
    """Return what came of a question, None while it waits."""
    with store.session() as db:
        row = db.execute_sql(
            "SELECT person, code FROM city_ask WHERE id = ? AND answered IS NOT NULL", (ask_id,)
        ).fetchone()
    return Answer(*row) if row else None
