"""Portraits and scans: files beside the database, named and encrypted by the data key.

A blob's id is `1:` and the SHA-256 of its bytes. The file's name is a keyed hash of the id, its
content AES-256-GCM with the id as associated data: the folder says nothing about anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import NamedTuple

from sbk_tui.data import models
from sbk_tui.data.keyring import write_private
from sbk_tui.data.store import Store
from sbk_tui.errors import IntegrityFault, Refusal

MOST_BYTES = 2 * 1024 * 1024
_NONCE_BYTES = 12


class Unsent(NamedTuple):
    """A blob of which the hub has not all."""

    id: str
    size: int
    sent_to: int


class Blobs:
    """The blobs of one counter; without a key (plain database) the files are plain too."""

    def __init__(self, store: Store, folder: Path, key: bytes | None) -> None:
        self._store = store
        self._folder = folder
        self._name_key = hashlib.sha256(b"sbk/blob-name/1\x00" + (key or b"")).digest()
        self._key = key and hashlib.sha256(b"sbk/blob/1\x00" + key).digest()

    @staticmethod
    def id_of(content: bytes) -> str:
        """Return the id that `content` has."""
        return f"1:{hashlib.sha256(content).hexdigest()}"

    def put(self, content: bytes) -> str:
        """Keep `content` and return its id; on return it is on disk.

        Raises:
            Refusal: `blob.too_large`.
        """
        if len(content) > MOST_BYTES:
            raise Refusal("blob.too_large", bytes=len(content), most=MOST_BYTES)
        blob_id = self.id_of(content)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(blob_id)
        if not path.exists():
            write_private(path, self._seal(blob_id, content))
        with self._store.write() as db:
            models.Blob.insert(
                id=blob_id, size=len(content), have=True, sent_to=0
            ).on_conflict_ignore().execute(db)
        return blob_id

    def unsent(self) -> list[Unsent]:
        """Return the blobs of which the hub has not all, in the order they were made."""
        with self._store.session() as db:
            rows = db.execute_sql(
                "SELECT id, size, sent_to FROM blob WHERE have AND sent_to < size ORDER BY rowid"
            ).fetchall()
        return [Unsent(*row) for row in rows]

    def note_sent(self, blob_id: str, sent_to: int) -> None:
        """Note how many bytes of a blob the hub has."""
        with self._store.write() as db:
            db.execute_sql("UPDATE blob SET sent_to = ? WHERE id = ?", (sent_to, blob_id))

    def get(self, blob_id: str) -> bytes | None:
        """Return the bytes of a blob, None when this counter does not have them.

        Raises:
            IntegrityFault: `blob.changed` when the file is not what its id says.
        """
        path = self._path(blob_id)
        if not path.exists():
            return None
        content = self._open(blob_id, path.read_bytes())
        if f"1:{hashlib.sha256(content).hexdigest()}" != blob_id:
            raise IntegrityFault("blob.changed")
        return content

    def _path(self, blob_id: str) -> Path:
        name = hmac.new(self._name_key, blob_id.encode("ascii"), hashlib.sha256).hexdigest()
        return self._folder / name

    def _seal(self, blob_id: str, content: bytes) -> bytes:
        if self._key is None:
            return content
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, content, blob_id.encode("ascii"))

    def _open(self, blob_id: str, held: bytes) -> bytes:
        if self._key is None:
            return held
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, sealed = held[:_NONCE_BYTES], held[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, sealed, blob_id.encode("ascii"))
        except InvalidTag as error:
            raise IntegrityFault("blob.changed") from error
