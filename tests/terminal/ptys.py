"""A program of ours in a real pseudo-terminal, with pyte as its screen."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.terminal.emulators import Pyte

UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9]+\$p")


class Window:
    """The window a program draws in; `written` counts its bytes."""

    def __init__(
        self, master: int, process: subprocess.Popen[bytes], size: tuple[int, int]
    ) -> None:
        self.master = master
        self.process = process
        self.screen = Pyte(*size)
        self.written = bytearray()
        self._decode = codecs.getincrementaldecoder("utf-8")("strict").decode

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def wait(self, seen: Callable[[], bool], seconds: float = 20) -> None:
        """Read until something is seen."""
        end = time.monotonic() + seconds
        while not seen():
            left = end - time.monotonic()
            assert left > 0, f"not seen on:\n{self.screen.text()}"
            self._read(left)

    def settle(self, quiet: float = 0.15) -> None:
        """Read until nothing has come for a while."""
        while self._read(quiet):
            pass

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux: the other side is closed
            data = b""
        self.written += data
        self.screen.feed(UNKNOWN_TO_PYTE.sub("", self._decode(data)))
        return bool(data)

    def resize(self, size: tuple[int, int]) -> None:
        self.screen.resize(size[1], size[0])
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process.send_signal(signal.SIGWINCH)


@contextmanager
def window(*arguments: str, size: tuple[int, int] = (80, 24), **extra: str) -> Iterator[Window]:
    """Run `python *arguments` in a terminal; end it by its own process id afterwards."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        **extra,
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environ,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Window(master, process, size)
    finally:
        process.kill()
        process.wait()
        os.close(master)
