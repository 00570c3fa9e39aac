"""Handing in the same documents from PouchDB to express-pouchdb (G16), and what a wire carries.

MODULES is a folder with `node_modules` made by `npm install pouchdb express express-pouchdb`.
LevelDB there does not flush at each commit as both SQLite hubs do.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).with_name("pouch.js")
LIMIT_S = 600.0


class Replicated(NamedTuple):
    """One replication."""

    pushed: float
    """Documents a second."""
    wire: float
    """Bytes a document, both ways, headers included; 0: not counted."""


class Relay:
    """A line that counts what goes over it, between two addresses of this machine."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.count = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                with self._lock:
                    self.count += len(data)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


@contextmanager
def counted(url: str, *, on: bool) -> Iterator[tuple[str, Relay | None]]:
    """Give an address that leads to `url`, over a relay that counts if `on`."""
    if not on:
        yield url, None
        return
    relay = Relay(int(url.rpartition(":")[2]))
    try:
        yield f"http://127.0.0.1:{relay.port}", relay
    finally:
        relay.close()


def replicate(
    folder: Path, modules: Path, documents: Sequence[dict[str, object]], *, count: bool
) -> Replicated:
    """Replicate documents to a fresh server."""
    for name in ("city", "own"):
        (folder / name).mkdir()
    serve = ["node", str(SCRIPT), "serve", str(modules), str(folder / "city")]
    lines = "".join(
        json.dumps({"_id": secrets.token_hex(8), **each}, ensure_ascii=False) + "\n"
        for each in documents
    )
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = f"http://127.0.0.1:{int(server.stdout.readline())}"
            with counted(address, on=count) as (url, relay):
                push = ["node", str(SCRIPT), "push", str(modules), str(folder / "own")]
                done = subprocess.run(
                    [*push, f"{url}/city"], input=lines, text=True, stdout=subprocess.PIPE,
                    stderr=sys.stderr, timeout=LIMIT_S, check=True,
                )  # fmt: skip
                carried = relay.count if relay else 0
        finally:
            server.terminate()
    return Replicated(len(documents) / float(done.stdout), carried / len(documents))
