"""A real terminal for a journey: a pty with an emulated screen, keys in, picture out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "enter": "\r", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "tab": "\t",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR",
    "f5": "\x1b[15~", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~",
    "f9": "\x1b[20~", "f10": "\x1b[21~", "backspace": "\x7f",
}  # fmt: skip
_PATIENCE_S = 20.0


class Terminal:
    """`sbk` running in a pseudo-terminal of 80×24 cells."""

    def __init__(self, arguments: Sequence[str], *, home: Path, size: tuple[int, int] = (80, 24)):
        self._columns, self._rows = size
        self.screen = pyte.Screen(self._columns, self._rows)
        self._stream = pyte.ByteStream(self.screen)
        self._command = [sys.executable, "-m", "sbk_tui", *arguments]
        self._home = home
        self.recorded = bytearray()
        """Everything that came to the terminal."""

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self._rows, self._columns, 0, 0))
        environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8", ESCDELAY="25")
        self.process = subprocess.Popen(
            self._command, stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True, cwd=self._home,
        )  # fmt: skip
        os.close(slave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """What the screen shows; a wide character stands for both of its cells."""
        return "\n".join(
            "".join(self.screen.buffer[y][x].data for x in range(self._columns)).rstrip()
            for y in range(self._rows)
        )

    def wait_for(self, words: str) -> None:
        """Read until `words` stand on the screen."""
        self._read_until(words, lambda: words in self.text)

    def wait_for_title(self, words: str) -> None:
        """Read until `words` stand in the first line."""
        self._read_until(words, lambda: words in self.text.splitlines()[0])

    def _read_until(self, words: str, there: Callable[[], bool]) -> None:
        limit = time.monotonic() + _PATIENCE_S
        while not there():
            assert time.monotonic() < limit, f"{words!r} never came:\n{self.text}"
            ready, _, _ = select.select([self._master], [], [], 0.1)
            if ready:
                came = os.read(self._master, 65536)
                self.recorded += came
                self._stream.feed(came)

    def wait_for_quiet(self) -> None:
        """Wait until the terminal no longer shows by itself what is typed."""
        limit = time.monotonic() + _PATIENCE_S
        while termios.tcgetattr(self._master)[3] & termios.ECHO:
            assert time.monotonic() < limit, "it still echoes"
            time.sleep(0.001)

    def press(self, *keys: str) -> None:
        """Press keys by name, or type a text."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def pull_the_plug(self) -> None:
        """End the program as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def hang_up(self) -> None:
        """End the line as a dropped SSH connection does."""
        os.killpg(self.process.pid, signal.SIGHUP)
        self.process.wait(timeout=_PATIENCE_S)
