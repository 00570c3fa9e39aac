"""Portraits and scans at the hub: taken piece by piece, kept once it is what its id says.

A piece is flushed before it is answered; the whole is hashed before it counts. What no operation
in the hub's hands has named is not taken.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sbk_tui.data.blobs import MOST_BYTES
from sbk_tui.errors import Refusal, StorageFault
from sbk_tui.hub.cases import YELLOW, open_case
from sbk_tui.sync.attach import PIECE_BYTES, Piece

FOLDER = "blobs"
_DAY_MS = 24 * 60 * 60 * 1000
LATE_MS = 14 * _DAY_MS
"""An attachment that has not come for so long becomes a case [A]."""


def name(db: Any, blobs: Iterable[str], op: str, counter: str, now_ms: int) -> None:
    """Note the blobs that an operation names, inside the transaction that stores it."""
    for blob in blobs:
        db.execute_sql(
            "INSERT INTO attachment (id, op, counter, named, complete) VALUES (?, ?, ?, ?, NULL)"
            " ON CONFLICT (id) DO NOTHING",
            (blob, op, counter, now_ms),
        )


def is_named(db: Any, blob: str) -> bool:
    """Return whether an operation in the hub's hands has named a blob."""
    return bool(db.execute_sql("SELECT 1 FROM attachment WHERE id = ?", (blob,)).fetchone())


def completed(db: Any, blob: str, now_ms: int) -> None:
    """Note that a blob is whole."""
    db.execute_sql(
        "UPDATE attachment SET complete = ? WHERE id = ? AND complete IS NULL", (now_ms, blob)
    )


def ring_for_late(db: Any, counter: str, now_ms: int) -> None:
    """Open a case for each operation of a counter whose attachment has not come in time."""
    rows = db.execute_sql(
        "SELECT DISTINCT op FROM attachment WHERE complete IS NULL AND named < ? AND counter = ?",
        (now_ms - LATE_MS, counter),
    ).fetchall()
    for (op,) in rows:
        open_case(
            db, f"{op}/blob.late", op=op, severity=YELLOW, code="blob.late",
            facts={"counter": counter, "days": LATE_MS // _DAY_MS}, now_ms=now_ms,
        )  # fmt: skip


class Shelf:
    """The folder with the hub's blobs."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def take(self, piece: Piece) -> int:
        """Keep a piece; return how many bytes from the first are kept, all: it is whole.

        A piece that is there already changes nothing; one that leaves a gap is not taken.

        Raises:
            Refusal: `blob.too_large`, `blob.form`, `blob.changed_on_way` (begin again).
            StorageFault: `store.full`.
        """
        if not 0 < piece.size <= MOST_BYTES or len(piece.content) > PIECE_BYTES:
            raise Refusal("blob.too_large", bytes=piece.size, most=MOST_BYTES)
        whole = self._path(piece.id)
        if whole.exists():
            return piece.size
        part = whole.with_suffix(".part")
        have = part.stat().st_size if part.exists() else 0
        if not piece.content or piece.offset != have:
            return have
        if have + len(piece.content) > piece.size:
            raise Refusal("blob.form")
        self._append(part, piece.content)
        have += len(piece.content)
        if have == piece.size:
            self._finish(part, whole, piece.id)
        return have

    def get(self, blob: str) -> bytes | None:
        """Return a whole blob, None when it is not here."""
        path = self._path(blob)
        return path.read_bytes() if path.exists() else None

    def _append(self, part: Path, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageFault("store.full") from error

    def _finish(self, part: Path, whole: Path, blob: str) -> None:
        if f"1:{hashlib.sha256(part.read_bytes()).hexdigest()}" != blob:
            part.unlink()
            raise Refusal("blob.changed_on_way")
        part.replace(whole)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, blob: str) -> Path:
        kind, _, digits = blob.partition(":")
        if kind != "1" or len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
            raise Refusal("blob.form")
        return self._folder / digits
