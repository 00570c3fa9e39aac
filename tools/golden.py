"""Write tests/golden/: one sealed record of every kind, made with keys that everybody knows.

A released program's records must be read, verified and judged for ever. Run it when a kind is
added or a version raised, never to make a failing test pass: the file of a release is frozen.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from sbk_tui.data import record as rec  # noqa: E402
from sbk_tui.data.seal import Ed25519Signer  # noqa: E402
from sbk_tui.domain.kinds import kind_of  # noqa: E402
from sbk_tui.domain.operations.apply import Apply  # noqa: E402
from sbk_tui.domain.operations.base import Operation  # noqa: E402
from sbk_tui.domain.operations.day import BoxCount, CloseDay  # noqa: E402
from sbk_tui.domain.operations.leash import ExtendLeash  # noqa: E402
from tests.data.days import CARDS, stock, wishes  # noqa: E402
from tests.people import LIU_YANG, form_of  # noqa: E402

PLACE = ROOT / "tests" / "golden" / "unreleased.json"
COUNTER, CLERK = Ed25519Signer(bytes(range(32))), Ed25519Signer(bytes(range(1, 33)))
ANCHOR = rec.anchor(b"golden")
_BEGIN_MS = 1_795_000_000_000


def operations() -> list[Operation]:
    """Return one operation of every kind, in a fixed order."""
    every = [
        stock(),
        Apply(person=LIU_YANG.id, form=form_of(LIU_YANG)),
        *wishes(CARDS[0], date(2026, 12, 1)),
        CloseDay(
            day=date(2026, 11, 18), last_seq=7, last_hash="0" * 16,
            boxes=(BoxCount(box="1-1-1", recorded=2, counted=2),),
        ),
        ExtendLeash(reason="01"),
    ]  # fmt: skip
    found: dict[str, Operation] = {}
    for operation in every:
        found.setdefault(operation.kind, operation)
    return list(found.values())


def main() -> None:
    """Write the file anew."""
    rows, head = [], ANCHOR
    for seq, operation in enumerate(operations(), 1):
        kind = kind_of(operation)
        payload, salt = rec.encode_payload(operation), bytes([seq]) * rec.SALT_BYTES
        envelope = rec.Envelope(
            op=f"{seq:032x}", suite=1, counter="410782105-a1", inc="golden", seq=seq,
            hlc=(_BEGIN_MS + seq * 60_000) << 16, off=None, clerk="zhang", kind=kind.name,
            kv=kind.version, nature=kind.nature.value, clause=kind.clause, about=(), base={},
            seen=0, payload_hash=rec.hash_payload(salt, payload),
        )  # fmt: skip
        sealed = rec.seal(envelope, payload, salt, head, counter=COUNTER, clerk=CLERK)
        rows.append([kind.name, kind.version, msgspec.msgpack.encode(sealed).hex()])
        head = sealed.hash
    PLACE.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    PLACE.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
