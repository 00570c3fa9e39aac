"""The one-time code that a counter joins its city with: a secret, and the hub it belongs to."""

from __future__ import annotations

import base64
import re

from sbk_tui.data.seal import digest
from sbk_tui.errors import Refusal

_FINGERPRINT_LETTERS = 12


def fingerprint(public: bytes) -> str:
    """Return the twelve letters of a hub's key that stand in every enrolment code."""
    return base64.b32encode(digest("sbk/hub/1", public)).decode("ascii")[:_FINGERPRINT_LETTERS]


def split_code(code: str) -> tuple[str, str]:
    """Return secret and hub fingerprint of an enrolment code, as typed or copied.

    Raises:
        Refusal: `hub.code_form`.
    """
    letters = re.sub(r"[\s-]", "", code).upper()
    if not re.fullmatch(r"[A-Z2-7]{24}", letters):
        raise Refusal("hub.code_form")
    return letters[:-_FINGERPRINT_LETTERS], letters[-_FINGERPRINT_LETTERS:]


def join_code(secret: str, public: bytes) -> str:
    """Return an enrolment code in groups of four letters."""
    letters = secret + fingerprint(public)
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
