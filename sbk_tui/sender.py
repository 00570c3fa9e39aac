"""The sender beside the screen: a process of its own that calls the city while a clerk works.

The screen's process never loads TLS. The sender gets the database's key over a pipe (never an
argument, a file or the environment) and ends when that pipe closes: with the clerk's sign-out, a
kill or a crash. It goes on through an idle lock. Of several seats at one counter one sends.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sbk_tui.errors import BadUsage

LOG, LOCK, CONTACT = "sync.log", "sync.lock", "contact.lock"
_NICE = 10
_MOST_LOG_BYTES = 1024 * 1024
_KEY_BYTES = 32
_PATIENCE_S = 5.0


class Sender:
    """One running sender."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int) -> None:
        self._process = process
        self._pipe = pipe

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Let it finish what it is sending, and wait for it a little."""
        with suppress(OSError):
            os.close(self._pipe)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(home: Path, key: bytes | None) -> Sender:
    """Start the sender of the counter at `home`; its words go to `sync.log` there."""
    return start_beside(home, ("sync", "--watch"), key, LOG)


def start_beside(home: Path, words: Sequence[str], key: bytes | None, log: str) -> Sender:
    """Start a command of ours beside the screen: it gets the key, and ends with the screen."""
    reading, writing = os.pipe()
    try:
        with _log(home / log) as words_of_it:
            process = subprocess.Popen(  # noqa: S603 -- our own program, by its own interpreter
                [
                    sys.executable, "-m", "sbk_tui", *words, "--home", str(home),
                    "--key-pipe", str(reading),
                ],
                pass_fds=(reading,), stdin=subprocess.DEVNULL, stdout=words_of_it,
                stderr=words_of_it, start_new_session=True,
            )  # fmt: skip
    finally:
        os.close(reading)
    os.write(writing, key or b"\x00")
    return Sender(process, writing)


def key_from(pipe: int) -> bytes | None:
    """Return the key that the screen sends, None for a plain database.

    Raises:
        BadUsage: `sync.pipe` when nobody sends one.
    """
    try:
        content = os.read(pipe, _KEY_BYTES)
    except OSError as error:
        raise BadUsage("sync.pipe") from error
    if content == b"\x00":
        return None
    if len(content) != _KEY_BYTES:
        raise BadUsage("sync.pipe")
    return content


def when_closed(pipe: int, then: Callable[[], object]) -> None:
    """Call `then` in a thread once the screen's end of the pipe is gone."""

    def wait() -> None:
        while True:
            with suppress(OSError):
                if os.read(pipe, 1):
                    continue
            then()
            return

    threading.Thread(target=wait, name="screen-is-there", daemon=True).start()


def be_modest() -> None:
    """Leave the processor to the clerk's keys."""
    with suppress(OSError):
        os.nice(_NICE)


def alone(home: Path, stopped: threading.Event, name: str = LOCK) -> IO[str] | None:
    """Return the lock of the one sender of a counter, once no other holds it; None if stopped."""
    lock = (home / name).open("a")
    while not stopped.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stopped.wait(1.0)
        else:
            return lock
    lock.close()
    return None


@contextmanager
def one_contact(home: Path) -> Iterator[None]:
    """Let one process at a time talk to the city: each hello shows the lease of the last."""
    with (home / CONTACT).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_at_work(home: Path) -> bool:
    """Return whether the sender of a screen is at work at this counter."""
    with (home / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _log(path: Path) -> IO[bytes]:
    with suppress(FileNotFoundError):
        if path.stat().st_size > _MOST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab")
