"""What the hub asks of a system outside; a driver knows files, no business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """A file that came in."""

    name: str
    content: bytes


class Exchange(Protocol):
    """Files to one system outside, and its answers."""

    def put(self, name: str, content: bytes) -> None:
        """Hand out a file, whole or not at all; the same name again is the same file.

        Raises:
            OutsideUnreachable: `outside.folder`.
        """

    def answers(self) -> Iterable[Found]:
        """Yield what came in and was not put away yet, oldest name first.

        Raises:
            OutsideUnreachable: `outside.folder`.
        """

    def take(self, name: str) -> None:
        """Put an answer away that was taken in."""

    def set_aside(self, name: str, sentence: str) -> None:
        """Put an answer away that cannot be taken in, with a sentence why."""
