"""The arithmetic of card keys, for the virtual card and the simulated key service alone.

The product holds no card key: a real key stays in the city's or the province's service. The
rules are [O] S1-4 8-9; the tests hold vectors computed apart from this code.
"""

from __future__ import annotations

from typing import Literal

Algorithm = Literal["SM4", "DES"]
TEST_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
"""Invented; the final key of every virtual card."""


def auth(algorithm: Algorithm, key: bytes, factor: bytes, source: bytes) -> bytes:
    """Return AUTH8 for the card's random `factor` and the 8 bytes `source`."""
    session = session_key(algorithm, key, factor)
    if algorithm == "DES":
        return _ecb("DES", session, source)
    block = _ecb("SM4", session, source + bytes(8))
    return _xor(block[:8], block[8:])


def secure_data(
    algorithm: Algorithm, key: bytes, random: bytes, head: bytes, plain: bytes
) -> bytes:
    """Return the data field of a secured command: `plain` encrypted (if any), then the MAC4."""
    session = session_key(algorithm, key, random)
    secret = _ecb(algorithm, session, _padded(bytes((len(plain),)) + plain, algorithm))
    secret = secret if plain else b""
    return secret + mac(algorithm, session, head + bytes((len(secret) + 4,)) + secret)


def mac(algorithm: Algorithm, session: bytes, data: bytes) -> bytes:
    """Return the 4 bytes over `data`."""
    size = _block(algorithm)
    data += b"\x80" + bytes(-(len(data) + 1) % size)
    last = bytes(size)
    for at in range(0, len(data), size):
        last = _ecb(algorithm, session, _xor(last, data[at : at + size]))
    if algorithm == "DES":
        return last[:4]
    return _xor(_xor(last[:4], last[4:8]), _xor(last[8:12], last[12:]))


def open_secret(algorithm: Algorithm, session: bytes, secret: bytes) -> bytes:
    """Return the plain data of the encrypted part."""
    plain = _ecb(algorithm, session, secret, encrypt=False)
    return plain[1 : 1 + plain[0]]


def session_key(algorithm: Algorithm, key: bytes, random: bytes) -> bytes:
    """Return the key of one exchange: 16 bytes for SM4, 8 for DES."""
    return _ecb(algorithm, key, random if algorithm == "DES" else random + bytes(8))


def _padded(data: bytes, algorithm: Algorithm) -> bytes:
    size = _block(algorithm)
    if len(data) % size == 0:
        return data
    return data + b"\x80" + bytes(-(len(data) + 1) % size)


def _block(algorithm: Algorithm) -> int:
    return 8 if algorithm == "DES" else 16


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _ecb(algorithm: Algorithm, key: bytes, data: bytes, *, encrypt: bool = True) -> bytes:
    # Late: no counter without a virtual card loads it.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    # A single DES is a triple one with the same key three times; two keys repeat the first.
    chosen = TripleDES((key * 3)[:24]) if algorithm == "DES" else None
    # ECB on purpose: the standard's own rule, one block at a time.
    cipher = Cipher(chosen or algorithms.SM4(key), modes.ECB())  # noqa: S305
    worker = cipher.encryptor() if encrypt else cipher.decryptor()
    return worker.update(data) + worker.finalize()
