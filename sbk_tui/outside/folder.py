"""A system outside behind two folders: `outbox/` for our files, `inbox/` for its answers.

Works on a share: a file is written under another name, flushed and renamed. Nothing is deleted;
what was taken in lies in `taken/`, what could not be, in `aside/` with a sentence beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sbk_tui.errors import BadUsage, OutsideUnreachable
from sbk_tui.outside.codec import MOST_BYTES
from sbk_tui.outside.ports import Exchange, Found

OUTBOX, INBOX, TAKEN, ASIDE = "outbox", "inbox", "taken", "aside"
_UNFINISHED = (".part", ".tmp", ".filepart")
_SCHEME = "file://"


def open_exchange(url: str) -> Exchange:
    """Return the driver of `file:///FOLDER`; the folder is made when it is first used.

    Raises:
        BadUsage: `outside.url`.
    """
    if not url.startswith(_SCHEME) or not Path(url.removeprefix(_SCHEME)).is_absolute():
        raise BadUsage("outside.url", url=url)
    return FolderExchange(Path(url.removeprefix(_SCHEME)))


class FolderExchange:
    """The driver: one folder with four."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Write a file, flushed, under its name at once."""
        try:
            write_whole(self._place(OUTBOX) / name, content)
        except OSError as error:
            raise self._gone(error) from error

    def answers(self) -> Iterator[Found]:
        """Yield the files of `inbox/`, unfinished ones left alone."""
        try:
            found = sorted(self._place(INBOX).iterdir())
            for path in found:
                if path.is_file() and not path.name.endswith(_UNFINISHED):
                    with path.open("rb") as file:  # a huge one is not read whole
                        yield Found(path.name, file.read(MOST_BYTES + 1))
        except OSError as error:
            raise self._gone(error) from error

    def take(self, name: str) -> None:
        """Move an answer to `taken/`."""
        self._move(name, TAKEN)

    def set_aside(self, name: str, sentence: str) -> None:
        """Move an answer to `aside/`, and write the sentence beside it."""
        moved = self._move(name, ASIDE)
        try:
            write_whole(moved.with_name(f"{moved.name}.txt"), f"{sentence}\n".encode())
        except OSError as error:
            raise self._gone(error) from error

    def _move(self, name: str, where: str) -> Path:
        try:
            place = self._place(where)
            target, again = place / name, 1
            while target.exists():  # the same answer twice: both are kept
                again += 1
                target = place / f"{name}.{again}"
            (self._place(INBOX) / name).rename(target)
        except OSError as error:
            raise self._gone(error) from error
        return target

    def _place(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    def _gone(self, error: OSError) -> OutsideUnreachable:
        return OutsideUnreachable("outside.folder", place=str(self.folder), reason=str(error.errno))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that a reader sees whole or not at all, also after a power cut."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
