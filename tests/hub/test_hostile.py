"""What an altered counter, or somebody on the line, can try; each gets its own code (P7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from sbk_tui.data import record as rec
from sbk_tui.data.counter_file import register_clerk
from sbk_tui.data.record import Record
from sbk_tui.data.seal import Ed25519Signer
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss
from sbk_tui.domain.operations.replace import ApplyForReplacement
from sbk_tui.errors import IntegrityFault, Refusal
from sbk_tui.hub import registry
from sbk_tui.sync import enrolment_code, wire
from sbk_tui.sync.client import Gap, HubClient, RawAnswer
from sbk_tui.sync.enrol import enrol_with
from tests.data.conftest import RULES, Office, make_office
from tests.data.days import CARDS, SELF
from tests.sync.city import City, Forger, log_of, nonce, push, receipts, stranger_client, sync

REPLACE = ApplyForReplacement(card=CARDS[0], type="5", reason="51")
ISSUE = IssueToPerson(card=CARDS[0], receiver=SELF)
Forgery = Callable[[Forger, Ed25519Signer], Record]


def enrol(office: Office, city: City, code: str) -> None:
    secret, _ = enrolment_code.split_code(code)
    enrol_with(office.opened, stranger_client(office, city), url="http://127.0.0.1", secret=secret)


@pytest.mark.clause("A4", "P7")
def test_a_township_that_calls_itself_a_city_counter_is_not_enrolled(
    tmp_path: Path, office: Office, city: City
) -> None:
    forged = make_office(tmp_path / "forged", level="M", key=None)
    code = city.code(level="T")
    with pytest.raises(Refusal, match=r"hub\.enrol_differs"):
        enrol(forged, city, code)
    forged.opened.store.close()
    assert city.rows("SELECT count(*) FROM counter_cert") == [(0,)]
    enrol(office, city, code)  # the code is still good for the honest one
    assert city.rows("SELECT level FROM counter_cert") == [("T",)]


@pytest.mark.clause("A4", "P7", "5.1.2.2")
def test_a_township_cannot_replace_cards_whatever_its_program_says(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    misdeed = forger.make(REPLACE, nature="fact", clause="2.2.2")
    after = forger.make(ISSUE)
    answer = receipts(push(office, client, 2, [misdeed, after]))
    assert (answer[0].state, answer[0].verdict) == ("quarantined", "refused")
    assert (answer[0].code, answer[0].clause) == ("capability.level", "第四条")
    assert answer[1].verdict == "accepted"
    assert city.rows("SELECT count(*) FROM application") == [(0,)]
    assert city.rows("SELECT severity, code FROM case_item") == [("red", "capability.level")]


@pytest.mark.clause("A4")
def test_a_right_that_the_city_took_away_is_asked_from_the_citys_registry(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    with city.hub.store.write() as db:
        db.execute_sql("UPDATE counter_cert SET removed = 'ISSUE LOSS'")
    batch = [forger.make(ISSUE), forger.make(FormalLoss(card=CARDS[0], id_shown=True))]
    fact, wish = receipts(push(office, client, 2, batch))
    assert (fact.state, fact.verdict, fact.code) == ("quarantined", "", "capability.narrowed")
    assert (wish.state, wish.verdict) == ("quarantined", "refused")


BROKEN: dict[str, Forgery] = {
    "record.counter_sig": lambda f, other: f.make(ISSUE, counter=other),
    "record.clerk_sig": lambda f, other: f.make(ISSUE, clerk=other),
    "record.clerk_unknown": lambda f, _: f.make(ISSUE, clerk_named="nobody"),
    "record.columns": lambda f, _: f.make(ISSUE, inc="0" * 32),
    "seal.suite": lambda f, _: f.make(ISSUE, suite=7),
    "record.payload_hash": lambda f, _: msgspec.structs.replace(
        f.make(ISSUE), payload=rec.encode_payload(REPLACE)
    ),
    "record.hash": lambda f, _: msgspec.structs.replace(f.make(ISSUE), hash=bytes(32)),
    "record.envelope": lambda f, _: msgspec.structs.replace(f.make(ISSUE), envelope=b"\xc1"),
}


@pytest.mark.clause("P8")
@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_record_stops_its_chain_where_it_stands(
    code: str, office: Office, city: City, client: HubClient, forger: Forger,
    stranger: Ed25519Signer,
) -> None:  # fmt: skip
    good = forger.make(ISSUE)
    broken = BROKEN[code](forger, stranger)
    behind = forger.make(Enable(card=CARDS[0]))
    pushed = push(office, client, 2, [good, broken, behind])
    assert pushed.stopped == wire.Stop(seq=3, code=code)
    assert (pushed.ack.seq, len(pushed.results)) == (2, 1)
    assert [row[0] for row in city.verdicts()] == [1, 2]
    assert city.rows("SELECT severity, code FROM case_item") == [("red", code)]


def test_the_counter_is_told_where_its_chain_is_broken(
    office: Office, city: City, client: HubClient, forger: Forger, stranger: Ed25519Signer
) -> None:
    office.do(ISSUE)
    register_clerk(office.opened.store, "wang", "王芳", "clerk", stranger.public)
    with pytest.raises(Refusal, match=r"hub\.clerk_key_changed"):
        sync(office, client)
    assert city.rows("SELECT severity, code FROM case_item") == [("red", "hub.clerk_key_changed")]
    register_clerk(office.opened.store, "wang", "王芳", "clerk", forger.clerk.public)
    with office.opened.store.write() as db:
        db.execute_sql("DROP TRIGGER operation_is_never_changed")
        db.execute_sql("UPDATE operation SET salt = zeroblob(16) WHERE seq = 2")
    with pytest.raises(IntegrityFault, match=r"sync\.chain_stopped reason=record\.payload_hash"):
        sync(office, client)


def test_a_record_under_another_counters_name_is_refused(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    foreign = forger.make(ISSUE, counter_named="410702-ffffff")
    assert push(office, client, 2, [foreign]).stopped == wire.Stop(seq=2, code="record.columns")
    assert len(city.verdicts()) == 1


@pytest.mark.clause("P8")
def test_reordered_records_and_gaps_are_named(
    office: Office, client: HubClient, forger: Forger
) -> None:
    second, third = forger.make(ISSUE), forger.make(Enable(card=CARDS[0]))
    with pytest.raises(Gap) as gap:
        push(office, client, 3, [third])
    assert gap.value.expect == 2
    swapped = push(office, client, 2, [third, second])
    assert swapped.stopped == wire.Stop(seq=2, code="record.chain")
    assert [r.verdict for r in receipts(push(office, client, 2, [second, third]))] == [
        "accepted"
    ] * 2


@pytest.mark.clause("P9")
def test_other_bytes_under_a_known_number_are_a_fork(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    twin = Forger(office, forger.clerk)
    push(office, client, 2, [forger.make(ISSUE)])
    with pytest.raises(Refusal, match=r"hub\.fork seq=2"):
        push(office, client, 2, [twin.make(Enable(card=CARDS[0]))])
    first = log_of(office)[0]
    again = push(office, client, 3, [forger.make(ISSUE, op=first.read().op)])
    assert again.stopped == wire.Stop(seq=3, code="hub.fork")  # frozen: it only hands in
    assert len(city.verdicts()) == 2
    codes = city.rows("SELECT code FROM case_item ORDER BY code")
    assert codes == [("hub.cloned",), ("hub.fork",)]


def test_an_erased_payload_sent_again_is_no_fork(
    office: Office, client: HubClient, forger: Forger
) -> None:
    record = forger.make(ISSUE)
    first = push(office, client, 2, [record])
    erased = msgspec.structs.replace(record, payload=None, salt=None)
    assert push(office, client, 2, [erased]).results == first.results


def test_a_request_is_good_once_for_ten_minutes_and_as_it_was_signed(
    office: Office, city: City, forger: Forger
) -> None:
    body = wire.encode_push(
        wire.Push(
            counter=office.opened.certificate.counter,
            inc=office.opened.incarnation.inc,
            first=2,
            ops=(forger.make(ISSUE),),
        )
    )
    headers = signed(office, wire.PUSH_PATH, body)
    assert city.post(wire.PUSH_PATH, body, headers).status == 200
    assert trouble(city.post(wire.PUSH_PATH, body, headers)) == (401, "hub.auth_replayed")
    other = signed(office, wire.PUSH_PATH, body)
    assert trouble(city.post(wire.PUSH_PATH, body + b"\x00", other)) == (401, "hub.auth_signature")
    assert trouble(city.post(wire.HELLO_PATH, body, other)) == (401, "hub.auth_signature")
    office.clock[0] += 11 * 60_000
    assert trouble(city.post(wire.PUSH_PATH, body, other)) == (401, "hub.auth_stale")
    for header in ("", "1 a b c d e", "2 a b 1 n AAAA", "1 a b 1 n ?", "1 a b 1 n: AAAA"):
        raw = city.post(wire.PUSH_PATH, body, {wire.AUTH_HEADER: header})
        assert trouble(raw) == (401, "hub.auth_missing")


def signed(office: Office, path: str, body: bytes) -> dict[str, str]:
    opened = office.opened
    auth = wire.sign_request(
        opened.signer, opened.certificate.counter, opened.incarnation.inc, office.clock[0],
        nonce(), path, body,
    )  # fmt: skip
    return {wire.AUTH_HEADER: auth.header}


def trouble(answer: RawAnswer) -> tuple[int, str]:
    return answer.status, msgspec.json.decode(answer.body, type=wire.Trouble).code


def test_what_is_no_message_is_refused_and_harms_nothing(
    office: Office, city: City, client: HubClient
) -> None:
    for path in (wire.HELLO_PATH, wire.PUSH_PATH, wire.ENROL_PATH):
        for body in (b"", b"\xff\xfe", b"[1,2", b"{}", bytes(100)):
            assert trouble(city.post(path, body, signed(office, path, body)))[0] == 400
    huge = bytes(wire.MOST_BODY_BYTES + 1)
    answer = city.post(wire.PUSH_PATH, huge, signed(office, wire.PUSH_PATH, huge))
    assert trouble(answer) == (413, "hub.too_large")
    assert sync(office, client).waiting == 0


def test_a_revoked_counter_hands_in_nothing(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    with city.hub.store.write() as db:
        registry.revoke(db, office.opened.certificate.counter, office.clock[0])
    with pytest.raises(Refusal, match=r"hub\.counter_revoked"):
        push(office, client, 2, [forger.make(ISSUE)])
    with pytest.raises(Refusal, match=r"hub\.counter_taken"):
        enrol(office, city, city.code())


@pytest.mark.clause("3.4")
def test_an_approval_counts_only_with_a_key_that_the_city_has_filed(
    office: Office, city: City, client: HubClient, forger: Forger, stranger: Ed25519Signer
) -> None:
    city.rules = msgspec.structs.replace(
        RULES, settings=msgspec.structs.replace(RULES.settings, cancel_four_eyes=True)
    )
    city.restart()
    wish = Cancel(card=CARDS[0], reason="01", proof="死亡证明")

    def approved(clerk: str, signer: Ed25519Signer) -> Record:
        until = office.clock[0] + 3_600_000
        payload = rec.encode_payload(wish)
        hashed = rec.hash_payload(bytes(16), payload)
        op = f"{until + forger.seq:032x}"
        yes = signer.sign(rec.approval_message(op, wish.kind, hashed, until))
        approval = rec.Approval(clerk=clerk, valid_until=until, signature=yes)
        return forger.make(wish, op=op, approvals=(approval,))

    register_clerk(office.opened.store, "lead", "李强", "lead", stranger.public)
    self_made = approved("wang", forger.clerk)
    before = approved("lead", stranger)
    answers = receipts(push(office, client, 2, [self_made, before]))
    assert [(r.verdict, r.code) for r in answers] == [("refused", "approval.needed")] * 2
    office_hello(office, client)
    after = receipts(push(office, client, 4, [approved("lead", stranger)]))
    assert after[0].verdict == "accepted"


def office_hello(office: Office, client: HubClient) -> None:
    """Let the city file the counter's clerks, and send nothing."""
    clerk_keys = []
    with office.opened.store.session() as db:
        for row in db.execute_sql("SELECT id, name, role, public FROM clerk"):
            clerk_keys.append(wire.ClerkKey(id=row[0], name=row[1], role=row[2], public=row[3]))
    client.hello(
        wire.Hello(
            counter=office.opened.certificate.counter,
            inc=office.opened.incarnation.inc,
            last=wire.Mark(seq=0, hash=b""),
            version="test",
            now=office.clock[0],
            clerks=tuple(clerk_keys),
        )
    )
