"""Records of our own that the city has and our log has lost, written back as they were (§9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sbk_tui.data import outbox
from sbk_tui.data.log import StoredRecord
from sbk_tui.data.outbox import Filed
from sbk_tui.data.rebase import rebase
from sbk_tui.data.record import Envelope
from sbk_tui.data.records import knows
from sbk_tui.data.store import Store

_INSERT = (
    "INSERT INTO operation (op, inc, seq, hlc, kind, clerk, envelope, payload, salt, prev, hash,"
    " counter_sig, clerk_sig) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def take_back(
    store: Store,
    found: Sequence[tuple[StoredRecord, Envelope]],
    receipts: Sequence[Filed],
    initials: Callable[[str], Sequence[str]],
) -> None:
    """Write verified records behind the end of our log, with what was decided of them.

    One transaction; the tables are made anew where the city's rows do not show them yet.
    """
    touched: set[str] = set()
    with store.write() as db:
        for stored, envelope in found:
            held = stored.record
            db.execute_sql(
                _INSERT,
                (
                    stored.op, stored.inc, stored.seq, envelope.hlc, envelope.kind,
                    envelope.clerk, held.envelope, held.payload, held.salt, held.prev, held.hash,
                    held.counter_sig, held.clerk_sig,
                ),
            )  # fmt: skip
            for subject in envelope.about:
                db.execute_sql(
                    "INSERT INTO about (subject, op) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (subject, stored.op),
                )
            touched.update(envelope.about)
        for filed in receipts:
            outbox.file_in(db, filed)
        rebase(db, initials, filter(knows, touched))
