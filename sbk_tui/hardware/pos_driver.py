"""刷卡机 on a serial line: the port `PosTerminal` over pyserial.

A payment has four ends: approved, declined, unknown, not sent. Unknown is an error of its own
and nothing here ever repeats a request that the terminal took.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from sbk_tui.errors import DeviceFault, OutcomeUnknown
from sbk_tui.hardware import pos_codec as codec
from sbk_tui.hardware.device_url import DeviceUrl, parse_serial_url
from sbk_tui.hardware.ports import PosResult
from sbk_tui.hardware.serial_line import SerialLine

_DEVICE = "pos"
_BAUD = "9600"  # [A], 8N1
_OPEN_S = 3.0
_TAKEN_S = 3.0  # within which a terminal says that it took a request
_TRIES = 3
_RESULT_S = 120.0  # [A]: the holder looks for the card and types the password
_QUERY_S = 20.0  # [A]
_STOPPED_S = 1.5  # a frame whose next byte does not come has been cut


class SerialPos:
    """A terminal that speaks the TLV variant on a local port, a TCP port or RFC 2217."""

    def __init__(
        self,
        url: str,
        variables: Mapping[str, str] | None = None,
        *,
        desk: str = "0001",
        operator: str = "0001",
        transactions: Mapping[str, str] = codec.TRANSACTIONS,
        taken_s: float = _TAKEN_S,
        result_s: float = _RESULT_S,
    ) -> None:
        """Take the place of the terminal; nothing is opened before it is asked.

        Args:
            desk, operator: what the terminal prints as 收款台 and 收银员.
            transactions: name → code of a transaction, as this bank numbers them.

        Raises:
            BadUsage: as `parse_serial_url`.
        """
        self._url = _at_its_speed(parse_serial_url(url, variables))
        self._desk, self._operator = desk, operator
        self._codes = transactions
        self._taken_s, self._result_s = taken_s, result_s

    def charge(self, amount_fen: int, nonce: str, cancel: threading.Event) -> PosResult:
        """Charge a card once; the line is closed on every way out.

        Raises:
            OutcomeUnknown: `pos.unknown`, `pos.other_request`.
            DeviceFault: `pos.not_sent`, `pos.offline`: nothing was charged.
            DeviceAbsent, DeviceBusy, Cancelled: as `SerialLine`, before anything was sent.
        """
        wish = codec.request(
            self._codes["sale"], nonce, desk=self._desk, operator=self._operator,
            amount_fen=amount_fen,
        )  # fmt: skip
        with SerialLine(self._url, _DEVICE, cancel, _OPEN_S) as line:
            return _Talk(line, nonce, self._taken_s, self._result_s).ask(wish)

    def last(self, nonce: str, cancel: threading.Event) -> PosResult:
        """Return the terminal's last transaction; it charges nothing.

        Raises:
            DeviceFault: `pos.no_answer`, `pos.offline`, and as `SerialLine`.
        """
        wish = codec.request(
            self._codes["reprint"], nonce, desk=self._desk, operator=self._operator
        )
        limit_s = min(_QUERY_S, self._result_s)
        with SerialLine(self._url, _DEVICE, cancel, _OPEN_S) as line:
            try:
                return _Talk(line, nonce, self._taken_s, limit_s).ask(wish)
            except (OutcomeUnknown, DeviceFault) as error:
                if error.code == "pos.offline":
                    raise
                raise DeviceFault("pos.no_answer") from error


class _Talk:
    """One request and its answer on an open line."""

    def __init__(self, line: SerialLine, nonce: str, taken_s: float, result_s: float) -> None:
        self._line = line
        self._nonce = nonce
        self._taken_s, self._result_s = taken_s, result_s
        self._cutter = codec.Cutter()
        self._waiting: list[codec.Piece] = []

    def ask(self, wish: bytes) -> PosResult:
        self._line.drain()
        try:
            taken = self._hand_over(wish)
        except DeviceFault as error:  # the line broke once something had been sent
            raise OutcomeUnknown("pos.unknown") from error
        if not taken:
            raise DeviceFault("pos.not_sent")
        return self._result()

    def _hand_over(self, wish: bytes) -> bool:
        """Send `wish` until the terminal says that it took it; an early result says so, too."""
        for _ in range(_TRIES):
            self._line.send(wish)
            until = monotonic() + self._taken_s
            while (piece := self._next(until)) is not None:
                if piece == codec.Sign(codec.ACK):
                    return True
                if isinstance(piece, codec.Frame):
                    self._waiting.insert(0, piece)
                    return True
                if piece == codec.Sign(codec.NAK):
                    break
        return False

    def _result(self) -> PosResult:
        until = monotonic() + self._result_s
        while True:
            try:
                piece = self._next(until)
            except DeviceFault as error:
                raise OutcomeUnknown("pos.unknown") from error
            if piece is None:
                raise OutcomeUnknown("pos.unknown")
            result = self._result_in(piece)
            if result is not None:
                return result

    def _result_in(self, piece: codec.Piece) -> PosResult | None:
        """Return the result that a piece is, and say so to the terminal; None: wait on."""
        if isinstance(piece, codec.Sign):
            return None
        fields = codec.decode(piece.data) if isinstance(piece, codec.Frame) else None
        if fields is None:
            self._say(codec.NAK)  # once more, please
            return None
        if fields.get("message") == codec.RELAY:
            self._say(codec.NAK)
            raise DeviceFault("pos.offline")
        self._say(codec.ACK)
        if fields.get("nonce") != self._nonce:
            raise OutcomeUnknown("pos.other_request")
        return _result_of(fields)

    def _say(self, sign: bytes) -> None:
        with suppress(DeviceFault):  # a line that broke shows at the next byte that is awaited
            self._line.send(sign)

    def _next(self, until: float) -> codec.Piece | None:
        """Return the next piece, or None when `until` has passed without one."""
        heard = monotonic()
        while True:
            if self._waiting:
                return self._waiting.pop(0)
            now = monotonic()
            if now >= until:
                return None
            data = self._line.receive(1)
            if data:
                heard = now
                self._waiting += self._cutter.feed(data)
            elif self._cutter.is_inside and now - heard > _STOPPED_S:
                self._cutter.drop()
                return codec.Garbled(b"")


def _result_of(fields: codec.Fields) -> PosResult:
    code = fields.get("code", "")
    names = ("reference", "trace", "voucher", "batch", "terminal", "merchant", "authorisation")
    return PosResult(
        approved=code in codec.APPROVED,
        code=code,
        nonce=fields.get("nonce", ""),
        amount_fen=codec.fen_of(fields["amount"]) if "amount" in fields else None,
        month_day=fields.get("date", ""),
        time=fields.get("time", ""),
        card=codec.masked(fields.get("card", "")),
        issuer=fields.get("issuer", "") or fields.get("card_name", ""),
        **{name: fields.get(name, "") for name in names},
    )


def _at_its_speed(url: DeviceUrl) -> DeviceUrl:
    return replace(url, options={"baud": _BAUD, **url.options})
