"""Work goes to the city on a stick and its word comes back: repeated, overtaken, cut, exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.data.block_list import list_age
from sbk_tui.data.line import line_state
from sbk_tui.data.replica import place_of
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.card import BLOCKED
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal, StorageFault
from sbk_tui.hub import feed
from sbk_tui.hub import service as hub_service
from sbk_tui.hub.service import Service
from sbk_tui.sync import bundle, stick, wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.run import client_for
from tests.data.conftest import RULES, Office, letters, make_office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, Forger, join, nonce, sync


def service(city: City) -> Service:
    return Service(city.hub, rules=RULES, initials=letters, now_ms=lambda: city.clock[0])


def export(office: Office) -> bytes:
    return stick.export_work(office.opened, now_ms=lambda: office.clock[0]).content


def take(office: Office, word: bundle.Opened) -> outbox.Tally:
    return stick.take_word(office.opened, word, now_ms=lambda: office.clock[0], initials=letters)


def answer(city: City, content: bytes) -> bundle.Opened:
    return bundle.open_bundle(service(city).take_bundle(bundle.open_bundle(content)))


@pytest.fixture
def working(office: Office, client: HubClient) -> Office:
    """Give an enrolled counter with work to hand in, that has never called but to enrol."""
    assert client
    office.do(stock())
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    return office


@pytest.mark.clause("P2", "P3")
def test_work_goes_out_and_the_word_comes_back(working: Office, city: City) -> None:
    before = outbox.tally(working.opened.store)
    assert (before.sent, before.waiting) == (0, before.made)
    content = export(working)
    assert outbox.tally(working.opened.store) == before  # exported is not sent
    tally = take(working, answer(city, content))
    assert (tally.accepted, tally.waiting) == (tally.made, 0)
    assert stick.export_work(working.opened, now_ms=lambda: 0).records == 0


@pytest.mark.clause("P2")
def test_a_stick_twice_and_overtaken_by_the_network_changes_nothing(
    working: Office, city: City, client: HubClient
) -> None:
    first = export(working)
    working.do(FormalLoss(card=CARDS[0], id_shown=True))
    second = export(working)
    late = answer(city, second)
    assert sync(working, client).waiting == 0
    kept = city.rows("SELECT op, receipt FROM inbox ORDER BY seq")
    for content in (first, second, first):
        tally = take(working, answer(city, content))
        assert (tally.waiting, tally.accepted + tally.refused) == (0, tally.made)
    take(working, late)
    assert city.rows("SELECT op, receipt FROM inbox ORDER BY seq") == kept


def believed(content: bytes, public: bytes) -> bool:
    try:
        return bundle.open_bundle(content).is_by(public)
    except Refusal:
        return False


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_changed_or_cut_bundle_is_never_taken(data: st.DataObject) -> None:
    signer, box = Ed25519Signer(new_private_key()), bundle.new_box()
    header = bundle.Header(
        kind="work", sender="a", to="b", inc="c", first=1, last=0, made=0
    )  # fmt: skip
    work = bundle.Work(records=(), clerks=(), cursor=7, box=b"x" * 32)
    whole = bundle.pack(header, work, box=bundle.public_box(box), signer=signer)
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        broken = whole[:at]
    else:
        broken = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    assert not believed(broken, signer.public)
    assert bundle.unseal(bundle.open_bundle(whole), box, bundle.Work) == work


def test_nothing_in_a_bundle_is_readable(working: Office) -> None:
    content = export(working)
    for text in ("B00000", SELF.phone, "issue", "batch.take_in"):
        assert text.encode() not in content


def test_a_bundle_for_another_hub_or_another_counter_is_refused(
    working: Office, city: City, tmp_path: Path
) -> None:
    elsewhere = City(tmp_path / "elsewhere", working.clock)
    try:
        with pytest.raises(Refusal, match=r"bundle\.for_another"):
            service(elsewhere).take_bundle(bundle.open_bundle(export(working)))
    finally:
        elsewhere.close()
    other = make_office(tmp_path / "other", key=None, counter="410782105-b2")
    try:
        join(other, city)
        word = answer(city, export(working))
        with pytest.raises(Refusal, match=r"bundle\.for_another"):
            take(other, word)
    finally:
        other.opened.store.close()


def test_a_bundle_signed_by_a_stranger_is_refused(working: Office, city: City) -> None:
    opened = bundle.open_bundle(export(working))
    work = bundle.Work(records=(), clerks=(), cursor=0, box=b"x" * 32)
    known = outbox.peer(working.opened.store)
    forged = bundle.pack(
        opened.header, work, box=known["hub_box"], signer=Ed25519Signer(new_private_key())
    )
    with pytest.raises(Refusal, match=r"bundle\.cut"):
        service(city).take_bundle(bundle.open_bundle(forged))
    word = bundle.Word(epoch="e", ack=wire.Mark(seq=0, hash=b""), results=())
    head = msgspec.structs.replace(
        opened.header, kind="word", to=working.opened.certificate.counter
    )
    forged = bundle.pack(head, word, box=known["hub_box"], signer=Ed25519Signer(new_private_key()))
    with pytest.raises(Refusal, match=r"bundle\.cut"):
        take(working, bundle.open_bundle(forged))


@pytest.mark.clause("P7")
def test_a_tampered_township_is_caught_on_a_stick_too(forger: Forger, city: City) -> None:
    record = forger.make(ApplyForReplacement(card=CARDS[0], type="5", reason="51"))
    opened = forger.office.opened
    known = outbox.peer(opened.store)
    header = bundle.Header(
        kind="work", sender=opened.certificate.counter, to=known["hub"].decode(),
        inc=opened.incarnation.inc, first=forger.seq, last=forger.seq, made=0,
    )  # fmt: skip
    box = bundle.new_box()
    work = bundle.Work(records=(record,), clerks=(), cursor=0, box=bundle.public_box(box))
    content = bundle.pack(header, work, box=known["hub_box"], signer=opened.signer)
    service(city).take_bundle(bundle.open_bundle(content))
    assert city.verdicts()[-1][1:] == ("quarantined", "refused", "capability.level")


def test_a_stick_that_lies_or_is_full_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFault, match=r"bundle\.cannot_write"):
        bundle.write_bundle(tmp_path / "no such folder" / "a.sbk", b"x")
    with pytest.raises(Refusal, match=r"bundle\.missing"):
        bundle.read_bundle(tmp_path / "a.sbk")
    (tmp_path / "a.sbk").write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(Refusal, match=r"bundle\.not_ours"):
        bundle.read_bundle(tmp_path / "a.sbk")


def test_a_counter_that_never_met_its_hub_says_so(office: Office) -> None:
    with pytest.raises(BadUsage, match=r"sync\.not_enrolled"):
        export(office)


# ------------------------------------------------------------------ what the city decided comes too


def by_stick(office: Office, city: City) -> outbox.Tally:
    return take(office, answer(city, export(office)))


@pytest.fixture
def other(tmp_path: Path, city: City, office: Office) -> Iterator[Office]:
    """Give a second counter of the township, on the same clock."""
    made = make_office(tmp_path / "other", key=None, counter="410782105-b1", clock=office.clock)
    join(made, city)
    yield made
    made.opened.store.close()


@pytest.mark.clause("P7", "3.2")
def test_a_counter_that_lives_on_sticks_sees_what_others_did(
    working: Office, other: Office, city: City, client: HubClient
) -> None:
    sync(working, client)
    assert other.lookup.find(CARDS[0]) == ()
    by_stick(other, city)
    assert len(other.lookup.find(CARDS[0])) == 1
    working.do(FormalLoss(card=CARDS[0], id_shown=True))
    sync(working, client)
    by_stick(other, city)
    card = other.lookup.card(CARDS[0])
    assert card is not None
    assert card.state == "2"
    assert verify(other.opened.store, key=None, initials=letters).flaws == ()


def test_what_was_refused_loses_its_effect_by_stick_too(
    working: Office, other: Office, city: City, client: HubClient
) -> None:
    sync(working, client)
    by_stick(other, city)
    working.do(FormalLoss(card=CARDS[0], id_shown=True))
    other.do(Cancel(card=CARDS[0], reason="01", proof="死亡证明"))
    sync(working, client)
    by_stick(other, city)
    card = other.lookup.card(CARDS[0])
    assert card is not None
    assert card.state in BLOCKED
    assert verify(other.opened.store, key=None, initials=letters).flaws == ()


def test_pages_late_twice_and_out_of_order_change_nothing(
    working: Office, other: Office, city: City, client: HubClient
) -> None:
    sync(working, client)
    words = [answer(city, export(other))]
    by_stick(other, city)
    words.append(answer(city, export(other)))
    working.do(FormalLoss(card=CARDS[0], id_shown=True))
    sync(working, client)
    words.append(answer(city, export(other)))
    sync(other, client_for(other.opened, city.post, now_ms=lambda: other.clock[0],
                           new_nonce=nonce))  # fmt: skip
    cursor = outbox.peer(other.opened.store)["cursor"]
    for word in (*words, *reversed(words)):
        take(other, word)
    assert outbox.peer(other.opened.store)["cursor"] == cursor
    card = other.lookup.card(CARDS[0])
    assert card is not None
    assert card.state == "2"


def test_a_feed_larger_than_a_stick_comes_with_the_next(
    working: Office, other: Office, city: City, client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(working, client)
    monkeypatch.setattr(hub_service, "MOST_PAGES_BYTES", 1)
    monkeypatch.setattr(feed, "MOST_ENTRIES", 1)
    sticks = 0
    while sticks < 20:
        sticks += 1
        by_stick(other, city)
        if other.lookup.find(CARDS[0]):
            break
    assert sticks > 1
    assert place_of(other.opened.store).whole is False


@pytest.mark.clause("B21")
def test_a_stick_is_a_contact(working: Office, city: City) -> None:
    working.clock[0] += 20 * 86_400_000
    before = line_state(working.opened.store).reached
    by_stick(working, city)
    assert line_state(working.opened.store).reached == working.clock[0] > before
    assert list_age(working.opened.store).at == working.clock[0]


def test_a_city_that_was_restored_is_taken_anew_by_stick(
    working: Office, other: Office, city: City, client: HubClient
) -> None:
    if city.rows("SELECT 1 FROM feed_head") and city._on_server:
        pytest.skip("a backup of the server is the server's own matter")
    sync(working, client)
    by_stick(other, city)
    copy = city.backup()
    other.do(FormalLoss(card=CARDS[0], id_shown=True))
    by_stick(other, city)
    city.restore(copy)
    for _ in range(3):
        by_stick(other, city)
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[0]) == [("2",)]
    assert verify(other.opened.store, key=None, initials=letters).flaws == ()


def test_a_frozen_counter_is_told_by_stick(working: Office, city: City) -> None:
    city.change("UPDATE counter_cert SET frozen = 1")
    working.do(FormalLoss(card=CARDS[0], id_shown=True))
    with pytest.raises(IntegrityFault, match=r"sync\.frozen"):
        by_stick(working, city)
    assert outbox.tally(working.opened.store).quarantined > 0
