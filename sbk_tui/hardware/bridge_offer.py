"""The clerk's PC's side of `sbk bridge`: local devices behind sockets, one folder for all (B24)."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sbk_tui.domain.world import CHINA
from sbk_tui.errors import BadUsage, DeviceFault
from sbk_tui.hardware import bridge
from sbk_tui.hardware.bridge import Message
from sbk_tui.hardware.chip.driver import PcscSocialCardReader
from sbk_tui.hardware.chip.session import CardLine
from sbk_tui.hardware.device_url import parse_serial_url
from sbk_tui.hardware.paper_out import open_form_printer, open_printer
from sbk_tui.hardware.serial_line import SerialLine
from sbk_tui.hardware.spooler import ask_printer

_POLL_S = 0.1
_OPEN_S = 3.0
_PIECE = 4096
Serve = Callable[[socket.socket], None]


def offered(name: str, url: str) -> Serve:
    """Return what serves one connection to the device `name`, which stands at `url` here.

    Raises:
        BadUsage: `bridge.device`, no such device; and as the drivers for a wrong URL.
    """
    if name in bridge.SERIAL:
        place = parse_serial_url(url)
        return lambda line: _pump(line, lambda: SerialLine(place, name, threading.Event(), _OPEN_S))
    if name in bridge.READERS:
        reader = PcscSocialCardReader(url)
        return lambda line: _talk(line, reader)
    if name in bridge.PRINTERS:
        opened = open_printer if name == "printer" else open_form_printer
        printer = opened(url, _now)
        return lambda line: _print(line, printer.submit, lambda: ask_printer(url, _now))
    known = " ".join((*bridge.SERIAL, *bridge.READERS, *bridge.PRINTERS))
    raise BadUsage("bridge.device", name=name, known=known)


def _now() -> datetime:
    return datetime.now(CHINA)


@contextmanager
def serving(folder: Path, devices: Mapping[str, Serve]) -> Iterator[None]:
    """Offer `devices` as sockets in `folder` while the block lasts."""
    with ExitStack() as stack:
        for name, serve in devices.items():
            stack.enter_context(_listening(folder / name, serve))
        yield


@contextmanager
def _listening(path: Path, serve: Serve) -> Iterator[None]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                serve(self.request)

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        block_on_close = False

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _pump(line: socket.socket, opened: Callable[[], SerialLine]) -> None:
    """Carry bytes both ways between the far counter and a serial device."""
    if bridge.receive(line) is None:
        return
    try:
        port = opened()
    except DeviceFault as error:
        bridge.send(line, bridge.said(error))
        return
    gone = threading.Event()

    def from_device() -> None:
        with suppress(OSError, DeviceFault):
            while not gone.is_set():
                data = port.receive(1) + port.drain()
                if data:
                    line.sendall(data)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    with port:
        bridge.send(line, {"open": True})
        back = threading.Thread(target=from_device, daemon=True)
        back.start()
        with suppress(OSError, DeviceFault):
            while data := line.recv(_PIECE):
                port.send(data)
        gone.set()
        back.join()


def _talk(line: socket.socket, reader: PcscSocialCardReader) -> None:
    """Answer a far counter's questions about the card, and pass its commands on."""
    with ExitStack() as powered:
        card: CardLine | None = None
        while (message := bridge.receive(line)) is not None:
            try:
                if message.get("ask") == "power":
                    card = powered.enter_context(reader.line())
                    answer: Message = {"atr": card.atr}
                elif message.get("ask") == "send" and card is not None:
                    answer = {"answer": card.transmit(message["command"])}
                elif message.get("ask") == "control" and card is not None:
                    told = card.control(message["code"], message["data"], message["limit"])
                    answer = {"answer": told}
                else:
                    answer = _looked(message, reader)
            except DeviceFault as error:
                answer = bridge.said(error)
            bridge.send(line, answer)


def _looked(message: Message, reader: PcscSocialCardReader) -> Message:
    match message.get("ask"):
        case "identify":
            return {"name": reader.identify()}
        case "pad":
            return {"pad": reader.pad_on_reader()}
        case "wait":
            return {"done": _waited(reader, present=bool(message.get("present")))}
        case _:
            return {"present": reader.card_present()}


def _waited(reader: PcscSocialCardReader, *, present: bool) -> bool:
    end = time.monotonic() + bridge.WAIT_S
    while reader.card_present() != present:
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
    return True


def _print(
    line: socket.socket, submit: Callable[[str, bytes], str], ready: Callable[[], str]
) -> None:
    message = bridge.receive(line)
    if message is None:
        return
    try:
        answer: Message
        if message.get("ask") == "ready":
            answer = {"queue": ready()}
        else:
            answer = {"job": submit(str(message["title"]), bytes(message["data"]))}
    except DeviceFault as error:
        answer = bridge.said(error)
    bridge.send(line, answer)
