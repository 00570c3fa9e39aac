"""The virtual card: the state machine of the chip, with faults by name; no line.

Part of the product: the training counter puts it into the virtual reader. Each rule that looks
fussy is there because a driver that is plausible and wrong passes without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.chip import apdu, twin_keys
from sbk_tui.hardware.chip.layout import BY_TAG, EF05, EF06, EF07, EF08
from sbk_tui.hardware.chip.twin_keys import TEST_KEY, Algorithm

AUTH_PUK, AUTH_WRITE, AUTH_READ = 0x06, 0x04, 0x0A
_SOCIAL, _BANK = "social", "bank"
_PSE = b"1PAY.SYS.DDF01"
_FCI_HEAD = bytes.fromhex("6F1C840F") + apdu.SSSE + bytes.fromhex("A50988011E9F0C0386")
_ALGORITHM_CODES = {"DES": 1, "SM4": 3}


@dataclass(slots=True)
class Profile:
    """What a virtual card holds, and how it behaves."""

    atr: bytes
    ef05: list[tuple[int, bytes]]
    """Records in their order: tag and value."""
    ef06: list[tuple[int, bytes]]
    algorithm: Algorithm = "DES"
    fci: str = "full"
    """"full", "bare" (only 9000) or "waiting" (611E, to be fetched)."""
    guarded: bool = False
    """EF06 is behind the key RKSSSE (3.0)."""
    social: bool = True
    """False: any other card."""
    by_tag: bool = True
    """False: an older card that reads by record number only."""
    pin: str = "123456"
    tries: int = 6
    key_tries: int = 3
    bank: dict[bytes, bytes] = field(default_factory=dict)
    """Answers of the bank application: the first bytes of a command, its data."""


@dataclass(slots=True)
class Wire:
    """What goes over the line after a command."""

    data: bytes | None
    """None: the card says nothing."""
    hang_up: bool = False
    """The card is pulled."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at a command."""

    at: frozenset[int]
    """INS; empty: any."""
    act: bool = True
    """Whether the card does what it was told, before it fails."""
    hang_up: bool = False
    answer: bytes | None = None
    """None: nothing is answered."""


_UPDATE, _PINS = frozenset({0xDC}), frozenset({0x5E, 0x24})
FAULTS = {
    "tear_before": Fault(_UPDATE, act=False, hang_up=True),
    "tear_after": Fault(_UPDATE, hang_up=True),
    "tear_pin_before": Fault(_PINS, act=False, hang_up=True),
    "tear_pin_after": Fault(_PINS, hang_up=True),
    "pulled": Fault(frozenset(), act=False, hang_up=True),
    "mute": Fault(frozenset(), act=False),
    "wear": Fault(_UPDATE, act=False, answer=b"\x65\x81"),
    "app_locked": Fault(frozenset({0xA4}), act=False, answer=b"\x93\x03"),
    "card_locked": Fault(frozenset(), act=False, answer=b"\x6a\x81"),
    "alien_answer": Fault(frozenset({0xB2}), act=False, answer=bytes.fromhex("31FF419000")),
    "puk_dead": Fault(frozenset({0x82}), act=False, answer=b"\x69\x83"),
}
"""What a test or a drill can ask for, by name."""


class VirtualCard:
    """A chip: commands in, answers out. What `power_off` forgets is the chip's volatile state."""

    def __init__(self, profile: Profile, random: Callable[[int], bytes]) -> None:
        """Take the contents, and where the chip's random numbers come from."""
        self.profile = profile
        self.heard: list[bytes] = []
        """Every command, in order."""
        self.tries = profile.tries
        self.pin = profile.pin
        self._random_source = random
        self._key_tries: dict[int, int] = {}
        self._fault: Fault | None = None
        self._fault_nth = 0
        self.power_off()

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self.profile.atr

    @property
    def is_at_rest(self) -> bool:
        """Nothing is selected and no right is open, as after a power-off."""
        return not self._place

    def power_off(self) -> None:
        """Forget rights, random and selection; counters stay."""
        self._place = ""
        self._clear()

    def fault(self, name: str, nth: int = 1) -> None:
        """Fail as `FAULTS` says at the `nth` command concerned, once; `nth` 0: at every one.

        Raises:
            BadUsage: `chip.unknown_fault`.
        """
        if name not in FAULTS:
            raise BadUsage("chip.unknown_fault", name=name)
        self._fault, self._fault_nth = FAULTS[name], nth

    def exchange(self, command: bytes) -> Wire:
        """Do `command` and return what goes over the line."""
        self.heard.append(command)
        fault = self._fault_at(command)
        if fault is None:
            return Wire(self._do(command))
        if fault.act:
            self._do(command)
        return Wire(fault.answer, fault.hang_up)

    def record(self, tag: int) -> bytes:
        """Return the stored value of an item, for whoever checks the card afterwards."""
        return dict(self.profile.ef05 + self.profile.ef06)[tag]

    def _fault_at(self, command: bytes) -> Fault | None:
        fault = self._fault
        if fault is None or (fault.at and command[1] not in fault.at):
            return None
        if self._fault_nth == 0:
            return fault
        self._fault_nth -= 1
        if self._fault_nth:
            return None
        self._fault = None
        return fault

    def _clear(self) -> None:
        self._file = 0
        self._random = b""
        self._rights: set[int] = set()
        self._waiting = b""
        self.verified = False

    def _do(self, command: bytes) -> bytes:
        if len(command) < 4:
            return b"\x67\x00"
        # A random is good for the very next command only.
        random, self._random = self._random, b""
        head, body = (command[0], command[1]), command[5 : 5 + command[4]] if command[4:] else b""
        match head:
            case (0x00, 0xA4):
                return self._select(command, body)
            case (0x00, 0xC0):
                data, self._waiting = self._waiting, b""
                return data + b"\x90\x00" if data else b"\x69\x85"
            case (0x00, 0xB2):
                return self._bank(command) if self._place == _BANK else self._read(command)
            case (0x80, 0xA8):
                return self._bank(command)
        if self._place != _SOCIAL:
            return b"\x69\x85" if self.profile.social else b"\x6d\x00"
        return self._social(head, command, body, random)

    def _social(self, head: tuple[int, int], command: bytes, body: bytes, random: bytes) -> bytes:
        match head:
            case (0x00, 0x84):
                self._random = self._random_source(8)
                return self._random + b"\x90\x00"
            case (0x00, 0x20):
                return self._verify(body)
            case (0x80, 0x5E):
                return self._change(command, body)
            case (0x00, 0x82):
                return self._authenticate(command[3], body, random)
            case (0x84, 0x24):
                return self._reset(command, body, random)
            case (0x00, 0xDC):
                return self._update(command, body)
            case (0x00, 0xB0):
                guarded = AUTH_READ not in self._rights
                return b"\x69\x82" if guarded else bytes(command[4]) + b"\x90\x00"
        return b"\x6e\x00" if head[0] not in {0x00, 0x80, 0x84} else b"\x6d\x00"

    def _select(self, command: bytes, body: bytes) -> bytes:
        if command[2] == 0x04:
            return self._select_name(body)
        if self._place != _SOCIAL or len(body) != 2 or body[0] != 0xEF:
            return b"\x6a\x82"
        if body[1] not in {EF05, EF06, EF07, EF08}:
            return b"\x6a\x82"
        self._file = body[1]
        return b"\x90\x00"

    def _select_name(self, name: bytes) -> bytes:
        if name == apdu.SSSE and self.profile.social:
            self._place = _SOCIAL
            self._clear()
            fci = _FCI_HEAD + bytes((1, _ALGORITHM_CODES[self.profile.algorithm]))
            if self.profile.fci == "bare":
                return b"\x90\x00"
            if self.profile.fci == "waiting":
                self._waiting = fci
                return bytes((0x61, len(fci)))
            return fci + b"\x90\x00"
        if self.profile.bank and (name == _PSE or name in self.profile.bank):
            self._place = _BANK
            self._clear()
            return self.profile.bank.get(name, b"") + b"\x90\x00"
        return b"\x6a\x82"

    def _bank(self, command: bytes) -> bytes:
        if self._place != _BANK:
            return b"\x69\x85"
        for start, data in self.profile.bank.items():
            if start[:1] in b"\x00\x80" and command.startswith(start):
                if command[1] == 0xB2 and command[4] != len(data):
                    return bytes((0x6C, len(data)))
                return data + b"\x90\x00"
        return b"\x6a\x83"

    def _read(self, command: bytes) -> bytes:
        if self._place != _SOCIAL:
            return b"\x69\x85" if self.profile.social else b"\x6d\x00"
        file, form = (command[3] >> 3) or self._file, command[3] & 7
        if form not in {0, 4, 5} or (form == 0 and not self.profile.by_tag):
            return b"\x6a\x86"
        if not file:
            return b"\x69\x86"
        if file not in {EF05, EF06}:
            return b"\x69\x81"
        if file == EF06 and self.profile.guarded and AUTH_READ not in self._rights:
            return b"\x69\x82"
        data = b"".join(
            bytes((tag, len(value))) + value for tag, value in self._chosen(file, form, command[2])
        )
        if not data:
            return b"\x6a\x83"
        if len(command) < 5 or command[4] != len(data):
            return bytes((0x6C, len(data)))
        return data + b"\x90\x00"

    def _chosen(self, file: int, form: int, which: int) -> Iterable[tuple[int, bytes]]:
        records = self._records(file)
        if form == 0:
            return [record for record in records if record[0] == which]
        return records[which - 1 :] if form == 5 else records[which - 1 : which]

    def _records(self, file: int) -> list[tuple[int, bytes]]:
        return self.profile.ef05 if file == EF05 else self.profile.ef06

    def _verify(self, body: bytes) -> bytes:
        if len(body) > 8:
            return b"\x67\x00"
        if not self.pin:
            return b"\x90\x00"
        if not self.tries:
            return b"\x69\x83"
        if not body:
            return bytes((0x63, 0xC0 | self.tries))
        if body != apdu.pack_pin(self.pin.encode()):
            return self._spend()
        self.tries, self.verified = self.profile.tries, True
        return b"\x90\x00"

    def _spend(self) -> bytes:
        self.tries -= 1
        self.verified = False
        return bytes((0x63, 0xC0 | self.tries))

    def _change(self, command: bytes, body: bytes) -> bytes:
        if command[2:4] != b"\x01\x00":
            return b"\x6a\x86"
        if not 3 <= len(body) <= 17:
            return b"\x67\x00"
        if not self.tries:
            return b"\x69\x83"
        old, mark, new = body.partition(b"\xff")
        if not mark or not 2 <= len(new) <= 8:
            return b"\x6a\x80"
        if old != apdu.pack_pin(self.pin.encode()):
            return self._spend()
        self._set_pin(new)
        return b"\x90\x00"

    def _set_pin(self, packed: bytes) -> None:
        self.pin, self.tries = packed.hex().upper().rstrip("F"), self.profile.tries

    def _authenticate(self, key: int, body: bytes, random: bytes) -> bytes:
        left = self._key_tries.get(key, self.profile.key_tries)
        if key not in {AUTH_PUK, AUTH_WRITE, AUTH_READ}:
            return b"\x6a\x88"
        if len(body) not in {16, 17}:
            return b"\x67\x00"
        if not left:
            return b"\x69\x83"
        if not random:
            return b"\x69\x84"
        right = twin_keys.auth(self.profile.algorithm, TEST_KEY, random, body[8:16])
        if body[:8] != right:
            self._key_tries[key] = left - 1
            return bytes((0x63, 0xC0 | left - 1))
        self._key_tries[key] = self.profile.key_tries
        self._rights.add(key)
        return b"\x90\x00"

    def _reset(self, command: bytes, body: bytes, random: bytes) -> bytes:
        left = self._key_tries.get(AUTH_PUK, self.profile.key_tries)
        if not left:
            return b"\x69\x83"
        if AUTH_PUK not in self._rights:
            return b"\x69\x82"
        if not random:
            return b"\x69\x84"
        algorithm = self.profile.algorithm
        sizes = {0x00: {4}, 0x01: {4, 12 if algorithm == "DES" else 20}}
        if len(body) not in sizes.get(command[3], set()):
            return b"\x67\x00"
        session = twin_keys.session_key(algorithm, TEST_KEY, random)
        secret, given = body[:-4], body[-4:]
        if given != twin_keys.mac(algorithm, session, command[:5] + secret):
            self._key_tries[AUTH_PUK] = left - 1
            return b"\x69\x88"
        if command[3] == 0x01:
            self._set_pin(twin_keys.open_secret(algorithm, session, secret) if secret else b"")
        self.tries = self.profile.tries
        return b"\x90\x00"

    def _update(self, command: bytes, body: bytes) -> bytes:
        file, form = (command[3] >> 3) or self._file, command[3] & 7
        if AUTH_WRITE not in self._rights:
            return b"\x69\x82"
        if file not in {EF05, EF06} or form not in ({0, 4} if self.profile.by_tag else {4}):
            return b"\x6a\x86"
        if len(body) < 2 or body[1] != len(body) - 2:
            return b"\x6a\x85"
        if not any(record[0] == body[0] for record in self._chosen(file, form, command[2])):
            return b"\x6a\x83"
        if len(body) - 2 != BY_TAG[body[0]].length:
            return b"\x6a\x80"
        records = self._records(file)
        records[[tag for tag, _ in records].index(body[0])] = (body[0], body[2:])
        return b"\x90\x00"
