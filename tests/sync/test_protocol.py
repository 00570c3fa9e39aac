"""Programs one version apart; deflated batches and no bombs; a backlog stored, then judged."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.hub import intake, judge
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.client import HubClient, RawAnswer, TooLarge
from sbk_tui.sync.pages import FEED_PATH
from sbk_tui.sync.push import Pace
from sbk_tui.sync.run import client_for
from tests.data.conftest import Office, letters
from tests.data.days import CARDS, SELF, stock
from tests.sync import first_protocol as old
from tests.sync.city import City, join, log_of, nonce, sync

FIRST_ONLY = (protocol.FIRST, protocol.FIRST)


def work(office: Office) -> None:
    """Do 14 operations that the city accepts."""
    office.do(stock())
    for card in CARDS:
        office.do(IssueToPerson(card=card, receiver=SELF))
        office.do(Enable(card=card))
        office.do(FormalLoss(card=card, id_shown=True))
    office.do(Release(card=CARDS[0], in_person=True, id_shown=True))


def same_here_and_there(office: Office, city: City) -> None:
    """Everything came once, was judged, and is the same at both ends."""
    tally = outbox.tally(office.opened.store)
    assert (tally.accepted, tally.waiting, tally.received) == (tally.made, 0, 0)
    sql = "SELECT number, state FROM card ORDER BY number"
    with office.opened.store.session() as db:
        here = [tuple(row) for row in db.execute_sql(sql)]
    assert [tuple(row) for row in city.rows(sql)] == here
    assert verify(office.opened.store, key=None, initials=letters).sound
    assert [row[0] for row in city.verdicts()] == list(range(1, tally.made + 1))


# ---------------------------------------------------------------------- agreeing


@pytest.mark.parametrize(
    ("one", "other", "agreed"),
    [((1, 2), (1, 2), 2), ((1, 1), (1, 2), 1), ((1, 2), (1, 1), 1), ((2, 3), (1, 1), None),
     ((1, 3), (2, 2), 2), ((1, 1), (2, 3), None)],
)  # fmt: skip
def test_the_highest_version_that_both_speak_is_agreed(
    one: tuple[int, int], other: tuple[int, int], agreed: int | None
) -> None:
    assert protocol.common(one, other) == agreed
    assert protocol.common(other, one) == agreed


class Recorded:
    """The line to the city, with what went over it."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.sent: list[tuple[str, int, int]] = []

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        answer = self.city.post(path, body, headers)
        self.sent.append((path, len(body), len(answer.body)))
        return answer


def recorded(office: Office, city: City, speaks: tuple[int, int]) -> tuple[HubClient, Recorded]:
    line = Recorded(city)
    client = client_for(
        office.opened, line, now_ms=lambda: office.clock[0], new_nonce=nonce, speaks=speaks
    )
    return client, line


@pytest.mark.parametrize(
    ("counter", "hub", "path"),
    [
        (FIRST_ONLY, protocol.SPOKEN, wire.PUSH_PATH),
        (protocol.SPOKEN, FIRST_ONLY, wire.PUSH_PATH),
        (protocol.SPOKEN, protocol.SPOKEN, protocol.BATCH_PATH),
    ],
)
def test_programs_one_version_apart_hand_in_and_are_told(
    office: Office, city: City, counter: tuple[int, int], hub: tuple[int, int], path: str
) -> None:
    join(office, city)
    city.speaks = hub
    city.restart()
    client, line = recorded(office, city, counter)
    work(office)
    sync(office, client)
    assert {each[0] for each in line.sent if each[0].endswith("/push")} == {path}
    same_here_and_there(office, city)


def test_a_city_brought_up_to_date_in_the_middle_goes_on_where_it_was(
    office: Office, city: City
) -> None:
    join(office, city)
    client, _ = recorded(office, city, protocol.SPOKEN)
    work(office)
    for speaks in (FIRST_ONLY, protocol.SPOKEN, FIRST_ONLY):
        city.speaks = speaks
        city.faults = ["ok", "ok", "lost"]  # hello, a batch, then the line breaks
        city.restart()
        with pytest.raises(HubUnreachable):
            sync(office, client, Pace(4, 4))
    city.faults = []
    sync(office, client)
    same_here_and_there(office, city)


def test_a_counter_too_new_for_the_city_keeps_its_work(office: Office, city: City) -> None:
    join(office, city)
    client, _ = recorded(office, city, (7, 8))
    office.do(stock())
    with pytest.raises(Refusal, match=r"hub\.protocol"):
        sync(office, client)
    assert outbox.tally(office.opened.store).waiting == 1


# ---------------------------------------------------------------------- programs of then


class ProgramOfThen:
    """The city through the eyes of the first version: what it did not know is not there."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.asked: list[str] = []

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        self.asked.append(path)
        kinds: dict[str, Any] = {wire.HELLO_PATH: old.Hello, FEED_PATH: old.Ask}
        if path == wire.PUSH_PATH:
            pushed = msgspec.msgpack.decode(body, type=old.Push)
            assert pushed.protocol == 1
        elif path in kinds:
            asked = msgspec.json.decode(body, type=kinds[path])
            assert 1 in (asked.protocol if path == wire.HELLO_PATH else (asked.protocol,))
        answer = self.city.post(path, body, headers)
        if answer.status != 200:
            return answer
        then = _as_then(path, answer.body)
        auth = wire.Auth.parse(headers[wire.AUTH_HEADER])
        sealed = wire.answer_headers(self.city.hub.signer, 200, auth.nonce, then)
        return RawAnswer(200, sealed, then)


def _as_then(path: str, body: bytes) -> bytes:
    if path == FEED_PATH:
        return old.page_body(old.page_of(body))
    types: dict[str, Any] = {wire.HELLO_PATH: old.Welcome, wire.PUSH_PATH: old.Pushed}
    if path not in types:
        return body
    return msgspec.json.encode(msgspec.json.decode(body, type=types[path]))


def test_a_city_of_the_first_version_serves_a_counter_of_today(office: Office, city: City) -> None:
    join(office, city)
    city.speaks = FIRST_ONLY
    city.restart()
    line = ProgramOfThen(city)
    client = client_for(office.opened, line, now_ms=lambda: office.clock[0], new_nonce=nonce)
    work(office)
    sync(office, client, Pace(5, 5))
    assert line.asked.count(wire.PUSH_PATH) == 3
    same_here_and_there(office, city)


def test_a_counter_of_the_first_version_is_served_by_a_city_of_today(
    office: Office, city: City
) -> None:
    join(office, city)
    work(office)
    own, inc = office.opened.certificate.counter, office.opened.incarnation.inc

    def ask(path: str, body: bytes) -> bytes:
        auth = wire.sign_request(
            office.opened.signer, own, inc, office.clock[0], nonce(), path, body
        )
        answer = city.post(path, body, {wire.AUTH_HEADER: auth.header})
        assert answer.status == 200, answer.body
        return answer.body

    clerks = (old.ClerkKey(id="zhang", name="张敏", role="clerk", public=_clerk_key(office)),)
    hello = old.Hello(
        counter=own, inc=inc, last=old.Mark(seq=0, hash=b""), version="1", now=office.clock[0],
        clerks=clerks,
    )  # fmt: skip
    welcome = msgspec.json.decode(
        ask(wire.HELLO_PATH, msgspec.json.encode(hello)), type=old.Welcome
    )
    assert (welcome.protocol, welcome.ack.seq) == (1, 0)
    records = tuple(
        msgspec.msgpack.decode(msgspec.msgpack.encode(each), type=old.Record)
        for each in log_of(office)
    )
    push = old.Push(counter=own, inc=inc, first=1, ops=records)
    pushed = msgspec.json.decode(ask(wire.PUSH_PATH, msgspec.msgpack.encode(push)), type=old.Pushed)
    said = [msgspec.json.decode(each.body, type=dict[str, Any]) for each in pushed.results]
    assert [each["verdict"] for each in said] == ["accepted"] * len(records)
    asked = old.Ask(counter=own, inc=inc, after=0)
    page = old.page_of(ask(FEED_PATH, msgspec.json.encode(asked)))
    assert {each.type for each in page.entries} >= {"row", "verdict", "block"}


def _clerk_key(office: Office) -> bytes:
    with office.opened.store.session() as db:
        return bytes(db.execute_sql("SELECT public FROM clerk WHERE id = 'zhang'").fetchone()[0])


# ---------------------------------------------------------------------- deflated


def test_a_batch_is_deflated_both_ways(office: Office, city: City) -> None:
    join(office, city)
    for n in range(40):
        office.do(msgspec.structs.replace(stock(), batch=f"2026-{n}"))
    weight = {}
    for version in (protocol.FIRST, protocol.DEFERRED):
        client, line = recorded(office, city, (version, version))
        _hello(office, client)
        batch = protocol.Batch(
            counter=office.opened.certificate.counter, inc=office.opened.incarnation.inc, first=1,
            ops=log_of(office),
        )  # fmt: skip
        if version == protocol.FIRST:
            client.push(wire.Push(counter=batch.counter, inc=batch.inc, first=1, ops=batch.ops))
        else:
            client.push_batch(batch)
        weight[version] = line.sent[-1][1:]
    (up, down), (less_up, less_down) = weight[protocol.FIRST], weight[protocol.DEFERRED]
    assert less_up < 0.6 * up
    assert less_down < 0.03 * down  # one word for all of them


def _hello(office: Office, client: HubClient) -> None:
    from sbk_tui.sync.run import say_hello

    say_hello(office.opened, client, version="test", now_ms=lambda: office.clock[0])


def test_a_batch_has_the_bytes_of_the_second_version() -> None:
    batch = protocol.Batch(counter="c", inc="i", first=1, ops=(), more=True)
    assert zlib.decompress(protocol.encode_batch(batch)) == (
        b"\x87\xa8protocol\x02\xa7counter\xa1c\xa3inc\xa1i\xa5first\x01\xa3ops\x90"
        b"\xabblobs_named\x90\xa4more\xc3"
    )
    assert protocol.decode_batch(protocol.encode_batch(batch)) == batch


def test_hashes_that_follow_from_the_rest_do_not_travel_and_broken_ones_do(office: Office) -> None:
    work(office)
    log = log_of(office)
    broken = (
        *log[:3],
        msgspec.structs.replace(log[3], hash=bytes(32)),
        msgspec.structs.replace(log[5], prev=log[1].hash),
        *log[6:],
    )
    for ops in (log, log[4:], broken, (log[0], log[0])):
        batch = protocol.Batch(counter="c", inc="i", first=1, ops=ops)
        sent = protocol.encode_batch(batch)
        assert protocol.decode_batch(sent) == batch
    whole = zlib.decompress(protocol.encode_batch(protocol.Batch(
        counter="c", inc="i", first=1, ops=log
    )))  # fmt: skip
    assert not [each for each in log if each.hash in whole]


def test_a_bomb_is_refused_before_it_is_inflated(office: Office, client: HubClient) -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    assert len(bomb) < wire.MOST_BODY_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(Refusal, match=r"hub\.too_large"):
            protocol.decode_batch(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * protocol.MOST_INFLATED
    finally:
        tracemalloc.stop()
    with pytest.raises(TooLarge):
        client._post(protocol.BATCH_PATH, bomb)
    with pytest.raises(HubUnreachable, match=r"hub\.not_ours"):
        protocol.decode_taken(bomb)
    office.do(stock())
    assert sync(office, client).accepted == 1


def test_what_is_cut_or_continued_is_no_batch(client: HubClient) -> None:
    whole = protocol.encode_batch(protocol.Batch(counter="c", inc="i", first=1, ops=()))
    for body in (b"", whole[:-1], whole + b"x", whole[2:], zlib.compress(b"\xc1")):
        with pytest.raises(Refusal, match=r"hub\.request"):
            client._post(protocol.BATCH_PATH, body)


@settings(deadline=None, max_examples=60)
@given(body=st.binary(max_size=80), inside=st.booleans())
def test_no_bytes_are_more_than_refused(body: bytes, inside: bool) -> None:
    sent = zlib.compress(body) if inside else body
    with pytest.raises(Refusal):
        protocol.decode_batch(sent)
    with pytest.raises(HubUnreachable):
        protocol.decode_taken(sent)


# ---------------------------------------------------------------------- stored first, judged then


@pytest.mark.clause("P1", "P3")
def test_what_was_stored_before_the_line_broke_is_judged_though_nobody_calls(
    office: Office, city: City, client: HubClient
) -> None:
    work(office)
    city.faults = ["ok", "ok", "ok", "lost"]
    with pytest.raises(HubUnreachable):
        sync(office, client, Pace(4, 4))
    tally = outbox.tally(office.opened.store)
    assert (tally.received, tally.waiting) == (8, tally.made - 8)
    assert {row[1] for row in city.verdicts()} == {"received"}
    city.clock[0] += intake.LEFT_MS
    assert city.service.judge_left() == 0  # the counter may be in the middle of its backlog
    city.clock[0] += 1
    assert city.service.judge_left() == 1
    assert city.service.judge_left() == 0
    assert {row[1] for row in city.verdicts()} == {"judged"}
    sync(office, client)
    same_here_and_there(office, city)


def test_a_long_backlog_is_judged_in_several_requests(
    office: Office, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "LOT", 3)
    monkeypatch.setattr(intake, "MOST_JUDGED", 3)
    monkeypatch.setattr(intake, "MOST_JUDGED_AT_ONCE", 3)
    join(office, city)
    client, line = recorded(office, city, protocol.SPOKEN)
    work(office)
    sync(office, client)
    pushes = [each for each in line.sent if each[0] == protocol.BATCH_PATH]
    assert len(pushes) == 5  # 14 operations: one with records, four that ask to go on
    same_here_and_there(office, city)


def test_nothing_is_sent_again_while_its_verdict_is_on_its_way(office: Office, city: City) -> None:
    join(office, city)
    client, line = recorded(office, city, protocol.SPOKEN)
    work(office)
    city.faults = ["ok", "ok", "lost"]
    with pytest.raises(HubUnreachable):
        sync(office, client)
    before = len(line.sent)
    sync(office, client)
    assert protocol.BATCH_PATH not in {each[0] for each in line.sent[before:]}
    same_here_and_there(office, city)
