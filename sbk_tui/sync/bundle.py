"""The file that travels on a stick: sealed for one receiver, signed by its sender, cut-proof.

Layout: magic, length of the header (4 bytes, big-endian), header (JSON, readable by anybody: who
to whom, which records, no personal data), body (MessagePack, deflated, HPKE to the receiver with
the header as its context), and the sender's signature over all before it. No file names inside;
what is unpacked is counted while it is unpacked.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from sbk_tui.data.record import Record
from sbk_tui.data.seal import SUITE, Signer, digest, verify
from sbk_tui.errors import Refusal, StorageFault
from sbk_tui.sync import wire

MAGIC = b"SBKBUNDLE1\n"
MOST_PACKED, MOST_UNPACKED = 64 * 1024 * 1024, 256 * 1024 * 1024
_LENGTH_BYTES, _SIGNATURE_BYTES, _MOST_HEADER = 4, 64, 4096

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import Suite

T = TypeVar("T", bound=msgspec.Struct)


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in clear at the head of a bundle."""

    v: int = 1
    suite: int = SUITE
    kind: str
    """`work`, a counter's records for the hub, or `word`, the hub's answer."""
    sender: str
    """The counter's id, or the hub's."""
    to: str
    inc: str
    """The counter's incarnation, in both directions."""
    first: int
    last: int
    """Numbers of the first and the last record inside, or spoken of; last < first: none."""
    made: int
    """Unix ms by the sender's clock."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a counter hands in by stick."""

    records: tuple[Record, ...]
    clerks: tuple[wire.ClerkKey, ...]
    cursor: int
    box: bytes
    """Public X25519 key for the answer."""
    whole: bool = False
    """True: a whole new copy is being fetched, `cursor` is how far."""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's answer: its signed receipts, and how far it has the counter's chain."""

    epoch: str
    ack: wire.Mark
    results: tuple[wire.Sealed, ...]
    stopped: wire.Stop | None = None
    orders: tuple[str, ...] = ()
    after: int = 0
    """Where the first page begins: the cursor that the counter has named."""
    whole: bool = False
    pages: tuple[bytes, ...] = ()
    """Pages of the feed since then, as the network brings them; the bundle's signature covers
    them."""


class Opened(NamedTuple):
    """A bundle whose header was read and whose signature holds against nobody yet."""

    header: Header
    sealed_header: bytes
    body: bytes
    signature: bytes

    def is_by(self, public: bytes) -> bool:
        """Return whether the owner of `public` made exactly this bundle."""
        message = _message(self.sealed_header, self.body)
        return verify(self.header.suite, public, self.signature, message)


def new_box() -> bytes:
    """Return a fresh private key for opening bundles (X25519, 32 bytes)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.generate().private_bytes_raw()


def public_box(private: bytes) -> bytes:
    """Return the public half of a box key."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def pack(header: Header, content: Work | Word, *, box: bytes, signer: Signer) -> bytes:
    """Return the bundle of `content`, readable only by the owner of the public key `box`.

    Raises:
        Refusal: `bundle.too_large`.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    sealed_header = msgspec.json.encode(header)
    plain = msgspec.msgpack.encode(content)
    body = _suite().encrypt(
        zlib.compress(plain, 6), X25519PublicKey.from_public_bytes(box), sealed_header
    )
    if len(body) > MOST_PACKED or len(plain) > MOST_UNPACKED:
        raise Refusal("bundle.too_large", most=MOST_PACKED >> 20)
    signature = signer.sign(_message(sealed_header, body))
    length = len(sealed_header).to_bytes(_LENGTH_BYTES, "big")
    return MAGIC + length + sealed_header + body + signature


def open_bundle(content: bytes) -> Opened:
    """Split a file into its parts; nothing is decrypted and nobody is believed yet.

    Raises:
        Refusal: `bundle.not_ours`, `bundle.cut`, `bundle.too_large`, `bundle.newer`.
    """
    if not content.startswith(MAGIC):
        raise Refusal("bundle.not_ours")
    if len(content) > MOST_PACKED + _MOST_HEADER:
        raise Refusal("bundle.too_large", most=MOST_PACKED >> 20)
    at = len(MAGIC) + _LENGTH_BYTES
    length = int.from_bytes(content[len(MAGIC) : at], "big")
    if length > _MOST_HEADER or len(content) < at + length + _SIGNATURE_BYTES:
        raise Refusal("bundle.cut")
    sealed_header = content[at : at + length]
    try:
        header = msgspec.json.decode(sealed_header, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("bundle.cut") from error
    if header.v != 1 or header.suite != SUITE:
        raise Refusal("bundle.newer")
    body = content[at + length : -_SIGNATURE_BYTES]
    return Opened(header, sealed_header, body, content[-_SIGNATURE_BYTES:])


def unseal(bundle: Opened, private: bytes, content: type[T]) -> T:
    """Return what is inside, once the signature was found good.

    Raises:
        Refusal: `bundle.cut` when it was not made for this key or is not whole.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = X25519PrivateKey.from_private_bytes(private)
    try:
        packed = _suite().decrypt(bundle.body, key, bundle.sealed_header)
        return msgspec.msgpack.decode(_inflated(packed), type=content)
    except (InvalidTag, ValueError, zlib.error, msgspec.DecodeError) as error:
        raise Refusal("bundle.cut") from error


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(packed, MOST_UNPACKED)
    if unpacker.unconsumed_tail:
        raise Refusal("bundle.too_large", most=MOST_UNPACKED >> 20)
    return plain


def write_bundle(path: Path, content: bytes) -> None:
    """Put a bundle on a stick: whole, flushed, and read back; or not there at all.

    Raises:
        StorageFault: `bundle.cannot_write`, also when the stick gives back other bytes.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if part.read_bytes() != content:
            raise StorageFault("bundle.cannot_write", place=str(path))
        part.replace(path)
    except OSError as error:
        raise StorageFault("bundle.cannot_write", place=str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def read_bundle(path: Path) -> Opened:
    """Read a bundle from a stick.

    Raises:
        Refusal: `bundle.missing`, and those of `open_bundle`.
    """
    try:
        if path.stat().st_size > MOST_PACKED + _MOST_HEADER:
            raise Refusal("bundle.too_large", most=MOST_PACKED >> 20)
        content = path.read_bytes()
    except OSError as error:
        raise Refusal("bundle.missing", place=str(path)) from error
    return open_bundle(content)


def _message(sealed_header: bytes, body: bytes) -> bytes:
    return digest("sbk/bundle/1", len(sealed_header).to_bytes(4, "big"), sealed_header, body)


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
