"""A terminal server as RFC 2217 has it: pyserial's own far side, between a TCP port and a pty."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import serial
from serial.rfc2217 import PortManager


class _Pty(serial.Serial):  # type: ignore[misc]
    """A pty as a serial port: it has no modem lines to ask or to set."""

    cts = dsr = ri = cd = dtr = rts = False


class _Out:
    """What the port manager writes its negotiations to."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def write(self, data: bytes) -> None:
        self._client.sendall(data)


@contextmanager
def rfc2217_server(device: str) -> Iterator[str]:
    """Serve `device` to one client; yield the URL."""
    with (
        _Pty(device, 9600, timeout=0, exclusive=True) as port,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        listener.settimeout(5)
        thread = threading.Thread(target=_serve, args=(listener, port))
        thread.start()
        try:
            yield f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join(5)


def _serve(listener: socket.socket, port: Any) -> None:
    client, _ = listener.accept()
    client.settimeout(5)
    with client, selectors.DefaultSelector() as selector:
        manager = PortManager(port, _Out(client))
        selector.register(client, selectors.EVENT_READ)
        selector.register(port, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(5):
                if key.fileobj is port:
                    client.sendall(b"".join(manager.escape(port.read(4096))))
                elif data := client.recv(4096):
                    port.write(b"".join(manager.filter(data)))
                else:
                    return
