"""Ids that say nothing: from a text, by a key that only this counter's database holds.

The same text gives the same id, so that a job broken off can be taken up again; nobody without
the key can try numbers of people until one fits an id in an envelope.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from sbk_tui.data import models
from sbk_tui.data.store import Store

_NAME = "pseudonym_key"


def pseudonyms(store: Store) -> Callable[[str, bytes], str]:
    """Return the function (use, text) → id, 32 hexadecimal digits; its key is made once."""
    with store.write() as db:
        models.Secret.insert(
            name=_NAME, value=secrets.token_bytes(32)
        ).on_conflict_ignore().execute(db)
        row = models.Secret.select().where(models.Secret.name == _NAME).bind(db).get()
    key = bytes(row.value)

    def name(use: str, text: bytes) -> str:
        return hmac.digest(key, f"sbk/{use}/1".encode() + b"\x00" + text, "sha256").hex()[:32]

    return name
