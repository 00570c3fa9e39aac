"""The line to the hub: one signed request out, one sealed answer back, or `HubUnreachable`.

An answer that the hub did not seal for this very request (a network log-in page, a caching box,
an old answer) is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from sbk_tui.data.city_asks import Signed
from sbk_tui.data.seal import Signer
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.sync import lives, pages, protocol, wire
from sbk_tui.sync.lookup import LOOKUP_PATH, Found

_RETRY_LATER = frozenset({429, 500, 502, 503, 504})
_TOO_LARGE = 413


class RawAnswer(NamedTuple):
    """What came back over the line, believed by nobody yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Line = Callable[[str, bytes, Mapping[str, str]], RawAnswer]
"""Sends a POST to a path; raises HubUnreachable: `hub.no_line`, `hub.timeout`."""


class Gap(Exception):
    """The hub wants to go on with another record first."""

    def __init__(self, expect: int) -> None:
        super().__init__(expect)
        self.expect = expect


class TooLarge(Exception):
    """The hub wants smaller batches."""


class HubClient:
    """One counter's requests to one hub.

    Attributes:
        offset_ms: how far the hub's clock is ahead of ours, as far as known.
        protocol: the version agreed with the hub; the first one before any hello.
    """

    def __init__(
        self,
        line: Line,
        *,
        counter: str,
        inc: str,
        signer: Signer,
        trusts: Callable[[bytes], bool],
        now_ms: Callable[[], int],
        new_nonce: Callable[[], str],
        speaks: tuple[int, int] = protocol.SPOKEN,
    ) -> None:
        """Take the line, who calls, which hub key to believe, and the versions spoken here."""
        self._line = line
        self._counter = counter
        self._inc = inc
        self._signer = signer
        self._trusts = trusts
        self._now_ms = now_ms
        self._new_nonce = new_nonce
        self._speaks = speaks
        self.offset_ms = 0
        self.protocol = protocol.FIRST
        self.hub_public = b""

    def enrol(self, request: wire.Enrol) -> wire.Enrolled:
        """Ask for a certificate. Raises: Refusal `hub.…`, HubUnreachable."""
        return wire.decode(self._post(wire.ENROL_PATH, wire.encode(request)), wire.Enrolled)

    def hello(self, request: wire.Hello) -> wire.Welcome:
        """Say hello, agree on a version, learn where to go on.

        Raises:
            Refusal: `hub.…`; HubUnreachable.
        """
        sent = self._now_ms()
        request = msgspec.structs.replace(request, protocol=self._speaks)
        welcome = wire.decode(self._post(wire.HELLO_PATH, wire.encode(request)), wire.Welcome)
        if not self._speaks[0] <= welcome.protocol <= self._speaks[1]:
            raise Refusal("hub.protocol", protocol=welcome.protocol)
        self.protocol = welcome.protocol
        self.offset_ms = welcome.now - (sent + self._now_ms()) // 2
        return welcome

    def push(self, request: wire.Push) -> wire.Pushed:
        """Hand in records in the first version's way.

        Raises:
            Gap, TooLarge; Refusal: `hub.…`; HubUnreachable.
        """
        return wire.decode(self._post(wire.PUSH_PATH, wire.encode_push(request)), wire.Pushed)

    def push_batch(self, batch: protocol.Batch) -> protocol.Taken:
        """Hand in records in the second version's way. Raises: as `push`."""
        answer = self._post(protocol.BATCH_PATH, protocol.encode_batch(batch))
        return protocol.decode_taken(answer)

    def own(self, request: lives.AskOwn) -> lives.Own:
        """Fetch back own records behind a mark. Raises: Refusal `hub.…`, HubUnreachable."""
        return lives.decode_own(self._post(lives.OWN_PATH, wire.encode(request)))

    def feed(self, request: pages.Ask) -> pages.FeedPage:
        """Fetch what the city decided. Raises: Refusal `hub.…`, HubUnreachable."""
        return pages.decode_page(self._post(pages.FEED_PATH, wire.encode(request)))

    def look_up(self, question: Signed) -> Found:
        """Ask for a person (A5). Raises: Refusal `lookup.…`, `hub.…`, HubUnreachable."""
        return wire.decode(self._post(LOOKUP_PATH, msgspec.msgpack.encode(question)), Found)

    def attach(self, piece: bytes) -> bytes:
        """Send a piece of a blob (`sync.attach`). Raises: Refusal, HubUnreachable."""
        return self._post(wire.BLOB_PATH, piece)

    def _post(self, path: str, body: bytes) -> bytes:
        answer = self._once(path, body)
        if answer.status == 401:
            trouble = wire.decode(answer.body, wire.Trouble)
            hub_now = trouble.facts.get("now")
            if trouble.code == "hub.auth_stale" and isinstance(hub_now, int):
                # Our clock is wrong; the hub's seal is on its own. Old work is handed in anyway.
                self.offset_ms = hub_now - self._now_ms()
                answer = self._once(path, body)
            elif trouble.code == "hub.auth_replayed":
                # A box on the way has sent our request twice, and this is the answer to the second.
                # What it asks for is done at most once, so it may be asked again.
                answer = self._once(path, body)
        if answer.status == 200:
            return answer.body
        raise _trouble(answer)

    def _once(self, path: str, body: bytes) -> RawAnswer:
        nonce = self._new_nonce()
        auth = wire.sign_request(
            self._signer, self._counter, self._inc, self._now_ms() + self.offset_ms, nonce,
            path, body,
        )  # fmt: skip
        answer = self._line(path, body, {wire.AUTH_HEADER: auth.header})
        if not self._is_ours(answer, nonce):
            raise HubUnreachable("hub.not_ours")
        return answer

    def _is_ours(self, answer: RawAnswer, nonce: str) -> bool:
        public = wire.hub_key(answer.headers)
        if not wire.is_sealed(answer.headers, nonce, answer.status, answer.body, self._trusts):
            return False
        self.hub_public = public
        return True


def _trouble(answer: RawAnswer) -> Exception:
    """Return what to raise for an answer of the hub that is not 200."""
    if answer.status == _TOO_LARGE:
        return TooLarge()
    trouble = wire.decode(answer.body, wire.Trouble)
    if answer.status in _RETRY_LATER or trouble.code == "hub.auth_replayed":
        return HubUnreachable("hub.busy")
    if trouble.expect is not None:
        return Gap(trouble.expect)
    return Refusal(trouble.code, clause=trouble.clause, **trouble.facts)
