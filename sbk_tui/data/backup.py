"""A counter's backup: one sealed file with all that the counter is, and its way back.

Inside: `sbk.db` as of one moment, `keyring.json`, `config.toml`, the blobs, and a manifest that the
counter has signed. A file counts as a backup only once it was read back whole from where it lies.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify_chain
from sbk_tui.data.counter_file import DATABASE, OpenCounter
from sbk_tui.data.seal import SUITE, Signer, verify
from sbk_tui.data.sealed_file import (
    Head,
    Member,
    Piece,
    members_of,
    new_salt,
    piece_of,
    read_head,
    write_sealed,
)
from sbk_tui.data.store import copy_store, open_store
from sbk_tui.errors import BadUsage, IntegrityFault, StorageFault

KEYRING, CONFIG, BLOBS = "keyring.json", "config.toml", "blobs"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
SCRATCH = ".backup-"
_LABEL = b"sbk/backup/1\x00"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, signed by whose it is."""

    v: int = 1
    program: str
    owner: str
    office: str = ""
    inc: str = ""
    """The life that the counter was in; empty in a hub's."""
    seq: int = 0
    """Number of the last record of that life."""
    hash: str = ""
    """Its hash, hexadecimal."""
    made: int
    """Unix ms."""
    files: dict[str, Piece] = {}


def back_up(
    opened: OpenCounter,
    home: Path,
    file: Path,
    *,
    data_key: bytes,
    program: str,
    now_ms: int,
    also: Callable[[Path], Sequence[Member]] = lambda _scratch: (),
) -> Manifest:
    """Write a backup of a counter, which may go on working meanwhile; verified on return.

    Args:
        data_key: what the slots of the keyring hold; a plain database is sealed with it too.
        also: given a private folder, returns what else belongs to this counter (its own hub).

    Raises:
        BadUsage: `backup.exists`, `backup.no_folder`.
        StorageFault: `backup.cannot_write`, `store.…`.
        IntegrityFault: `backup.unsound`, the log does not hold together; `backup.changed`, what
            was read back is not what was written.
    """
    keyring = (home / KEYRING).read_bytes()
    head = Head(
        kind="counter", owner=opened.certificate.counter, made=now_ms, salt=new_salt(),
        keyring=keyring.decode(),
    )  # fmt: skip
    forget_scratch(home)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=home) as folder:
        copy = Path(folder) / DATABASE
        copy_store(opened.store, copy, data_key if opened.store.encrypted else None)
        end = _end_of_copy(copy, data_key if opened.store.encrypted else None, opened)
        manifest = Manifest(
            program=program, owner=head.owner, office=opened.certificate.office,
            inc=opened.incarnation.inc, seq=end[0], hash=end[1], made=now_ms,
        )  # fmt: skip
        members = [Member(DATABASE, copy), Member(KEYRING, keyring)]
        if (home / CONFIG).exists():
            members.append(Member(CONFIG, (home / CONFIG).read_bytes()))
        members += [*_blobs(home), *also(Path(folder))]
        return write_backup(file, head, data_key, members, manifest, opened.signer)


def write_backup(
    file: Path, head: Head, key: bytes, members: Iterable[Member], manifest: Manifest,
    signer: Signer,
) -> Manifest:  # fmt: skip
    """Write a backup whole or not at all, and read it back; return its manifest.

    Raises:
        BadUsage, StorageFault, IntegrityFault: as `back_up`.
    """
    if file.exists():
        raise BadUsage("backup.exists", place=str(file))
    if not file.parent.is_dir():
        raise BadUsage("backup.no_folder", place=str(file.parent))
    told: list[Manifest] = []

    def last(written: dict[str, Piece]) -> tuple[Member, ...]:
        told.append(msgspec.structs.replace(manifest, files=written))
        body = msgspec.json.encode(told[0])
        return Member(MANIFEST, body), Member(SIGNATURE, signer.sign(_LABEL + body))

    part = file.with_name(f".{file.name}.part")
    try:
        with _created(part) as target:
            write_sealed(target, head, key, members, last)
        with part.open("rb") as source:
            os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # from the medium
            if check(source, key, signer.public) != told[0]:
                raise IntegrityFault("backup.changed")
        part.replace(file)
        flush_folder(file.parent)
    except OSError as error:
        raise StorageFault("backup.cannot_write", place=str(file)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return told[0]


def head_of(file: Path) -> Head:
    """Return what stands in clear at the head of a backup.

    Raises:
        BadUsage: `backup.missing`; Refusal: `backup.not_ours`, `backup.cut`, `backup.newer`.
    """
    with _opened(file) as source:
        return read_head(source)


def check(source: IO[bytes], key: bytes, public: bytes | None) -> Manifest:
    """Read a backup to its end and return its manifest; nothing is written.

    Args:
        public: whose signature it must bear; None: not asked.

    Raises:
        IntegrityFault: `backup.changed`.
    """
    return _walk(source, key, public, None)


def unpack(file: Path, key: bytes, folder: Path) -> Manifest:
    """Write what a backup holds into an empty private folder; return its manifest.

    Whose signature it bears is known only once the records are open: see `is_by`.

    Raises:
        BadUsage, Refusal: as `head_of`; IntegrityFault: `backup.changed`; StorageFault.
    """
    with _opened(file) as source:
        return _walk(source, key, None, folder)


def is_by(folder: Path, public: bytes) -> bool:
    """Return whether the manifest that was unpacked bears the signature of `public`."""
    body, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    return verify(SUITE, public, signature, _LABEL + body)


def forget_scratch(home: Path) -> None:
    """Remove what a backup that was killed has left in a home."""
    for left in home.glob(SCRATCH + "*"):
        for path in sorted(left.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        left.rmdir()


def _walk(
    source: IO[bytes], key: bytes, public: bytes | None, folder: Path | None
) -> Manifest:  # fmt: skip
    found: dict[str, Piece] = {}
    spoken: dict[str, bytes] = {}
    with members_of(source, key) as members:
        for name, content in members:
            if name in found or name in spoken:
                raise IntegrityFault("backup.changed")
            if name in (MANIFEST, SIGNATURE):
                spoken[name] = content.read()
                if folder is not None:
                    _keep(folder / name, spoken[name])
            elif folder is None:
                found[name] = piece_of(content)
            else:
                with _created(folder / name) as target:
                    found[name] = piece_of(content, target)
    try:
        body, signature = spoken[MANIFEST], spoken[SIGNATURE]
        manifest = msgspec.json.decode(body, type=Manifest)
    except (KeyError, msgspec.DecodeError) as error:
        raise IntegrityFault("backup.changed") from error
    signed = public is None or verify(SUITE, public, signature, _LABEL + body)
    if manifest.files != found or not signed:
        raise IntegrityFault("backup.changed")
    return manifest


def _end_of_copy(copy: Path, key: bytes | None, opened: OpenCounter) -> tuple[int, str]:
    """Return number and hash of the last record in a copy whose log holds together."""
    store = open_store(copy, key)
    try:
        report = verify_chain(store)
        newest = outbox.head(store, opened.incarnation.inc)
    finally:
        store.close()
    if not report.sound:
        raise IntegrityFault("backup.unsound", flaws=len(report.flaws))
    return (newest[0], newest[1].hex()) if newest else (0, "")


def _blobs(home: Path) -> Iterator[Member]:
    for path in sorted((home / BLOBS).glob("*")):
        if not path.name.startswith("."):  # one that is being written
            yield Member(f"{BLOBS}/{path.name}", path)


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _keep(path: Path, content: bytes) -> None:
    with _created(path) as file:
        file.write(content)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with ExitStack() as stack:
        try:
            source = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise BadUsage("backup.missing", place=str(file)) from error
        yield source


def flush_folder(folder: Path) -> None:
    """Bring what was made or renamed in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a stick's file system may not know how
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
