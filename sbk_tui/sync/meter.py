"""Measuring the line while it is used: bytes both ways over the time they took."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sbk_tui.sync.client import Line, RawAnswer

_HEAD_BYTES = 400
"""Of a request's and an answer's headers together, about."""
_KEPT = 0.7
"""How much of the rate known before stays in the new one."""


class Meter:
    """A line that counts what goes over it.

    Attributes:
        rate: bytes a second; 0 until something was measured.
    """

    def __init__(self, line: Line, clock: Callable[[], float], rate: int = 0) -> None:
        """Take the line, a clock in seconds that never goes back, and the rate known before."""
        self._line = line
        self._clock = clock
        self.rate = rate

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        """Send as the line does; an answer that came is measured."""
        begin = self._clock()
        answer = self._line(path, body, headers)
        took = max(self._clock() - begin, 0.001)
        now = (len(body) + len(answer.body) + _HEAD_BYTES) / took
        self.rate = round(now if not self.rate else _KEPT * self.rate + (1 - _KEPT) * now)
        return answer
