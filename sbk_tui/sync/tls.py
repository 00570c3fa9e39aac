"""The way to the hub over TLS: its certificate is pinned on the hub's own signed word.

The key that enrolment codes name signs every answer. So the first thing asked over a new
connection, before any secret is sent, is which certificate the hub serves; another one in between
is noticed, and a renewed one is taken over, without an authority outside the city.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from sbk_tui.errors import BadUsage, HubUnreachable
from sbk_tui.sync import wire
from sbk_tui.sync.client import Line, RawAnswer

CONNECT_S, ANSWER_S = 10.0, 60.0
_PORT, _PROXY_PORT = 443, 8080


def open_line(url: str, pin: str = "") -> Line:
    """Return the line to the hub at `url`; nothing is sent yet.

    Args:
        pin: SHA-256 of the certificate to accept, hexadecimal; empty: what the machine's own
            authorities vouch for.

    Raises:
        BadUsage: `hub.url`, `hub.insecure` for plain HTTP to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadUsage("hub.url", url=url)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadUsage("hub.insecure", url=url)
    # Late: the screen's process never loads TLS.
    import urllib3

    proxy = _proxy_of(parts.scheme, parts.hostname)
    accepted: dict[str, Any] = {"assert_fingerprint": pin, "cert_reqs": "CERT_NONE"} if pin else {}
    timeout = urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S)
    pool = (
        urllib3.ProxyManager(proxy, num_pools=1, timeout=timeout, retries=False, **accepted)
        if proxy
        else urllib3.PoolManager(num_pools=1, timeout=timeout, retries=False, **accepted)
    )

    def send(path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        try:
            answer = pool.request(
                "POST", url.rstrip("/") + path, body=body, headers=headers, redirect=False
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise HubUnreachable("hub.timeout") from error
        except urllib3.exceptions.SSLError as error:
            raise HubUnreachable("hub.tls", url=url) from error
        except urllib3.exceptions.HTTPError as error:
            raise HubUnreachable("hub.no_line", url=url) from error
        return RawAnswer(answer.status, answer.headers, answer.data)

    return send


class PinnedLine:
    """The line to an enrolled counter's hub: asks for the certificate once, and when it changes."""

    def __init__(
        self,
        url: str,
        *,
        trusts: Callable[[bytes], bool],
        new_nonce: Callable[[], str],
        pin: str | None,
        remember: Callable[[str], object],
    ) -> None:
        """Take the address, the hub's key, the pin known before (None: never asked)."""
        self._url = url
        self._trusts = trusts
        self._new_nonce = new_nonce
        self._remember = remember
        self._line = None if pin is None else open_line(url, pin)

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        """Send as a line does; what was refused for its certificate had not been sent."""
        if self._line is None:
            self._line = self._ask()
        try:
            return self._line(path, body, headers)
        except HubUnreachable as error:
            if error.code != "hub.tls":
                raise
        self._line = self._ask()
        return self._line(path, body, headers)

    def _ask(self) -> Line:
        pin = pin_of(self._url, trusts=self._trusts, nonce=self._new_nonce())
        line = open_line(self._url, pin)
        self._remember(pin)
        return line


def pin_of(url: str, *, trusts: Callable[[bytes], bool], nonce: str) -> str:
    """Return the certificate to accept from the hub at `url`, as the hub itself has signed it.

    Empty over plain HTTP, and where the hub leaves TLS to the machine's own authorities.

    Raises:
        BadUsage: as `open_line`.
        HubUnreachable: no line; `hub.tls_between` when somebody else's certificate is served.
    """
    if urlsplit(url).scheme != "https":
        return ""
    served = _served_by(url)
    answer = open_line(url, served)(wire.TLS_PATH, b"", {wire.NONCE_HEADER: nonce})
    if answer.status != 200 or not wire.is_sealed(answer.headers, nonce, 200, answer.body, trusts):
        raise HubUnreachable("hub.not_ours")
    said = wire.decode(answer.body, wire.Tls).certificate
    if said and said != served:
        raise HubUnreachable("hub.tls_between", url=url)
    return said


def _served_by(url: str) -> str:
    """Return the SHA-256 of the certificate that the address serves now."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    # Anybody's certificate: whether it is the hub's is what the hub is asked next.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = parts.hostname or "", parts.port or _PORT
    proxy = urlsplit(_proxy_of(parts.scheme, host))
    through = (proxy.hostname or "", proxy.port or _PROXY_PORT) if proxy.hostname else (host, port)
    connection = http.client.HTTPSConnection(*through, timeout=CONNECT_S, context=context)
    if proxy.hostname:
        connection.set_tunnel(host, port)
    try:
        connection.connect()
        certificate = connection.sock.getpeercert(binary_form=True) or b""
    except (OSError, http.client.HTTPException) as error:
        raise HubUnreachable("hub.no_line", url=url) from error
    finally:
        connection.close()
    return hashlib.sha256(certificate).hexdigest()


def _proxy_of(scheme: str, host: str) -> str:
    if is_loopback(host) or proxy_bypass(host):
        return ""
    return getproxies().get(scheme, "")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
