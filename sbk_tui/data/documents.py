"""Records as documents: plain mappings, lists and texts, for `--json`, at the counter and the hub.

A field of a record is a key of its document. What records keep as an array to be small (a
receiver, an operation's payload) is a mapping here too; bytes are hexadecimal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sbk_tui.data.lookup import Dossier, Filed
from sbk_tui.domain.card import Card


def plain_document(value: object) -> Any:
    """Return `value` as mappings, lists, texts, numbers, booleans and None."""
    if isinstance(value, msgspec.Struct):
        return {name: plain_document(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain_document(held) for key, held in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [plain_document(each) for each in value]
    return msgspec.to_builtins(value)


def person_document(dossier: Dossier) -> dict[str, Any]:
    """Return what counter and hub both show of a person: as it stands, not who did what."""
    return {
        "person": plain_document(dossier.person),
        "cards": plain_document(dossier.cards),
        "applications": plain_document(dossier.applications),
        "payments": plain_document(dossier.payments),
    }


def card_document(card: Card) -> dict[str, Any]:
    """Return a card as it stands; its holder is named by id only."""
    return {"card": plain_document(card)}


def operation_document(filed: Filed) -> dict[str, Any]:
    """Return an operation as it was sealed, and where it stands with the city."""
    event = filed.event
    return {
        "op": event.op,
        "seq": event.seq,
        "code": event.code,
        "kind": event.kind,
        "envelope": plain_document(filed.envelope),
        "payload": plain_document(filed.operation),
        "standing": {
            "state": event.state,
            "verdict": event.verdict,
            "refused": event.refused,
        },
    }


def batch_document(batch: str, cards: Sequence[Card]) -> dict[str, Any]:
    """Return the cards of a batch as they stand."""
    return {"batch": batch, "cards": plain_document(cards)}
