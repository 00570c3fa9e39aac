"""The simulated key service on a real line: HTTP on this machine, the twin's keys, failures.

Part of the product: a training counter's 解锁 and 重置 go through the real driver to it.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import KeyAnswer, KeyRequest, SocialCard

_LATEST_S = 60.0
_HEARING_OUT_S = 2.0


class KeyServiceOnHttp:
    """Serves a `KeyServiceTwin` on 127.0.0.1 while its `with` block lasts.

    Beside the twin's own failures: `late` answers only when `late_may_answer` is set, `cut` hangs
    up without an answer, `nonsense` answers something that is no answer.
    """

    def __init__(
        self, twin: KeyServiceTwin | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        """Prepare; nothing listens before `__enter__`.

        Args:
            tls: HTTPS by this; it may ask for the caller's certificate.
        """
        self.twin = twin or KeyServiceTwin()
        self.tls = tls
        self.callers: list[str] = []
        """The names in the certificates of those who called."""
        self.trouble = ""
        self.late_may_answer = threading.Event()
        self.late_answered = threading.Event()
        """Set once a late answer has been sent, or could not be."""
        self.url = ""

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._server.daemon_threads = False
        scheme = "http" if self.tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/keys"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="key-service-twin", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.late_may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, asked: dict[str, Any]) -> bytes:
        """Return the body of the answer to a question."""
        request = KeyRequest(
            op=asked["operation"], address=asked["address"], card=_card(asked), limit_s=0
        )
        if path.endswith("/authenticate"):
            given = self.twin.authenticate(
                request, bytes.fromhex(asked["factor"]), bytes.fromhex(asked["source"])
            )
        else:
            given = self.twin.secure_message(
                request,
                bytes.fromhex(asked["random"]),
                bytes.fromhex(asked["head"]),
                bytes.fromhex(asked["plain"]),
            )
        return _told(given)


class _Server(ThreadingHTTPServer):
    """Each caller's handshake is in the caller's own thread."""

    def __init__(self, service: KeyServiceOnHttp) -> None:
        super().__init__(("127.0.0.1", 0), _handler_of(service))
        self._service = service

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer, over TLS where that is asked for."""
        if self._service.tls is None:
            super().finish_request(request, client_address)
            return
        line = self._service.tls.wrap_socket(
            request, server_side=True, do_handshake_on_connect=False
        )
        with line:
            try:
                line.do_handshake()
            except OSError:
                _hear_out(line)
                return
            self._service.callers.append(_name_of(line))
            super().finish_request(line, client_address)


def _hear_out(line: ssl.SSLSocket) -> None:
    """Let the caller read why: what it has sent meanwhile would reset the line over the alert."""
    with socket.socket(fileno=line.detach()) as bare, suppress(OSError):
        bare.settimeout(_HEARING_OUT_S)
        bare.shutdown(socket.SHUT_WR)
        while bare.recv(4096):
            pass


def _name_of(line: ssl.SSLSocket) -> str:
    held: Any = line.getpeercert() or {}
    names = dict(pair for part in held.get("subject", ()) for pair in part)
    return str(names.get("commonName", ""))


def _told(given: KeyAnswer) -> bytes:
    told = {"outcome": given.outcome.value, "data": given.data.hex(), "text": given.text}
    return json.dumps(told).encode()


def _card(asked: dict[str, Any]) -> SocialCard:
    return SocialCard(
        identification=asked["identification"],
        historical=asked["historical"],
        algorithm=asked["algorithm"],
        version=asked["version"],
        number=asked["card"],
    )


def _handler_of(service: KeyServiceOnHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            trouble = service.trouble
            if trouble == "cut":
                return
            if trouble == "late":
                service.late_may_answer.wait(_LATEST_S)
            body = b"nonsense" if trouble == "nonsense" else service.answer(self.path, asked)
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked has given up
            finally:
                service.late_answered.set()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the screen belongs to the program, and a question may hold a PIN."""

    return Handler
