"""Signing and hashing, by suite number: suite 1 is SHA-256 and Ed25519.

`Signer` is a Protocol so that a key device can stand behind it. `cryptography` is imported in
the functions: no screen pays for it before somebody signs in.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from sbk_tui.errors import IntegrityFault

SUITE = 1


class Signer(Protocol):
    """Something that signs for one counter or one clerk."""

    suite: int
    public: bytes

    def sign(self, message: bytes) -> bytes: ...


class Ed25519Signer:
    """A file key, in memory while its owner is signed in."""

    suite = SUITE

    def __init__(self, private: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`, 64 bytes."""
        return self._key.sign(message)


def new_private_key() -> bytes:
    """Return a fresh Ed25519 private key, 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes_raw()


def verify(suite: int, public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether `signature` over `message` was made by the owner of `public`.

    Raises:
        IntegrityFault: `seal.suite` for a suite this program does not know.
    """
    if suite != SUITE:
        raise IntegrityFault("seal.suite", suite=suite)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def digest(label: str, *parts: bytes) -> bytes:
    """Return SHA-256 of the label, a zero byte and the parts; labels keep uses apart."""
    hasher = hashlib.sha256(label.encode("ascii") + b"\x00")
    for part in parts:
        hasher.update(part)
    return hasher.digest()
