"""A hub's backup: records, keys and attachments in one file sealed with a password; its way back.

A restored hub begins another epoch: counters hand in again what it has lost, and fetch all anew.
Records on a PostgreSQL server are copied by that server's own means.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sbk_tui.data.backup import (
    MANIFEST,
    SCRATCH,
    SIGNATURE,
    Manifest,
    forget_scratch,
    head_of,
    is_by,
    unpack,
    write_backup,
)
from sbk_tui.data.keyring import Cost, derive
from sbk_tui.data.outbox import remember_peer
from sbk_tui.data.sealed_file import Head, Member, new_salt
from sbk_tui.data.store import copy_store
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from sbk_tui.hub import attach
from sbk_tui.hub.home import ADDRESS, BOX, DATABASE, KEY, TLS_CERTIFICATE, TLS_KEY, Hub, open_hub

CONFIG = "config.toml"


def members(hub: Hub, scratch: Path, under: str = "") -> Sequence[Member]:
    """Return what belongs to a hub, its records copied as of one moment into a private folder.

    Args:
        under: before each name, for a hub that is a part of something else.

    Raises:
        BadUsage: `backup.on_server`.
    """
    if (hub.home / ADDRESS).exists():
        raise BadUsage("backup.on_server")
    copy = scratch / DATABASE
    copy_store(hub.store, copy, None)
    found = [Member(under + DATABASE, copy)]
    for name in (KEY, BOX, TLS_CERTIFICATE, TLS_KEY, CONFIG):
        if (hub.home / name).exists():
            found.append(Member(under + name, (hub.home / name).read_bytes()))
    return [*found, *_attachments(hub.home, under)]


def back_up(hub: Hub, file: Path, *, password: str, cost: Cost, program: str, now_ms: int) -> None:
    """Write a backup of a hub, which may go on serving meanwhile; verified on return.

    Raises:
        BadUsage: `backup.on_server`, `backup.exists`, `backup.no_folder`.
        StorageFault, IntegrityFault: as a counter's.
    """
    head = Head(kind="hub", owner=hub.id, made=now_ms, salt=new_salt(), cost=cost)
    forget_scratch(hub.home)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=hub.home) as scratch:
        manifest = Manifest(program=program, owner=hub.id, made=now_ms)
        found = members(hub, Path(scratch))
        write_backup(file, head, _key(head, password), found, manifest, hub.signer)


def unpack_hub(file: Path, folder: Path, password: str) -> Manifest:
    """Write a hub's backup into an empty private folder and check it; its epoch is another.

    Raises:
        BadUsage: `backup.missing`; Refusal: `backup.not_ours`, `backup.of_another`,
            `backup.password`; IntegrityFault: `backup.changed`, `store.…`.
    """
    head = head_of(file)
    if head.kind != "hub" or head.cost is None:
        raise Refusal("backup.of_another", kind=head.kind)
    try:
        manifest = unpack(file, _key(head, password), folder)
    except IntegrityFault as error:
        raise Refusal("backup.password") from error  # one cannot tell: a wrong key opens nothing
    begin_epoch(folder, manifest.owner)
    return manifest


def begin_epoch(home: Path, owner: str) -> None:
    """Let the restored hub in `home` begin another life of its records.

    Raises:
        IntegrityFault: `backup.changed` when it is not the hub that has signed, `store.…`.
    """
    hub = open_hub(home)
    try:
        # A hub beside a counter is signed for by the counter.
        alone = (home / MANIFEST).exists()
        if alone and (hub.id != owner or not is_by(home, hub.signer.public)):
            raise IntegrityFault("backup.changed")
        remember_peer(hub.store, {"epoch": secrets.token_hex(8).encode()})
    finally:
        hub.store.close()
    for name in (MANIFEST, SIGNATURE):
        (home / name).unlink(missing_ok=True)


def _key(head: Head, password: str) -> bytes:
    assert head.cost is not None  # noqa: S101 -- a hub's head has one
    return derive(password, bytes.fromhex(head.salt), head.cost)


def _attachments(home: Path, under: str) -> Iterator[Member]:
    for path in sorted((home / attach.FOLDER).glob("*")):
        if not path.suffix:  # one that has not come whole yet is sent again
            yield Member(f"{under}{attach.FOLDER}/{path.name}", path)
