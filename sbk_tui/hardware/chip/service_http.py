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
_MOST_BYTES = 65536
_LONGEST_TEXT = 60
_OK = 200
_HEX = b"0123456789ABCDEF"


class HttpKeyService:
    """A `KeyService` at a URL; nothing is opened before it is asked."""

    def __init__(self, url: str, ca_file: str = "") -> None:
        """Take the address.

        Args:
            ca_file: the certificate authority to believe; empty: those of the system.

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
        # Late: only who unlocks or resets a PIN pays for it.
        import urllib3
        from urllib3 import exceptions

        # Sent from where it lies, which its type does not know: a copy could not be overwritten.
        sent: Any = body
        headers = {"Content-Type": "application/json"}
        limit = urllib3.Timeout(total=limit_s)
        try:
            with urllib3.PoolManager(
                retries=False, timeout=limit, ca_certs=self._ca_file, cert_reqs="CERT_REQUIRED"
            ) as pool:
                answer = pool.request(
                    "POST", url, body=sent, headers=headers, redirect=False, preload_content=False
                )
                try:
                    return _read(answer.status, answer.read(_MOST_BYTES))
                finally:
                    answer.close()
        except exceptions.SSLError as error:
            raise DeviceFault("chip.service_untrusted") from error
        except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError) as error:
            raise DeviceAbsent("chip.service_unreachable") from error
        except exceptions.HTTPError:
            return _UNKNOWN  # it was sent, and no whole answer came
        except OSError as error:
            # The file of the certificate authority is not there, or is none.
            raise DeviceFault("chip.service_untrusted") from error


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
