"""The simulated key service: the invented key of the virtual cards, and failures by name."""

from __future__ import annotations

from typing import Literal

from sbk_tui.errors import BadUsage, DeviceFault
from sbk_tui.hardware.chip import twin_keys
from sbk_tui.hardware.chip.twin_keys import TEST_KEY, Algorithm
from sbk_tui.hardware.ports import SocialCard

Failure = Literal["", "service_down", "service_wrong"]


class KeyServiceTwin:
    """A `KeyService` for virtual cards alone; real keys are never in this program."""

    def __init__(self, failure: Failure = "", *, repeats_head: bool = False) -> None:
        """Fail as `failure` says; `repeats_head`: give the whole command, as some services do."""
        self._failure = failure
        self._repeats_head = repeats_head
        self.asked: list[str] = []
        """Key addresses asked for, in order."""

    def authenticate(self, card: SocialCard, address: str, factor: bytes, source: bytes) -> bytes:
        """Return AUTH8 and the source."""
        self._ask(address)
        proof = twin_keys.auth(_algorithm(card), TEST_KEY, factor, source)
        if self._failure == "service_wrong":
            proof = bytes(byte ^ 0xFF for byte in proof)
        return proof + source

    def secure_message(
        self, card: SocialCard, address: str, random: bytes, head: bytes, plain: bytes
    ) -> bytes:
        """Return the data field, or the whole command."""
        self._ask(address)
        data = twin_keys.secure_data(_algorithm(card), TEST_KEY, random, head, plain)
        return head + bytes((len(data),)) + data if self._repeats_head else data

    def _ask(self, address: str) -> None:
        self.asked.append(address)
        if self._failure == "service_down":
            raise DeviceFault("chip.service_silent")


def _algorithm(card: SocialCard) -> Algorithm:
    if card.algorithm == "SM4":
        return "SM4"
    if card.algorithm == "DES":
        return "DES"
    raise BadUsage("chip.unknown_algorithm", name=card.algorithm)
