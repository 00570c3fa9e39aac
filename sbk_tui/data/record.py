"""The record of one operation: envelope, salted payload, seal. The bytes are the truth.

Envelope and payload are encoded once (MessagePack arrays) and stored, hashed, signed, sent and
verified as those bytes; nobody re-encodes them. The envelope names people by random ids and is
kept for ever; the payload can be erased after its term without breaking the chain.
"""

from __future__ import annotations

import msgspec

from sbk_tui.data.seal import Signer, digest, verify
from sbk_tui.domain.kinds import kind_named
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.text import plain
from sbk_tui.errors import IntegrityFault, Refusal

FORMAT = 1
MOST_BYTES = 64 * 1024
"""What a record's payload may weigh; pictures and scans are blobs."""
SALT_BYTES = 16
_HLC_COUNTER_BITS = 16


class Approval(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """复核: a second clerk's signed yes to exactly this operation."""

    clerk: str
    valid_until: int
    """Unix ms."""
    signature: bytes


class Envelope(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What must be provable years later about one operation; holds no personal data."""

    v: int = FORMAT
    op: str
    suite: int
    counter: str
    inc: str
    """Incarnation: one life of a counter's database."""
    seq: int
    """From 1, without gaps, per incarnation."""
    hlc: int
    """Hybrid logical clock: Unix ms (48 bits) and a counter (16 bits)."""
    off: int | None
    """Last measured clock offset to the hub in ms, or None."""
    clerk: str
    kind: str
    kv: int
    nature: str
    clause: str
    about: tuple[str, ...]
    base: dict[str, int]
    """Subject → version that was seen; a subject that was new is not in it."""
    seen: int
    """Feed position of the hub that was applied when this was made."""
    payload_hash: bytes
    blobs: tuple[str, ...] = ()
    saga: tuple[str, int] | None = None
    approvals: tuple[Approval, ...] = ()


class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One sealed operation as it is stored and sent."""

    envelope: bytes
    payload: bytes | None
    salt: bytes | None
    prev: bytes
    hash: bytes
    counter_sig: bytes
    clerk_sig: bytes

    def read(self) -> Envelope:
        """Return the envelope as a value.

        Raises:
            IntegrityFault: `record.envelope` when the bytes are not an envelope.
        """
        try:
            return _decode_envelope(self.envelope)
        except msgspec.DecodeError as error:
            raise IntegrityFault("record.envelope") from error

    def operation(self, envelope: Envelope) -> Operation:
        """Return the operation in the payload.

        Raises:
            IntegrityFault: `record.erased` after retention, `record.payload` when unreadable.
        """
        if self.payload is None:
            raise IntegrityFault("record.erased")
        return decode_payload(envelope.kind, self.payload)


class Certificate(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """开通证: who a counter is and what it may do; signed by the city, or by itself until then."""

    v: int = FORMAT
    suite: int
    counter: str
    office: str
    level: str
    district: str
    removed: tuple[str, ...] = ()
    public: bytes
    issuer: str
    """The hub's id, or "self"."""
    issued: int
    """Unix ms."""
    bank: str = ""
    """服务银行 that runs a bank window (level B): it activates this bank's accounts only."""


_decode_envelope = msgspec.msgpack.Decoder(Envelope).decode
_encode = msgspec.msgpack.Encoder(enc_hook=plain).encode


def encode_payload(operation: Operation) -> bytes:
    """Return the payload bytes of `operation`.

    Raises:
        Refusal: `record.too_large`.
    """
    payload = _encode(operation)
    if len(payload) > MOST_BYTES:
        raise Refusal("record.too_large", bytes=len(payload), most=MOST_BYTES)
    return payload


def decode_payload(kind: str, payload: bytes) -> Operation:
    """Return the operation of `kind` that `payload` holds.

    Raises:
        IntegrityFault: `record.payload`.
    """
    try:
        return msgspec.msgpack.decode(payload, type=kind_named(kind).payload)
    except msgspec.DecodeError as error:
        raise IntegrityFault("record.payload", kind=kind) from error


def hash_payload(salt: bytes, payload: bytes) -> bytes:
    """Return the hash that the envelope holds of a payload; the salt keeps it from guessing."""
    return digest("sbk/payload/1", salt, payload)


def anchor(certificate: bytes) -> bytes:
    """Return the `prev` of an incarnation's first record: it ties the chain to its counter."""
    return digest("sbk/inc/1", certificate)


def chain_hash(prev: bytes, envelope: bytes) -> bytes:
    """Return a record's hash over its predecessor's and its own envelope."""
    return digest("sbk/op/1", prev, envelope)


def seal(
    envelope: Envelope, payload: bytes, salt: bytes, prev: bytes, *, counter: Signer, clerk: Signer
) -> Record:
    """Return the record of `envelope`, chained behind `prev` and signed by counter and clerk."""
    encoded = _encode(envelope)
    hashed = chain_hash(prev, encoded)
    return Record(
        envelope=encoded,
        payload=payload,
        salt=salt,
        prev=prev,
        hash=hashed,
        counter_sig=counter.sign(b"sbk/seal/1\x00" + hashed),
        clerk_sig=clerk.sign(b"sbk/intent/1\x00" + encoded),
    )


def flaw_of(
    record: Record, envelope: Envelope, *, prev: bytes, counter_key: bytes, clerk_key: bytes | None
) -> str | None:
    """Return the code of what is wrong with a record's chain and seals, or None.

    Codes: `record.chain`, `record.hash`, `record.counter_sig`, `record.clerk_unknown`,
    `record.clerk_sig`, `record.payload_hash`.
    """
    if record.prev != prev:
        return "record.chain"
    if chain_hash(prev, record.envelope) != record.hash:
        return "record.hash"
    sealed = b"sbk/seal/1\x00" + record.hash
    if not verify(envelope.suite, counter_key, record.counter_sig, sealed):
        return "record.counter_sig"
    if clerk_key is None:
        return "record.clerk_unknown"
    intent = b"sbk/intent/1\x00" + record.envelope
    if not verify(envelope.suite, clerk_key, record.clerk_sig, intent):
        return "record.clerk_sig"
    if record.payload is not None and record.salt is not None:
        if hash_payload(record.salt, record.payload) != envelope.payload_hash:
            return "record.payload_hash"
    elif record.payload is not record.salt:
        return "record.payload_hash"
    return None


def approval_message(op: str, kind: str, payload_hash: bytes, valid_until: int) -> bytes:
    """Return what an approver signs: a changed field afterwards makes the yes worthless."""
    text = f"{op} {kind} {valid_until:d}".encode("ascii")
    return digest("sbk/approval/1", text, payload_hash)


def approved_by(envelope: Envelope, approval: Approval, public: bytes) -> bool:
    """Return whether `approval` is a valid yes of the owner of `public` to this envelope."""
    if approval.clerk == envelope.clerk or approval.valid_until < hlc_ms(envelope.hlc):
        return False
    message = approval_message(
        envelope.op, envelope.kind, envelope.payload_hash, approval.valid_until
    )
    return verify(envelope.suite, public, approval.signature, message)


def tick(last_hlc: int, now_ms: int) -> int:
    """Return the next hybrid logical time: never before the last one, whatever the clock says."""
    return max(now_ms << _HLC_COUNTER_BITS, last_hlc + 1)


def hlc_of(ms: int) -> int:
    """Return the first hybrid logical time of a millisecond."""
    return ms << _HLC_COUNTER_BITS


def hlc_ms(hlc: int) -> int:
    """Return the Unix milliseconds of a hybrid logical time."""
    return hlc >> _HLC_COUNTER_BITS
