"""Devices at the clerk's own PC, reached through the clerk's SSH connection (B24).

`sbk bridge` on that PC offers each device as a socket in a folder of this machine that only the
clerk's account can enter; `SBK_BRIDGE` names the folder, `bridge://NAME` a device in it. A serial
device is a stream of its bytes; readers and printers are asked by short messages: a length of
four bytes, then MessagePack. What goes wrong over there comes back as the same error.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sbk_tui.errors import (
    Cancelled,
    CardRemoved,
    DeviceAbsent,
    DeviceBusy,
    DeviceFault,
    Garbled,
    OutcomeUnknown,
)
from sbk_tui.hardware.chip.reader import ChipReader
from sbk_tui.hardware.chip.session import ChipSession

FOLDER = "SBK_BRIDGE"
SERIAL, READERS = ("id_card_reader", "pin_pad", "pos"), ("social_card_reader",)
PRINTERS = ("printer", "form_printer")
MOST_BYTES = 16 * 1024 * 1024
WAIT_S = 1.0
"""How long the far side waits for a card before it answers that none has come."""
_CONNECT_S, _LIMIT_S = 3.0, 20.0
_SLICE_S = 0.1
_HEAD = struct.Struct(">I")
_FAULTS = {
    each.__name__: each
    for each in (DeviceAbsent, DeviceBusy, CardRemoved, Garbled, OutcomeUnknown, DeviceFault)
}
Message = dict[str, Any]


def connect(name: str, variables: Mapping[str, str]) -> socket.socket:
    """Return a fresh line to the device `name`.

    Raises:
        DeviceAbsent: `bridge.none`, not signed in through `sbk bridge`; `bridge.not_offered`.
    """
    folder = variables.get(FOLDER)
    if not folder:
        raise DeviceAbsent("bridge.none", name=name)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(_CONNECT_S)
    try:
        line.connect(str(Path(folder) / name))
    except OSError as error:
        line.close()
        raise DeviceAbsent("bridge.not_offered", name=name) from error
    return line


def send(line: socket.socket, message: Message) -> None:
    """Send one message; `OSError` when the line is gone."""
    body = msgspec.msgpack.encode(message)
    line.sendall(_HEAD.pack(len(body)) + body)


def receive(line: socket.socket) -> Message | None:
    """Return the next message, None when the far side has closed; `OSError` on a broken line.

    Raises:
        Garbled: `bridge.garbled`.
    """
    head = _exactly(line, _HEAD.size)
    if not head:
        return None
    (size,) = _HEAD.unpack(head)
    if size > MOST_BYTES:
        raise Garbled("bridge.garbled")
    try:
        return msgspec.msgpack.decode(_exactly(line, size), type=Message)
    except msgspec.DecodeError as error:
        raise Garbled("bridge.garbled") from error


def said(error: DeviceFault) -> Message:
    """Return an error as it travels."""
    return {"fault": type(error).__name__, "code": error.code, "facts": dict(error.facts)}


def ask(line: socket.socket, message: Message, *, sent: str = "device.lost") -> Message:
    """Send `message` and return the answer.

    Args:
        sent: the code of the error when the line goes once the message is on its way.

    Raises:
        DeviceFault: as the far side says; DeviceAbsent: `sent`.
    """
    try:
        send(line, message)
        answer = receive(line)
    except OSError as error:
        raise DeviceAbsent(sent, device="bridge", place=FOLDER) from error
    if answer is None:
        raise DeviceAbsent(sent, device="bridge", place=FOLDER)
    if "fault" in answer:
        fault = _FAULTS.get(str(answer["fault"]), DeviceFault)
        raise fault(str(answer.get("code")), **answer.get("facts", {}))
    return answer


class BridgeCardReader(ChipReader):
    """The social-card reader at the clerk's PC; every command of a chip is one message."""

    def __init__(self, name: str, variables: Mapping[str, str]) -> None:
        """Take the device's name; nothing is opened before it is asked."""
        self._name = name
        self._variables = variables

    def identify(self) -> str:
        """Return the reader's name over there."""
        return str(self._once({"ask": "identify"})["name"])

    def pad_on_reader(self) -> bool:
        """Return whether the reader over there has a PIN pad of its own; see the port."""
        return bool(self._once({"ask": "pad"})["pad"])

    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card comes or goes; see the port."""
        with self._line() as line:
            while not ask(line, {"ask": "wait", "present": present})["done"]:
                if cancel.is_set():
                    raise Cancelled("device.cancelled", device="card_reader")

    def _card_present(self) -> bool:
        return bool(self._once({"ask": "present"})["present"])

    def _once(self, message: Message) -> Message:
        with self._line() as line:
            return ask(line, message)

    @contextmanager
    def _line(self) -> Iterator[socket.socket]:
        with connect(self._name, self._variables) as line:
            line.settimeout(_LIMIT_S)
            yield line

    @contextmanager
    def _powered(self) -> Iterator[ChipSession]:
        with self._line() as line:
            atr = bytes(ask(line, {"ask": "power"})["atr"])
            yield ChipSession(_FarCard(line, atr))


class _FarCard:
    """A `CardLine` whose card lies over there; closing the line powers it down."""

    def __init__(self, line: socket.socket, atr: bytes) -> None:
        self._line = line
        self.atr = atr

    def transmit(self, command: bytes | bytearray) -> bytes:
        """Send `command` once.

        Raises:
            CardRemoved: `chip.card_removed`, also when the connection went; DeviceFault.
        """
        return self._told({"ask": "send", "command": bytes(command)})

    def control(self, code: int, data: bytes, limit_s: float) -> bytes:
        """Tell the reader something; see `CardLine`."""
        self._line.settimeout(limit_s + _LIMIT_S)
        try:
            return self._told({"ask": "control", "code": code, "data": data, "limit": limit_s})
        finally:
            self._line.settimeout(_LIMIT_S)

    def _told(self, message: Message) -> bytes:
        try:
            return bytes(ask(self._line, message)["answer"])
        except DeviceAbsent as error:
            raise CardRemoved("chip.card_removed") from error


class BridgePrinter:
    """A printer at the clerk's PC: a `DocumentPrinter` and a `FormPrinter`."""

    def __init__(self, name: str, variables: Mapping[str, str]) -> None:
        """Take the device's name."""
        self._name = name
        self._variables = variables

    def ready(self) -> str:
        """Return the queue over there that takes papers; `DeviceFault` as over there."""
        with connect(self._name, self._variables) as line:
            line.settimeout(_LIMIT_S)
            return str(ask(line, {"ask": "ready"})["queue"])

    def submit(self, title: str, data: bytes, /) -> str:
        """Hand a paper over and return its job's name over there.

        Raises:
            OutcomeUnknown: `print.no_answer`: it may print all the same.
            DeviceAbsent, DeviceFault: as the printer's driver over there.
        """
        with connect(self._name, self._variables) as line:
            line.settimeout(_LIMIT_S)
            try:
                answer = ask(
                    line, {"ask": "print", "title": title, "data": data}, sent="bridge.cut"
                )
            except DeviceAbsent as error:
                if error.code != "bridge.cut":
                    raise
                raise OutcomeUnknown("print.no_answer", queue=self._name) from error
            return str(answer["job"])


class BridgePort:
    """A serial device at the clerk's PC, with as much of a pyserial port as `SerialLine` uses."""

    def __init__(self, name: str, variables: Mapping[str, str]) -> None:
        """Open it; `DeviceFault` as the far side says it."""
        self._line = connect(name, variables)
        try:
            ask(self._line, {"ask": "line"})
        except BaseException:
            self._line.close()
            raise
        self._line.settimeout(_SLICE_S)

    @property
    def in_waiting(self) -> int:
        """1 when something waits unread, as on pyserial's sockets."""
        self._line.settimeout(0)
        try:
            return len(self._line.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return 0
        finally:
            self._line.settimeout(_SLICE_S)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer when a slice of time passes without the rest."""
        data = b""
        while len(data) < size:
            try:
                piece = self._line.recv(size - len(data))
            except TimeoutError:
                break
            if not piece:
                raise ConnectionResetError
            data += piece
        return data

    def write(self, data: bytes) -> None:
        """Send `data`."""
        self._line.sendall(data)

    def close(self) -> None:
        """Leave the device to others."""
        self._line.close()


def _exactly(line: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = line.recv(size - len(data))
        if not piece:
            return b""
        data += piece
    return bytes(data)
