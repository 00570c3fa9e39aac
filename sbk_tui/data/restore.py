"""A counter brought back from its backup: checked whole beside the place, then put there.

Nothing of an old home is ever deleted: it is refused, or put aside under a dated name.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.data.backup import (
    KEYRING,
    MANIFEST,
    SIGNATURE,
    Manifest,
    flush_folder,
    head_of,
    is_by,
    unpack,
)
from sbk_tui.data.counter_file import (
    OpenCounter,
    begin_restored_life,
    in_former_life,
    open_counter,
)
from sbk_tui.data.keyring import Keyring, Opened, write_private
from sbk_tui.data.line import is_enrolled
from sbk_tui.data.log import records_of
from sbk_tui.data.record import hlc_ms
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal

_SCRATCH, _TRIES = ".restore-", "tries.json"


class Restored(NamedTuple):
    """What a backup was when it was opened."""

    manifest: Manifest
    operations: int
    """How many records were verified."""
    enrolled: bool
    """True: the city must take the new life in before work goes there."""


class End(msgspec.Struct, frozen=True):
    """The last record of a life."""

    seq: int
    code: str
    """The eight characters on its slip; empty when there is none."""
    at_ms: int


@contextmanager
def room(home: Path, *, put_aside: bool) -> Iterator[Path]:
    """Give a private folder to unpack into, on the disk where the home will be; it is removed.

    Args:
        put_aside: whether there may be something in the home already.

    Raises:
        BadUsage: `restore.not_empty`, `restore.cannot_place`.
    """
    made = not home.exists()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in home.glob(_SCRATCH + "*"):
            shutil.rmtree(left)
        if not put_aside and any(home.iterdir()):
            raise BadUsage("restore.not_empty", place=str(home))
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=home))
    except OSError as error:
        raise BadUsage("restore.cannot_place", place=str(home)) from error
    try:
        yield scratch
    except BaseException:
        shutil.rmtree(scratch)
        if made:
            home.rmdir()
        raise


def put_in_place(scratch: Path, home: Path, stamp: str) -> Path | None:
    """Move what was unpacked into the home; return where the old one was put, None: it was empty.

    The records come last: without them there is no counter in a folder.

    Raises:
        BadUsage: `restore.cannot_place`; nothing was changed.
    """
    aside = None
    if any(path != scratch for path in home.iterdir()):
        aside = home.with_name(f"{home.name}.before-{stamp}")
        if aside.exists():
            raise BadUsage("restore.cannot_place", place=str(aside))
        try:
            home.rename(aside)
        except OSError as error:  # a medium of its own, or a folder above that is not ours
            raise BadUsage("restore.cannot_place", place=str(home)) from error
        scratch = aside / scratch.name
        home.mkdir(mode=0o700)
    home.chmod(0o700)
    for path in sorted(scratch.iterdir(), key=lambda path: path.suffix == ".db"):
        path.rename(home / path.name)
    scratch.rmdir()
    flush_folder(home)
    return aside


def unlock(
    file: Path, scratch: Path, clerk: str, password: str, now_ms: Callable[[], int]
) -> Opened:
    """Open a clerk's slot of the keyring that a backup bears.

    Raises:
        BadUsage, Refusal: as `backup.head_of`; `backup.of_another`, `auth.wrong`.
    """
    head = head_of(file)
    if head.kind != "counter":
        raise Refusal("backup.of_another", kind=head.kind)
    write_private(scratch / KEYRING, head.keyring.encode())
    try:
        return Keyring(scratch, now_ms).unlock(clerk, password)
    finally:
        (scratch / _TRIES).unlink(missing_ok=True)


def unpack_counter(
    file: Path,
    scratch: Path,
    keys: Opened,
    *,
    now_ms: int,
    initials: Callable[[str], Sequence[str]],
) -> Restored:
    """Unpack a backup into `scratch` and verify it whole: seals, chain, tables, signature.

    A counter that a city knows begins a new life on return: no number of the former is used again.

    Raises:
        IntegrityFault: `backup.changed`, `restore.unsound`, `store.…`; StorageFault.
    """
    borne = (scratch / KEYRING).read_bytes()
    manifest = unpack(file, keys.data_key, scratch)
    if (scratch / KEYRING).read_bytes() != borne:
        raise IntegrityFault("backup.changed")
    key = keys.data_key if Keyring(scratch, lambda: now_ms).encrypted else None
    opened = open_counter(scratch, key)
    try:
        newest = outbox.head(opened.store, opened.incarnation.inc) or (0, b"")
        said = (manifest.inc, manifest.seq, manifest.hash)
        whole = said == (opened.incarnation.inc, newest[0], newest[1].hex())
        if not whole or not is_by(scratch, opened.signer.public):
            raise IntegrityFault("backup.changed")
        report = verify(opened.store, key=key, initials=initials)
        if not report.sound:
            raise IntegrityFault("restore.unsound", flaws=len(report.flaws))
        enrolled = is_enrolled(opened.store)
        # One that was restored and has not rejoined since is in a life that no city knows.
        if enrolled and in_former_life(opened) is None:
            begin_restored_life(opened, now_ms)
    finally:
        opened.store.close()
    for name in (MANIFEST, SIGNATURE):
        (scratch / name).unlink()
    return Restored(manifest, report.operations, enrolled)


def end_of_life(opened: OpenCounter) -> End:
    """Return the last record of the life that a counter is in."""
    newest = outbox.head(opened.store, opened.incarnation.inc)
    if newest is None:
        return End(0, "", 0)
    with opened.store.session() as db:
        last = next(records_of(db, opened.incarnation.inc, newest[0] - 1))
    return End(newest[0], newest[1].hex()[:8].upper(), hlc_ms(last.record.read().hlc))
