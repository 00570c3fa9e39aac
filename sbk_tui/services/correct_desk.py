"""修改个人信息, 更换照片 (F2, F3): a person's data in groups, their changes, their proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sbk_tui.data.beside import DroppedDraft
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ledger import Done, Ledger, Session
from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.application import PARSERS
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.correct import (
    IDENTITY,
    Change,
    ChangePhoto,
    Correct,
    new_problems,
    text_of,
)
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.errors import Refusal
from sbk_tui.hardware.portrait.opening import kind_of
from sbk_tui.services.apply_desk import in_unit, in_village, parse_end
from sbk_tui.services.forms import Field, Values, parse_date, problems
from sbk_tui.texts import name_of, word

__all__ = ["Approver", "Compared", "CorrectDesk", "Done"]
Approver = tuple[str, str]
"""A second clerk's id and password."""
_SCANS = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pdf"})
_MOST_LISTED = 200
_ENDLESS = "长期"


def _field(name: str, **options: object) -> Field:
    return Field(name, parse=PARSERS.get(name), **options)  # type: ignore[arg-type]


GROUPS: Mapping[str, tuple[Field, ...]] = {
    "identity": (
        _field("name", required=True),
        _field("number", required=True),
        Field("sex", "choice", table="sex", only=("1", "2")),
        Field("birth", "date"),
        Field("nation", "choice", table="nation", quiet=True),
        Field("doc_type", "choice", table="doc_type", quiet=True),
        Field("doc_end", parse=parse_end),
        _field("address", wide=True),
        Field("proof", wide=True),
    ),
    "contact": (
        _field("mobile"),
        _field("fixed_phone"),
        _field("postcode"),
        _field("mail_address", wide=True),
    ),
    "work": (
        Field("category", "choice", table="category"),
        Field("status", "choice", table="status"),
        Field("household", "choice", table="household"),
        _field("unit_code", asked=in_unit),
        _field("unit_name", wide=True, asked=in_unit),
        _field("village_code", asked=in_village),
        _field("village_name", wide=True, asked=in_village),
    ),
    "guardian": (
        _field("guardian_name"),
        _field("guardian_number"),
        _field("guardian_phone"),
    ),
}
"""What is corrected together: one form, one operation."""
PHOTO_FIELDS = (Field("photo_reason", "choice", table="photo_reason", required=True),)


class Compared(NamedTuple):
    """One field that two clerks looked at: what it was, what it is now, what is wanted here."""

    field: str
    was: str
    other: str
    yours: str


class CorrectDesk:
    """Corrections for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        blobs: Blobs,
        rules: Rules,
        today: Callable[[], date],
        unlock: Callable[[str, str], Session],
        folder: Path | None,
    ) -> None:
        """Take the ledger and what is around it; `folder`: where scans are saved, if anywhere."""
        self._ledger = ledger
        self._blobs = blobs
        self._rules = rules
        self._today = today
        self._unlock = unlock
        self._folder = folder

    # ------------------------------------------------------------------ the form

    def values(self, person: Person, group: str) -> dict[str, str]:
        """Return a group's fields as they stand, as the form shows them."""
        found = {f.name: text_of(person, f.name) for f in GROUPS[group] if f.name != "proof"}
        if person.long_term and "doc_end" in found:
            found["doc_end"] = _ENDLESS
        return found

    def derived(self, values: Values) -> dict[str, str]:
        """Return birth date and sex as the number tells them, if it tells others."""
        try:
            number = SocialNumber.parse(values.get("number", ""))
        except Refusal:
            return {}
        told = {"birth": number.birth.isoformat() if number.birth else "", "sex": number.sex}
        return {name: value for name, value in told.items() if value and values[name] != value}

    def changes(self, person: Person, group: str, values: Values) -> tuple[Change, ...]:
        """Return what the form changes; a field that is not asked any more becomes empty."""
        wanted: dict[str, str] = {}
        for field in GROUPS[group]:
            if field.name == "proof":
                continue
            text = values.get(field.name, "").strip() if field.asked(values) else ""
            if field.name == "doc_end":
                wanted |= _end(text)
            else:
                wanted[field.name] = _stored(field, text)
        pairs = ((name, text_of(person, name), after) for name, after in wanted.items())
        return tuple(Change(field=n, before=b, after=a) for n, b, a in pairs if a != b)

    def problems(self, person: Person, group: str, values: Values) -> tuple[Problem, ...]:
        """Return everything that is wrong with the form, in the order of its fields first."""
        simple = problems(GROUPS[group], values, self._rules)
        if simple:
            return simple
        changes = self.changes(person, group, values)
        if not changes:
            return (Problem(GROUPS[group][0].name, "correct.nothing", clause="F2"),)
        found = list(new_problems(person, changes, self._today(), self._rules))
        if of_identity(changes) and not values.get("proof", "").strip():
            found.append(Problem("proof", "correct.proof", clause="F2"))
        return tuple(found)

    def needs_approval(self, changes: tuple[Change, ...]) -> bool:
        """Return whether a second clerk must sign these changes."""
        return self._rules.settings.correct_four_eyes and of_identity(changes)

    def consequence(self, person: Person, changes: tuple[Change, ...], scan: str) -> str:
        """Return in words what is about to change, for the clerk who approves it."""
        lines = [word("correct.approve", name=person.name)]
        lines += [
            word("correct.line", field=word(f"fields.{c.field}"), before=c.before, after=c.after)
            for c in changes
            if c.field in IDENTITY
        ]
        lines.append(word("correct.with_scan" if scan else "correct.no_scan"))
        return "\n".join(lines)

    # ------------------------------------------------------------------ proof

    def scans(self) -> tuple[Path, ...]:
        """Return the scans in the folder, newest first."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        found = [p for p in self._folder.iterdir() if p.suffix.lower() in _SCANS]
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return tuple(found[:_MOST_LISTED])

    def keep_scan(self, path: Path) -> str:
        """Keep a scanned proof and return its blob id; on return it is on disk.

        Raises:
            Refusal: `correct.scan_unreadable`, `correct.scan_kind`, `blob.too_large`.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Refusal("correct.scan_unreadable", clause="F2") from error
        if not kind_of(content):
            raise Refusal("correct.scan_kind", clause="F2")
        return self._blobs.put(content)

    def keep_picture(self, content: bytes) -> str:
        """Keep a portrait and return its blob id."""
        return self._blobs.put(content)

    # ------------------------------------------------------------------ saving

    def save(
        self,
        seen: Dossier,
        group: str,
        values: Values,
        *,
        scan: str,
        op: str,
        draft: str,
        approver: Approver | None = None,
    ) -> Done:
        """Record the correction of the person as shown in `seen`; on return it is on disk.

        Args:
            scan: blob id of the proof, or empty.
            op: the operation's id, made when the form was opened.

        Raises:
            Refusal: the first thing wrong, or a rule (`Outdated`: somebody changed the person).
        """
        operation = Correct(
            person=seen.person.id,
            changes=self.changes(seen.person, group, values),
            proof=values.get("proof", "").strip(),
            scan=scan,
        )
        base = {seen.person.subject: seen.versions[seen.person.subject]}
        blobs = (scan,) if scan else ()
        intent = self._ledger.intend(operation, op=op, base=base, blobs=blobs)
        approvals = []
        if approver is not None:
            approvals.append(self._ledger.approve(intent, self._unlock(*approver)))
        return self._ledger.perform(intent, approvals, (DroppedDraft(draft),))

    def change_photo(self, seen: Dossier, photo: str, reason: str, *, op: str) -> Done:
        """Record a new portrait of the person as shown in `seen`; on return it is on disk.

        Raises:
            Refusal: `correct.photo_…` (`Outdated`: somebody changed the person).
        """
        operation = ChangePhoto(person=seen.person.id, photo=photo, reason=reason)
        base = {seen.person.subject: seen.versions[seen.person.subject]}
        blobs = (photo,) if photo else ()
        return self._ledger.perform(self._ledger.intend(operation, op=op, base=base, blobs=blobs))

    # ------------------------------------------------------------------ two clerks at once

    def compare(self, was: Person, now: Person, group: str, values: Values) -> tuple[Compared, ...]:
        """Return the fields that another clerk changed, or this one wants to: three columns."""
        yours = {change.field: change.after for change in self.changes(was, group, values)}
        names = [name for field in GROUPS[group] for name in _parts(field.name)]
        rows = []
        for name in names:
            before, other = text_of(was, name), text_of(now, name)
            mine = yours.get(name, before)
            if before != other or before != mine:
                rows.append(Compared(name, *(_shown(name, t) for t in (before, other, mine))))
        return tuple(rows)

    def merged(self, was: Person, now: Person, group: str, values: Values) -> dict[str, str]:
        """Return the form anew: what the other clerk left alone as typed here, the rest as now."""
        touched = {
            field.name
            for field in GROUPS[group]
            if field.name != "proof"
            and values.get(field.name, "").strip() != self.values(was, group)[field.name]
        }
        typed = {name: text for name, text in values.items() if name in touched}
        return {**self.values(now, group), **typed, "proof": values.get("proof", "")}


def of_identity(changes: tuple[Change, ...]) -> bool:
    """Return whether a name or a number changes."""
    return any(change.field in IDENTITY for change in changes)


def _parts(name: str) -> tuple[str, ...]:
    if name == "proof":
        return ()
    return ("doc_end", "long_term") if name == "doc_end" else (name,)


def _shown(name: str, text: str) -> str:
    if name == "long_term":
        return _ENDLESS if text else ""
    return name_of(name, text) if text else ""


def _end(text: str) -> dict[str, str]:
    if text in (_ENDLESS, "0"):
        return {"doc_end": "", "long_term": "1"}
    return {"doc_end": _day(text), "long_term": ""}


def _stored(field: Field, text: str) -> str:
    if field.kind == "date":
        return _day(text)
    if field.parse is None or not text:
        return text
    try:
        return str(field.parse(text))
    except Refusal:
        return text


def _day(text: str) -> str:
    try:
        return parse_date(text).isoformat() if text else ""
    except Refusal:
        return text
