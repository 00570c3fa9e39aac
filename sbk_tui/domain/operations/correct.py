"""修改个人信息, 更换照片 (F2, F3): what the police or the holder changed, with its proof."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from sbk_tui.domain.application import ApplicationForm
from sbk_tui.domain.application_check import check
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import FormerIdentity, Person
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Outdated, Refusal

CLAUSE = "F2"
IDENTITY = frozenset({"name", "number"})
"""What a card is made out to: it wants a proof and a second clerk."""
CORRECTABLE = (
    "name", "number", "sex", "nation", "birth", "doc_type", "doc_end", "long_term", "address",
    "mail_address", "postcode", "mobile", "fixed_phone", "category", "status", "household",
    "unit_code", "unit_name", "village_code", "village_name",
    "guardian_name", "guardian_number", "guardian_phone",
)  # fmt: skip
"""Fields of a person that may be corrected; the photo has an operation of its own."""
_DATES = frozenset({"birth", "doc_end"})
_TICKS = frozenset({"long_term"})
_SHARED = tuple(n for n in ApplicationForm.__struct_fields__ if n in Person.__struct_fields__)
_MOST_PROOF = 100


class Change(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One field: what it was when it was looked at, and what it shall be; as `text_of` says."""

    field: str
    before: str
    after: str


def text_of(person: Person, field: str) -> str:
    """Return a field of a person as a text: dates as 1985-03-14, ticks as 1; empty for nothing."""
    value = getattr(person, field)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value) if value else ""


def changed(person: Person, changes: tuple[Change, ...]) -> Person:
    """Return `person` as it stands after `changes`; what no date can be changes nothing."""
    values: dict[str, Any] = {}
    for change in changes:
        if change.field in _TICKS:
            values[change.field] = change.after == "1"
        elif change.field in _DATES:
            values |= _dated(change)
        elif change.field in CORRECTABLE:
            values[change.field] = change.after
    return replace(person, **values)


def _dated(change: Change) -> dict[str, date | None]:
    try:
        return {change.field: date.fromisoformat(change.after) if change.after else None}
    except ValueError:
        return {}


def new_problems(
    person: Person, changes: tuple[Change, ...], today: date, rules: Rules
) -> tuple[Problem, ...]:
    """Return what `changes` would make wrong, warnings too.

    A person known from a card list has gaps that nobody fills in at a correction; so what was
    wrong before in fields that are not touched is not told.
    """
    touched = {change.field for change in changes}
    old = {(p.field, p.code) for p in check(_form(person), today=today, rules=rules)}
    found = check(_form(changed(person, changes)), today=today, rules=rules)
    return tuple(p for p in found if p.field in touched or (p.field, p.code) not in old)


def _form(person: Person) -> ApplicationForm:
    shared = {name: getattr(person, name) for name in _SHARED}
    return ApplicationForm(**shared, old_card_asked=True)


class Correct(Operation, frozen=True, array_like=True, kw_only=True):
    """修改个人信息 (F2): fields of a person change; who it was before stays linked and findable."""

    kind: ClassVar[str] = "person.correct"

    person: str
    changes: tuple[Change, ...]
    proof: str = ""
    """What was shown: 户口簿, 公安机关证明 …, in words."""
    scan: str = ""
    """Blob id of the scanned proof; empty: there is no document camera."""

    @property
    def of_identity(self) -> bool:
        """Whether the name or the number changes."""
        return any(change.field in IDENTITY for change in self.changes)

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        person = world.person(self.person)
        if person is None:
            raise Refusal("person.unknown", clause=CLAUSE)
        self._check_changes(person)
        for problem in new_problems(person, self.changes, occasion.today, rules):
            if not problem.warning:
                raise Refusal(problem.code, clause=CLAUSE, field=problem.field, **problem.facts)
        if _taken(world, changed(person, self.changes)):
            raise Refusal("correct.number_taken", clause=CLAUSE, field="number")
        if len(self.proof) > _MOST_PROOF:
            raise Refusal("correct.proof_long", clause=CLAUSE, most=_MOST_PROOF, field="proof")
        if not self.of_identity:
            return
        if not self.proof:
            raise Refusal("correct.proof", clause=CLAUSE, field="proof")
        if rules.settings.correct_four_eyes and not occasion.approvers:
            raise Refusal("approval.needed", clause=CLAUSE, kind=self.kind)

    def _check_changes(self, person: Person) -> None:
        fields = [change.field for change in self.changes]
        if not fields or len(set(fields)) < len(fields):
            raise Refusal("correct.nothing", clause=CLAUSE)
        for change in self.changes:
            if change.field not in CORRECTABLE:
                raise Refusal("correct.field", clause=CLAUSE)
            if change.before != text_of(person, change.field):
                raise Outdated("subject.changed", clause=CLAUSE, subject="person")
            if change.field in _DATES and change.after and not _dated(change):
                raise Refusal("field.date", clause=CLAUSE, field=change.field)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        person = world.person(self.person)
        if person is None:
            return ()
        after = changed(person, self.changes)
        if _taken(world, after):
            after = replace(after, number=person.number)
        if (after.name, after.number) == (person.name, person.number):
            return (after,)
        former = FormerIdentity(
            id=occasion.op,
            person=person.id,
            number=person.number,
            name=person.name,
            until=occasion.at,
            proof=self.proof,
            scan=self.scan,
        )
        return (former, after)


def _taken(world: World, person: Person) -> bool:
    known = world.person_by_number(person.number)
    return known is not None and known.id != person.id


class ChangePhoto(Operation, frozen=True, array_like=True, kw_only=True):
    """更换照片 (F3): another portrait, because the old one is wrong or the holder wishes it."""

    kind: ClassVar[str] = "person.photo"

    person: str
    photo: str
    """Blob id of the new portrait."""
    reason: str
    """换照片原因, a code of the table `photo_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        person = world.person(self.person)
        if person is None:
            raise Refusal("person.unknown", clause="F3")
        if not self.photo:
            raise Refusal("correct.photo_missing", clause="F3", field="photo")
        if self.photo == person.photo:
            raise Refusal("correct.photo_same", clause="F3", field="photo")
        if not rules.knows("photo_reason", self.reason):
            raise Refusal("correct.photo_reason", clause="F3", field="photo_reason")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        person = world.person(self.person)
        return () if person is None else (replace(person, photo=self.photo),)
