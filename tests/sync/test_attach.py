"""Portraits on their way: in pieces, resumed, whole or not at all, only what was named."""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ids import uuid7
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.hub import attach as at_the_hub
from sbk_tui.sync import attach
from sbk_tui.sync.client import HubClient, RawAnswer
from sbk_tui.sync.run import client_for
from tests.data.conftest import Office
from tests.people import LIU_YANG, form_of
from tests.sync.city import City, nonce, sync

PHOTO = random.Random(7).randbytes(2 * attach.PIECE_BYTES + 777)


@pytest.fixture
def blobs(office: Office) -> Blobs:
    return Blobs(office.opened.store, office.folder / "blobs", office.key)


def apply_with(office: Office, photo: str) -> None:
    office.clock[0] += 60_000
    operation = Apply(
        person=LIU_YANG.id, form=msgspec.structs.replace(form_of(LIU_YANG), photo=photo)
    )
    office.ledger.perform(
        office.ledger.intend(operation, op=uuid7(office.clock[0]), blobs=(photo,))
    )


def send(office: Office, blobs: Blobs, client: HubClient, pieces: int = 999) -> int:
    left = [pieces]

    def enough() -> bool:
        left[0] -= 1
        return left[0] < 0

    held = office.opened
    return attach.send(
        blobs, client, counter=held.certificate.counter, inc=held.incarnation.inc, enough=enough
    )


def at_city(city: City, photo: str) -> bytes | None:
    return at_the_hub.Shelf(city.folder).get(photo)


def test_a_photo_follows_its_operation_and_is_the_same_there(
    office: Office, city: City, client: HubClient, blobs: Blobs
) -> None:
    photo = blobs.put(PHOTO)
    assert send(office, blobs, client) == 0  # nobody at the city has heard of it
    assert at_city(city, photo) is None
    apply_with(office, photo)
    sync(office, client)
    assert city.rows("SELECT id, complete FROM attachment") == [(photo, None)]
    assert send(office, blobs, client) == 1
    assert at_city(city, photo) == PHOTO
    assert blobs.unsent() == []
    assert city.rows("SELECT complete IS NULL FROM attachment")[0][0] in {0}
    assert send(office, blobs, client) == 0


def test_a_photo_is_resumed_where_the_line_was_cut(
    office: Office, city: City, client: HubClient, blobs: Blobs
) -> None:
    photo = blobs.put(PHOTO)
    apply_with(office, photo)
    sync(office, client)
    assert send(office, blobs, client, pieces=1) == 0
    assert blobs.unsent()[0].sent_to == attach.PIECE_BYTES
    sent: list[int] = []

    def counting(path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        sent.append(len(body))
        return city.post(path, body, headers)

    second = client_for(office.opened, counting, now_ms=lambda: office.clock[0], new_nonce=nonce)
    assert send(office, blobs, second) == 1
    assert sum(sent) < len(PHOTO) - attach.PIECE_BYTES + 2000
    assert at_city(city, photo) == PHOTO


@settings(
    deadline=None, max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(faults=st.lists(st.sampled_from(["ok", "lost", "answer_lost", "twice"]), max_size=12))
def test_whatever_the_line_does_the_photo_is_whole_in_the_end(
    office: Office, city: City, client: HubClient, blobs: Blobs, faults: list[str]
) -> None:
    content = PHOTO + repr((faults, len(list(blobs.unsent())), random.random())).encode()
    photo = blobs.put(content)
    with city.hub.store.write() as db:
        at_the_hub.name(db, [photo], uuid7(office.clock[0]), "c", 0)
    city.faults = list(faults)
    for _ in range(len(faults) + 1):
        try:
            if send(office, blobs, client):
                break
        except HubUnreachable:
            continue
    city.faults = []
    send(office, blobs, client)
    assert at_city(city, photo) == content


def test_what_was_changed_on_its_way_is_thrown_away_and_begun_again(
    office: Office, city: City, client: HubClient, blobs: Blobs
) -> None:
    photo = blobs.put(PHOTO)
    apply_with(office, photo)
    sync(office, client)
    send(office, blobs, client, pieces=2)
    part = next((city.folder / "blobs").glob("*.part"))
    part.write_bytes(bytes(len(part.read_bytes())))
    assert send(office, blobs, client) == 0
    assert at_city(city, photo) is None
    assert send(office, blobs, client) == 1
    assert at_city(city, photo) == PHOTO


@pytest.mark.parametrize(
    ("blob", "size", "content", "code"),
    [
        ("1:../../etc/passwd", 5, b"", "blob.unnamed"),
        ("1:" + "g" * 64, 5, b"x", "blob.unnamed"),
        ("1:" + "a" * 64, 3 * 1024 * 1024, b"", "blob.too_large"),
        ("1:" + "a" * 64, 0, b"", "blob.too_large"),
        ("1:" + "a" * 64, 1, b"xx", "blob.form"),
        ("1:" + "a" * 64, 2, b"xx", "blob.changed_on_way"),
    ],
)
def test_a_hostile_piece_is_refused(
    office: Office, city: City, client: HubClient, blob: str, size: int, content: bytes, code: str
) -> None:
    with city.hub.store.write() as db:
        at_the_hub.name(db, ["1:" + "a" * 64], "op", "c", 0)
    piece = attach.Piece(
        counter=office.opened.certificate.counter, inc=office.opened.incarnation.inc, id=blob,
        size=size, offset=0, content=content,
    )  # fmt: skip
    with pytest.raises(Refusal, match=code.replace(".", r"\.")):
        client.attach(msgspec.msgpack.encode(piece))
    foreign = msgspec.structs.replace(piece, counter="another")
    with pytest.raises(Refusal, match=r"hub\.request"):
        client.attach(msgspec.msgpack.encode(foreign))
    assert list(city.folder.rglob("passwd")) == []


def test_a_photo_that_does_not_come_becomes_a_case(
    office: Office, city: City, client: HubClient, blobs: Blobs
) -> None:
    apply_with(office, blobs.put(PHOTO))
    sync(office, client)
    sync(office, client)
    assert city.rows("SELECT code FROM case_item") == []
    office.clock[0] += at_the_hub.LATE_MS + 1
    for _ in range(2):
        sync(office, client)
    assert city.rows("SELECT code, severity FROM case_item") == [("blob.late", "yellow")]
