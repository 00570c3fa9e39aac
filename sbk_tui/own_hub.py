"""A hub beside the counter, in the folder `hub` of its home: an office that is its own city.

It runs while something needs it (the sender, one `sbk sync`) and ends with it; where a service of
the machine serves it already, that one is used.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sbk_tui.errors import BadUsage
from sbk_tui.hub import registry
from sbk_tui.hub.home import create, is_hub, open_hub
from sbk_tui.sync.enrol import enrol
from sbk_tui.wiring import Counter, new_nonce, now_ms

FOLDER = "hub"
_HOST = "127.0.0.1"
_PATIENCE_S = 10.0


def available() -> bool:
    """Return whether the `hub` extra is installed."""
    return all(find_spec(name) for name in ("starlette", "uvicorn", "jinja2"))


def make(counter: Counter) -> None:
    """Make a hub beside `counter` and let the counter join it.

    Raises:
        BadUsage: `hub.extra_missing`, `hub.exists`.
    """
    if not available():
        raise BadUsage("hub.extra_missing")
    create(counter.home / FOLDER)
    join(counter, counter.home, f"http://{_HOST}:{_free_port()}")


def join(counter: Counter, home: Path, url: str) -> None:
    """Let `counter` join the hub that stands beside the counter at `home` and serves `url`."""
    held = counter.opened.certificate
    grant = registry.Grant(held.office, held.level, held.district, held.removed, held.bank)
    hub = open_hub(home / FOLDER)
    try:
        with hub.store.write() as db:
            code = registry.new_code(db, grant, hub.signer.public, now_ms())
    finally:
        hub.store.close()
    with running(home, url):
        enrol(counter.opened, url=url, code=code, now_ms=now_ms, new_nonce=new_nonce)


def new_code(home: Path, counter: str) -> str:
    """Return a code of the hub beside a counter, for another life of that counter.

    Raises:
        BadUsage: `hub.missing`, `hub.no_such_counter`.
    """
    hub = open_hub(home / FOLDER)
    try:
        with hub.store.write() as db:
            grant = registry.grant_of(db, counter)
            return registry.new_code(db, grant, hub.signer.public, now_ms())
    finally:
        hub.store.close()


def is_served(url: str) -> bool:
    """Return whether something serves the address of a hub on this machine."""
    port = urlsplit(url).port
    return port is not None and _is_served(port)


@contextmanager
def running(home: Path, url: str) -> Iterator[None]:
    """Let the hub beside the counter at `home` serve `url`; where there is none, do nothing."""
    port = urlsplit(url).port
    if port is None or not is_hub(home / FOLDER) or _is_served(port):
        yield
        return
    command = [
        sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", str(home / FOLDER),
        "--host", _HOST, "--port", str(port), "--while-stdin",
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 -- our own program, by its own interpreter
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None  # noqa: S101 -- it is a pipe
            server.stdout.readline()  # it listens, or has ended
            yield
        finally:
            server.terminate()
            try:
                server.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.kill()


def _is_served(port: int) -> bool:
    try:
        with socket.create_connection((_HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        number: int = probe.getsockname()[1]
        return number
