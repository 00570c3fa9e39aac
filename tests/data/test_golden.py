"""Records of every kind, as they were sealed, are read, verified and judged for ever (P11)."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from sbk_tui.data.record import Record, anchor, flaw_of, hlc_ms
from sbk_tui.data.seal import Ed25519Signer
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.operations.base import Nature
from sbk_tui.domain.world import from_ms
from sbk_tui.hub.judgement import decide, readable
from sbk_tui.sync.wire import State
from tests.data.conftest import RULES
from tests.domain.known import Known, occasion

COUNTER, CLERK = Ed25519Signer(bytes(range(32))), Ed25519Signer(bytes(range(1, 33)))
FILES = sorted((Path(__file__).parent.parent / "golden").glob("*.json"))


def rows(path: Path) -> list[tuple[str, int, Record]]:
    return [
        (kind, version, msgspec.msgpack.decode(bytes.fromhex(content), type=Record))
        for kind, version, content in json.loads(path.read_text("utf-8"))
    ]


@pytest.mark.clause("P11")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_was_sealed_is_read_verified_and_judged(path: Path) -> None:
    head = anchor(b"golden")
    for name, version, record in rows(path):
        envelope = record.read()
        flaw = flaw_of(
            record, envelope, prev=head, counter_key=COUNTER.public, clerk_key=CLERK.public
        )
        assert flaw is None, name
        assert (envelope.kind, envelope.kv) == (name, version)
        kind, operation = readable(record, envelope)
        level = "B" if kind.capability is Capability.ACTIVATE_FINANCIAL else "M"
        at = msgspec.structs.replace(
            occasion(level=level, district="4107"), at=from_ms(hlc_ms(envelope.hlc)), op=envelope.op
        )
        judged = decide(kind, operation, Known(), at, RULES)
        assert judged.state is not State.QUARANTINED, name
        head = record.hash


def test_every_kind_has_its_record() -> None:
    sealed = {(kind, version) for path in FILES for kind, version, _ in rows(path)}
    assert {(kind.name, kind.version) for kind in KINDS} <= sealed
    assert {kind.nature for kind in KINDS} == set(Nature)
