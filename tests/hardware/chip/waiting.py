"""A cancel event that sets itself: a test that waits for ever says so instead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def soon(seconds: float = 10.0) -> Iterator[threading.Event]:
    cancel = threading.Event()
    timer = threading.Timer(seconds, cancel.set)
    timer.start()
    try:
        yield cancel
    finally:
        timer.cancel()
        timer.join()
