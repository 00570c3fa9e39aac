"""Running the hub's application: one process, or several on one socket, each started again."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sbk_tui.errors import BadUsage

_log = logging.getLogger(__name__)
_BACKLOG = 256
_PAUSE_S = 1.0
"""Before a worker that died is started again: one that dies at once must not spin."""


def listen(host: str, port: int) -> socket.socket:
    """Return the socket that the workers share.

    Raises:
        BadUsage: `hub.cannot_listen`.
    """
    try:
        listener = socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        raise BadUsage("hub.cannot_listen", host=host, port=port) from error
    listener.set_inheritable(True)
    # Inherited by each connection: asyncio does it only for sockets that name their protocol.
    # Without it the body of an answer waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def supervise(work: Callable[[], None], workers: int) -> None:
    """Run `work` in so many processes until we are told to end; one that dies is replaced.

    Nothing may be open that does not survive a fork: each worker opens the database itself.
    """
    running: set[int] = set()
    ended = False

    def end(_number: int, _frame: object) -> None:
        nonlocal ended
        ended = True
        for pid in running:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    while len(running) < workers:
        running.add(_start(work))
    while running:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return
        running.discard(pid)
        if not ended:
            _log.error("hub worker %d ended with status %d; starting another", pid, status)
            time.sleep(_PAUSE_S)
        if not ended:
            running.add(_start(work))


@contextmanager
def every(pause_s: float, job: Callable[[], object]) -> Iterator[None]:
    """Do `job` again and again beside what is served; what it fails of is told and tried again."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(pause_s):
            try:
                job()
            except Exception as error:  # the service goes on whatever becomes of this
                _log.exception("hub job failed: %s", type(error).__name__)

    thread = threading.Thread(target=go_on, name="hub-job", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _start(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)
