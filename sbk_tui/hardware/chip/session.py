"""One talk with a powered chip: select, read, PIN work; over any line that carries commands.

Nothing here repeats a command that can change the card: what was sent once without an answer
is `OutcomeUnknown`, and only reading the card tells what happened.
"""

from __future__ import annotations

import threading
from typing import NamedTuple, Protocol, assert_never

from sbk_tui.domain.pin import wipe
from sbk_tui.errors import DeviceAbsent, DeviceFault, Garbled, OutcomeUnknown, Refusal
from sbk_tui.hardware.chip import apdu
from sbk_tui.hardware.chip.apdu import DONE, Answer
from sbk_tui.hardware.chip.bank import read_bank_number
from sbk_tui.hardware.chip.layout import (
    BY_NAME,
    EF06,
    ITEMS,
    Item,
    card_of,
    decode,
    historical_of,
    record_number,
    value_of,
)
from sbk_tui.hardware.chip.reader_pad import (
    FEATURE_REQUEST,
    MODIFY_ORDER,
    VERIFY_ORDER,
    WHOLE_S,
    PadOrder,
    fault_at_pad,
    features,
)
from sbk_tui.hardware.ports import KeyAnswer, KeyOutcome, KeyRequest, KeyService, SocialCard

_ALGORITHMS = {b"\x01": "DES", b"\x02": "SSF33", b"\x03": "SM4"}
_OTHER_FORM = frozenset({0x6A86, 0x6A81, 0x6A83})
"""Answers of cards that do not read by tag: count records instead."""
_ABSENT = frozenset({0x6A83, 0x6A82})
_GUARDED = 0x6982
PUK, PUK_ADDRESS, MAC_ADDRESS = 0x06, "0090", "0173"  # [2+] S3 annex B
_CONTROL_S = 5.0  # a question to the reader itself
_MAC, _SECRETS = 4, {4, 4 + 8, 4 + 16}


class CardLine(Protocol):
    """A powered card: command in, answer with status word out."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""

    def transmit(self, command: bytes | bytearray) -> bytes:
        """Send `command` once and return the answer, two bytes at least.

        Raises:
            CardRemoved: the card went away; DeviceFault: `chip.silent`, it does not answer.
        """

    def control(self, code: int, data: bytes, limit_s: float) -> bytes:
        """Tell the reader something; empty: it knows no such thing.

        Args:
            limit_s: how long it may take, in seconds; a holder may be typing at it.

        Raises:
            CardRemoved, DeviceFault: as `transmit`.
        """


class KeyJob(NamedTuple):
    """A piece of work that needs the key service: for which operation and card, and whom to ask."""

    op: str
    card: SocialCard
    service: KeyService
    cancel: threading.Event

    def request(self, address: str) -> KeyRequest:
        """Return the request for the key at `address`."""
        return KeyRequest(op=self.op, card=self.card, address=address, cancel=self.cancel)


class ChipSession:
    """The talk; make one for each powering of the card."""

    def __init__(self, line: CardLine) -> None:
        """Begin with a card that nothing was sent to yet."""
        self._line = line
        self._by_number = False
        self._current = 0

    def read(self, *, bank: bool = False) -> SocialCard:
        """Return the card; its bank number first, since that application clears the other."""
        bank_number = read_bank_number(self.send) if bank else ""
        algorithm = self.select()
        values = {"identification": self._first_item()}
        version = self._version(values)
        guarded = False
        for item in ITEMS:
            if item.name not in values and not (guarded and item.file == EF06):
                guarded = self._read_into(values, item, version)
        if not algorithm:
            algorithm = "SSF33" if values["identification"][:1] == b"\x11" else "DES"
        historical = historical_of(self._line.atr)
        return card_of(values, historical, algorithm, bank_number)

    def select(self) -> str:
        """Select the social-security environment; return the algorithm it names, else "".

        Raises:
            DeviceFault: `chip.not_social`, `chip.locked`, `chip.locked_for_ever`.
        """
        answer = self.send(apdu.SELECT_SSSE)
        if answer.sw != DONE:
            raise apdu.fault_of(0xA4, answer)
        self._current = 0
        named = apdu.find_tag(apdu.find_tag(answer.data, 0x9F0C) or b"", 0x86)
        return _ALGORITHMS.get(named or b"", "")

    def confirm(self, card: SocialCard) -> None:
        """Select, and make sure that `card` is the one that lies there.

        Raises:
            Refusal: `chip.another_card`; nothing was sent that could change it.
        """
        self.select()
        seen = (decode(BY_NAME["identification"], self._first_item()), self._historical())
        if seen != (card.identification, card.historical):
            raise Refusal("chip.another_card")

    def tries_left(self) -> int | None:
        """Ask by the empty VERIFY, which spends no try; None when no PIN is set."""
        answer = self.send(apdu.TRIES)
        if answer.sw == DONE:
            return None
        if answer.sw == 0x6983:
            return 0
        if answer.tries is None:
            raise apdu.fault_of(0x20, answer)
        return answer.tries

    def verify(self, pin: bytearray) -> None:
        """Check the PIN, once."""
        self._once_and_wipe(apdu.verify(pin))

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Change the PIN, once."""
        self._once_and_wipe(apdu.change_pin(old, new))

    def verify_at_pad(self) -> None:
        """Have the PIN typed at the reader and checked, once; no digit comes here."""
        self._at_pad(VERIFY_ORDER)

    def change_pin_at_pad(self) -> None:
        """Have the old and the new PIN typed at the reader, once; no digit comes here."""
        self._at_pad(MODIFY_ORDER)

    def unblock(self, job: KeyJob) -> None:
        """Give the tries back, once; the key service is asked before anything is spent."""
        self._secured(job, apdu.UNBLOCK_HEAD, bytearray())

    def reset_pin(self, new: bytearray, job: KeyJob) -> None:
        """Set a new PIN, once."""
        packed = apdu.pack_pin(new)
        try:
            self._secured(job, apdu.RESET_HEAD, packed)
        finally:
            wipe(packed)

    def authenticate(self, job: KeyJob, key: int, address: str) -> None:
        """Open what the card's `key` guards, sent once; `address` is its place at the service.

        Raises:
            DeviceFault: `chip.key_refused`, `chip.key_locked`, `chip.random_stale`,
                `chip.service_garbled`; what the service says.
        """
        # The card takes its last random as the factor, and nothing may come between [O] S1-7 6.6.
        source, factor = self._challenge(), self._challenge()
        proof = _given(job.service.authenticate(job.request(address), factor, source))
        if len(proof) != 16:
            raise Garbled("chip.service_garbled")
        self._once(apdu.external_authenticate(key, proof))

    def read_item(self, item: Item, version: str) -> bytes | None:
        """Return the value of one item; None: a key guards its file.

        Raises:
            DeviceFault: the card has no such item, and as `read`.
        """
        answer = self._ask(item, version)
        if answer.sw == _GUARDED:
            return None
        if answer.sw != DONE:
            raise apdu.fault_of(0xB2, answer)
        return value_of(answer.data, item)

    def update(self, item: Item, version: str, value: bytes) -> None:
        """Write one item, sent once; one update is whole or not at all [O] S1-7 14.

        Raises:
            OutcomeUnknown: no answer came; DeviceFault: the card's refusal.
        """
        record = bytes((item.tag, item.length)) + value
        if self._by_number:
            head = bytes((0x00, 0xDC, record_number(item, version), 0x04))
        else:
            head = bytes((0x00, 0xDC, item.tag, item.file << 3))
        self._once(head + bytes((len(record),)) + record)

    def send(self, command: bytes | bytearray) -> Answer:
        """Send, fetch what waits (61xx) and correct the length (6Cxx), each once at most.

        Raises:
            OutcomeUnknown: `chip.outcome_unknown`, a changing command without an answer.
            CardRemoved, DeviceFault: a reading one.
        """
        answer = self._send(command)
        if answer.sw >> 8 == 0x6C:
            answer = self._send(command[:4] + bytes((answer.sw & 0xFF,)))
        if answer.sw >> 8 == 0x61:
            rest = self._send(bytes((0x00, 0xC0, 0x00, 0x00, answer.sw & 0xFF)))
            answer = Answer(answer.data + rest.data, rest.sw)
        return answer

    def _send(self, command: bytes | bytearray) -> Answer:
        try:
            raw = self._line.transmit(command)
        except DeviceFault as error:
            # The empty VERIFY asks and spends nothing.
            if command[1] in apdu.READS or command == apdu.TRIES:
                raise
            raise OutcomeUnknown("chip.outcome_unknown") from error
        return Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))

    def _once(self, command: bytes | bytearray) -> None:
        answer = self.send(command)
        if answer.sw != DONE:
            raise apdu.fault_of(command[1], answer)

    def _once_and_wipe(self, command: bytearray) -> None:
        try:
            self._once(command)
        finally:
            wipe(command)

    def _at_pad(self, order: PadOrder) -> None:
        known = features(self._line.control(FEATURE_REQUEST, b"", _CONTROL_S))
        if order.feature not in known:
            raise DeviceAbsent("pinpad.not_on_reader")
        try:
            raw = self._line.control(known[order.feature], order.data, WHOLE_S)
        except DeviceFault as error:
            raise OutcomeUnknown("chip.outcome_unknown") from error
        if len(raw) < 2:
            raise DeviceFault("pinpad.reader_refused")
        answer = Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))
        if answer.sw != DONE:
            raise fault_at_pad(order.ins, answer)

    def _challenge(self) -> bytes:
        answer = self.send(apdu.CHALLENGE)
        if answer.sw != DONE or len(answer.data) != 8:
            raise apdu.fault_of(0x84, answer)
        return answer.data

    def _secured(self, job: KeyJob, head: bytes, plain: bytearray) -> None:
        self.authenticate(job, PUK, PUK_ADDRESS)
        random = self._challenge()
        answer = job.service.secure_message(job.request(MAC_ADDRESS), random, head, plain)
        data = _data_field(_given(answer), head)
        # An encrypted part of length zero would leave the card without a PIN [O] 6.8.3.
        if len(data) not in _SECRETS or (len(data) == _MAC) == bool(plain):
            raise Garbled("chip.service_garbled")
        self._once(head + bytes((len(data),)) + data)

    def _historical(self) -> str:
        return historical_of(self._line.atr).hex().upper()

    def _first_item(self) -> bytes:
        item = BY_NAME["identification"]
        answer = self._ask(item, "")
        if answer.sw in _OTHER_FORM and not self._by_number:
            self._by_number = True
            answer = self._ask(item, "")
        if answer.sw != DONE:
            raise apdu.fault_of(0xB2, answer)
        return value_of(answer.data, item)

    def _version(self, values: dict[str, bytes]) -> str:
        self._read_into(values, BY_NAME["version"], "")
        return decode(BY_NAME["version"], values.get("version", b""))

    def _read_into(self, values: dict[str, bytes], item: Item, version: str) -> bool:
        """Read one item if the card has it; return whether a key guards its file (3.0)."""
        if self._by_number and not record_number(item, version):
            return False
        answer = self._ask(item, version)
        if item.file == EF06 and answer.sw == _GUARDED:
            return True
        if answer.sw == DONE:
            values[item.name] = value_of(answer.data, item)
        elif answer.sw not in _ABSENT:
            raise apdu.fault_of(0xB2, answer)
        return False

    def _ask(self, item: Item, version: str) -> Answer:
        if not self._by_number:
            return self.send(apdu.read_by_tag(item.file, item.tag, item.length))
        if self._current != item.file:
            chosen = self.send(apdu.select_file(item.file))
            if chosen.sw != DONE:
                return chosen
            self._current = item.file
        return self.send(apdu.read_by_number(record_number(item, version), item.length))


def _given(answer: KeyAnswer) -> bytes:
    """Return what the service gave; without it nothing more is sent to the card."""
    match answer.outcome:
        case KeyOutcome.DONE:
            return answer.data
        case KeyOutcome.REFUSED:
            raise DeviceFault("chip.service_refused", text=answer.text)
        case KeyOutcome.UNKNOWN:
            raise DeviceFault("chip.service_silent")
        case _:
            assert_never(answer.outcome)


def _data_field(given: bytes, head: bytes) -> bytes:
    """Return the data field: some services give the whole command [2+] S4 C11."""
    whole = given[:4] == head and len(given) > 5 and given[4] == len(given) - 5
    return given[5:] if whole else given
