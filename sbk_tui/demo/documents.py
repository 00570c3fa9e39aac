"""The identity documents of the training township, as their chips hold them."""

from __future__ import annotations

from datetime import date

from sbk_tui.demo import assets
from sbk_tui.demo.people import Resident
from sbk_tui.hardware.idcard_layout import (
    CITIZEN,
    FOREIGNER_2023,
    RESIDENCE_PERMIT,
    compose_card,
)
from sbk_tui.hardware.ports import IdCard

_KINDS = {  # 证件类型 → what lies on the reader; a passport has no chip that it reads
    "01": CITIZEN,
    "04": RESIDENCE_PERMIT,
    "05": RESIDENCE_PERMIT,
    "06": RESIDENCE_PERMIT,
    "07": FOREIGNER_2023,
}


def identity_card(resident: Resident) -> IdCard | None:
    """Return the document that `resident` lays on the reader; None when there is none to read."""
    person = resident.person
    layout = _KINDS.get(person.doc_type)
    if layout is None:
        return None
    values = {
        "name": person.name,
        "name_latin": resident.latin,
        "sex": person.sex,
        "nation": person.nation,
        "country": person.country,
        "birth": _eight(person.birth),
        "address": person.address,
        "number": person.number,
        "issuer": assets.places().issuer,
        "valid_from": _eight(resident.since),
        "valid_to": "长期" if person.long_term else _eight(person.doc_end),
        "other_number": resident.travel_permit,
        "issue_count": "01",
    }
    held = {field.name for field in layout.fields}
    return compose_card(layout.kind, {name: v for name, v in values.items() if name in held})


def _eight(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
