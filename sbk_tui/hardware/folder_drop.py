"""A folder that a scanner or 高拍仪 program saves into, as a `PictureSource`.

Works over SSH and shares: it looks again and again instead of asking for change events, takes a
file only when it has stopped growing, and claims it by a rename, so that two windows on one
folder never take the same file. Nothing is ever deleted.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceFault, Refusal
from sbk_tui.hardware.portrait.opening import kind_of, look_at
from sbk_tui.hardware.portrait.values import Limits
from sbk_tui.hardware.ports import Captured

TAKEN, BAD = "taken", "bad"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")  # what transfer programs write first
_IN_BAD = {  # what a picture is refused for: what the clerk hears of a file in the folder
    "photo.too_large": "folder.too_large",
    "photo.too_many_pixels": "folder.too_many_pixels",
    "photo.not_a_picture": "folder.wrong_kind",
    "photo.damaged": "folder.damaged",
}
_CANCEL_S = 0.2  # how late a set `cancel` may be seen


class Stamp(NamedTuple):
    """What tells one state of a file from the next."""

    modified_ns: int
    size: int


class Watch:
    """Which files of a folder are new and have stopped growing; knows no folder and no clock."""

    def __init__(self, before: Mapping[str, Stamp], still_s: float) -> None:
        """Begin with what was there `before` the step: it is ignored until it changes."""
        self._before = dict(before)
        self._still_s = still_s
        self._seen: dict[str, tuple[Stamp, float]] = {}

    def ready(self, listing: Mapping[str, Stamp], now: float) -> list[str]:
        """Return the names that may be claimed at `now` (seconds, any start), oldest first."""
        found: list[str] = []
        for name in sorted(listing, key=lambda name: (listing[name], name)):
            stamp = listing[name]
            if self._before.get(name) == stamp:
                continue
            last, since = self._seen.get(name, (None, now))
            if last != stamp:
                self._seen[name] = (stamp, now)
            elif now - since >= self._still_s and stamp.size:
                found.append(name)
        return found


class FolderDrop:
    """The folder `folder`; `taken/` and `bad/` below it are made when first needed.

    Args:
        accepts: kinds a step can use: pictures for a portrait, PDF too for a proof.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        *,
        accepts: frozenset[str] = frozenset({"JPEG", "PNG", "TIFF"}),
        look_every_s: float = 1.0,
        still_s: float = 1.0,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._accepts = accepts
        self._look_every_s = look_every_s
        self._still_s = still_s

    def capture(self, cancel: threading.Event) -> Captured:
        """Return the next file that is saved into the folder from now on.

        Raises:
            DeviceAbsent: `folder.absent`.
            DeviceFault: `folder.too_large`, `folder.too_many_pixels`, `folder.wrong_kind`,
                `folder.damaged`; the file is in `bad/`.
            Cancelled: `cancel` was set; nothing was moved.
        """
        watch = Watch(self._listing(), self._still_s)
        while True:
            self._rest(cancel)
            for name in watch.ready(self._listing(), time.monotonic()):
                claimed = self._move(self._folder / name, TAKEN)
                if claimed is not None:
                    return self._read(claimed, name)

    def _rest(self, cancel: threading.Event) -> None:
        until = time.monotonic() + self._look_every_s
        while (left := until - time.monotonic()) > 0:
            if cancel.wait(min(left, _CANCEL_S)):
                break
        if cancel.is_set():
            raise Cancelled("folder.cancelled")

    def _listing(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    hidden = entry.name.startswith((".", "~"))
                    if hidden or entry.name.lower().endswith(_UNFINISHED):
                        continue
                    try:
                        if entry.is_file(follow_symlinks=False):
                            state = entry.stat(follow_symlinks=False)
                            found[entry.name] = Stamp(state.st_mtime_ns, state.st_size)
                    except FileNotFoundError:
                        continue  # another window took it between the two looks
        except OSError as error:
            raise self._absent() from error
        return found

    def _move(self, path: Path, into: str) -> Path | None:
        """Return where `path` is after its rename; None when another window was faster."""
        target_folder = self._folder / into
        try:
            target_folder.mkdir(exist_ok=True)
            # A rename replaces silently, so the name must be one that no other file gets.
            stamp = path.stat().st_mtime_ns
            target = target_folder / f"{stamp:x}-{path.name}"
            copy = 2
            while target.exists():
                target = target_folder / f"{stamp:x}-{copy}-{path.name}"
                copy += 1
            path.rename(target)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._absent() from error
        return target

    def _read(self, path: Path, name: str) -> Captured:
        """Return the claimed file, or put it into `bad/` and say why."""
        try:
            data = self._usable(path)
        except Refusal as refusal:
            self._move(path, BAD)
            raise DeviceFault(_IN_BAD[refusal.code], file=name) from refusal
        except OSError as error:
            raise self._absent() from error
        return Captured(data=data, kind=kind_of(data), origin=name)

    def _usable(self, path: Path) -> bytes:
        if path.stat().st_size > self._limits.most_bytes:
            raise Refusal("photo.too_large", megabytes=self._limits.most_bytes >> 20)
        data = path.read_bytes()
        kind = kind_of(data)
        if kind not in self._accepts:
            raise Refusal("photo.not_a_picture")
        if kind != "PDF":
            look_at(data, self._limits)
        return data

    def _absent(self) -> DeviceAbsent:
        return DeviceAbsent("folder.absent", folder=self._folder.name)
