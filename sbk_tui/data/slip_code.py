"""A record on its own slip: sealed for its counter, in characters that any reader of codes gives.

All of a record is in it, so that what is read back is the record, byte for byte, and is verified
as one. Without the counter's data key it says nothing, and equal slips are all that one can see.
"""

from __future__ import annotations

import re
import zlib
from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from sbk_tui.data.log import find
from sbk_tui.data.record import MOST_BYTES, SALT_BYTES, Record, chain_hash, hash_payload
from sbk_tui.data.seal import digest
from sbk_tui.data.store import Store
from sbk_tui.errors import Refusal

if TYPE_CHECKING:  # late where it is used: no screen pays for it before somebody signs in
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PREFIX = "SBK1:"
MOST_SEALED = 480
"""Bytes: a QR code of version 18 at level M bears them (816 characters)."""
_LABEL = b"sbk/slip/1"
_HASH, _SIGNATURE, _ID, _TAG = 32, 64, 16, 16
_PLACES = Struct(">HH")  # where the payload's hash was in the envelope; the envelope's length
# An id is 32 hex digits in the records, 16 bytes here, each of them once. No text of ours holds
# this byte, no MessagePack begins with it.
_ESCAPE = 0xC1
_LITERAL, _MOST_IDS = 0, 255
_ID_OR_ESCAPE = re.compile(rb"\xc1|[0-9a-f]{32}")
# What records say again and again, the most frequent last. Part of the format: never changed.
_WORDS = (
    b"former/unit/blank/saga/payment/application/handover/temp/receipt/custody/hub_first\xa46.1"
    b"\xaatemp.issue\xa9\xaapin.change\x01\xa4fact\xa34.1\xadcard.rollback\xa32.5\xaacard.collect"
    b"\xafcard.issue_again\xa52.3.4\x91\x94\xa41002\xcf\x01\xa2\xc4@\xabcard.cancel\xa33.4"
    b"\xa91\xa0\xa0\xa0\xa0\xa0\xa0\xab13800000000\xb2410782199\xacissue.person\x01\xa8decision"
    b"\xa52.2.2\xabcard.enable\x01\xa8decision\xa55.1.3\xacloss.release\x01\xa8decision\xa33.3"
    b"\xaeloss.temporary\x01\xa8decision\xa33.1\xabloss.formal\x01\xa8decision\xa33.2"
    b"\xdc\x00\x14\x01\xd9 \xc1\x01\x01\xb0410782105-\xd9 \xc1\x02\xcf\x01\xa2\x00\x00\xc0\xa41001"
    b"\x01\x00\x90\xc0\x90\x94\xa9B00000\xc3\xc3\xc2\xa0\xa0"
    b"\x92\xaecard/B00000\xd9'person/\xc1\x03\x82\xaecard/B00000\x01\xd9'person/\xc1\x03\x01\x00"
)


def slip_key(data_key: bytes) -> bytes:
    """Return the key under which a counter's slips are sealed, 64 bytes."""
    return digest("sbk/slip-mac/1", data_key) + digest("sbk/slip-text/1", data_key)


def slip_code(record: Record, key: bytes) -> str:
    """Return the characters of `record`'s code; empty where no paper can bear it.

    The same record gives the same code, so that a reprint shows what the first print did.

    Args:
        key: of `slip_key`.
    """
    packed = _pack(record)
    if packed is None or len(packed) + _TAG > MOST_SEALED:
        return ""
    sealed = _cipher(key).encrypt(packed, [_LABEL])
    return PREFIX + b32encode(sealed).decode().rstrip("=")


class SlipCodes(NamedTuple):
    """The codes of one counter's slips."""

    store: Store
    key: bytes

    def of(self, op: str) -> str:
        """Return the code of an operation's slip; empty: not ours, or no paper can bear it."""
        with self.store.session() as db:
            stored = find(db, op)
        return slip_code(stored.record, self.key) if stored else ""


def read_code(text: str, key: bytes) -> Record:
    """Return the record that a slip bears; its chain and its signatures are not looked at.

    Args:
        text: as a scanner gave it; small letters, spaces and dashes do no harm.

    Raises:
        Refusal: `slip.unreadable`, this is no code of a slip or a part of one; `slip.of_another`,
            another counter's key has sealed it.
    """
    from cryptography.exceptions import InvalidTag

    bare = re.sub(r"[\s-]", "", text).upper()
    if not bare.startswith(PREFIX):
        raise Refusal("slip.unreadable")
    bare = bare.removeprefix(PREFIX)
    try:
        sealed = b32decode(bare + "=" * (-len(bare) % 8))
    except NotBase32 as error:
        raise Refusal("slip.unreadable") from error
    if len(sealed) <= _TAG:
        raise Refusal("slip.unreadable")
    try:
        return _unpack(_cipher(key).decrypt(sealed, [_LABEL]))
    except InvalidTag as error:
        raise Refusal("slip.of_another") from error


def _cipher(key: bytes) -> AESSIV:
    # Deterministic, and no nonce to carry (RFC 5297).
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(key)


def _pack(record: Record) -> bytes | None:
    """Return a record without what follows from the rest of it; None: its payload was erased."""
    if record.payload is None or record.salt is None:
        return None
    hashed = hash_payload(record.salt, record.payload)
    envelope = record.envelope
    place = envelope.find(hashed)
    ids, text = _without_ids(envelope[:place] + envelope[place + _HASH :] + record.payload)
    if place < 0 or len(ids) > _MOST_IDS or len(text) > MOST_BYTES:
        return None
    squeezer = zlib.compressobj(9, wbits=-15, zdict=_WORDS)
    return b"".join(
        (
            record.prev, record.counter_sig, record.clerk_sig, record.salt,
            _PLACES.pack(place, len(envelope)), bytes([len(ids)]), *ids,
            squeezer.compress(text), squeezer.flush(),
        )
    )  # fmt: skip


def _unpack(packed: bytes) -> Record:
    at = 0

    def take(count: int) -> bytes:
        nonlocal at
        at += count
        return packed[at - count : at]

    prev, counter_sig, clerk_sig = take(_HASH), take(_SIGNATURE), take(_SIGNATURE)
    salt, (place, length) = take(SALT_BYTES), _PLACES.unpack(take(_PLACES.size))
    ids = [take(_ID) for _ in range(take(1)[0])]
    text = _with_ids(zlib.decompressobj(wbits=-15, zdict=_WORDS).decompress(packed[at:]), ids)
    payload = text[length - _HASH :]
    envelope = text[:place] + hash_payload(salt, payload) + text[place : length - _HASH]
    return Record(
        envelope=envelope, payload=payload, salt=salt, prev=prev,
        hash=chain_hash(prev, envelope), counter_sig=counter_sig, clerk_sig=clerk_sig,
    )  # fmt: skip


def _without_ids(text: bytes) -> tuple[list[bytes], bytes]:
    ids: dict[bytes, int] = {}

    def mark(found: re.Match[bytes]) -> bytes:
        if found[0][0] == _ESCAPE:
            return bytes([_ESCAPE, _LITERAL])
        number = ids.setdefault(bytes.fromhex(found[0].decode()), len(ids) + 1)
        return bytes([_ESCAPE, min(number, _MOST_IDS)])

    marked = _ID_OR_ESCAPE.sub(mark, text)
    return list(ids), marked


def _with_ids(text: bytes, ids: list[bytes]) -> bytes:
    def unmark(found: re.Match[bytes]) -> bytes:
        number = found[0][1]
        return bytes([_ESCAPE]) if number == _LITERAL else ids[number - 1].hex().encode()

    return re.sub(rb"\xc1(.)", unmark, text, flags=re.DOTALL)
