"""The simulated 密码键盘: a pad on a real pty and TCP port, and a hand that presses its keys."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType
from typing import Self

from sbk_tui.hardware.pinpad_codec import STYLES
from sbk_tui.hardware.twin_lines import Cutter, Reply, TwinLines

_ENTER = b"\r"


class PinPadTwin:
    """Answers each prompt with the next of the entries that it was given."""

    def __init__(self, style: str = "star", *, seven_bits: bool = False) -> None:
        """Be a pad of `style`; `seven_bits`: set bit 7 of every key, as some older ones do."""
        self._style = STYLES[style]
        self._seven_bits = seven_bits
        self._entries: deque[bytes] = deque()
        self.asked: list[bytes] = []
        """What came over the line: prompts and the closing."""
        self._came = threading.Condition()
        self._lines = TwinLines(self._answer, self._new_cutter, in_use=b"")

    @property
    def device(self) -> str:
        """The name of the pty."""
        return self._lines.device

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._lines.port

    def will_press(self, *entries: bytes) -> None:
        """Press `entries` at the next prompts, one each, with Enter behind it."""
        self._entries.extend(entry + _ENTER for entry in entries)

    def will_press_raw(self, keys: bytes) -> None:
        """Press exactly `keys` at the next prompt."""
        self._entries.append(keys)

    def await_asked(self, count: int, seconds: float = 5.0) -> bool:
        """Wait until `count` requests came; return whether they did."""
        with self._came:
            return self._came.wait_for(lambda: len(self.asked) >= count, seconds)

    def __enter__(self) -> Self:
        self._lines.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.__exit__(kind, error, trace)

    def _answer(self, request: bytes) -> Reply:
        with self._came:
            self.asked.append(request)
            self._came.notify_all()
        asks = request in {self._style.start, self._style.again}
        keys = self._entries.popleft() if asks and self._entries else b""
        if self._seven_bits:
            keys = bytes(key | 0x80 for key in keys)
        return Reply(keys, in_pieces=True)

    def _new_cutter(self) -> Cutter:
        waiting = bytearray()
        known = [each for each in self._style if each]

        def cut(data: bytes) -> list[bytes]:
            waiting.extend(data)
            found = []
            while code := next((each for each in known if waiting.startswith(each)), b""):
                found.append(code)
                del waiting[: len(code)]
            return found

        return cut
