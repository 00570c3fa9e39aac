"""The simulated 刷卡机: the same bytes over a pty and over TCP, with faults by name.

Part of the product: the training counter charges nobody's money with it. It keeps its own book
(`charged`), so that a test can balance the till against what the "bank" knows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

from sbk_tui.errors import BadUsage
from sbk_tui.hardware import pos_codec as codec
from sbk_tui.hardware.twin_lines import Reply, TwinLines

_SALE, _VOID, _REPRINT = (codec.TRANSACTIONS[name] for name in ("sale", "void", "reprint"))
FAULTS = (
    "declined", "no_answer", "repeat_twice", "wrong_check", "result_lost", "other_request",
    "relay", "line_cut", "no_taken_sign", "one_byte_pieces",
)  # fmt: skip
"""What a test or a drill can ask for, by name; `result_lost` and `line_cut` come after the card
was charged."""


class Sale(NamedTuple):
    """One charge in the terminal's book."""

    amount_fen: int
    reference: str
    voucher: str
    voided: bool = False
    at: str = ""
    """YYYY-MM-DD HH:MM:SS by its clock."""


class SimulatedPos:
    """A terminal without a line: a request's data in, the bytes of the answer out."""

    def __init__(
        self, now: Callable[[], datetime], *, card: str = "621700******1234", first: int = 1
    ) -> None:
        """Start as a terminal that was signed on; `now` is its own clock.

        Args:
            first: the number of its first charge; references and vouchers count from there.
        """
        self._first = first
        self._now = now
        self._card = card
        self._lock = threading.Lock()
        self._fault, self._times = "", 0
        self._naks = 0
        self._answer = b""
        self._last: dict[str, str] | None = None
        self.charged: list[Sale] = []
        """The bank's book: every charge, in order."""
        self.on_request: Callable[[Mapping[str, str]], object] = _look_away
        """Called with each request before its answer, in the thread of the line."""

    def fault(self, name: str, times: int = 1) -> None:
        """Fail so at the next `times` requests; 0: until `mend`.

        Raises:
            BadUsage: `pos.unknown_fault`.
        """
        if name not in FAULTS:
            raise BadUsage("pos.unknown_fault", name=name)
        with self._lock:
            self._fault, self._times, self._naks = name, times or -1, 0

    def mend(self) -> None:
        """Be a sound terminal again."""
        with self._lock:
            self._fault = ""

    def void_last(self) -> bool:
        """Void the last charge that stands, by hand at the terminal; whether there was one."""
        with self._lock:
            standing = [sale.voucher for sale in self.charged if not sale.voided]
            return bool(standing) and self._voided(standing[-1]) == "00"

    def day_list(self) -> str:
        """Return what the terminal exports at the end of a day, as CSV with headings [A]."""
        rows = ["交易时间,交易类型,交易金额,系统参考号,凭证号,交易状态"]
        with self._lock:
            for sale in self.charged:
                amount = f"{sale.amount_fen // 100}.{sale.amount_fen % 100:02d}"
                kinds = ("消费", "消费撤销") if sale.voided else ("消费",)
                rows += [
                    f"{sale.at},{kind},{amount},{sale.reference},{sale.voucher},交易成功"
                    for kind in kinds
                ]
        return "\r\n".join(rows) + "\r\n"

    def answer(self, piece: bytes) -> Reply:
        """Return what goes over the line after a frame's data, or after a lone sign."""
        if piece == codec.NAK:
            return Reply(self._answer)
        if piece in (codec.ACK, codec.EOT):
            return Reply(b"")
        fields = codec.decode(piece)
        if fields is None:
            return Reply(codec.NAK)
        self.on_request(fields)
        with self._lock:
            return self._answered(fields)

    def _answered(self, fields: Mapping[str, str]) -> Reply:
        fault = self._fault_now(fields)
        if fault == "no_answer":
            return Reply(b"")
        if fault == "repeat_twice":
            self._naks += 1
            if self._naks <= 2:
                return Reply(codec.NAK)
            self._fault = ""
        if fault == "relay":
            packet = codec.frame(codec.encode({"message": codec.RELAY, "nonce": fields["nonce"]}))
            return Reply(codec.ACK + packet)
        self._answer = result = codec.frame(self._result(fields, declines=fault == "declined"))
        match fault:
            case "wrong_check":
                result = result[:-1] + bytes([result[-1] ^ 0x0F])
            case "result_lost":
                result = b""
            case "other_request":
                other = f"{(int(fields['nonce']) + 1) % 10_000:04d}"
                result = codec.frame(self._result({**fields, "nonce": other}, again=True))
            case "line_cut":
                return Reply(codec.ACK, hang_up=True)
            case "no_taken_sign":
                return Reply(result)
            case "one_byte_pieces":
                return Reply(b"\x00" + codec.ACK + result, in_pieces=True)
        return Reply(codec.ACK + result)

    def _fault_now(self, fields: Mapping[str, str]) -> str:
        fault = self._fault
        if not fault or (fields.get("transaction") == _REPRINT and fault != "no_answer"):
            return ""  # a query is told the truth
        if fault != "repeat_twice":
            self._times -= 1
            if self._times == 0:
                self._fault = ""
        return fault

    def _result(
        self, fields: Mapping[str, str], *, declines: bool = False, again: bool = False
    ) -> bytes:
        """Return a result's data; what was asked with the same number is charged once."""
        head = {
            "message": codec.RESULT,
            "transaction": fields["transaction"],
            "nonce": fields["nonce"],
        }
        if fields["transaction"] == _REPRINT:
            if self._last is None:
                return codec.encode(head | {"code": "25"})
            return codec.encode(head) + codec.nested(self._last) + codec.encode({"code": "00"})
        if declines:
            return codec.encode(head | {"code": "51"})
        if fields["transaction"] == _VOID:
            return codec.encode(head | {"code": self._voided(fields.get("old_voucher", ""))})
        if fields["transaction"] != _SALE:
            return codec.encode(head | {"code": "12"})
        inner = self._last if again and self._last else self._charge(fields)
        return codec.encode(head) + codec.nested(inner) + codec.encode({"code": "00"})

    def _voided(self, voucher: str) -> str:
        for place, sale in enumerate(self.charged):
            if sale.voucher == voucher and not sale.voided:
                self.charged[place] = sale._replace(voided=True)
                return "00"
        return "25"

    def _charge(self, fields: Mapping[str, str]) -> dict[str, str]:
        now, count = self._now(), self._first + len(self.charged)
        amount = int(fields["amount"])
        reference, voucher = f"{now:%m%d}{10_000_000 + count:08d}", f"{count:06d}"
        self.charged.append(Sale(amount, reference, voucher, at=f"{now:%Y-%m-%d %H:%M:%S}"))
        self._last = {
            "transaction": _SALE,
            "desk": fields.get("desk", ""),
            "operator": fields.get("operator", ""),
            "batch": "000017",
            "terminal": "41070001",
            "merchant": "104410783980001",
            "merchant_name": "演练收款单位",
            "amount": f"RMB {amount // 100}.{amount % 100:02d}",
            "trace": voucher,
            "voucher": voucher,
            "reference": reference,
            "authorisation": "      ",
            "date": f"{now:%m%d}",
            "time": f"{now:%H%M%S}",
            "card": self._card,
            "card_name": "银联卡",
        }
        return self._last


def _look_away(_fields: Mapping[str, str]) -> None:
    """Nobody watches."""


class PosTwin(SimulatedPos):
    """The simulated terminal behind real lines, served by its own thread while in a `with` block.

    `device` is the path of a pty, `url` a TCP port on 127.0.0.1.
    """

    def __init__(
        self, now: Callable[[], datetime], *, card: str = "621700******1234", first: int = 1
    ) -> None:
        super().__init__(now, card=card, first=first)
        self._lines = TwinLines(self.answer, _new_cutter, b"")
        self._open = ExitStack()

    @property
    def device(self) -> str:
        """The path of the pty, for a driver to open."""
        return self._lines.device

    @property
    def url(self) -> str:
        """The `socket://127.0.0.1:port` of the TCP port."""
        return f"socket://127.0.0.1:{self._lines.port}"

    def __enter__(self) -> Self:
        self._open.enter_context(self._lines)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


def _new_cutter() -> Callable[[bytes], list[bytes]]:
    cutter = codec.Cutter()

    def cut(data: bytes) -> list[bytes]:
        found = []
        for piece in cutter.feed(data):
            match piece:
                case codec.Frame(data=whole):
                    found.append(whole)
                case codec.Sign(byte=sign):
                    found.append(sign)
                case codec.Garbled():
                    found.append(b"?")  # no TLV: the terminal asks for it again
        return found

    return cut
