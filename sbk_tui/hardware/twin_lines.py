"""Real lines for a simulated serial device: one pty and one TCP port on 127.0.0.1.

Whatever cuts a stream into requests and answers them can stand behind it.
"""

from __future__ import annotations

import os
import pty
import selectors
import socket
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

_CHUNK = 4096
Cutter = Callable[[bytes], list[bytes]]
"""Fed with bytes, gives the requests they complete."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a device does after a request."""

    data: bytes
    in_pieces: bool = False
    """One write a byte."""
    hang_up: bool = False
    """Close the line afterwards."""


class TwinLines:
    """Serves `answer` on a pty and a TCP port in one thread, until its `with` block ends."""

    def __init__(
        self, answer: Callable[[bytes], Reply], new_cutter: Callable[[], Cutter], in_use: bytes
    ) -> None:
        """Prepare; nothing is open before `__enter__`.

        `in_use` is what a second TCP client is told before it is sent away.
        """
        self._answer = answer
        self._new_cutter = new_cutter
        self._in_use = in_use
        self._thread = threading.Thread(target=self._serve, name="twin", daemon=True)
        self._client: socket.socket | None = None
        self.device = ""
        self.port = 0

    def __enter__(self) -> Self:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(self._slave)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._stop_read, self._stop_write = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stop_read, selectors.EVENT_READ, None)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        # The slave stays open here, or the master would report an error between two clients.
        on_pty = partial(self._read_pty, self._new_cutter())
        self._selector.register(self._master, selectors.EVENT_READ, on_pty)
        self._pty_open = True
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        self._close_client()
        self._close_pty()
        self._selector.close()
        self._listener.close()
        os.close(self._stop_read)
        os.close(self._stop_write)

    def _serve(self) -> None:
        while True:
            ready = [key.data for key, _ in self._selector.select()]
            if None in ready:
                return
            # New clients last: one that closed just before must have left by then.
            for handle in sorted(ready, key=lambda handle: handle == self._accept):
                handle()

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            client, _ = self._listener.accept()
            if self._client is not None:
                with client, suppress(OSError):
                    client.sendall(self._in_use)
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(1.0)  # a client that does not read must not hold the thread
            self._client = client
            on_client = partial(self._read_client, client, self._new_cutter())
            self._selector.register(client, selectors.EVENT_READ, on_client)

    def _read_client(self, client: socket.socket, cut: Cutter) -> None:
        try:
            data = client.recv(_CHUNK)
            if data and self._reply(cut(data), client.sendall):
                return
        except OSError:
            pass  # gone in the middle
        self._close_client()

    def _read_pty(self, cut: Cutter) -> None:
        try:
            if self._reply(cut(os.read(self._master, _CHUNK)), self._write_pty):
                return
        except OSError:
            pass
        self._close_pty()

    def _reply(self, requests: list[bytes], write: Callable[[bytes], None]) -> bool:
        """Answer `requests`; return whether the line stays open."""
        for request in requests:
            reply = self._answer(request)
            pieces = [reply.data[at : at + 1] for at in range(len(reply.data))]
            for piece in pieces if reply.in_pieces else [reply.data]:
                write(piece)
            if reply.hang_up:
                return False
        return True

    def _write_pty(self, data: bytes) -> None:
        # The pty holds some 4 KB; what nobody reads is lost, as on a wire.
        with suppress(BlockingIOError):
            while data:
                data = data[os.write(self._master, data) :]

    def _close_client(self) -> None:
        if self._client is not None:
            self._selector.unregister(self._client)
            self._client.close()
            self._client = None

    def _close_pty(self) -> None:
        if self._pty_open:
            self._selector.unregister(self._master)
            # The driver sees the end when the master goes: nothing of ours is open by then.
            os.close(self._slave)
            os.close(self._master)
            self._pty_open = False
