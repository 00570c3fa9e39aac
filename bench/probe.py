"""Measure a full-screen program from outside, through a pseudo-terminal.

Nothing is emulated while a key is timed: chunks are stamped as they come and read later.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pyte

KEYS = {"tab": "\t", "down": "\x1b[B", "pagedown": "\x1b[6~", "quit": "\x11"}
UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9]+\$p")
CURSOR_KEYS = {"down"}
QUIET_S = 0.4  # no byte for so long: the start is over
GAP_S = 0.08  # no byte for so long: the answer to a key is over
ANSWER_S = 0.7  # no byte for so long: the key has no answer
INKED = 20  # cells with ink: somebody sees that the program is there


@dataclass(frozen=True, slots=True)
class Start:
    """How a program started; seconds from the call, bytes until it was quiet."""

    first_ink_s: float
    ready_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What one key brought about; milliseconds from the key to the last byte."""

    bytes: int
    last_byte_ms: float


class Probe:
    """One run of a program at 100×30; `line` in bytes a second, 0 for a line without limit."""

    def __init__(self, command: list[str], environ: dict[str, str], line: float = 0) -> None:
        self._line = line
        self._application_keys = False
        self._chunks: list[tuple[float, bytes]] = []
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self._begun = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True
        )
        os.close(slave)
        self._group = _control_group(self._process.pid)

    def start(self, ready: str, limit_s: float = 60) -> Start:
        """Wait until the program shows `ready` and is quiet."""
        while not (seen := self._replay(ready)):
            if time.monotonic() - self._begun > limit_s:
                raise TimeoutError(f"{ready!r} was not shown by {self._process.args!r}")
            self._collect(QUIET_S, QUIET_S)
        return seen

    def _replay(self, ready: str) -> Start | None:
        screen = pyte.Screen(100, 30)
        stream = pyte.Stream(screen)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        ink = 0.0
        for stamp, data in self._chunks:
            stream.feed(UNKNOWN_TO_PYTE.sub("", decode(data)))
            text = "\n".join(
                "".join(screen.buffer[y][x].data for x in range(100)) for y in range(30)
            )
            if not ink and sum(not char.isspace() for char in text) >= INKED:
                ink = stamp - self._begun
            if ready in text:
                # curses asks for other arrow keys (DECCKM)
                self._application_keys = any(b"\x1b[?1h" in data for _, data in self._chunks)
                total = sum(len(data) for _, data in self._chunks)
                return Start(ink, stamp - self._begun, total)
        return None

    def press(self, key: str) -> Answer:
        """Press a key by its name or its character."""
        data = KEYS.get(key, key)
        if key in CURSOR_KEYS and self._application_keys:
            data = data.replace("[", "O")
        self._chunks.clear()
        begun = time.monotonic()
        os.write(self._master, data.encode())
        self._collect(ANSWER_S, GAP_S)
        last = self._chunks[-1][0] if self._chunks else begun
        total = sum(len(data) for _, data in self._chunks)
        return Answer(total, 1e3 * (last - begun))

    def idle(self, seconds: float) -> tuple[float, float]:
        """Do nothing; return bytes a second and per cent of a core."""
        self._chunks.clear()
        cpu, end = self.cpu_s(), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._collect(left, left)
        total = sum(len(data) for _, data in self._chunks)
        return total / seconds, 100 * (self.cpu_s() - cpu) / seconds

    def _collect(self, first_s: float, gap_s: float) -> None:
        """Stamp what comes, until nothing has come for `gap_s` (at first `first_s`)."""
        patience = first_s
        size = int(max(1, self._line / 100)) if self._line else 65536
        while select.select([self._master], [], [], patience)[0]:
            try:
                data = os.read(self._master, size)
            except OSError:  # the program has ended
                return
            if self._line:
                time.sleep(len(data) / self._line)
            self._chunks.append((time.monotonic(), data))
            patience = gap_s

    def _tree(self) -> list[int]:
        """Return the program and everything it started."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, todo = [], [self._process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            todo += children.get(pid, [])
        return found

    def memory_mb(self) -> tuple[float, float]:
        """Return the RSS of the program itself and the PSS of all its processes."""
        rss, pss = [], []
        for pid in self._tree():
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            rss.append(int(re.findall(r"Rss: +(\d+)", rollup)[0]) / 1024)
            pss.append(int(re.findall(r"\nPss: +(\d+)", rollup)[0]) / 1024)
        return rss[0], sum(pss)

    def cpu_s(self) -> float:
        """Return the seconds of processor used; in steps of 10 ms without a control group."""
        if self._group is not None:
            return int((self._group / "cpuacct.usage").read_text()) / 1e9
        ticks = 0
        for pid in self._tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the program, by its own id, if Ctrl+Q does not."""
        if self._process.poll() is None:
            os.write(self._master, KEYS["quit"].encode())
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)
        if self._group is not None:
            with contextlib.suppress(OSError):  # something it started still runs
                self._group.rmdir()


def _control_group(pid: int) -> Path | None:
    """Count a program's processor time to the nanosecond, where root may."""
    group = Path(f"/sys/fs/cgroup/cpuacct/sbk_probe_{pid}")
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        return None
    return group
