"""Where papers go: a printer's queue (`lp`), or a folder. Both are a `DocumentPrinter`.

`submit` returns only after the spooler or the disk has taken the paper; whether it came out of
the machine is the clerk's word (B18).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from sbk_tui.errors import BadUsage, DeviceAbsent, DeviceFault, OutcomeUnknown
from sbk_tui.hardware.ports import DocumentPrinter, FormPrinter

if TYPE_CHECKING:
    from sbk_tui.hardware.bridge import BridgePrinter

_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]*")  # never begins with a dash: not an option
_MEDIA = re.compile(r"[A-Za-z0-9_.-]+")
_ACCEPTED = re.compile(r"request id is (\S+)")
_NO_SPOOLER = ("scheduler", "connect", "refused", "unable to access")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_COPIES = 1000


def open_printer(url: str, now: Callable[[], datetime]) -> DocumentPrinter:
    """Return the printer behind `file:///folder/%Y%m%d-{title}.pdf` or `lp://QUEUE?media=A4`.

    `cups://QUEUE` is the same as `lp://QUEUE`.

    Raises:
        BadUsage: `print.bad_target`.
    """
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme in {"lp", "cups"} and parts.path in {"", "/"}:
        media = parse_qs(parts.query).get("media", [""])[0]
        return LpPrinter(parts.netloc, media=media)
    if parts.scheme == "bridge" and parts.netloc:
        return _far_printer(parts.netloc)
    if parts.scheme == "file" and not parts.netloc:
        # Not parsed any further: the pattern's per cent signs are a date, not an escape.
        return FilePrinter(url.removeprefix("file://"), now)
    raise BadUsage("print.bad_target", target=url)


def open_form_printer(url: str, now: Callable[[], datetime]) -> FormPrinter:
    """Return the dot-matrix printer behind `lp://QUEUE` or `file:///folder/%Y%m%d-{title}.prn`.

    Raises:
        BadUsage: `print.bad_target`.
    """
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme in {"lp", "cups"} and parts.path in {"", "/"} and not parts.query:
        return LpPrinter(parts.netloc, options=("raw",))
    if parts.scheme == "bridge" and parts.netloc:
        return _far_printer(parts.netloc)
    if parts.scheme == "file" and not parts.netloc:
        return FilePrinter(url.removeprefix("file://"), now, suffix=".prn")
    raise BadUsage("print.bad_target", target=url)


def _far_printer(name: str) -> BridgePrinter:
    from sbk_tui.hardware.bridge import BridgePrinter

    return BridgePrinter(name, os.environ)


class FilePrinter:
    """Puts each paper into a folder as a file of its own; no file is ever written over."""

    def __init__(self, pattern: str, now: Callable[[], datetime], *, suffix: str = ".pdf") -> None:
        """Take an absolute path that may name the date (`%Y`) and `{title}`.

        Raises:
            BadUsage: `print.bad_target` when it is not absolute or does not end in `suffix`.
        """
        if not pattern.startswith("/") or not pattern.endswith(suffix):
            raise BadUsage("print.bad_target", target=pattern)
        self._pattern = pattern
        self._now = now

    def submit(self, title: str, pdf: bytes) -> str:
        """Write `pdf` and return the file's name; on return it is on the disk, whole.

        Raises:
            DeviceAbsent: `print.folder_absent`.
            DeviceFault: `print.not_written`; nothing is left behind.
        """
        wanted = Path(self._now().strftime(self._pattern).replace("{title}", _file_name(title)))
        folder = wanted.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, half = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        except OSError as error:
            raise DeviceAbsent("print.folder_absent", folder=folder.name) from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pdf)
                file.flush()
                os.fsync(file.fileno())
            final = _named(Path(half), wanted)
            _flush_folder(folder)
        except OSError as error:
            raise DeviceFault("print.not_written", folder=folder.name) from error
        finally:
            Path(half).unlink(missing_ok=True)
        return final.name


def _file_name(title: str) -> str:
    """Return `title` as a part of a file name that any disk or share takes."""
    return _NOT_IN_NAMES.sub("_", title).strip(". ")[:60] or "_"


def _named(half: Path, wanted: Path) -> Path:
    """Give the finished file its name, the first free of name, name-2, name-3 …"""
    for copy in range(1, _COPIES):
        name = wanted if copy == 1 else wanted.with_stem(f"{wanted.stem}-{copy}")
        try:
            os.link(half, name)
        except FileExistsError:
            continue
        except OSError:  # a share or a stick without hard links: reserve the name, then move
            try:
                name.touch(exist_ok=False)
            except FileExistsError:
                continue
            half.replace(name)
        return name
    raise FileExistsError(wanted)


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some shares cannot; the file itself is flushed
            os.fsync(handle)
    finally:
        os.close(handle)


class LpPrinter:
    """A CUPS queue, through the `lp` command."""

    def __init__(
        self,
        queue: str,
        *,
        media: str = "",
        options: tuple[str, ...] = ("print-scaling=none", "sides=one-sided"),
        limit_s: float = 15.0,
    ) -> None:
        """Name the queue; `media` is CUPS' word for the sheet (A4, Custom.241x140mm).

        Args:
            options: what the spooler is told beside; `raw` hands a printer's own bytes through.

        Raises:
            BadUsage: `print.bad_target`.
        """
        if not _QUEUE.fullmatch(queue) or (media and not _MEDIA.fullmatch(media)):
            raise BadUsage("print.bad_target", target=f"{queue} {media}".strip())
        self._queue = queue
        self._media = media
        self._options = options
        self._limit_s = limit_s

    def submit(self, title: str, pdf: bytes) -> str:
        """Hand `pdf` to the spooler and return its job's name (`QUEUE-12`).

        Raises:
            DeviceAbsent: `print.no_spooler`, `print.no_queue`.
            DeviceFault: `print.refused`.
            OutcomeUnknown: `print.no_answer`; it may print all the same, look before repeating.
        """
        code, said, complained = self._run(_job_title(title), pdf)
        if code != 0:
            raise self._fault(complained.strip())
        accepted = _ACCEPTED.search(said)
        if accepted is None:
            raise OutcomeUnknown("print.no_answer", queue=self._queue)
        return accepted[1]

    def _run(self, title: str, pdf: bytes) -> tuple[int, str, str]:
        command = ["lp", "-d", self._queue, "-t", title]
        for option in self._options:
            command += ["-o", option]
        if self._media:
            command += ["-o", f"media={self._media}"]
        try:
            process = subprocess.Popen(  # noqa: S603 - a list, its parts checked; no shell
                [*command, "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,  # so that its children can be ended with it
            )
        except OSError as error:
            raise DeviceAbsent("print.no_spooler") from error
        with process:
            try:
                said, complained = process.communicate(pdf, timeout=self._limit_s)
            except subprocess.TimeoutExpired as error:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise OutcomeUnknown("print.no_answer", queue=self._queue) from error
        return (
            process.returncode,
            said.decode(errors="replace"),
            complained.decode(errors="replace"),
        )

    def _fault(self, complained: str) -> DeviceFault:
        low = complained.lower()
        if "does not exist" in low or "unknown destination" in low:
            return DeviceAbsent("print.no_queue", queue=self._queue)
        if any(sign in low for sign in _NO_SPOOLER):
            return DeviceAbsent("print.no_spooler")
        last = complained.splitlines()[-1] if complained else ""
        detail = "".join(c for c in last if c.isprintable())
        return DeviceFault("print.refused", queue=self._queue, detail=detail[:80])


def _job_title(title: str) -> str:
    """Return `title` without anything that the spooler could take for more than a title."""
    return "".join(c for c in title if c.isprintable()).lstrip("-")[:80] or "_"
