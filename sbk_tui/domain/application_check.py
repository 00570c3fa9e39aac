"""`check(form)`: everything that is wrong with a 申领登记表, each thing at its field.

One small rule a function, all of them in `_RULES`; counter, hub and import judge by the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from sbk_tui.domain.application import (
    BANK_PENDING,
    FIELDS,
    GUARDIAN,
    NOT_ASKED,
    PARSERS,
    PROXY,
    UNIT,
    WORKER,
    ApplicationForm,
    ApplyPath,
    age_on,
    is_minor,
    required_fields,
    tidied,
)
from sbk_tui.domain.identity import CardNumber, NumberKind, Postcode, SocialNumber
from sbk_tui.domain.rules import Problem, Rules, Settings
from sbk_tui.domain.text import escaped
from sbk_tui.errors import Refusal

ADULT_AGE = 18
"""民法典 第十七条; a guardian is grown up, whatever the office calls a minor."""

_MOST_SHOWN = 6
CODED = {  # field: code table
    "doc_type": "doc_type",
    "sex": "sex",
    "nation": "nation",
    "category": "category",
    "status": "status",
    "household": "household",
    "proxy_relation": "relation",
    "bank": "bank",
}
_N = NumberKind
_NUMBERS_OF_DOCUMENT = {  # 证件类型: whose number goes with it ([1] W5)
    "01": {_N.CITIZEN},
    "04": {_N.RESIDENCE_PERMIT, _N.SPECIAL},
    "05": {_N.RESIDENCE_PERMIT, _N.SPECIAL},
    "06": {_N.RESIDENCE_PERMIT, _N.SPECIAL},
    "07": {_N.PERMANENT_RESIDENT, _N.SPECIAL},
    "08": {_N.PERMANENT_RESIDENT, _N.SPECIAL},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A form and what it is judged by."""

    form: ApplicationForm
    today: date
    rules: Rules
    number: SocialNumber | None
    """The applicant's number; None when it cannot be read."""

    @property
    def settings(self) -> Settings:
        return self.rules.settings

    @property
    def clause(self) -> str:
        return "1.2" if self.form.path == "capture" else "6.1.2.1"

    @property
    def birth(self) -> date | None:
        return self.form.birth or (self.number.birth if self.number else None)


def check(
    form: ApplicationForm, *, today: date, rules: Rules, path: ApplyPath | None = None
) -> tuple[Problem, ...]:
    """Return all that is wrong with `form`, in the order of its fields; warnings too.

    It is judged by its own path, or by `path`: what a captured form would still need for a
    temporary card. A form is handed over tidied (`application.tidied`); one that is not has a
    problem at each such field.
    """
    if path is not None:
        form = replace(form, path=path)
    case = _Case(form=form, today=today, rules=rules, number=_number(form.number))
    problems = (problem for rule in _RULES for problem in rule(case))
    return tuple(sorted(problems, key=lambda problem: FIELDS.index(problem.field)))


def _number(text: str) -> SocialNumber | None:
    try:
        return SocialNumber.parse(text)
    except Refusal:
        return None


def _filled(form: ApplicationForm, field: str) -> bool:
    given = getattr(form, field)
    return bool(given.strip() if isinstance(given, str) else given)


def _missing(case: _Case) -> Iterator[Problem]:
    form = case.form
    for need in required_fields(form.path, form.category, case.settings):
        if any(_filled(form, field) for field in need.fields):
            continue
        clause, first = need.clause(form.path), need.fields[0]
        if len(need.fields) > 1:
            yield Problem(first, "application.missing_either", clause=clause)
        else:
            yield Problem(first, "application.missing", clause=clause)


def _malformed(case: _Case) -> Iterator[Problem]:
    tidy = tidied(case.form)
    for field, parse in PARSERS.items():
        given = getattr(case.form, field)
        try:
            if _filled(case.form, field):
                parse(given)
        except Refusal as refusal:
            yield Problem(field, refusal.code, refusal.facts, case.clause)
        if given != getattr(tidy, field):
            yield Problem(field, "application.untidy", clause=case.clause)


def _unknown_codes(case: _Case) -> Iterator[Problem]:
    form = case.form
    for field, table in CODED.items():
        given = getattr(form, field)
        if given and not case.rules.knows(table, given):
            yield Problem(field, "application.unknown_code", {"given": _shown(given)}, case.clause)
    if form.country and not re.fullmatch("[A-Z]{3}", form.country):
        yield Problem(
            "country", "application.unknown_code", {"given": _shown(form.country)}, case.clause
        )


def _shown(given: str) -> str:
    # Cut short: a number typed into the wrong field must not travel as a fact.
    return escaped(given[:_MOST_SHOWN])


def _number_against_form(case: _Case) -> Iterator[Problem]:
    """A typed birth date or sex that the number contradicts: police do correct them ([A])."""
    form, number = case.form, case.number
    if number is None:
        return
    if number.birth and form.birth and number.birth != form.birth:
        yield Problem(
            "birth",
            "application.birth_differs",
            {"told": number.birth.isoformat()},
            case.clause,
            warning=True,
        )
    if number.sex and form.sex and number.sex != form.sex:
        yield Problem(
            "sex", "application.sex_differs", {"sex": number.sex}, case.clause, warning=True
        )
    if number.kind not in _NUMBERS_OF_DOCUMENT.get(form.doc_type, set(NumberKind)):
        yield Problem(
            "doc_type",
            "application.document_number",
            {"doc_type": form.doc_type},
            case.clause,
            warning=True,
        )


def _birth(case: _Case) -> Iterator[Problem]:
    if case.birth and case.birth > case.today:
        yield Problem("birth", "application.birth_future", clause=case.clause)


def _nation(case: _Case) -> Iterator[Problem]:
    """民族 is asked of citizens; other documents do not tell one."""
    citizen = case.number.is_citizen if case.number else case.form.doc_type == "01"
    if citizen and not case.form.nation:
        yield Problem("nation", "application.missing", clause=case.clause)


def _document(case: _Case) -> Iterator[Problem]:
    """An expired document stops production (F1): said at capture, refused where it is too late."""
    end, capture = case.form.doc_end, case.form.path == "capture"
    if end is not None and case.form.long_term:
        yield Problem("doc_end", "application.document_end_twice", clause=case.clause)
    elif end is not None and end < case.today:
        yield Problem(
            "doc_end",
            "application.document_expired",
            {"end": end.isoformat()},
            "F1",
            warning=capture,
        )


def _category(case: _Case) -> Iterator[Problem]:
    form, settings = case.form, case.settings
    if form.category == WORKER and case.birth and is_minor(case.birth, case.today, settings):
        yield Problem(
            "category", "application.minor_worker", {"age": settings.minor_age}, case.clause
        )
    asked = {
        field for n in required_fields(form.path, form.category, settings) for field in n.fields
    }
    for field in NOT_ASKED.get(form.category, ()):
        if _filled(form, field) and not (field in UNIT and field in asked):
            yield Problem(
                field, "application.not_for_category", {"category": form.category}, case.clause
            )


def _guardian(case: _Case) -> Iterator[Problem]:
    form, birth = case.form, case.birth
    if birth is None:
        return
    if not is_minor(birth, case.today, case.settings):
        for field in GUARDIAN:
            if _filled(form, field):
                yield Problem(field, "application.guardian_not_needed", clause=case.clause)
        return
    for field in GUARDIAN:
        if not _filled(form, field):
            yield Problem(field, "application.missing", clause=case.clause)
    guardian = _number(form.guardian_number)
    if guardian is None or guardian.birth is None:
        return
    if guardian.birth >= birth:
        yield Problem("guardian_number", "application.guardian_younger", clause=case.clause)
    elif age_on(case.today, guardian.birth) < ADULT_AGE:
        yield Problem(
            "guardian_number", "application.guardian_not_adult", {"age": ADULT_AGE}, case.clause
        )


def _proxy(case: _Case) -> Iterator[Problem]:
    """1.1: a proxy's name and phone always, the own document and a letter as the office sets."""
    form, settings = case.form, case.settings
    if not form.by_proxy:
        return
    for field in PROXY:
        needed = field != "proxy_number" or settings.proxy_require_own_id
        if needed and not _filled(form, field):
            yield Problem(field, "application.missing", clause="1.1")
    if form.proxy_number and _number(form.proxy_number) == case.number:
        yield Problem("proxy_number", "application.proxy_self", clause="1.1")
    if settings.proxy_require_letter and not form.proxy_letter:
        yield Problem("proxy_letter", "application.letter_missing", clause="1.1")


def _bank(case: _Case) -> Iterator[Problem]:
    if case.form.path == "new_application" and case.form.bank == BANK_PENDING:
        yield Problem("bank", "application.bank_pending", clause="第六条")


def _old_card(case: _Case) -> Iterator[Problem]:
    form = case.form
    asked = form.old_card_asked or form.old_card or form.by_proxy
    if form.path == "capture" and not asked:
        yield Problem("old_card", "application.old_card_not_asked", clause="1.1", warning=True)


def _second_looks(case: _Case) -> Iterator[Problem]:
    """What has the right form and yet deserves a second look."""
    with suppress(Refusal):  # `_malformed` tells it
        if case.form.old_card and not CardNumber.parse(case.form.old_card).check_ok:
            yield Problem("old_card", "card_number.check", clause="1.1", warning=True)
    with suppress(Refusal):
        if case.form.postcode and not Postcode.parse(case.form.postcode).is_local:
            yield Problem("postcode", "postcode.elsewhere", clause=case.clause, warning=True)


_RULES: tuple[Callable[[_Case], Iterator[Problem]], ...] = (
    _missing,
    _malformed,
    _unknown_codes,
    _number_against_form,
    _birth,
    _nation,
    _document,
    _category,
    _guardian,
    _proxy,
    _bank,
    _old_card,
    _second_looks,
)
