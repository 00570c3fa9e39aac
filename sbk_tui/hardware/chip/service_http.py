"""The key service over HTTPS: one POST for each question, JSON both ways.

`POST URL/authenticate` and `POST URL/secure-message` with the operation, the card's identity,
the key's address and the card's random; the answer is `{"outcome": "done", "data": HEX}` or
`{"outcome": "refused", "text": …}`. The field names are ours [A]: a service that speaks otherwise
is met here and nowhere else.
"""

from __future__ import annotations

import ipaddress
import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Any
from urllib.parse import urlsplit

from sbk_tui.domain.pin import wipe
from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault
from sbk_tui.hardware.ports import KeyAnswer, KeyOutcome, KeyRequest

_UNKNOWN = KeyAnswer(outcome=KeyOutcome.UNKNOWN)
_SLICE_S = 0.1  # cancel is looked at five times a second at least
_IDENTIFY_S = 2.0
_MOST_BYTES = 65536
_LONGEST_TEXT = 60
_OK = 200
_OF_CALLERS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE")
"""In the names of the alerts that a caller's certificate brings about."""
_HEX = b"0123456789ABCDEF"


class HttpKeyService:
    """A `KeyService` at a URL; nothing is opened before it is asked."""

    def __init__(self, url: str, ca_file: str = "", cert_file: str = "") -> None:
        """Take the address.

        Args:
            ca_file: the certificate authority to believe; empty: those of the system.
            cert_file: our own certificate with its key, for a service that asks who calls.

        Raises:
            BadUsage: `chip.service_url`; `chip.service_plain`: not HTTPS, and not this machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise BadUsage("chip.service_url", url=url)
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise BadUsage("chip.service_plain", url=url)
        self._url = url.rstrip("/")
        self._ca_file = ca_file or None
        self._cert_file = cert_file if parts.scheme == "https" else ""

    def authenticate(self, request: KeyRequest, factor: bytes, source: bytes) -> KeyAnswer:
        """Return the 16 bytes for the card; see the port."""
        asked = _identity(request) | {"factor": factor.hex(), "source": source.hex()}
        return self._ask("authenticate", request, _body(asked, b""))

    def secure_message(
        self, request: KeyRequest, random: bytes, head: bytes, plain: bytes | bytearray
    ) -> KeyAnswer:
        """Return the secured data field; see the port."""
        asked = _identity(request) | {"random": random.hex(), "head": head.hex()}
        return self._ask("secure-message", request, _body(asked, plain))

    def identify(self) -> str:
        """Return the address once something has answered there; see the port."""
        self._send("HEAD", self._url, None, _IDENTIFY_S)
        return self._url

    def _ask(self, path: str, request: KeyRequest, body: bytearray) -> KeyAnswer:
        """Ask in a thread of its own: when the time is up its answer has nowhere to go."""
        answer: Future[KeyAnswer] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._post(f"{self._url}/{path}", body, request.limit_s))
            except Exception as error:
                answer.set_exception(error)
            finally:
                wipe(body)  # it may hold a PIN

        threading.Thread(target=ask, name="key-service", daemon=True).start()
        end = time.monotonic() + request.limit_s
        while not wait([answer], _SLICE_S).done:
            if request.cancel.is_set():
                raise Cancelled("device.cancelled", device="key_service")
            if time.monotonic() > end:
                return _UNKNOWN
        return answer.result()

    def _post(self, url: str, body: bytearray, limit_s: float) -> KeyAnswer:
        try:
            return _read(*self._send("POST", url, body, limit_s))
        except DeviceFault as error:
            if error.code == "chip.service_silent":
                return _UNKNOWN
            raise

    def _send(
        self, method: str, url: str, body: bytearray | None, limit_s: float
    ) -> tuple[int, bytes]:
        """Return status and content of an answer.

        Raises:
            DeviceFault: `chip.service_silent`, it was sent and no whole answer came;
                `chip.service_cert`, `chip.service_denied`, ours is unusable or was not accepted.
            DeviceAbsent, DeviceFault: as the port's `authenticate`.
        """
        # Late: only who unlocks or resets a PIN pays for it.
        import urllib3
        from urllib3 import exceptions

        # Sent from where it lies, which its type does not know: a copy could not be overwritten.
        content: Any = body
        headers = {"Content-Type": "application/json"}
        limit = urllib3.Timeout(total=limit_s)
        _refuse_unusable(self._cert_file)
        # Named as the key's file, too: urllib3 then looks at it first and does not ask the
        # terminal for a password.
        ours = self._cert_file or None
        try:
            with urllib3.PoolManager(
                retries=False, timeout=limit, ca_certs=self._ca_file, cert_reqs="CERT_REQUIRED",
                cert_file=ours, key_file=ours,
            ) as pool:  # fmt: skip
                answer = pool.request(
                    method, url, body=content, headers=headers, redirect=False,
                    preload_content=False,
                )  # fmt: skip
                try:
                    return answer.status, answer.read(_MOST_BYTES)
                finally:
                    answer.close()
        except exceptions.SSLError as error:
            code = "chip.service_denied" if _is_about_us(error) else "chip.service_untrusted"
            raise DeviceFault(code) from error
        except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError) as error:
            raise DeviceAbsent("chip.service_unreachable") from error
        except exceptions.HTTPError as error:
            raise DeviceFault("chip.service_silent") from error
        except OSError as error:
            # The file of the certificate authority is not there, or is none.
            raise DeviceFault("chip.service_untrusted") from error


def _is_about_us(error: Exception) -> bool:
    """Return whether the far side said that it does not accept, or misses, our certificate."""
    reason = str(getattr(error.args[0], "reason", ""))
    return "ALERT" in reason and any(word in reason for word in _OF_CALLERS)


def _refuse_unusable(cert_file: str) -> None:
    """Return when our certificate and its key can be used, or none is needed.

    Raises:
        DeviceFault: `chip.service_cert`.
    """
    if not cert_file:
        return
    import ssl  # late, as the line itself

    try:
        # An empty password makes a locked key an error; without one the terminal would be asked.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert_file, password=lambda: "")
    except OSError as error:
        raise DeviceFault("chip.service_cert", place=cert_file) from error


def _identity(request: KeyRequest) -> dict[str, str]:
    """Return what every question says: chip.md's list of what a key service needs."""
    card = request.card
    return {
        "operation": request.op,
        "address": request.address,
        "algorithm": card.algorithm,
        "version": card.version,
        "identification": card.identification,
        "historical": card.historical,
        "card": card.number,
        "region": card.identification[:6],
    }


def _body(asked: Mapping[str, str], plain: bytes | bytearray) -> bytearray:
    """Return the JSON of `asked` with `plain` in hex; the secret is written into it once."""
    head = json.dumps(asked).encode()[:-1] + b', "plain": "'
    body = bytearray(head + b"0" * (2 * len(plain)) + b'"}')
    for at, byte in enumerate(plain):
        body[len(head) + 2 * at] = _HEX[byte >> 4]
        body[len(head) + 2 * at + 1] = _HEX[byte & 15]
    return body


def _read(status: int, content: bytes) -> KeyAnswer:
    """Return what an answer means; one that cannot be understood is unknown."""
    if status != _OK:
        return _UNKNOWN
    try:
        told = json.loads(content)
        if told["outcome"] == KeyOutcome.DONE.value:
            return KeyAnswer(outcome=KeyOutcome.DONE, data=bytes.fromhex(told["data"]))
        if told["outcome"] == KeyOutcome.REFUSED.value:
            words = "".join(char for char in str(told.get("text", "")) if char.isprintable())
            return KeyAnswer(outcome=KeyOutcome.REFUSED, text=words[:_LONGEST_TEXT])
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return _UNKNOWN


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
