"""申领, 新增申请 (1.1, 1.2, 6.1.2.1): from the card on the reader to the signed, saved form.

The fields of each step are a table; what they must hold is the domain's `check`, asked for one
step while it is filled in and for all of them before the form is printed and saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from sbk_tui import divisions
from sbk_tui.data.beside import DroppedDraft
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.units import Units
from sbk_tui.domain.application import (
    BANK_PENDING,
    PARSERS,
    ApplicationForm,
    ApplyPath,
    is_minor,
    tidied,
)
from sbk_tui.domain.application_check import check
from sbk_tui.domain.capability import Authority, Capability
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import IdCard
from sbk_tui.services.forms import Field, Values, parse_date, problems
from sbk_tui.services.new_application import Beginning, from_dossier, from_typed
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of

WORKER, STUDENT = "1", "4"
_LONG_TERM = "长期"
_ENDLESS = (_LONG_TERM, "0")
"""How 长期 may be typed; 0 for the number pad."""


def _proxy(values: Values) -> bool:
    return values.get("proxy") == "1"


def in_unit(values: Values) -> bool:
    """Return whether somebody of this 人员类别 names a unit or school."""
    return values.get("category") in (WORKER, STUDENT)


def in_village(values: Values) -> bool:
    """Return whether somebody of this 人员类别 names a village or community."""
    return not in_unit(values)


def _student(values: Values) -> bool:
    return values.get("category") == STUDENT


def _field(name: str, **options: object) -> Field:
    return Field(name, parse=PARSERS.get(name), **options)  # type: ignore[arg-type]


class ApplyDesk:
    """Applications for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        blobs: Blobs,
        rules: Rules,
        desk: Desk,
        lookup: Lookup,
        units: Units,
        authority: Authority,
        district: str,
        today: Callable[[], date],
        now: Callable[[], str],
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._rules = rules
        self._desk = desk
        self._lookup = lookup
        self._units = units
        self._authority = authority
        self._district = district
        self._today = today
        self._now = now
        self._new_id = new_id

    # ------------------------------------------------------------------ the form

    def fields(self, step: str, path: ApplyPath = "capture") -> tuple[Field, ...]:
        """Return the fields of a step of 1.2 or 6.1.2.1; empty for a step without a form."""
        anew = path == "new_application"
        return {
            "identify": (
                _field("name", required=True),
                _field("number", required=True),
                Field("sex", "choice", table="sex", only=("1", "2"), required=True),
                Field("nation", "choice", table="nation", quiet=True),
                Field("birth", "date", required=True),
                _field("address", wide=True, required=anew),
                Field("doc_type", "choice", table="doc_type", required=True, default="01",
                      quiet=True),
                Field("doc_end", parse=parse_end, required=True),
                _field("old_card"),
                Field("proxy", "tick"),
                _field("proxy_name", required=True, asked=_proxy),
                _field("proxy_number", required=True, asked=_proxy),
                _field("proxy_phone", required=True, asked=_proxy),
                Field("proxy_relation", "choice", table="relation", asked=_proxy),
            ),
            "category": (
                Field("category", "choice", table="category", required=True),
                _field("guardian_name", asked=self._minor),
                _field("guardian_number", asked=self._minor),
                _field("guardian_phone", asked=self._minor),
            ),
            "status": (Field("status", "choice", table="status", required=True),),
            "household": (Field("household", "choice", table="household", required=True),),
            "unit": (
                _field("unit_code", required=True, asked=in_unit),
                _field("unit_name", wide=True, required=True, asked=in_unit),
                _field("department", asked=_student),
                _field("school_class", asked=_student),
                _field("village_code", required=True, asked=in_village),
                _field("village_name", wide=True, required=True, asked=in_village),
            ),
            "contact": (
                _field("mobile", required=not anew),  # 第六条: or a fixed telephone
                _field("fixed_phone"),
                _field("postcode", required=not anew),
                _field("mail_address", wide=True, required=anew),
                _field("email"),
                Field("bank", "choice", table="bank", quiet=True, required=anew,
                      default="" if anew else BANK_PENDING),
            ),
            "save": (Field("signed", "tick", must_be_ticked="application.not_signed"),),
        }.get(step, ())  # fmt: skip

    def _minor(self, values: Values) -> bool:
        birth = _date(values.get("birth", ""))
        return birth is not None and is_minor(birth, self._today(), self._rules.settings)

    def first_values(self, path: ApplyPath = "capture") -> dict[str, str]:
        """Return what a fresh form holds: its path and the postcode of the office's county."""
        return {"path": path, "postcode": divisions.postcode_of(self._district)}

    def beginning(self, text: str, person: str) -> Beginning:
        """Return what 新增申请 begins with after a search for `text` (F1).

        Args:
            person: id of the person that was found and marked, or empty.

        Raises:
            NotPermitted: the counter takes no applications.
            Refusal: `apply.live_card`, `apply.already`.
        """
        self._authority.require(Capability.APPLY)
        typed = from_typed(text)
        seen = self._lookup.dossier(person or typed.values.get("number", "") or "-")
        if seen is None:
            return Beginning(typed.values | self.derived(typed.values), "")
        return from_dossier(seen, self._today())

    def from_card(self, card: IdCard) -> dict[str, str]:
        """Return the fields that an identity card fills in."""
        address = card.newest_address or card.address
        end = _LONG_TERM if card.long_term else card.valid_to.isoformat() if card.valid_to else ""
        doc_type = {" ": "01", "J": "04", "I": "07", "Y": "07"}.get(card.kind, "01")
        return {
            "name": card.name,
            "number": card.number,
            "sex": card.sex,
            "nation": card.nation,
            "birth": card.birth.isoformat() if card.birth else "",
            "address": address,
            "mail_address": address,
            "doc_type": doc_type,
            "doc_end": end,
            "country": card.country,
        }

    def derived(self, values: Values) -> dict[str, str]:
        """Return what follows from what was typed and is not filled in yet."""
        found: dict[str, str] = {}
        try:
            number = SocialNumber.parse(values.get("number", ""))
        except Refusal:
            number = None
        if number is not None:
            found["number"] = str(number)
            if number.birth and not values.get("birth"):
                found["birth"] = number.birth.isoformat()
            if number.sex and not values.get("sex"):
                found["sex"] = number.sex
        if values.get("address") and not values.get("mail_address"):
            found["mail_address"] = values["address"]
        place = divisions.division(values.get("village_code", ""))
        if place is not None and place.level == "village":
            found["village_name"] = place.name
        unit = self._units.name(values.get("unit_code", "")) if values.get("unit_code") else ""
        if unit:
            found["unit_name"] = unit
        return {name: value for name, value in found.items() if values.get(name) != value}

    def villages(self, typed: str) -> tuple[tuple[str, str], ...]:
        """Return (code, name) of villages of this counter's district that `typed` may mean."""
        found = divisions.search(typed, self._district)
        return tuple((place.code, place.name) for place in found if place.level == "village")

    def units(self, typed: str) -> tuple[tuple[str, str], ...]:
        """Return (number, name) of units of the city's list that `typed` may mean."""
        return self._units.find(typed)

    def step_problems(self, step: str, values: Values) -> tuple[Problem, ...]:
        """Return what is wrong with the fields of one step, warnings too."""
        fields = self.fields(step, path_of(values))
        simple = problems(fields, values, self._rules)
        told = {problem.field for problem in simple}
        names = [field.name for field in fields]
        rest = (p for p in self.all_problems(values) if p.field in names and p.field not in told)
        return tuple(sorted((*simple, *rest), key=lambda problem: names.index(problem.field)))

    def all_problems(self, values: Values) -> tuple[Problem, ...]:
        """Return everything the regulation finds wrong with the form as it stands."""
        return check(form_of(values), today=self._today(), rules=self._rules)

    def step_of(self, field: str, steps: Sequence[str]) -> str:
        """Return the step whose form has `field`; the portrait's for the photo."""
        if field == "photo":
            return "portrait"
        for step in steps:
            if any(each.name == field for each in self.fields(step)):
                return step
        return "identify"

    # ------------------------------------------------------------------ picture, paper, saving

    def keep_picture(self, content: bytes) -> str:
        """Keep a portrait (or the original it came from) and return its blob id."""
        return self._blobs.put(content)

    def picture(self, blob_id: str) -> bytes:
        """Return a kept picture, or empty bytes."""
        return (self._blobs.get(blob_id) or b"") if blob_id else b""

    def paper(self, values: Values, op: str) -> Printable:
        """Return the 申领登记表 of the form as it stands."""
        form = form_of(values)
        texts = {
            **head(self._desk, self._now(), op),
            **{name: str(getattr(form, name)) for name in _PLAIN},
            "sex": name_of("sex", form.sex),
            "nation": name_of("nation", form.nation) if form.nation else "",
            "birth": form.birth.isoformat() if form.birth else "",
            "country": name_of("country", form.country),
            "doc_type": name_of("doc_type", form.doc_type),
            "doc_number": form.number,
            "doc_end": _LONG_TERM if form.long_term else _iso(form.doc_end),
            "category": name_of("category", form.category),
            "status": name_of("status", form.status),
            "household": name_of("household", form.household),
            "bank": name_of("bank", form.bank),
            "card_type": name_of("replace_type", "1"),
            "school": " ".join(filter(None, (form.department, form.school_class))),
            "proxy_relation": name_of("relation", form.proxy_relation),
        }
        return Printable("application_form", texts, {"photo": self.picture(form.photo)})

    def save(self, values: Values, *, op: str, draft: str) -> Done:
        """Record the signed form; on return it is on disk and its draft is gone.

        Raises:
            Refusal: the first thing wrong, or a rule (`apply.live_card`, `apply.already`).
        """
        clause = "1.2" if path_of(values) == "capture" else "6.1.2.1"
        for problem in problems(self.fields("save"), values, self._rules):
            raise Refusal(problem.code, clause=clause)
        form = form_of(values)
        blobs = (form.photo,) if form.photo else ()
        operation = Apply(person=self._new_id(), form=form)
        intent = self._ledger.intend(operation, op=op, blobs=blobs)
        return self._ledger.perform(intent, beside=(DroppedDraft(draft),))


_PLAIN = (
    "name", "number", "postcode", "address", "mail_address", "mobile", "fixed_phone", "email",
    "unit_code", "unit_name", "village_code", "village_name", "old_card",
    "guardian_name", "guardian_number", "guardian_phone",
    "proxy_name", "proxy_number", "proxy_phone",
)  # fmt: skip

_TEXTS = frozenset(ApplicationForm.__struct_fields__) - {
    "path", "doc_end", "long_term", "birth", "proxy_letter", "old_card_asked",
}  # fmt: skip


def path_of(values: Values) -> ApplyPath:
    """Return which way a form is on: 信息采集 (1.2) or 新增申请 (6.1.2.1)."""
    return "new_application" if values.get("path") == "new_application" else "capture"


def form_of(values: Mapping[str, str]) -> ApplicationForm:
    """Return the form that the values on the screen are, tidied."""
    texts = {name: value for name, value in values.items() if name in _TEXTS}
    if values.get("proxy") != "1":
        texts = {name: value for name, value in texts.items() if not name.startswith("proxy_")}
    end = values.get("doc_end", "").strip()
    form = ApplicationForm(
        path=path_of(values),
        long_term=end in _ENDLESS,
        doc_end=_date(end),
        birth=_date(values.get("birth", "")),
        old_card_asked=True,
    )
    return tidied(replace(form, **texts))


def parse_end(text: str) -> object:
    """Return the end of a document's validity: a date or 长期.

    Raises:
        Refusal: `field.date_or_long_term`.
    """
    if text in _ENDLESS:
        return text
    try:
        return parse_date(text)
    except Refusal as error:
        raise Refusal("field.date_or_long_term") from error


def _date(text: str) -> date | None:
    try:
        return parse_date(text.strip()) if text.strip() else None
    except Refusal:
        return None


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
