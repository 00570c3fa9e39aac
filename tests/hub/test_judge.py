"""Facts stay, decisions may be refused, poison is set aside; received and judged are two things."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss, Release
from sbk_tui.domain.operations.pin import ChangePin
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.hub import inbox, registry
from sbk_tui.hub.home import create, open_hub
from sbk_tui.hub.status import status_of
from sbk_tui.sync import enrolment_code, wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol_with
from tests.data.conftest import Office, make_office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, Forger, join, log_of, push, receipts, stranger_client, sync

ISSUE = IssueToPerson(card=CARDS[0], receiver=SELF)
ENABLE = Enable(card=CARDS[0])


@pytest.mark.clause("P6", "2.2.2")
def test_a_fact_is_never_refused_what_it_breaks_becomes_a_case(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    again = IssueToPerson(
        card=CARDS[0], receiver=msgspec.structs.replace(SELF, phone="13911112222")
    )
    first, second = receipts(push(office, client, 2, [forger.make(ISSUE), forger.make(again)]))
    assert (first.verdict, first.code) == ("accepted", "")
    assert (second.state, second.verdict, second.code) == ("judged", "accepted", "issue.already")
    assert city.rows("SELECT severity, code FROM case_item") == [("yellow", "issue.already")]
    versions = city.rows("SELECT version FROM subject WHERE id = ?", f"card/{CARDS[0]}")
    assert versions == [(3,)]  # taken in, handed out, handed out again


@pytest.mark.clause("P6")
def test_a_fact_about_an_unknown_card_is_kept_without_effect(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    unknown = IssueToPerson(card="X00000000", receiver=SELF)
    (answer,) = receipts(push(office, client, 2, [forger.make(unknown)]))
    assert (answer.verdict, answer.code) == ("accepted", "card.unknown")
    assert len(city.rows("SELECT number FROM card")) == len(CARDS)


@pytest.mark.clause("P4", "3.3")
def test_one_refused_decision_does_not_stop_the_next(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    batch = [
        forger.make(Release(card=CARDS[0], in_person=True, id_shown=True)),
        forger.make(ISSUE),
        forger.make(ENABLE),
        forger.make(FormalLoss(card=CARDS[0], id_shown=False)),
        forger.make(FormalLoss(card=CARDS[0], id_shown=True)),
    ]
    answers = receipts(push(office, client, 2, batch))
    assert [(r.verdict, r.code, r.clause) for r in answers] == [
        ("refused", "card.no_such_move", "3.3"),
        ("accepted", "", None),
        ("accepted", "", None),
        ("refused", "loss.id_not_shown", "3.2"),
        ("accepted", "", None),
    ]
    assert answers[0].facts == {"card_state": "0", "kind": "card.release"}
    assert city.rows("SELECT count(*) FROM case_item") == [(0,)]


@pytest.mark.clause("P3")
def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    deep = b"\x91" * 5000 + b"\xc0"
    poison = [
        forger.make(ISSUE, kind="card.teleport"),
        forger.make(ISSUE, kv=9),
        forger.make(ISSUE, payload=b"\xc1"),
        forger.make(ISSUE, payload=b"\x92\xa1x\xa1y"),
        forger.make(ISSUE, payload=deep),
    ]
    answers = receipts(push(office, client, 2, [*poison, forger.make(ISSUE)]))
    assert [(r.state, r.verdict, r.code) for r in answers] == [
        ("held", "", "kind.newer"),
        ("held", "", "kind.newer"),
        ("quarantined", "", "record.payload"),
        ("quarantined", "", "record.payload"),
        ("quarantined", "", answers[4].code),
        ("judged", "accepted", ""),
    ]
    assert answers[4].code in {"record.payload", "hub.cannot_judge"}
    severity = "SELECT severity, count(*) FROM case_item GROUP BY severity ORDER BY severity"
    assert city.rows(severity) == [("red", 3), ("yellow", 2)]


@pytest.mark.clause("B15")
def test_one_poisoned_operation_among_a_thousand_stops_none_of_the_others(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    """Among a thousand, one that nobody can read: 999 arrive, and a person is told of the one."""
    answers: list[str] = []
    for first in range(2, 1002, wire.MOST_OPERATIONS):
        batch = [
            forger.make(ISSUE, payload=b"\xc1")
            if seq == 500
            else forger.make(ChangePin(card=CARDS[0]))
            for seq in range(first, min(first + wire.MOST_OPERATIONS, 1002))
        ]
        answers += [r.state.value for r in receipts(push(office, client, first, batch))]
    assert answers.count("judged") == 999
    assert answers.index("quarantined") == 500 - 2
    assert city.rows("SELECT count(*) FROM case_item WHERE severity = 'red'") == [(1,)]


def test_an_operation_that_breaks_the_tables_is_set_aside_whole(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    with city.hub.store.write() as db:
        city.hub.store.alter(
            db,
            "CREATE TRIGGER bad BEFORE UPDATE ON card WHEN NEW.collected IS NOT NULL"
            " BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
    (answer,) = receipts(push(office, client, 2, [forger.make(ISSUE)]))
    assert (answer.state, answer.code) == ("quarantined", "hub.cannot_judge")
    assert city.rows("SELECT count(*) FROM feed WHERE op = ?", answer.op) == [(1,)]


@pytest.mark.clause("P2", "B5")
def test_received_but_not_judged_is_told_so_and_judged_at_the_next_contact(
    office: Office, city: City
) -> None:
    client = join(office, city)
    office.do(stock())
    city.fill_disk()
    tally = sync(office, client)
    assert (tally.sent, tally.received, tally.accepted, tally.waiting) == (1, 1, 0, 0)
    assert city.rows("SELECT count(*) FROM card") == [(0,)]
    city.make_room()
    tally = sync(office, client)
    assert (tally.sent, tally.received, tally.accepted) == (1, 0, 1)
    assert city.rows("SELECT count(*) FROM card") == [(len(CARDS),)]


def test_a_hub_that_died_between_receiving_and_judging_judges_when_it_is_back(
    office: Office, city: City
) -> None:
    client = join(office, city)
    sync(office, client)
    office.do(stock())
    with city.hub.store.write() as db:
        who = registry.member(db, office.opened.certificate.counter, office.opened.incarnation.inc)
        taken = inbox.receive(db, who, 1, log_of(office), office.clock[0])
    assert (taken.ack.seq, taken.taken) == (1, 1)
    city.restart()
    assert sync(office, client).accepted == 1


def test_the_feed_holds_every_changed_row_and_every_verdict(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    (answer,) = receipts(push(office, client, 2, [forger.make(ISSUE)]))
    rows = city.rows("SELECT pos, type, subject FROM feed WHERE op = ? ORDER BY pos", answer.op)
    assert answer.pos is not None
    assert rows == [
        (answer.pos - 1, "row", f"card/{CARDS[0]}"),
        (answer.pos, "verdict", f"counter/{office.opened.certificate.counter}"),
    ]
    assert city.rows("SELECT pos FROM feed_head") == [(answer.pos,)]


def test_a_code_is_good_for_one_counter_and_a_week(
    tmp_path: Path, office: Office, city: City
) -> None:
    def enrol(each: Office, code: str) -> bytes:
        secret, fingerprint = enrolment_code.split_code(code)
        stranger = stranger_client(
            each, city, lambda key: enrolment_code.fingerprint(key) == fingerprint
        )
        enrol_with(each.opened, stranger, url="http://127.0.0.1", secret=secret)
        with each.opened.store.session() as db:
            row = db.execute_sql("SELECT value FROM peer WHERE name = 'certificate'").fetchone()
        return bytes(row[0])

    code, late = city.code(), city.code()
    assert enrol(office, code) == enrol(office, code.lower())  # a lost answer, asked again
    other = make_office(tmp_path / "other", key=None)
    for each, wrong in (
        ("hub.code_used", code),
        ("hub.code_unknown", "A" * 12 + code.replace("-", "")[12:]),
        ("hub.code_form", code[:-1]),
        ("hub.counter_taken", city.code()),  # the other machine bears the same counter's name
    ):
        with pytest.raises(Refusal, match=each.replace(".", r"\.")):
            enrol(other, wrong)
    office.clock[0] += 8 * 24 * 3_600_000
    other.clock[0] = office.clock[0]
    with pytest.raises(Refusal, match=r"hub\.code_expired"):
        enrol(other, late)
    other.opened.store.close()


def test_a_counter_is_judged_at_its_own_place_inside_the_granted_district(
    office: Office, city: City
) -> None:
    here, _ = enrolment_code.split_code(city.code(district="410782"))
    elsewhere, _ = enrolment_code.split_code(city.code(district="410783"))
    stranger = stranger_client(office, city)
    with pytest.raises(Refusal, match=r"hub\.enrol_differs"):
        enrol_with(office.opened, stranger, url="http://127.0.0.1", secret=elsewhere)
    enrol_with(office.opened, stranger, url="http://127.0.0.1", secret=here)
    assert city.rows("SELECT district FROM counter_cert") == [("410782105",)]


def test_a_code_is_made_for_a_real_level_and_place_only(city: City) -> None:
    for level, district in (("X", "410782"), ("T", "4107"), ("T", "41078"), ("C", "4107a2")):
        with pytest.raises(BadUsage, match=r"counter\."):
            city.code(level=level, district=district)
    assert len(city.code(level="M", district="4107")) == 29


def test_a_hub_is_made_once_and_opened_with_its_own_key(tmp_path: Path, city: City) -> None:
    with pytest.raises(BadUsage, match=r"hub\.exists"):
        create(city.folder)
    with pytest.raises(BadUsage, match=r"hub\.missing"):
        open_hub(tmp_path / "nowhere")
    key = city.folder / "hub.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(BadUsage, match=r"store\.too_open"):
        open_hub(city.folder)
    key.chmod(0o600)


def test_the_status_counts_every_operation_where_it_stands(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    batch = [
        forger.make(ISSUE),
        forger.make(ISSUE, payload=b"\xc1"),
        forger.make(Enable(card=CARDS[1])),
    ]
    push(office, client, 2, batch)
    (counter,) = status_of(city.hub).counters
    assert (counter.operations, counter.accepted, counter.refused, counter.quarantined) == (
        4, 2, 1, 1,
    )  # fmt: skip
    assert not counter.revoked
    assert counter.contact <= office.clock[0]
