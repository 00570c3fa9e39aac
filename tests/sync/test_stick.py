"""Work goes to the city on a stick and its word comes back: repeated, overtaken, cut, exchanged."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data import outbox
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.errors import BadUsage, Refusal, StorageFault
from sbk_tui.hub.service import Service
from sbk_tui.sync import bundle, stick, wire
from sbk_tui.sync.client import HubClient
from tests.data.conftest import RULES, Office, letters, make_office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, Forger, join, sync


def service(city: City) -> Service:
    return Service(city.hub, rules=RULES, initials=letters, now_ms=lambda: city.clock[0])


def export(office: Office) -> bytes:
    return stick.export_work(office.opened, now_ms=lambda: office.clock[0]).content


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
    tally = stick.take_word(working.opened, answer(city, content))
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
        tally = stick.take_word(working.opened, answer(city, content))
        assert (tally.waiting, tally.accepted + tally.refused) == (0, tally.made)
    stick.take_word(working.opened, late)
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
            stick.take_word(other.opened, word)
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
        stick.take_word(working.opened, bundle.open_bundle(forged))


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
