"""新增申请 out of a search (F1, 6.1.2.1): everything known filled in, and why it failed before.

The regulation's case: the province does not find a person whose data was sent up earlier; the
counter applies anew, with the earlier data shown for correction.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.application import BANK_PENDING, ApplicationForm
from sbk_tui.domain.identity import Phone, SocialNumber
from sbk_tui.domain.operations.apply import check_may_apply
from sbk_tui.domain.people import Person
from sbk_tui.domain.text import PersonName, is_han
from sbk_tui.errors import Refusal
from sbk_tui.texts import name_of, word, words_for

CLAUSE = "6.1.2.1"
FAILED = frozenset({"01", "03", "04"})
"""申领状态 of an application that led to no card: withdrawn, failed, in trouble."""
_SHARED = tuple(n for n in ApplicationForm.__struct_fields__ if n in Person.__struct_fields__)


class Beginning(NamedTuple):
    """What a new application begins with."""

    values: dict[str, str]
    cause: str
    """Why an earlier one led to no card, in words; empty when nothing is known."""


def from_typed(text: str) -> Beginning:
    """Return what can be read off what was typed into the search: number, telephone or name."""
    text = text.strip()
    for name, parse in (("number", SocialNumber.parse), ("mobile", Phone.parse_mobile)):
        try:
            return Beginning({name: str(parse(text))}, "")
        except Refusal:
            continue
    if any(map(is_han, text)):
        try:
            return Beginning({"name": str(PersonName.parse(text))}, "")
        except Refusal:
            pass
    return Beginning({}, "")


def from_dossier(seen: Dossier, today: date) -> Beginning:
    """Return the earlier data of a person, and why it led to no card.

    Raises:
        Refusal: `apply.live_card`, `apply.already`: there is nothing to apply for.
    """
    check_may_apply(seen.cards, seen.applications, CLAUSE)
    values = {name: _text(getattr(seen.person, name)) for name in _SHARED}
    if seen.person.long_term:
        values["doc_end"] = word("new_application.long_term")
    values.pop("long_term")
    bank = next((a.bank for a in reversed(seen.applications) if a.bank != BANK_PENDING), "")
    filled = {name: value for name, value in (values | {"bank": bank}).items() if value}
    return Beginning(filled, "".join(_causes(seen, today)))


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value and not isinstance(value, bool) else ""


def _causes(seen: Dossier, today: date) -> list[str]:
    """Return the known causes, the city's own word first."""
    found = []
    refused = next((e for e in seen.timeline if e.kind == "person.apply" and e.refused), None)
    if refused is not None:
        reason = words_for(refused.refused, {}).message
        found.append(word("new_application.refused", reason=reason))
    failed = next((a for a in reversed(seen.applications) if a.state in FAILED), None)
    if failed is not None:
        state = name_of("apply_state", failed.state)
        found.append(word("new_application.failed", state=state))
    end = seen.person.doc_end
    if end is not None and end < today and not seen.person.long_term:
        found.append(word("new_application.expired", end=end.isoformat()))
    return found
