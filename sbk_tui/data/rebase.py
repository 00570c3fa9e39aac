"""Our own work on top of the city's records: what a record is here, and how it is made again.

A record here is the city's row (or nothing) and, in the order of our log, the effects of those
of our own operations that are not decided in that row yet. Writing what a fold of both would
give is all that happens here; nothing in the log or of the city changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from peewee import SqliteDatabase

from sbk_tui.data.log import effect_of, find, seat_of, subjects_of
from sbk_tui.data.records import Records, read_entity
from sbk_tui.domain.people import FormerIdentity, Person
from sbk_tui.domain.world import Entity, Seat
from sbk_tui.errors import Refusal

_PENDING = (
    "(r.op IS NULL OR r.state = 'received' OR r.hub_pos > ?"
    " OR (r.state = 'held' AND r.code LIKE 'kind.%'))"
)
"""No verdict yet, or one behind the cursor: the city's rows here do not show it yet. Nor do they
show what a city with an older program holds until it is brought up to date.

A refused operation keeps its effect until the row is here that refuses it: a loss that is refused
because the card is lost already must not make the card usable in between.
"""
_ORDER = {"former": 0, "person": 1}
"""Former names before their person, whose initials come from both; the rest behind."""


class _Own(NamedTuple):
    """One of our operations, in the order in which they were done."""

    opened: int
    inc: str
    seq: int
    op: str


class Stand(NamedTuple):
    """What a subject was before: its version and the hash of its row."""

    version: int
    row_hash: bytes


def cursor_of(db: SqliteDatabase) -> int:
    """Return the position of the city's feed up to which everything is here."""
    row = db.execute_sql("SELECT value FROM peer WHERE name = 'cursor'").fetchone()
    return int(row[0]) if row else 0


def pending(db: SqliteDatabase) -> frozenset[str]:
    """Return the operations of our own that are not in the city's rows here."""
    return frozenset(
        op
        for (op,) in db.execute_sql(
            "SELECT o.op FROM operation o LEFT JOIN receipt r ON r.op = o.op"  # noqa: S608
            f" WHERE {_PENDING}",
            (cursor_of(db),),
        )
    )


def hub_rows(db: SqliteDatabase) -> Iterator[tuple[str, int, bytes]]:
    """Yield (subject, version, body) of the city's rows, in the order in which they are laid."""
    rows = db.execute_sql(
        "SELECT subject, version, body FROM hub_row ORDER BY CASE"
        " WHEN subject LIKE 'former/%' THEN 0 WHEN subject LIKE 'person/%' THEN 1 ELSE 2 END, pos"
    )
    for subject, version, body in rows:
        yield subject, version, bytes(body)


def rebase(
    db: SqliteDatabase, initials: Callable[[str], Sequence[str]], subjects: Iterable[str]
) -> None:
    """Make the records of `subjects`, and of all that our own work ties to them, anew.

    A version never goes back here and never names two different contents one after the other,
    so that a form that was opened before notices the change.
    """
    work = _Rebase(db, Records(db, initials))
    more: set[str] = set(subjects)
    while more:
        work.take(more)
        more = work.lay()
    work.keep_versions()


class _Rebase:
    """One run over a growing set of subjects."""

    def __init__(self, db: SqliteDatabase, records: Records) -> None:
        self._db = db
        self._records = records
        self._cursor = cursor_of(db)
        self._before: dict[str, Stand | None] = {}
        self._own: set[_Own] = set()
        self._seats: dict[str, Seat] = {}

    def take(self, subjects: set[str]) -> None:
        """Take in `subjects`, and what our waiting operations about them are about too."""
        while subjects:
            subject = subjects.pop()
            if subject in self._before:
                continue
            self._before[subject] = self._stand(subject)
            subjects |= self._kin(subject)
            for own in self._waiting_about(subject) - self._own:
                self._own.add(own)
                rows = self._db.execute_sql("SELECT subject FROM about WHERE op = ?", (own.op,))
                subjects |= {name for (name,) in rows}

    def lay(self) -> set[str]:
        """Lay our work on the city's rows; return subjects that turn out to belong to it."""
        for subject in self._before:
            self._records.drop(subject)
        for subject in sorted(self._before, key=_laid_at):
            clash = self._lay_row(subject)
            if clash:
                return {clash}
        for own in sorted(self._own):
            changed = self._effect(own)
            strange = {entity.subject for entity in changed} - self._before.keys()
            if strange:
                return strange
            self._note_about(own, changed)
            for entity in changed:
                self._records.put(entity)
        return set()

    def keep_versions(self) -> None:
        """Let no version go back, and none stand for another content than before."""
        for subject, before in self._before.items():
            now = self._stand(subject)
            if before is None or now is None:
                continue
            least = before.version + (now.row_hash != before.row_hash)
            if now.version < least:
                self._db.execute_sql(
                    "UPDATE subject SET version = ? WHERE id = ?", (least, subject)
                )

    def _stand(self, subject: str) -> Stand | None:
        row = self._db.execute_sql(
            "SELECT version, row_hash FROM subject WHERE id = ?", (subject,)
        ).fetchone()
        return Stand(row[0], bytes(row[1])) if row else None

    def _kin(self, subject: str) -> set[str]:
        """Return what is written together with a subject: a person and the former names."""
        kind, _, key = subject.partition("/")
        if kind == "person":
            return {former.subject for former in self._records.formers_of(key)}
        if kind == "former":
            return {f"person/{former.person}" for former in self._both(subject)}
        return set()

    def _both(self, subject: str) -> Iterator[FormerIdentity]:
        """Yield a former identity as the city has it and as it stands here."""
        for sql in (
            "SELECT body FROM hub_row WHERE subject = ?",
            "SELECT body FROM former_identity WHERE 'former/' || id = ?",
        ):
            row = self._db.execute_sql(sql, (subject,)).fetchone()
            entity = read_entity(subject, bytes(row[0])) if row else None
            if isinstance(entity, FormerIdentity):
                yield entity

    def _waiting_about(self, subject: str) -> set[_Own]:
        rows = self._db.execute_sql(
            "SELECT i.opened, o.inc, o.seq, o.op FROM about a JOIN operation o ON o.op = a.op"  # noqa: S608
            " JOIN incarnation i ON i.inc = o.inc LEFT JOIN receipt r ON r.op = o.op"
            f" WHERE a.subject = ? AND {_PENDING}",
            (subject, self._cursor),
        )
        return {_Own(*row) for row in rows}

    def _lay_row(self, subject: str) -> str:
        """Lay the city's row; return a subject that stands in its way, or nothing."""
        row = self._db.execute_sql(
            "SELECT version, body FROM hub_row WHERE subject = ?", (subject,)
        ).fetchone()
        if row is None:
            return ""
        entity = read_entity(subject, bytes(row[1]))
        if isinstance(entity, Person):
            other = self._records.person_by_number(entity.number)
            if other is not None and other.id != entity.id:
                if other.subject not in self._before:
                    return other.subject
                self._leave_the_newer(subject, other.subject)
                if self._is_stale(subject):
                    return ""
        self._records.restore(subject, row[0], bytes(row[1]))
        return ""

    def _leave_the_newer(self, one: str, other: str) -> None:
        """Drop the older of two of the city's rows with one number: it has left our sight."""
        rows = self._db.execute_sql(
            "SELECT subject FROM hub_row WHERE subject IN (?, ?) ORDER BY pos LIMIT 1", (one, other)
        ).fetchall()
        for (stale,) in rows:
            self._db.execute_sql("DELETE FROM hub_row WHERE subject = ?", (stale,))
            self._records.drop(stale)

    def _is_stale(self, subject: str) -> bool:
        row = self._db.execute_sql("SELECT 1 FROM hub_row WHERE subject = ?", (subject,)).fetchone()
        return row is None

    def _effect(self, own: _Own) -> tuple[Entity, ...]:
        stored = find(self._db, own.op)
        if stored is None:
            return ()
        record = stored.record
        try:
            return effect_of(self._records, record, record.read(), self._seat(own.inc))
        except Refusal:
            return ()  # it stands in the log and waits for its verdict

    def _note_about(self, own: _Own, changed: tuple[Entity, ...]) -> None:
        """Note what an operation has come to be about: its verdict must find it again."""
        for subject in subjects_of(changed):
            self._db.execute_sql(
                "INSERT INTO about (subject, op) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (subject, own.op),
            )

    def _seat(self, inc: str) -> Seat:
        if inc not in self._seats:
            row = self._db.execute_sql(
                "SELECT certificate FROM incarnation WHERE inc = ?", (inc,)
            ).fetchone()
            self._seats[inc] = seat_of(bytes(row[0]))
        return self._seats[inc]


def _laid_at(subject: str) -> tuple[int, str]:
    return _ORDER.get(subject.partition("/")[0], len(_ORDER)), subject
