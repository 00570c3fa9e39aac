"""The simulated key service: the invented key of the virtual cards, and failures by name."""

from __future__ import annotations

from typing import Literal, get_args

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.chip import twin_keys
from sbk_tui.hardware.chip.twin_keys import TEST_KEY, Algorithm
from sbk_tui.hardware.ports import KeyAnswer, KeyOutcome, KeyRequest, SocialCard

Failure = Literal["", "service_down", "service_wrong", "service_refuses", "service_garbled"]
FAILURES: tuple[str, ...] = get_args(Failure)


class KeyServiceTwin:
    """A `KeyService` for virtual cards alone; real keys are never in this program."""

    def __init__(self, failure: Failure = "", *, repeats_head: bool = False) -> None:
        """Fail as `failure` says; `repeats_head`: give the whole command, as some services do."""
        self.failure: Failure = failure
        self._repeats_head = repeats_head
        self.asked: list[str] = []
        """Key addresses asked for, in order."""
        self.operations: list[str] = []
        """The operation of each request."""

    def authenticate(self, request: KeyRequest, factor: bytes, source: bytes) -> KeyAnswer:
        """Return AUTH8 and the source."""
        proof = twin_keys.auth(_algorithm(request.card), TEST_KEY, factor, source)
        if self.failure == "service_wrong":
            proof = bytes(byte ^ 0xFF for byte in proof)
        return self._answer(request, proof + source)

    def secure_message(
        self, request: KeyRequest, random: bytes, head: bytes, plain: bytes | bytearray
    ) -> KeyAnswer:
        """Return the data field, or the whole command."""
        algorithm = _algorithm(request.card)
        data = twin_keys.secure_data(algorithm, TEST_KEY, random, head, bytes(plain))
        whole = head + bytes((len(data),)) + data
        return self._answer(request, whole if self._repeats_head else data)

    def _answer(self, request: KeyRequest, data: bytes) -> KeyAnswer:
        self.asked.append(request.address)
        self.operations.append(request.op)
        match self.failure:
            case "service_down":
                return KeyAnswer(outcome=KeyOutcome.UNKNOWN)
            case "service_refuses":
                return KeyAnswer(outcome=KeyOutcome.REFUSED, text="27272")  # [O] S3: no such key
            case "service_garbled":
                return KeyAnswer(outcome=KeyOutcome.DONE, data=data[:-1])
            case _:
                return KeyAnswer(outcome=KeyOutcome.DONE, data=data)


def _algorithm(card: SocialCard) -> Algorithm:
    if card.algorithm == "SM4":
        return "SM4"
    if card.algorithm == "DES":
        return "DES"
    raise BadUsage("chip.unknown_algorithm", name=card.algorithm)
