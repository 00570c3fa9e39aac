"""Ids: UUIDv7 as 32 hex digits, so that newer ones sort behind older ones."""

from __future__ import annotations

import secrets

_RANDOM_BITS = 74


def uuid7(now_ms: int, random_bits: int | None = None) -> str:
    """Return a UUIDv7 for the Unix time `now_ms` (RFC 9562): 48 bits of time, the rest random."""
    rand = secrets.randbits(_RANDOM_BITS) if random_bits is None else random_bits
    rand_a, rand_b = rand >> 62, rand & ((1 << 62) - 1)
    value = (now_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    return f"{value:032x}"
