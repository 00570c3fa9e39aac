"""Joining a city: the counter's own certificate becomes the anchor, the hub's own the licence."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sbk_tui.data import outbox
from sbk_tui.data.counter_file import Life, OpenCounter
from sbk_tui.data.line import LineState
from sbk_tui.data.record import Certificate
from sbk_tui.data.seal import SUITE
from sbk_tui.errors import BadUsage, HubUnreachable
from sbk_tui.sync import enrolment_code, wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.tls import open_line, pin_of


def enrol(
    opened: OpenCounter,
    *,
    url: str,
    code: str,
    now_ms: Callable[[], int],
    new_nonce: Callable[[], str],
) -> Certificate:
    """Enrol this counter with a one-time code; on return the hub's certificate is on disk.

    The code names the hub's key, so that no other machine can answer in its place. Asking again
    with the same code, after a lost answer, gives the same certificate.

    Raises:
        BadUsage: `hub.url`, `hub.insecure`, `sync.other_hub` when it belongs to another city.
        Refusal: `hub.code_form`, `hub.code_unknown`, `hub.code_used`, `hub.code_expired`,
            `hub.enrol_differs`, `hub.counter_taken`.
        HubUnreachable: no line, or somebody else answers.
    """
    secret, fingerprint = enrolment_code.split_code(code)

    def trusts(public: bytes) -> bool:
        return enrolment_code.fingerprint(public) == fingerprint

    pin = pin_of(url, trusts=trusts, nonce=new_nonce())
    client = HubClient(
        open_line(url, pin),
        counter=opened.certificate.counter,
        inc=opened.incarnation.inc,
        signer=opened.signer,
        trusts=trusts,
        now_ms=now_ms,
        new_nonce=new_nonce,
    )
    return enrol_with(opened, client, url=url, secret=secret)


def enrol_with(opened: OpenCounter, client: HubClient, *, url: str, secret: str) -> Certificate:
    """As `enrol`, over a client that is there already."""
    own = opened.incarnation.certificate
    request = wire.Enrol(
        code=secret,
        inc=opened.incarnation.inc,
        certificate=own,
        signature=opened.signer.sign(own),
    )
    return _enrol(opened, client, request, url=url)


def enrol_life(
    opened: OpenCounter, client: HubClient, life: Life, *, secret: str, former: wire.Former
) -> Certificate:
    """Enrol another life of a counter that belongs to this city already.

    Raises:
        Refusal, HubUnreachable: as `enrol`.
    """
    request = wire.Enrol(
        code=secret,
        inc=life.inc,
        certificate=life.certificate,
        signature=life.signature,
        former=former,
    )
    url = outbox.peer(opened.store).get("hub_url", b"").decode()
    return _enrol(opened, client, request, url=url)


def _enrol(opened: OpenCounter, client: HubClient, request: wire.Enrol, *, url: str) -> Certificate:
    known = outbox.peer(opened.store).get("hub_public")
    answer = client.enrol(request)
    if known not in (None, client.hub_public):
        raise BadUsage("sync.other_hub")
    certificate = wire.read_certificate(answer.certificate, client.hub_public, SUITE)
    if (certificate.counter, certificate.public) != (
        opened.certificate.counter,
        opened.signer.public,
    ):
        raise HubUnreachable("hub.not_ours")
    outbox.remember_peer(
        opened.store,
        {
            "hub": answer.hub.encode(),
            "hub_url": url.encode(),
            "hub_public": client.hub_public,
            "epoch": answer.epoch.encode(),
            "hub_box": answer.box,
            "line": msgspec.json.encode(LineState(tried=answer.now, reached=answer.now)),
            "certificate": msgspec.msgpack.encode(answer.certificate),
        },
    )
    return certificate
