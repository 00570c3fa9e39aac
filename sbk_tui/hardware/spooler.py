"""Is there somebody to print? Asked by `sbk doctor`, without printing anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sbk_tui.errors import DeviceAbsent
from sbk_tui.hardware.paper_out import open_printer

_LIMIT_S = 5.0


def ask_printer(url: str, now: Callable[[], datetime]) -> str:
    """Return the queue that takes papers, or the folder that is there for them.

    Raises:
        BadUsage: `print.bad_target`.
        DeviceAbsent: `print.no_spooler`, `print.no_queue`, `print.folder_absent`; at another
            machine also as `hardware.bridge` says.
    """
    open_printer(url, now)  # refuses a URL that no driver takes
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme == "bridge":
        from sbk_tui.hardware.bridge import BridgePrinter

        return BridgePrinter(parts.netloc, os.environ).ready()
    if parts.scheme == "file":
        folder = Path(now().strftime(url.removeprefix("file://"))).parent
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise DeviceAbsent("print.folder_absent", folder=folder.name)
        return folder.name
    ask_queue(parts.netloc)
    return parts.netloc


def ask_queue(queue: str) -> None:
    """Return when the spooler knows `queue`.

    Raises:
        DeviceAbsent: `print.no_spooler`, `print.no_queue`.
    """
    try:
        answer = subprocess.run(  # noqa: S603 -- a list, its queue checked; no shell
            ["lpstat", "-p", queue],  # noqa: S607 -- wherever the spooler's client is installed
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeviceAbsent("print.no_spooler") from error
    if answer.returncode != 0:
        no_spooler = b"scheduler" in answer.stderr.lower()
        code = "print.no_spooler" if no_spooler else "print.no_queue"
        raise DeviceAbsent(code, queue=queue)
