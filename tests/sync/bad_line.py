"""A line between a real counter and a real hub that drops, delays, repeats, cuts and corrupts."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FAULTS = ("pass", "refuse", "cut_request", "cut_answer", "corrupt", "repeat", "slow")
_CHUNK = 65536


class BadLine:
    """A box on a port of this machine; each connection meets the next of `faults`."""

    def __init__(self, hub_port: int) -> None:
        self.hub_port = hub_port
        self.faults: list[str] = []
        self.met = 0
        """How many faults were met."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            fault = self.faults.pop(0) if self.faults else "pass"
            self.met += fault != "pass"
            thread = threading.Thread(target=self._carry, args=(near, fault))
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _carry(self, near: socket.socket, fault: str) -> None:
        with near, contextlib.suppress(OSError):
            near.settimeout(20)
            if fault == "refuse":
                return
            request = _whole(near)
            if fault == "slow":
                time.sleep(0.05)
            if fault == "repeat":
                self._ask(request)
            answer = self._ask(request[: len(request) // 2] if fault == "cut_request" else request)
            if fault == "cut_answer":
                answer = answer[: len(answer) // 2]
            elif fault == "corrupt" and answer:
                at = len(answer) - 1 - len(answer) // 5
                answer = answer[:at] + bytes([answer[at] ^ 0x55]) + answer[at + 1 :]
            near.sendall(answer)

    def _ask(self, request: bytes) -> bytes:
        """Send one request to the hub and return its whole answer; the connection ends."""
        try:
            with socket.create_connection(("127.0.0.1", self.hub_port), timeout=20) as far:
                far.sendall(request)
                if not _is_whole(request):
                    return b""
                return _whole(far)
        except OSError:
            return b""


@contextmanager
def bad_line(hub_port: int) -> Iterator[BadLine]:
    """Run a bad line to the hub on `hub_port`."""
    line = BadLine(hub_port)
    thread = threading.Thread(target=line.serve)
    thread.start()
    try:
        yield line
    finally:
        line.end()
        thread.join()


def _whole(source: socket.socket) -> bytes:
    """Read one HTTP message: head and as much body as it announces."""
    content = b""
    while not _is_whole(content):
        piece = source.recv(_CHUNK)
        if not piece:
            break
        content += piece
    return content


def _is_whole(content: bytes) -> bool:
    head, end, body = content.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    return len(body) >= (lengths[0] if lengths else 0)
