"""What travels between a counter and the city: messages, who signed them, what a receipt says.

Control messages are JSON; records travel as MessagePack, their bytes untouched. Every request
is signed by the counter, every answer by the hub over the request's nonce, so that neither can
be made by a box in between, nor be played again. Both ends import this module.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeVar

import msgspec

from sbk_tui.data.cases import CaseItem
from sbk_tui.data.record import Certificate, Record
from sbk_tui.data.seal import SUITE, Signer, digest, verify
from sbk_tui.data.spoken import SpokenKey
from sbk_tui.errors import Fact, HubUnreachable, Refusal

PROTOCOL = 1
MOST_OPERATIONS = 200
MOST_BODY_BYTES = 1024 * 1024
CLOCK_LEEWAY_MS = 10 * 60 * 1000
"""How far a request's time may be from the hub's."""

AUTH_HEADER, SEAL_HEADER, HUB_HEADER = "Sbk-Auth", "Sbk-Seal", "Sbk-Hub"
NONCE_HEADER = "Sbk-Nonce"
"""Of a question that anybody may ask (`TLS_PATH`): there is no `Sbk-Auth` to hold it."""
ENROL_PATH, HELLO_PATH, PUSH_PATH = "/v1/enrol", "/v1/hello", "/v1/push"
BLOB_PATH, TLS_PATH = "/v1/blob", "/v1/tls"
FROZEN = "frozen"
"""An order to a counter: two machines live under this name; it hands in and does no more."""

_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
_NO_NONCE = "-"

T = TypeVar("T")


class State(StrEnum):
    """Where the hub stands with one operation."""

    RECEIVED = "received"
    """Durably stored; the verdict follows."""
    JUDGED = "judged"
    HELD = "held"
    """Waits for a person at the city."""
    QUARANTINED = "quarantined"
    """Stored, without effect, until a supervisor has looked at it."""


class Verdict(StrEnum):
    """What the hub decided."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE = ""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes and the hub's signature over them."""

    body: bytes
    signature: bytes


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's word on one operation; signed as its JSON bytes and never made twice."""

    v: int = 1
    hub: str
    counter: str
    inc: str
    seq: int
    op: str
    hash: str
    """Of the record, hexadecimal."""
    state: State
    verdict: Verdict = Verdict.NONE
    code: str = ""
    """Why it was refused or quarantined, or what an accepted fact has broken; else empty."""
    clause: str | None = None
    facts: dict[str, Fact] = {}
    pos: int | None = None
    """Position in the hub's feed, None until judged."""
    at: int
    """Unix ms by the hub's clock."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a counter's chain; seq 0 is before the first record, its hash is the anchor."""

    seq: int
    hash: bytes


class ClerkKey(msgspec.Struct, frozen=True, kw_only=True):
    """A clerk of the counter and the key that clerk signs with."""

    id: str
    name: str
    role: str
    public: bytes


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """The last that a counter's log has of its former life."""

    inc: str
    last: Mark


class Enrol(msgspec.Struct, frozen=True, kw_only=True):
    """A counter's wish to belong to this city."""

    protocol: int = PROTOCOL
    code: str
    inc: str
    certificate: bytes
    """The self-signed one, the anchor of this incarnation's chain."""
    signature: bytes
    former: Former | None = None
    """The life that this one continues, after a restore or a clone."""


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Enrol`."""

    hub: str
    epoch: str
    certificate: Sealed
    now: int
    box: bytes = b""
    """Public key for bundles that travel on a stick."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, how far its chain goes, and who works there."""

    protocol: tuple[int, int] = (PROTOCOL, PROTOCOL)
    """Lowest and highest that the counter speaks."""
    counter: str
    inc: str
    cursor: int = 0
    last: Mark
    version: str
    now: int
    clerks: tuple[ClerkKey, ...] = ()
    lease: str = ""
    """What the last answer brought; empty before the first."""
    wants_spoken: bool = False
    """It has no key yet for reports over the telephone (B2)."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Hello`: where to go on."""

    hub: str
    epoch: str
    """Changes when the hub was restored from a backup."""
    protocol: int
    ack: Mark
    judged_to: int
    head: int
    """The newest position of the hub's feed."""
    now: int
    kinds: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    box: bytes = b""
    spoken: SpokenKey | None = None
    lease: str = ""
    """To be shown at the next hello: a copy of this machine cannot show it, too."""


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one incarnation, in order, the first of them numbered `first`."""

    protocol: int = PROTOCOL
    counter: str
    inc: str
    first: int
    ops: tuple[Record, ...]
    blobs_named: tuple[str, ...] = ()


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """The record whose chain or seal is broken: before it everything counts, from it nothing."""

    seq: int
    code: str


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Push`: one signed receipt a record, as far as they were taken."""

    ack: Mark
    results: tuple[Sealed, ...]
    stopped: Stop | None = None
    now: int


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Which certificate the hub serves, said by the hub itself."""

    certificate: str = ""
    """SHA-256, hexadecimal; empty: the machine's own authorities vouch for it."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer that is not 200."""

    code: str
    clause: str | None = None
    facts: dict[str, Fact] = {}
    expect: int | None = None
    """The record to go on with (409 `hub.gap`)."""
    fork: Mark | None = None
    """What the hub holds in the place of the record sent (409 `hub.fork`)."""


def encode(message: msgspec.Struct) -> bytes:
    """Return a control message as JSON."""
    return msgspec.json.encode(message)


def encode_push(push: Push) -> bytes:
    """Return a batch of records as MessagePack."""
    return msgspec.msgpack.encode(push)


def is_name(text: str) -> bool:
    """Return whether a text may stand as an id or a nonce in a header."""
    return _NAME.fullmatch(text) is not None


class Auth(NamedTuple):
    """The header that says who sends a request, when, and that it is sent once."""

    counter: str
    inc: str
    time: int
    nonce: str
    signature: bytes

    @property
    def header(self) -> str:
        """The text of the header."""
        signature = base64.b64encode(self.signature).decode("ascii")
        return f"{PROTOCOL} {self.counter} {self.inc} {self.time} {self.nonce} {signature}"

    @classmethod
    def parse(cls, header: str | None) -> Auth:
        """Return the header as a value.

        Raises:
            Refusal: `hub.auth_missing`.
        """
        parts = (header or "").split(" ")
        try:
            version, counter, inc, time, nonce, signature = parts
            auth = cls(counter, inc, int(time), nonce, base64.b64decode(signature, validate=True))
        except ValueError as error:
            raise Refusal("hub.auth_missing") from error
        if version != str(PROTOCOL) or not all(map(is_name, (counter, inc, nonce))):
            raise Refusal("hub.auth_missing")
        return auth

    def message(self, method: str, path: str, body: bytes) -> bytes:
        """Return what the counter signs of a request."""
        line = f"{method} {path} {self.counter} {self.inc} {self.time} {self.nonce}\n"
        return digest("sbk/request/1", line.encode("ascii"), body)

    def is_by(self, public: bytes, suite: int, method: str, path: str, body: bytes) -> bool:
        """Return whether the owner of `public` has signed this very request."""
        return verify(suite, public, self.signature, self.message(method, path, body))


def sign_request(
    signer: Signer, counter: str, inc: str, time: int, nonce: str, path: str, body: bytes
) -> Auth:
    """Return the header of a POST of `body` to `path`."""
    unsigned = Auth(counter, inc, time, nonce, b"")
    return unsigned._replace(signature=signer.sign(unsigned.message("POST", path, body)))


def _answer_message(status: int, nonce: str, body: bytes) -> bytes:
    return digest("sbk/answer/1", f"{status} {nonce}\n".encode("ascii"), body)


def answer_headers(signer: Signer, status: int, nonce: str | None, body: bytes) -> dict[str, str]:
    """Return the headers that prove an answer to be the hub's, given to this one request."""
    signature = signer.sign(_answer_message(status, nonce or _NO_NONCE, body))
    return {
        SEAL_HEADER: base64.b64encode(signature).decode("ascii"),
        HUB_HEADER: base64.b64encode(signer.public).decode("ascii"),
    }


def is_answer_of(
    public: bytes, suite: int, seal: str, status: int, nonce: str, body: bytes
) -> bool:
    """Return whether the hub with key `public` gave this answer to the request of `nonce`."""
    try:
        signature = base64.b64decode(seal, validate=True)
    except ValueError:
        return False
    return verify(suite, public, signature, _answer_message(status, nonce, body))


def hub_key(headers: Mapping[str, str]) -> bytes:
    """Return the public key that an answer says it was sealed with; empty when it says none."""
    named = {name.lower(): value for name, value in headers.items()}
    try:
        return base64.b64decode(named.get(HUB_HEADER.lower(), ""), validate=True)
    except ValueError:
        return b""


def is_sealed(
    headers: Mapping[str, str],
    nonce: str,
    status: int,
    body: bytes,
    trusts: Callable[[bytes], bool],
) -> bool:
    """Return whether a hub that `trusts` accepts gave exactly this answer to this request."""
    named = {name.lower(): value for name, value in headers.items()}
    public, seal = hub_key(headers), named.get(SEAL_HEADER.lower(), "")
    return (
        bool(public) and trusts(public) and is_answer_of(public, SUITE, seal, status, nonce, body)
    )


def seal_receipt(signer: Signer, receipt: Receipt) -> Sealed:
    """Return `receipt` as the hub signs it."""
    body = msgspec.json.encode(receipt)
    return Sealed(body=body, signature=signer.sign(b"sbk/receipt/1\x00" + body))


def read_receipt(sealed: Sealed, public: bytes, suite: int) -> Receipt:
    """Return the receipt in `sealed`.

    Raises:
        HubUnreachable: `hub.not_ours` when the hub did not sign it or it is no receipt.
    """
    if not verify(suite, public, sealed.signature, b"sbk/receipt/1\x00" + sealed.body):
        raise HubUnreachable("hub.not_ours")
    return decode(sealed.body, Receipt)


def seal_certificate(signer: Signer, certificate: Certificate) -> Sealed:
    """Return a counter's certificate as the hub issues it."""
    body = msgspec.msgpack.encode(certificate)
    return Sealed(body=body, signature=signer.sign(b"sbk/certificate/1\x00" + body))


def read_certificate(sealed: Sealed, public: bytes, suite: int) -> Certificate:
    """Return the certificate in `sealed`.

    Raises:
        HubUnreachable: `hub.not_ours` when the hub did not sign it or it is no certificate.
    """
    if not verify(suite, public, sealed.signature, b"sbk/certificate/1\x00" + sealed.body):
        raise HubUnreachable("hub.not_ours")
    try:
        return msgspec.msgpack.decode(sealed.body, type=Certificate)
    except msgspec.DecodeError as error:
        raise HubUnreachable("hub.not_ours") from error


def read_case(body: bytes) -> CaseItem:
    """Return the case in a feed entry of the type `case`, addressed to `counter/ID`.

    Raises:
        HubUnreachable: `hub.not_ours` when it is none.
    """
    try:
        return msgspec.msgpack.decode(body, type=CaseItem)
    except msgspec.DecodeError as error:
        raise HubUnreachable("hub.not_ours") from error


def decode(body: bytes, message: type[T]) -> T:
    """Return an answer's JSON as a value.

    Raises:
        HubUnreachable: `hub.not_ours`, so that a log-in page of the network is no answer.
    """
    try:
        return msgspec.json.decode(body, type=message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HubUnreachable("hub.not_ours") from error
