"""Where a device is, as the configuration says it: `serial:///dev/ttyUSB0?baud=115200`.

Every driver is chosen and opened by such a URL; `parse_device_url` refuses a wrong one in the
words of the one who wrote it, before anything is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from sbk_tui.errors import BadUsage

BAUDS = (9600, 19200, 38400, 57600, 115200)
DEFAULT_BAUD = 115200  # [2+] I1 I4

Shape = Literal["path", "host", "name"]
SCHEMES: Mapping[str, tuple[Shape, frozenset[str]]] = {
    # scheme: what stands behind it, and the options it takes
    "serial": ("path", frozenset({"baud"})),
    "socket": ("host", frozenset({"baud"})),  # the speed of the far line, for the time limits
    "rfc2217": ("host", frozenset({"baud"})),
    "pcsc": ("name", frozenset()),
    "cups": ("name", frozenset()),
    "file": ("path", frozenset()),
    "sim": ("name", frozenset()),
    "bridge": ("name", frozenset()),  # a device at the clerk's own PC (B24)
}
SERIAL_SCHEMES = ("serial", "socket", "rfc2217", "bridge")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLAIN_PATH = re.compile(r"/dev/.+")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]@]+):(?P<port>\d+)/?")


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """A device URL, taken apart and checked."""

    scheme: str
    place: str
    """A path, a host or a name, by the scheme."""
    port: int = 0
    """The TCP port; 0 where there is none."""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def baud(self) -> int:
        """The speed of the line in bits a second."""
        return int(self.options.get("baud", DEFAULT_BAUD))

    def __str__(self) -> str:
        if self.port:
            return f"{self.scheme}://{self.place}:{self.port}"
        return self.place if self.scheme == "serial" else f"{self.scheme}://{self.place}"


def parse_device_url(text: str, variables: Mapping[str, str] | None = None) -> DeviceUrl:
    """Return `text` as a checked URL, `${NAME}` in it replaced from `variables`.

    A plain device path (`/dev/ttyUSB0`) is taken for a serial line.

    Raises:
        BadUsage: `device.unset_variable`, `device.bad_url`, `device.unknown_scheme`,
            `device.bad_port`, `device.unknown_option`, `device.bad_baud`.
    """
    whole = _VARIABLE.sub(lambda match: _value(match[1], variables or {}), text.strip())
    if not whole.isprintable():
        raise BadUsage("device.bad_url", url=ascii(whole))
    scheme, mark, rest = whole.partition("://")
    if not mark and _PLAIN_PATH.fullmatch(whole):
        scheme, rest = "serial", whole
    elif not mark:
        raise BadUsage("device.bad_url", url=whole)
    if scheme.lower() not in SCHEMES:
        raise BadUsage("device.unknown_scheme", url=whole, known=" ".join(SCHEMES))
    shape, known = SCHEMES[scheme.lower()]
    # Only schemes with options are cut at "?": a file pattern or a queue may contain one.
    place, _, query = rest.partition("?") if known else (rest, "", "")
    if not place and shape != "name":
        raise BadUsage("device.bad_url", url=whole)
    options = _options(whole, query, known)
    if shape == "host":
        host, port = _host_port(whole, place)
        return DeviceUrl(scheme.lower(), host, port, options)
    return DeviceUrl(scheme.lower(), place, 0, options)


def parse_serial_url(text: str, variables: Mapping[str, str] | None = None) -> DeviceUrl:
    """Return `text` as the URL of a device on a serial line, local or over the network.

    Raises:
        BadUsage: as `parse_device_url`; `device.unknown_scheme` for any other kind of line too.
    """
    url = parse_device_url(text, variables)
    if url.scheme not in SERIAL_SCHEMES:
        raise BadUsage("device.unknown_scheme", url=str(url), known=" ".join(SERIAL_SCHEMES))
    return url


def _value(name: str, variables: Mapping[str, str]) -> str:
    if not variables.get(name):
        raise BadUsage("device.unset_variable", name=name)
    return variables[name]


def _host_port(whole: str, place: str) -> tuple[str, int]:
    match = _HOST_PORT.fullmatch(place)
    if match is None:
        raise BadUsage("device.bad_url", url=whole)
    # Compared as text first: int() of thousands of digits is refused by Python itself.
    port = int(match["port"]) if len(match["port"]) <= 5 else 0
    if not 0 < port < 65536:
        raise BadUsage("device.bad_port", url=whole)
    return match["host"], port


def _options(whole: str, query: str, known: frozenset[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in known:
            raise BadUsage("device.unknown_option", url=whole, name=name)
    baud = options.get("baud", str(DEFAULT_BAUD))
    if baud not in {str(speed) for speed in BAUDS}:
        raise BadUsage("device.bad_baud", url=whole, known=" ".join(map(str, BAUDS)))
    return options
