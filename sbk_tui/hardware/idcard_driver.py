"""身份证阅读器 on a serial line: the port `IdCardReader` over pyserial.

The order is find, select, read, newest address [1] I5. After a card was read, or failed to be,
the reader does not find it again until it was lifted and laid back.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import monotonic

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceBusy, Garbled
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.device_url import parse_serial_url
from sbk_tui.hardware.idcard_layout import decode_card
from sbk_tui.hardware.ports import IdCard
from sbk_tui.hardware.serial_line import SerialLine

_DEVICE = "id_reader"
_POLL_S = 0.3  # oftener disturbs the reader [1] I5
_OPEN_S = 5.0
# Together below the 2 s that the port promises; pyserial's socket sleeps 0.3 s when it closes.
_IDENTIFY_OPEN_S, _IDENTIFY_S = 0.8, 0.7
# A line that is quiet for so long will not go on [A]: in the middle of a frame, after a broken one.
_STOPPED_S, _BROKEN_S = 1.5, 0.5
_BITS_A_BYTE = 10  # 8N1


class SerialIdCardReader:
    """A reader that speaks SAM_V frames on a local port, a TCP port or RFC 2217."""

    def __init__(self, url: str, variables: Mapping[str, str] | None = None) -> None:
        """Take the place of the reader; nothing is opened before it is asked.

        Raises:
            BadUsage: as `parse_serial_url`.
        """
        self._url = parse_serial_url(url, variables)

    def read(self, cancel: threading.Event) -> IdCard:
        """Wait for a card, read it whole and return it; the line is closed on every way out.

        Raises:
            Cancelled: `device.cancelled`.
            CardRemoved: `idcard.card_removed`.
            DeviceBusy: `device.busy`, `device.in_use`.
            DeviceAbsent: `device.absent`, `device.no_permission`, `device.silent`, `device.lost`.
            Garbled: `device.garbled`, `idcard.unknown_kind`.
            DeviceFault: `idcard.*`, by the reader's status word.
        """
        with SerialLine(self._url, _DEVICE, cancel, _OPEN_S) as line:
            talk = _Talk(line, cancel, self._url.baud)
            talk.await_card()
            talk.expect(codec.SELECT)
            answer = codec.parse_read(talk.expect(codec.READ).data)
            return decode_card(answer.text, answer.photo, talk.newest_address())

    def identify(self) -> str:
        """Return the reader's SAM id, such as `05.01-20170830-0000012345-0987654321`.

        Raises:
            DeviceFault: as `read`; within 2 s.
        """
        never = threading.Event()
        with SerialLine(self._url, _DEVICE, never, _IDENTIFY_OPEN_S) as line:
            talk = _Talk(line, never, self._url.baud)
            return codec.parse_sam_id(talk.expect(codec.SAM_ID, _IDENTIFY_S).data)


class _Talk:
    """Requests and answers on one open line."""

    def __init__(self, line: SerialLine, cancel: threading.Event, baud: int) -> None:
        self._line = line
        self._cancel = cancel
        self._byte_s = _BITS_A_BYTE / baud

    def await_card(self) -> None:
        """Ask for a card until one lies there."""
        while True:
            asked = monotonic()
            answer = self._ask(codec.FIND, codec.FIND.limit_s)
            if answer.sw == codec.FOUND:
                return
            if answer.sw != codec.NO_CARD:
                raise answer.fault()
            if self._cancel.wait(max(0.0, asked + _POLL_S - monotonic())):
                raise self._cancelled()

    def expect(self, request: codec.Request, limit_s: float | None = None) -> codec.Answer:
        """Return the answer to `request`, which must be "done"."""
        answer = self._ask(request, request.limit_s if limit_s is None else limit_s)
        if answer.sw != codec.DONE:
            raise answer.fault()
        return answer

    def newest_address(self) -> bytes:
        """Return the newest address as stored, empty when the card has none."""
        answer = self._ask(codec.NEWEST, codec.NEWEST.limit_s)
        if answer.sw == codec.DONE:
            return answer.data
        # A module older than the request does not know it; its cards are read all the same [A].
        if answer.sw in {codec.NOTHING_STORED, codec.WRONG_COMMAND}:
            return b""
        raise answer.fault()

    def _ask(self, request: codec.Request, limit_s: float) -> codec.Answer:
        """Send `request`, once more where the status table or a broken frame says so."""
        answer = self._exchange(request, limit_s)
        if answer is None or answer.status.again:
            answer = self._exchange(request, limit_s)
        if answer is None:
            raise Garbled("device.garbled", device=_DEVICE)
        return answer

    def _exchange(self, request: codec.Request, limit_s: float) -> codec.Answer | None:
        """Send once and return the answer; None when one came but its frame was broken."""
        if self._cancel.is_set():
            raise self._cancelled()
        hunter = codec.FrameHunter()
        before = self._line.drain()
        try:
            self._line.send(codec.frame(request.code))
            answer = self._hunt(hunter, request, limit_s)
        except DeviceAbsent as error:
            if busy := self._in_use(before + hunter.noise):
                raise busy from error
            raise
        if answer is not None or hunter.broken:
            return answer
        if busy := self._in_use(before + hunter.noise):
            raise busy
        if hunter.heard:
            raise Garbled("device.garbled", device=_DEVICE)
        raise DeviceAbsent("device.silent", device=_DEVICE)

    def _hunt(
        self, hunter: codec.FrameHunter, request: codec.Request, limit_s: float
    ) -> codec.Answer | None:
        now = last = monotonic()
        end = now + limit_s + request.longest * self._byte_s
        while now < end:
            if self._cancel.is_set():
                raise self._cancelled()
            data = self._line.receive(hunter.wanted)
            now = monotonic()
            last = now if data else last
            if answer := _fitting(request, hunter.feed(data)):
                return answer
            if (hunter.begun and now - last > _STOPPED_S) or (
                hunter.broken and now - last > _BROKEN_S
            ):
                break
        return _fitting(request, hunter.expire())

    def _cancelled(self) -> Cancelled:
        return Cancelled("device.cancelled", device=_DEVICE)

    def _in_use(self, noise: bytes) -> DeviceBusy | None:
        """Only words came: a terminal server whose port somebody else holds says so."""
        said = codec.spoken(noise)
        return DeviceBusy("device.in_use", device=_DEVICE, said=said) if said else None


def _fitting(request: codec.Request, payloads: list[bytes]) -> codec.Answer | None:
    """Return the first payload that can answer `request`; others are late answers of before."""
    answers = (codec.answer_of(payload) for payload in payloads)
    return next((answer for answer in answers if request.fits(answer)), None)
