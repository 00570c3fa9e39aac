"""Who may open this counter: one key slot per clerk; a password opens a slot, it is not compared.

`keyring.json` holds, wrapped by Argon2id of each clerk's password, the data key that opens the
database and the clerk's own signing key. A wrong password is a failed unwrap. Wrong tries are
counted in a small file beside it, so that they count before the database is open.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from sbk_tui.data import lockout
from sbk_tui.data.lockout import Tries
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal

KEY_BYTES = 32
_NONCE_BYTES = 12
_SHORTEST = 8
_PLAIN_LENGTH = 10
_CLASSES = 3
# Too common to be a password here; the start of the list of such words, in lower case.
_COMMON = frozenset(
    (
        "password", "passw0rd", "password1", "password123", "12345678", "123456789",
        "1234567890", "11111111", "88888888", "66666666", "00000000", "qwertyuiop", "qwerty123",
        "1qaz2wsx", "abc123456", "abcd1234", "a1234567", "a123456789", "iloveyou", "woaini1314",
        "5201314520", "admin123", "admin888", "administrator", "xinxiang", "xinxiang123",
        "shebao123", "shebaoka", "rensheju",
    )
)  # fmt: skip


class Cost(msgspec.Struct, frozen=True):
    """What one guess costs: Argon2id parameters, memory in KiB."""

    iterations: int
    memory_kib: int
    lanes: int = 1


LADDER = (Cost(2, 19 * 1024), Cost(3, 32 * 1024), Cost(4, 46 * 1024))
"""From the floor upwards; set-up takes the highest that stays under half a second."""


class Slot(msgspec.Struct, frozen=True):
    """One clerk's way in."""

    clerk: str
    name: str
    role: str
    cost: Cost
    salt: str
    nonce: str
    wrapped: str
    public: str


class _File(msgspec.Struct, frozen=True):
    v: int
    encrypted: bool
    """Whether the database must be; a plain file in its place is refused, never opened."""
    slots: tuple[Slot, ...] = ()


class Opened(NamedTuple):
    """What a password gave: the database's key and the clerk's signer."""

    slot: Slot
    data_key: bytes
    signer: Ed25519Signer


class Keyring:
    """The key slots of one counter's folder."""

    def __init__(self, folder: Path, now_ms: Callable[[], int]) -> None:
        self._path = folder / "keyring.json"
        self._tries_path = folder / "tries.json"
        self._now_ms = now_ms

    @property
    def exists(self) -> bool:
        """Whether the counter was set up."""
        return self._path.exists()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every clerk who has a way in."""
        return self._read().slots

    @property
    def encrypted(self) -> bool:
        """Whether the database beside it is encrypted."""
        return self._read().encrypted

    def create(self, *, encrypted: bool) -> bytes:
        """Begin an empty keyring and return the data key that its slots will hold.

        Raises:
            BadUsage: `counter.exists`.
        """
        if self.exists:
            raise BadUsage("counter.exists", place=str(self._path.parent))
        self._write(_File(1, encrypted))
        return secrets.token_bytes(KEY_BYTES)

    def _read(self) -> _File:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError as error:
            raise BadUsage("counter.missing", place=str(self._path.parent)) from error
        except msgspec.DecodeError as error:
            raise IntegrityFault("keyring.unreadable") from error

    def add(
        self, clerk: str, name: str, role: str, password: str, *, data_key: bytes, cost: Cost
    ) -> bytes:
        """Give a clerk a slot; return the public half of the signing key made for it.

        Raises:
            Refusal: `auth.weak_…`, the password is not good enough.
            BadUsage: `auth.clerk_exists`.
        """
        check_password(password, clerk, name)
        if any(slot.clerk == clerk for slot in self.slots):
            raise BadUsage("auth.clerk_exists", clerk=clerk)
        private = new_private_key()
        slot = _wrap(clerk, name, role, password, data_key, private, cost)
        self._write_slots((*self.slots, slot))
        return bytes.fromhex(slot.public)

    def change_password(self, opened: Opened, old: str, new: str, cost: Cost) -> None:
        """Wrap a clerk's keys with a new password; the old one no longer opens anything."""
        _, private = _unwrap(opened.slot, old)
        check_password(new, opened.slot.clerk, opened.slot.name)
        slot = opened.slot
        fresh = _wrap(slot.clerk, slot.name, slot.role, new, opened.data_key, private, cost)
        self._write_slots(tuple(fresh if s.clerk == slot.clerk else s for s in self.slots))

    def remove(self, clerk: str) -> None:
        """Close a clerk's way in."""
        self._write_slots(tuple(slot for slot in self.slots if slot.clerk != clerk))

    def unlock(self, clerk: str, password: str) -> Opened:
        """Open a clerk's slot.

        Raises:
            Refusal: `auth.wrong` (with the tries left), `auth.locked` (with the minutes left).
                An unknown clerk is told the same as a wrong password.
        """
        tries = self._load_tries()
        mine, now = tries.get(clerk, Tries()), self._now_ms()
        mine.refuse_locked(now)
        slot = next((s for s in self.slots if s.clerk == clerk), None)
        keys = _unwrap_or_none(slot, password)
        if slot is None or keys is None:
            self._save_tries({**tries, clerk: mine.after_wrong(now)})
            raise Refusal("auth.wrong", left=mine.left - 1)
        if mine != Tries():
            self._save_tries({**tries, clerk: Tries()})
        return Opened(slot, keys[0], Ed25519Signer(keys[1]))

    def _load_tries(self) -> dict[str, Tries]:
        try:
            return msgspec.json.decode(self._tries_path.read_bytes(), type=dict[str, Tries])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _save_tries(self, tries: dict[str, Tries]) -> None:
        write_private(self._tries_path, msgspec.json.encode(tries))

    def _write_slots(self, slots: tuple[Slot, ...]) -> None:
        self._write(msgspec.structs.replace(self._read(), slots=slots))

    def _write(self, file: _File) -> None:
        write_private(self._path, msgspec.json.encode(file))


def check_password(password: str, clerk: str, name: str) -> None:
    """Return when a password is good enough: 10 characters, or 8 of three classes.

    Raises:
        Refusal: `auth.weak_short`, `auth.weak_common`, `auth.weak_own_name`.
    """
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    classes = sum(any(kind(char) for char in password) for kind in kinds)
    long_enough = len(password) >= _PLAIN_LENGTH
    if not long_enough and (len(password) < _SHORTEST or classes < _CLASSES):
        raise Refusal("auth.weak_short")
    if password.lower() in _COMMON or len(set(password)) <= 2:
        raise Refusal("auth.weak_common")
    if clerk.lower() in password.lower() or name in password:
        raise Refusal("auth.weak_own_name")


def choose_cost(clock: Callable[[], float] = time.perf_counter) -> Cost:
    """Return the highest cost of the ladder that this machine bears in half a second."""
    chosen = LADDER[0]
    for cost in LADDER:
        begin = clock()
        derive("a measured guess", b"\x00" * 16, cost)
        if clock() - begin > 0.5:
            break
        chosen = cost
    return chosen


def write_private(path: Path, content: bytes) -> None:
    """Write a file of ours whole or not at all, readable by its owner only, and flush it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _wrap(
    clerk: str, name: str, role: str, password: str, data_key: bytes, private: bytes, cost: Cost
) -> Slot:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(_NONCE_BYTES)
    wrapped = AESGCM(derive(password, salt, cost)).encrypt(
        nonce, data_key + private, clerk.encode()
    )
    public = Ed25519Signer(private).public
    return Slot(clerk, name, role, cost, salt.hex(), nonce.hex(), wrapped.hex(), public.hex())


def _unwrap(slot: Slot, password: str) -> tuple[bytes, bytes]:
    keys = _unwrap_or_none(slot, password)
    if keys is None:
        raise Refusal("auth.wrong", left=lockout.MOST)
    return keys


def _unwrap_or_none(slot: Slot | None, password: str) -> tuple[bytes, bytes] | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if slot is None:  # the same work as for a clerk who exists
        derive(password, b"\x00" * 16, LADDER[0])
        return None
    key = derive(password, bytes.fromhex(slot.salt), slot.cost)
    try:
        plain = AESGCM(key).decrypt(
            bytes.fromhex(slot.nonce), bytes.fromhex(slot.wrapped), slot.clerk.encode()
        )
    except InvalidTag:
        return None
    return plain[:KEY_BYTES], plain[KEY_BYTES:]


def derive(password: str, salt: bytes, cost: Cost) -> bytes:
    """Return 32 bytes from a password, by Argon2id."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    return Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(password.encode("utf-8"))
