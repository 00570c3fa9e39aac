"""What is sent next, what counts as sent, and what a refusal leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import pytest

from sbk_tui.data import outbox
from sbk_tui.data.log import StoredRecord
from sbk_tui.data.record import Record
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.errors import BadUsage, HubUnreachable, IntegrityFault, Refusal
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.client import HubClient, RawAnswer
from sbk_tui.sync.push import MOST_BATCH_BYTES, Pace, batch_of, starting_point
from sbk_tui.sync.run import CONTACT_S, client_for, pause_s, watch
from sbk_tui.sync.tls import open_line
from tests.data.conftest import RULES, Office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, join, nonce, stranger_client, sync


def stored(seq: int, weight: int = 100) -> StoredRecord:
    record = Record(
        envelope=bytes(weight), payload=None, salt=None, prev=b"", hash=b"", counter_sig=b"",
        clerk_sig=b"",
    )  # fmt: skip
    return StoredRecord(f"{seq:032x}", "a", seq, record)


def seqs(batch: tuple[StoredRecord, ...]) -> list[int]:
    return [each.seq for each in batch]


def test_a_batch_ends_at_the_pace_at_the_bytes_and_at_a_gap() -> None:
    waiting = [stored(seq) for seq in range(5, 60)]
    assert seqs(batch_of(waiting, Pace())) == list(range(5, 25))
    heavy = [stored(seq, MOST_BATCH_BYTES // 2) for seq in range(1, 9)]
    assert seqs(batch_of(heavy, Pace())) == [1, 2]
    assert seqs(batch_of([stored(1, 2 * MOST_BATCH_BYTES), stored(2)], Pace())) == [1]
    assert seqs(batch_of([stored(1), stored(2), stored(4)], Pace())) == [1, 2]
    assert batch_of([], Pace()) == ()


def test_the_pace_doubles_to_two_hundred_and_halves_to_one() -> None:
    pace, sizes = Pace(), []
    for _ in range(6):
        sizes.append(pace.size)
        pace = pace.faster()
    assert sizes == [20, 40, 80, 160, 200, 200]
    slow: Pace | None = Pace()
    while slow is not None:
        sizes.append(slow.size)
        slow = slow.slower()
    assert sizes[6:] == [20, 10, 5, 2, 1]


def test_a_hub_that_has_lost_work_is_offered_it_again() -> None:
    ack = wire.Mark(seq=7, hash=b"")
    assert starting_point(ack, 12) == 8
    assert starting_point(ack, 3) == 3
    assert starting_point(ack, None) == 8


@pytest.mark.clause("P3")
def test_nothing_is_sent_without_the_hubs_own_receipt(office: Office, city: City) -> None:
    client = join(office, city)
    office.do(stock())

    def login_page(_path: str, _body: bytes, _headers: Mapping[str, str]) -> RawAnswer:
        return RawAnswer(200, {"Content-Type": "text/html"}, b"<html>please log in</html>")

    def cache(path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        return kept.setdefault(path, city.post(path, body, headers))

    kept: dict[str, RawAnswer] = {}
    for line in (login_page, cache):
        boxed = client_for(office.opened, line, now_ms=lambda: office.clock[0], new_nonce=nonce)
        with contextlib.suppress(HubUnreachable):
            sync(office, boxed)  # through the cache, the very first answers are the hub's
        office.do(stock())
        with pytest.raises(HubUnreachable, match=r"hub\.not_ours"):
            sync(office, boxed)
    assert outbox.tally(office.opened.store).waiting == 1
    assert sync(office, client).waiting == 0


@pytest.mark.parametrize("version", [protocol.FIRST, protocol.DEFERRED])
def test_a_receipt_for_another_record_is_no_receipt(
    office: Office, city: City, version: int
) -> None:
    client = join(office, city)
    office.do(stock())
    sync(office, client)
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))

    class Swapping(HubClient):
        def push(self, request: wire.Push) -> wire.Pushed:
            pushed = super().push(request)
            return msgspec.structs.replace(pushed, results=pushed.results[::-1])

        def push_batch(self, batch: protocol.Batch) -> protocol.Taken:
            earlier = super().push_batch(msgspec.structs.replace(batch, ops=batch.ops[:1]))
            taken = super().push_batch(batch)
            assert earlier.receipt is not None
            body = msgspec.json.decode(earlier.receipt.body, type=wire.Receipt)
            forged = msgspec.json.encode(msgspec.structs.replace(body, seq=body.seq + 1))
            return msgspec.structs.replace(
                taken, receipt=msgspec.structs.replace(earlier.receipt, body=forged)
            )

    swapping = Swapping(
        city.post, counter=office.opened.certificate.counter, inc=office.opened.incarnation.inc,
        signer=office.opened.signer, trusts=lambda _key: True, now_ms=lambda: office.clock[0],
        new_nonce=nonce, speaks=(version, version),
    )  # fmt: skip
    with pytest.raises(HubUnreachable, match=r"hub\.not_ours"):
        sync(office, swapping)
    assert outbox.tally(office.opened.store).waiting == 2
    assert sync(office, client).accepted == 3


@pytest.mark.clause("P4")
def test_a_refused_decision_comes_back_with_its_reason_as_a_case(
    office: Office, city: City
) -> None:
    city.rules = msgspec.structs.replace(
        RULES, settings=msgspec.structs.replace(RULES.settings, formal_loss_releasable=False)
    )
    city.restart()
    client = join(office, city)
    office.do(stock())
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    refused = office.do(Release(card=CARDS[0], in_person=True, id_shown=True))
    tally = sync(office, client)
    assert (tally.made, tally.accepted, tally.refused, tally.waiting) == (5, 4, 1, 0)
    with office.opened.store.session() as db:
        row = db.execute_sql(
            "SELECT state, verdict, code FROM receipt WHERE op = ?", (refused.op,)
        ).fetchone()
        cases = db.execute_sql("SELECT op, severity, code, closed FROM case_item").fetchall()
    assert row == ("judged", "refused", "release.formal_final")
    assert cases == [(refused.op, "yellow", "release.formal_final", None)]
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[0]) == [("2",)]
    sync(office, client)  # the case is there once
    assert office.lookup.open_cases() == 1


@pytest.mark.clause("P9")
def test_a_database_put_back_by_hand_is_noticed_and_nothing_is_sent(
    office: Office, city: City
) -> None:
    client = join(office, city)
    office.do(stock())
    sync(office, client)
    city.drop_trigger("inbox_record_is_never_changed", "inbox")
    city.change("UPDATE inbox SET hash = ? WHERE seq = 1", b"\x00")
    with pytest.raises(IntegrityFault, match=r"sync\.frozen"):
        sync(office, client)
    city.change("UPDATE counter_cert SET frozen = NULL")
    city.change("UPDATE inbox SET seq = 9 WHERE seq = 1")
    with pytest.raises(IntegrityFault, match=r"sync\.counter_behind"):
        sync(office, client)


def test_a_wrong_clock_does_not_keep_old_work_back(office: Office, city: City) -> None:
    client = join(office, city)
    office.do(stock())
    ours = [office.clock[0] - 40 * 24 * 3_600_000]
    late = client_for(office.opened, city.post, now_ms=lambda: ours[0], new_nonce=nonce)
    assert sync(office, late).accepted == 1
    assert late.offset_ms == office.clock[0] - ours[0]
    assert sync(office, client).waiting == 0


def test_a_batch_too_large_for_the_hub_is_sent_in_halves(
    office: Office, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = join(office, city)
    for n in range(12):
        office.do(msgspec.structs.replace(stock(), batch=f"2026-{n}"))
    monkeypatch.setattr(wire, "MOST_OPERATIONS", 5)
    assert sync(office, client, Pace(20)).accepted == 12
    monkeypatch.setattr(wire, "MOST_OPERATIONS", 0)
    office.do(stock())
    with pytest.raises(Refusal, match=r"hub\.too_large"):
        sync(office, client)


def test_a_slow_line_gets_smaller_batches(office: Office, city: City) -> None:
    client = join(office, city)
    for n in range(8):
        office.do(msgspec.structs.replace(stock(), batch=f"2026-{n}"))
    city.faults = ["ok", "answer_lost", "answer_lost"]
    assert sync(office, client, Pace(8)).accepted == 8
    city.faults = ["answer_lost"]
    with pytest.raises(HubUnreachable, match=r"hub\.timeout"):
        sync(office, client)


def test_plain_http_is_for_this_machine_only() -> None:
    for url in ("http://10.1.2.3:8470", "http://hub.example", "http://127.example"):
        with pytest.raises(BadUsage, match=r"hub\.insecure"):
            open_line(url)
    for url in ("ftp://127.0.0.1", "127.0.0.1:8470", "https://"):
        with pytest.raises(BadUsage, match=r"hub\.url"):
            open_line(url)
    for url in ("http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://a.example"):
        open_line(url)


def test_nobody_on_the_line_is_no_error_of_the_counter(office: Office, city: City) -> None:
    join(office, city)
    office.do(stock())
    client = client_for(
        office.opened, open_line("http://127.0.0.1:1"), now_ms=lambda: office.clock[0],
        new_nonce=nonce,
    )  # fmt: skip
    with pytest.raises(HubUnreachable, match=r"hub\.no_line"):
        sync(office, client)


def test_a_counter_that_was_never_enrolled_is_told_so(office: Office, city: City) -> None:
    with pytest.raises(BadUsage, match=r"sync\.not_enrolled"):
        client_for(office.opened, city.post, now_ms=lambda: 0, new_nonce=nonce)
    with pytest.raises(Refusal, match=r"hub\.counter_unknown"):
        sync(office, stranger_client(office, city))


def test_the_pauses_double_with_jitter_up_to_ten_minutes() -> None:
    assert [pause_s(n, 1.0) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]
    assert pause_s(1, 0.0) == 2.5
    assert pause_s(50, 1.0) == 600.0
    longest = [pause_s(n, 1.0) for n in range(1, 20)]
    assert all(a <= b for a, b in pairwise(longest))


def test_a_watch_calls_for_new_work_and_waits_longer_after_failures() -> None:
    waits: list[float] = []
    failures: list[str] = []
    work = iter([True, True, False, False])
    answers = iter([HubUnreachable("hub.no_line"), HubUnreachable("hub.no_line"), None, None])

    def once() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    watch(
        once,
        waiting=lambda: next(work, False),
        failed=lambda error: failures.append(error.code),
        ticks=[0.0, 5.0, 20.0, 25.0, 20.0 + CONTACT_S],
        wait=waits.append,
        luck=lambda: 1.0,
    )
    assert failures == ["hub.no_line", "hub.no_line"]
    assert waits == [5.0, 10.0, 5.0, 5.0, 5.0]
    assert next(answers, "none left") == "none left"
