"""A file of many members, sealed for whoever holds a key: what backups are written as.

Layout: magic, length of the head (4 bytes, big-endian), head (JSON, readable by anybody: whose it
is and how its key is found, no personal data), then a tar stream in pieces of 256 KiB, each
AES-256-GCM with its number as nonce, a mark on the last one, and the head's hash as associated
data. A piece that is missing, exchanged, repeated or changed fails; so does a file that was cut.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from sbk_tui.data.keyring import Cost
from sbk_tui.errors import IntegrityFault, Refusal

MAGIC = b"SBKBACKUP1\n"
PIECE_BYTES = 256 * 1024
_TAG_BYTES = 16
_LENGTH_BYTES, _MOST_HEAD = 4, 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_VERSION = 1


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in clear at the head of a backup."""

    v: int = _VERSION
    kind: str
    """`counter` or `hub`."""
    owner: str
    """The counter's id, or the hub's."""
    made: int
    """Unix ms."""
    salt: str
    """Hexadecimal; no two files are sealed with the same key."""
    keyring: str = ""
    """A counter's `keyring.json`: a clerk's password opens a slot of it."""
    cost: Cost | None = None
    """What a guess at a hub's password costs; `salt` goes into it, too."""


class Member(NamedTuple):
    """One file of a backup: its name inside, and where it lies or what it holds."""

    name: str
    content: Path | bytes


class Piece(NamedTuple):
    """What was written or read of one member."""

    size: int
    sha256: str


def new_salt() -> str:
    """Return the salt of a new file."""
    return secrets.token_hex(16)


def write_sealed(
    target: IO[bytes],
    head: Head,
    key: bytes,
    members: Iterable[Member],
    last: Callable[[dict[str, Piece]], Iterable[Member]],
) -> None:
    """Write a backup.

    Args:
        key: 32 bytes, from which the file's own key is made.
        last: given what was written of each member, returns those that speak of the others.
    """
    sealed_head = msgspec.json.encode(head)
    target.write(MAGIC + len(sealed_head).to_bytes(_LENGTH_BYTES, "big") + sealed_head)
    pieces = _Sealer(target, _cipher(key, head), hashlib.sha256(sealed_head).digest())
    written: dict[str, Piece] = {}
    with tarfile.open(fileobj=pieces, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        for member in members:
            written[member.name] = _add(tar, member)
        for member in last(written):
            _add(tar, member)
    pieces.finish()


def read_head(source: IO[bytes]) -> Head:
    """Return the head of a backup; `source` stands behind it afterwards.

    Raises:
        Refusal: `backup.not_ours`, `backup.newer`, `backup.cut`.
    """
    return _read_head(source)[0]


@contextmanager
def members_of(source: IO[bytes], key: bytes) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Give the members of a backup in the order in which they were written.

    Raises:
        Refusal: as `read_head`; IntegrityFault: `backup.changed`.
    """
    head, sealed_head = _read_head(source)
    opener = _Opener(source, _cipher(key, head), hashlib.sha256(sealed_head).digest())
    try:
        with tarfile.open(fileobj=opener, mode="r|") as tar:  # type: ignore[call-overload]
            yield _members(tar)
            while opener.read(PIECE_BYTES):
                pass  # to the mark on the last piece
    except tarfile.TarError as error:
        raise IntegrityFault("backup.changed") from error


def piece_of(source: IO[bytes], target: IO[bytes] | None = None) -> Piece:
    """Read a member to its end, into `target` if there is one, and return what it was."""
    hasher, size = hashlib.sha256(), 0
    while chunk := source.read(PIECE_BYTES):
        hasher.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return Piece(size, hasher.hexdigest())


def _read_head(source: IO[bytes]) -> tuple[Head, bytes]:
    if source.read(len(MAGIC)) != MAGIC:
        raise Refusal("backup.not_ours")
    length = int.from_bytes(source.read(_LENGTH_BYTES), "big")
    sealed_head = source.read(length) if length <= _MOST_HEAD else b""
    if not length or len(sealed_head) != length:
        raise Refusal("backup.cut")
    try:
        head = msgspec.json.decode(sealed_head, type=Head)
    except msgspec.DecodeError as error:
        raise Refusal("backup.not_ours") from error
    if head.v > _VERSION:
        raise Refusal("backup.newer")
    return head, sealed_head


def _add(tar: tarfile.TarFile, member: Member) -> Piece:
    entry = tarfile.TarInfo(member.name)
    entry.mode = 0o600
    if isinstance(member.content, bytes):
        entry.size = len(member.content)
        tar.addfile(entry, io.BytesIO(member.content))
        return Piece(entry.size, hashlib.sha256(member.content).hexdigest())
    with member.content.open("rb") as file:
        entry.size = member.content.stat().st_size
        watched = _Hashed(file)
        tar.addfile(entry, watched)
    return Piece(entry.size, watched.hasher.hexdigest())


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for entry in tar:
        content = tar.extractfile(entry) if entry.isreg() else None
        if content is None or not _NAME.fullmatch(entry.name):
            raise IntegrityFault("backup.changed")
        yield entry.name, content


def _cipher(key: bytes, head: Head) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    message = b"sbk/backup/1\x00" + bytes.fromhex(head.salt)
    return AESGCM(hmac.new(key, message, hashlib.sha256).digest())


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hasher = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.hasher.update(content)
        return content


class _Sealer:
    """What is written goes out in sealed pieces."""

    def __init__(self, target: IO[bytes], cipher: Any, bound: bytes) -> None:
        self._target, self._cipher, self._bound = target, cipher, bound
        self._held = bytearray()
        self._number = 0

    def write(self, content: bytes) -> int:
        self._held += content
        while len(self._held) > PIECE_BYTES:  # one piece is kept back: it may be the last
            self._put(bytes(self._held[:PIECE_BYTES]), last=False)
            del self._held[:PIECE_BYTES]
        return len(content)

    def finish(self) -> None:
        self._put(bytes(self._held), last=True)

    def _put(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._target.write(self._cipher.encrypt(nonce, plain, self._bound))
        self._number += 1


class _Opener:
    """Sealed pieces come out as what was written."""

    def __init__(self, source: IO[bytes], cipher: Any, bound: bytes) -> None:
        self._source, self._cipher, self._bound = source, cipher, bound
        self._next = source.read(PIECE_BYTES + _TAG_BYTES)
        self._held = b""
        self._number = 0

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            if not self._held and not self._open_next():
                break
            parts.append(self._held[:missing])
            self._held = self._held[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def _open_next(self) -> bool:
        from cryptography.exceptions import InvalidTag

        sealed = self._next
        if not sealed:
            if self._number == 0:
                raise IntegrityFault("backup.changed")
            return False
        self._next = self._source.read(PIECE_BYTES + _TAG_BYTES)
        nonce = _nonce(self._number, last=not self._next)
        try:
            self._held = self._cipher.decrypt(nonce, sealed, self._bound)
        except InvalidTag as error:
            raise IntegrityFault("backup.changed") from error
        self._number += 1
        return True
