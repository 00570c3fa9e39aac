"""What the screen needs of the session: who is signed in, and proof that it is still them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sbk_tui.domain.capability import Authority


class Seat(NamedTuple):
    """Office, counter and clerk, as the status line names them."""

    office: str
    counter: str
    level: str
    district: str
    authority: Authority
    clerk: str
    clerk_name: str
    role: str
    training: bool


class Door(NamedTuple):
    """The way out of an idle lock."""

    check: Callable[[str], None]
    """Raise `Refusal` unless this is the signed-in clerk's password."""
    lock_after_s: float
    sign_out_after_s: float
