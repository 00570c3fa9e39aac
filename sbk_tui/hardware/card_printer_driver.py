"""制卡机 on a line that speaks our protocol: the port `CardPrinter`, for the twin and its like.

A command that moves or prints is sent once. Its answer says done, not done, or never comes; the
third is `OutcomeUnknown`, and nothing here asks a second time on a guess. The face is loaded
before, piece by piece, which can be broken off.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceBusy, DeviceFault, OutcomeUnknown
from sbk_tui.hardware import card_printer_codec as codec
from sbk_tui.hardware.device_url import DeviceUrl, parse_serial_url
from sbk_tui.hardware.ports import CardPlace, CardRecord, PrinterCounters, PrinterStatus
from sbk_tui.hardware.serial_line import SerialLine

DEVICE = "card_printer"
_OPEN_S = 2.0
_TRIES = 3


class Trouble(NamedTuple):
    """How a printer says what is wrong, and what we call it."""

    said: str
    code: str
    clause: str | None = None


TROUBLES = (
    #       on the wire     our code                     row of the trouble table
    Trouble("ribbon_chip",  "cardprinter.ribbon_chip",   "F7"),
    Trouble("ribbon_out",   "cardprinter.ribbon_out"),
    Trouble("cover_open",   "cardprinter.cover_open"),
    Trouble("hopper_empty", "cardprinter.hopper_empty"),
    Trouble("jam",          "cardprinter.jam"),
    Trouble("chip_unit",    "cardprinter.chip_unit",     "F5"),
    Trouble("occupied",     "cardprinter.occupied"),
    Trouble("no_card",      "cardprinter.no_card"),
)  # fmt: skip
_BY_WORD = {row.said: row for row in TROUBLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer is waited for, in seconds [A]."""

    ask: float = 1.0
    """A question, a piece of the face."""
    move: float = 20.0
    """A card from here to there."""
    print: float = 90.0
    """A face: four colours and the overcoat, one after the other."""


LIMITS = Limits()


class LineCardPrinter:
    """A printer on a local port, a TCP port or RFC 2217."""

    def __init__(
        self,
        url: str,
        variables: Mapping[str, str] | None = None,
        *,
        limits: Limits = LIMITS,
        new_tag: Callable[[], int] = lambda: 1 + secrets.randbelow(2**32 - 1),
    ) -> None:
        """Take the place of the printer; nothing is opened before it is asked.

        Raises:
            BadUsage: as `parse_serial_url`.
        """
        self._url = parse_serial_url(url, variables)
        self._limits = limits
        self._new_tag = new_tag

    def status(self) -> PrinterStatus:
        """Return how it stands; see the port."""
        said = self._state()
        trouble = _BY_WORD.get(said.trouble)
        fault = trouble.code if trouble else "cardprinter.refused" if said.trouble else ""
        return PrinterStatus(
            place=CardPlace(said.place), panels=said.panels, fault=fault, detail=said.trouble
        )

    def counters(self) -> PrinterCounters:
        """Return what it has counted; see the port."""
        said = self._state()
        return PrinterCounters(printed=said.printed, panels=said.panels)

    def coupler(self) -> str:
        """Return the chip unit as the printer names it; see the port."""
        return self._state().coupler

    def identify(self) -> str:
        """Return its name; see the port."""
        return self._state().name

    def feed(self, job: str, cancel: threading.Event) -> None:
        """Bring a blank to the chip unit; see the port."""
        self._do("feed", job, cancel, self._limits.move)

    def print_face(
        self, face: bytes, job: str, cancel: threading.Event, *, record: CardRecord | None = None
    ) -> str:
        """Load the face, then print it; see the port. It needs no `record`."""
        del record
        return self._do("print", job, cancel, self._limits.print, face)

    def eject(self, job: str, *, spoiled: bool) -> None:
        """Put the card into its bin; see the port."""
        self._do("reject" if spoiled else "eject", job, threading.Event(), self._limits.move)

    def _state(self) -> codec.State:
        with self._talk(threading.Event()) as talk:
            return talk.state()

    def _do(
        self,
        action: codec.Action,
        job: str,
        cancel: threading.Event,
        limit_s: float,
        face: bytes = b"",
    ) -> str:
        with self._talk(cancel) as talk:
            talk.state()  # a printer that does not answer now is absent, not uncertain
            digest = talk.load(face, cancel) if action == "print" else ""
            if cancel.is_set():
                raise Cancelled("device.cancelled", device=DEVICE)
            return talk.do(codec.Do(action=action, job=job, digest=digest), limit_s)

    @contextmanager
    def _talk(self, cancel: threading.Event) -> Iterator[_Talk]:
        try:
            line = SerialLine(self._url, DEVICE, cancel, _OPEN_S)
        except (DeviceBusy, Cancelled):
            raise
        except DeviceAbsent as error:
            raise absent(self._url) from error
        with line:
            line.drain()  # an answer that came too late for whoever asked before
            yield _Talk(line, self._url, self._limits.ask, self._new_tag)


class _Talk:
    """Requests and their answers on an open line."""

    def __init__(
        self, line: SerialLine, url: DeviceUrl, limit_s: float, new_tag: Callable[[], int]
    ) -> None:
        self._line = line
        self._url = url
        self._limit_s = limit_s
        self._new_tag = new_tag
        self._cutter = codec.Cutter()
        self._waiting: list[codec.Frame | codec.Garbled] = []

    def state(self) -> codec.State:
        """Ask how it stands; a printer that does not say is not there."""
        answer = self._asked(codec.Ask())
        if not isinstance(answer, codec.State):
            raise absent(self._url)
        return answer

    def load(self, face: bytes, cancel: threading.Event) -> str:
        """Hand the face over and return its digest; nothing is printed yet."""
        for at in range(0, len(face), codec.PIECE):
            if cancel.is_set():
                raise Cancelled("device.cancelled", device=DEVICE)
            answer = self._asked(codec.Load(offset=at, data=face[at : at + codec.PIECE]))
            if isinstance(answer, codec.Failed):
                raise fault(answer.trouble)
        return hashlib.sha256(face).hexdigest()

    def do(self, wish: codec.Do, limit_s: float) -> str:
        """Send a command, once unless the printer says that it could not read it."""
        for _ in range(_TRIES):
            try:
                answer = self._exchanged(wish, limit_s)
            except DeviceFault as error:  # the line broke once something had been sent
                raise OutcomeUnknown("cardprinter.no_answer", clause="N2") from error
            match answer:
                case codec.Done():
                    return answer.text
                case codec.Failed():
                    raise fault(answer.trouble)
                case codec.Again():
                    continue
                case _:
                    raise OutcomeUnknown("cardprinter.no_answer", clause="N2")
        raise absent(self._url)

    def _asked(self, wish: codec.Ask | codec.Load) -> codec.Answer:
        """Ask what may be asked again: it moves nothing."""
        for _ in range(_TRIES):
            try:
                answer = self._exchanged(wish, self._limit_s)
            except DeviceFault as error:
                raise absent(self._url) from error
            if answer is not None and not isinstance(answer, codec.Again):
                return answer
        raise absent(self._url)

    def _exchanged(self, wish: codec.Request, limit_s: float) -> codec.Answer | None:
        """Send `wish` and return the answer that bears its tag; None when none came."""
        tag = self._new_tag()
        self._line.send(codec.frame(tag, wish))
        until = monotonic() + limit_s
        while (piece := self._next(until)) is not None:
            if isinstance(piece, codec.Frame) and piece.tag in (tag, 0):
                answer = codec.answer_in(piece)
                if piece.tag == tag or isinstance(answer, codec.Again):
                    return answer
        return None

    def _next(self, until: float) -> codec.Frame | codec.Garbled | None:
        while not self._waiting:
            if monotonic() >= until:
                return None
            self._waiting += self._cutter.feed(self._line.receive(1))
        return self._waiting.pop(0)


def absent(url: DeviceUrl) -> DeviceAbsent:
    """Return the error of a printer that nobody finds (F6)."""
    return DeviceAbsent("cardprinter.absent", clause="F6", place=str(url))


def fault(said: str) -> DeviceFault:
    """Return the error for what a printer says is wrong."""
    row = _BY_WORD.get(said)
    if row is None:
        return DeviceFault("cardprinter.refused", detail=said[:40])
    return DeviceFault(row.code, clause=row.clause)
