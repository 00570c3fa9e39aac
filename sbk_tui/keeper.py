"""Backups by themselves: every few hours into the folder that is configured, the newest kept.

A process of its own beside the screen, as the sender is; it gets the key over a pipe and ends with
the screen. `sbk backup` without a file does the same once, for a timer of the machine.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from sbk_tui import __version__, own_hub
from sbk_tui.config import Backup
from sbk_tui.data.backup import Manifest, back_up
from sbk_tui.data.backup_note import Kept, last_backup, note_backup
from sbk_tui.data.counter_file import OpenCounter
from sbk_tui.data.sealed_file import Member
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import BadUsage, SbkError
from sbk_tui.hub.home import is_hub, open_hub

LOCK, WATCH_LOCK, SUFFIX = "backup.lock", "keeper.lock", ".sbkbak"
HUB = own_hub.FOLDER + "/"
_HOUR_MS, _AGAIN_MS = 3_600_000, 10 * 60_000
LOOK_S = 60.0
"""How often the keeper looks whether it is time."""


@contextmanager
def one_backup(home: Path) -> Iterator[None]:
    """Let one process at a time make a backup of a counter."""
    with (home / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stamp(now_ms: int) -> str:
    """Return a moment as it stands in a file's name."""
    moment: datetime = from_ms(now_ms).astimezone(CHINA)
    return moment.strftime("%Y%m%d-%H%M%S")


def back_up_to(
    file: Path, home: Path, opened: OpenCounter, data_key: bytes, now_ms: int
) -> Manifest:  # fmt: skip
    """Write a backup of a counter and of a hub beside it; verified and noted on return.

    Raises:
        BadUsage, StorageFault, IntegrityFault: as `backup.back_up`; noted, too.
    """
    before = last_backup(opened.store)
    try:
        with one_backup(home):
            manifest = back_up(
                opened, home, file, data_key=data_key, program=__version__, now_ms=now_ms,
                also=lambda scratch: _own_hub(home, scratch),
            )  # fmt: skip
    except SbkError as error:
        failed = msgspec.structs.replace(before, tried=now_ms, code=error.code)
        note_backup(opened.store, failed)
        raise
    note_backup(
        opened.store, Kept(at=now_ms, place=str(file), seq=manifest.seq, tried=now_ms)
    )  # fmt: skip
    return manifest


def keep(
    home: Path, opened: OpenCounter, settings: Backup, data_key: bytes, now_ms: int
) -> tuple[Path, Manifest]:
    """Make the next backup in the configured folder, and let the oldest go.

    The folder is never made here: where a stick is not plugged in there is none.

    Raises:
        BadUsage: `backup.not_configured`; and as `back_up_to`.
    """
    if not settings.folder:
        raise BadUsage("backup.not_configured")
    folder, counter = Path(settings.folder).expanduser(), opened.certificate.counter
    file = folder / f"{counter}-{stamp(now_ms)}{SUFFIX}"
    manifest = back_up_to(file, home, opened, data_key, now_ms)
    mine = sorted(folder.glob(f"{counter}-????????-??????{SUFFIX}"))
    for old in mine[: -max(settings.keep, 1)]:
        old.unlink()
    return file, manifest


def is_due(kept: Kept, settings: Backup, now_ms: int) -> bool:
    """Return whether it is time for the next backup; after a failure sooner."""
    if kept.code:
        return now_ms - kept.tried >= _AGAIN_MS or now_ms < kept.tried
    return now_ms - kept.at >= settings.every * _HOUR_MS or now_ms < kept.at


def watch(
    home: Path,
    opened: OpenCounter,
    settings: Backup,
    data_key: bytes,
    *,
    now_ms: Callable[[], int],
    stopped: threading.Event,
    failed: Callable[[SbkError], object],
) -> None:
    """Make backups whenever it is time, until stopped."""
    while not stopped.is_set():
        if is_due(last_backup(opened.store), settings, now_ms()):
            try:
                keep(home, opened, settings, data_key, now_ms())
            except SbkError as error:
                failed(error)
        stopped.wait(LOOK_S)


def _own_hub(home: Path, scratch: Path) -> Sequence[Member]:
    # Late: few counters are a city of their own.
    from sbk_tui.hub.backup import members

    place = home / own_hub.FOLDER
    if not is_hub(place):
        return ()
    hub = open_hub(place)
    try:
        return members(hub, scratch, HUB)
    finally:
        hub.store.close()
