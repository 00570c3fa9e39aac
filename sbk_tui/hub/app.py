"""The hub over HTTP (ASGI): bodies in, sealed JSON out; nothing is kept in the process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sbk_tui.errors import Refusal, SbkError, StorageFault
from sbk_tui.hub.inbox import Gap
from sbk_tui.hub.intake import Fork
from sbk_tui.hub.service import Service, TooLarge
from sbk_tui.sync import lives, protocol, wire
from sbk_tui.sync.lookup import LOOKUP_PATH
from sbk_tui.sync.pages import FEED_PATH, FeedPage, encode_page

_log = logging.getLogger(__name__)

STATUS = {  # code of a refusal → status; any other refusal is 409
    "hub.request": 400,
    "hub.auth_missing": 401,
    "hub.auth_signature": 401,
    "hub.auth_stale": 401,
    "hub.auth_replayed": 401,
    "hub.counter_unknown": 401,
    "hub.code_unknown": 403,
    "hub.counter_revoked": 410,
    "hub.too_large": 413,
    "hub.protocol": 426,
}

Handler = Callable[[wire.Auth, bytes], msgspec.Struct]


def build_app(service: Service, pages: Sequence[Route] = ()) -> Starlette:
    """Return the ASGI application of a hub; `pages` are for people, the rest is for counters."""
    handlers: dict[str, Handler] = {
        wire.ENROL_PATH: service.enrol,
        wire.HELLO_PATH: service.hello,
        wire.PUSH_PATH: service.push,
        FEED_PATH: service.feed,
        wire.BLOB_PATH: service.attach,
        LOOKUP_PATH: service.look_up,
        lives.OWN_PATH: service.own,
    }
    if service.speaks[1] >= protocol.DEFERRED:
        handlers[protocol.BATCH_PATH] = service.push_batch

    def endpoint(handler: Handler) -> Callable[..., object]:
        async def answer(request: Request) -> Response:
            header = request.headers.get(wire.AUTH_HEADER)
            body = await _read(request)
            return await run_in_threadpool(_answer, service, handler, header, body)

        return answer

    return Starlette(
        routes=[
            Route(wire.TLS_PATH, _tls(service), methods=["POST"]),
            *(Route(path, endpoint(each), methods=["POST"]) for path, each in handlers.items()),
            *pages,
        ]
    )


def _tls(service: Service) -> Callable[..., object]:
    """Return the one question that anybody may ask: which certificate is the hub's."""

    async def answer(request: Request) -> Response:
        nonce = request.headers.get(wire.NONCE_HEADER, "")
        if not wire.is_name(nonce):
            return Response(status_code=400)
        content = wire.encode(service.tls())
        headers = wire.answer_headers(service.signer, 200, nonce, content)
        return Response(content, 200, headers, media_type="application/json")

    return answer


async def _read(request: Request) -> bytes | None:
    """Return the body, None as soon as it is larger than the hub takes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > wire.MOST_BODY_BYTES:
            return None
    return bytes(body)


def _answer(service: Service, handler: Handler, header: str | None, body: bytes | None) -> Response:
    nonce: str | None = None
    try:
        auth = wire.Auth.parse(header)
        nonce = auth.nonce
        with service.session():
            status, content = 200, _encoded(handler(auth, _whole(body)))
    except Gap as gap:
        status, content = 409, _trouble(gap, expect=gap.expect)
    except Fork as fork:
        status, content = 409, _trouble(fork, fork=fork.held)
    except Refusal as error:
        status, content = STATUS.get(error.code, 409), _trouble(error)
    except StorageFault as error:
        _log.error("hub storage: %s", error)
        status, content = 503, _trouble(error)
    except Exception as error:  # the request boundary: whatever it is, one request dies of it
        _log.exception("hub request failed: %s", type(error).__name__)
        status, content = 500, wire.encode(wire.Trouble(code="hub.failed"))
    headers = wire.answer_headers(service.signer, status, nonce, content)
    return Response(content, status, headers, media_type="application/json")


def _encoded(answer: msgspec.Struct) -> bytes:
    if isinstance(answer, FeedPage):
        return encode_page(answer)
    if isinstance(answer, protocol.Taken):
        return protocol.encode_taken(answer)
    if isinstance(answer, lives.Own):
        return lives.encode_own(answer)
    return wire.encode(answer)


def _whole(body: bytes | None) -> bytes:
    if body is None:
        raise TooLarge("hub.too_large")
    return body


def _trouble(error: SbkError, *, expect: int | None = None, fork: wire.Mark | None = None) -> bytes:
    return wire.encode(
        wire.Trouble(
            code=error.code,
            clause=error.clause,
            facts=dict(error.facts),
            expect=expect,
            fork=fork,
        )
    )
