"""Two machines from one copied folder, and a database put back by hand (§9)."""

from __future__ import annotations

import shutil

import pytest

from sbk_tui.data import outbox
from sbk_tui.data.audit import verify
from sbk_tui.data.seal import Ed25519Signer
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.errors import HubUnreachable, IntegrityFault, Refusal
from sbk_tui.hub import registry
from sbk_tui.sync import enrolment_code, wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.rejoin import rejoin
from sbk_tui.sync.run import client_for
from tests.data.conftest import Office, letters, open_office
from tests.data.days import CARDS, SELF, stock
from tests.sync.city import City, join, nonce, sync

LOST = FormalLoss(card=CARDS[0], id_shown=True)


def line(office: Office, city: City, inc: str = "") -> HubClient:
    return client_for(
        office.opened, city.post, now_ms=lambda: office.clock[0], new_nonce=nonce, inc=inc
    )


def signer_of(office: Office) -> Ed25519Signer:
    signer = office.ledger._session.signer
    assert isinstance(signer, Ed25519Signer)
    return signer


def again(office: Office) -> Office:
    """Close a counter and open it once more."""
    office.opened.store.close()
    return open_office(office.folder, key=None, clerk=signer_of(office), clock=office.clock)


@pytest.fixture
def twins(office: Office, city: City, request: pytest.FixtureRequest) -> tuple[Office, Office]:
    """Give two machines of one counter: an enabled card is lost at neither."""
    join(office, city)
    for operation in (stock(), IssueToPerson(card=CARDS[0], receiver=SELF), Enable(card=CARDS[0]),
                      IssueToPerson(card=CARDS[1], receiver=SELF)):  # fmt: skip
        office.do(operation)
    sync(office, line(office, city))
    office.opened.store.close()
    copy = office.folder.with_name("copy")
    shutil.copytree(office.folder, copy)
    copy.chmod(0o700)
    one, two = (
        open_office(folder, key=None, clerk=signer_of(office), clock=office.clock)
        for folder in (office.folder, copy)
    )
    for each in (one, two):
        request.addfinalizer(each.opened.store.close)  # noqa: PT021 -- of both
    return one, two


def told(office: Office, city: City) -> str:
    """Make a contact; return the code of the fault it ends with, empty when it does not."""
    try:
        sync(office, line(office, city))
    except (IntegrityFault, Refusal) as error:
        return error.code
    return ""


def states(city: City) -> dict[object, tuple[object, ...]]:
    rows = city.rows("SELECT op, state, verdict, code FROM inbox WHERE inc LIKE '%/aside'")
    return {row[0]: row[1:] for row in rows}


def test_one_machine_alone_is_never_taken_for_two(office: Office, city: City) -> None:
    join(office, city)
    for faults in ([], ["answer_lost"], ["answer_lost"], [], ["lost"], ["answer_lost"], []):
        city.faults = list(faults)
        if faults:
            with pytest.raises(HubUnreachable):
                sync(office, line(office, city))
        else:
            sync(office, line(office, city))
    assert city.rows("SELECT frozen FROM counter_cert") == [(None,)]


def test_two_machines_are_seen_at_the_latest_at_the_third_hello(
    twins: tuple[Office, Office], city: City
) -> None:
    one, two = twins
    assert [told(one, city), told(two, city), told(one, city)] == ["", "", "sync.frozen"]
    assert told(two, city) == "sync.frozen"
    codes = city.rows("SELECT code FROM case_item WHERE closed IS NULL")
    assert codes == [("hub.cloned",)]


def test_another_log_is_seen_at_once(twins: tuple[Office, Office], city: City) -> None:
    one, two = twins
    one.do(IssueToPerson(card=CARDS[2], receiver=SELF))
    assert told(one, city) == ""
    two.do(Enable(card=CARDS[1]))
    assert told(two, city) == "sync.frozen"
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[1]) == [("0",)]
    assert told(one, city) == "sync.frozen"


def test_losses_of_both_are_in_force_and_the_rest_is_set_aside(
    twins: tuple[Office, Office], city: City
) -> None:
    one, two = twins
    for each in (one, two, one):
        told(each, city)
    issue = one.do(IssueToPerson(card=CARDS[2], receiver=SELF))
    other_loss = one.do(FormalLoss(card=CARDS[0], id_shown=True))
    loss = two.do(LOST)
    enable = two.do(Enable(card=CARDS[1]))
    assert (told(two, city), told(one, city)) == ("sync.frozen", "sync.frozen")
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[0]) == [("2",)]
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[1]) == [("0",)]
    set_aside = ("quarantined", "", "hub.frozen")
    found = states(city)
    assert (found[issue.op], found[enable.op]) == (set_aside, set_aside)
    assert found[loss.op] == ("judged", "accepted", "")
    assert found[other_loss.op][0] == "judged"  # the same wish: known
    for office in twins:
        tally = outbox.tally(office.opened.store)
        assert (tally.waiting, tally.received, tally.quarantined) == (0, 0, 1)


def code_of(office: Office, city: City) -> str:
    """Let the city name this machine: return the secret it is told."""
    with city.hub.store.write() as db:
        grant = registry.grant_of(db, office.opened.certificate.counter)
        code = registry.new_code(db, grant, city.hub.signer.public, city.clock[0])
    return enrolment_code.split_code(code)[0]


def carry_on(office: Office, city: City, secret: str) -> Office:
    """Begin the new life of the machine that was named; return it opened anew."""
    office.clock[0] += 1000
    rejoin(
        office.opened, lambda inc: line(office, city, inc), secret=secret, version="test",
        now_ms=lambda: office.clock[0], initials=letters,
    )  # fmt: skip
    return again(office)


def sound(office: Office) -> None:
    report = verify(office.opened.store, key=None, initials=letters)
    assert report.flaws == ()


def test_the_machine_that_goes_on_loses_nothing_and_the_other_stays_frozen(
    twins: tuple[Office, Office], city: City
) -> None:
    one, two = twins
    for each in (one, two, one):
        told(each, city)
    work: list[Operation] = [LOST, Enable(card=CARDS[1])]
    for operation in work:
        two.do(operation)
    one.do(IssueToPerson(card=CARDS[2], receiver=SELF))
    assert (told(one, city), told(two, city)) == ("sync.frozen", "sync.frozen")
    assert outbox.tally(two.opened.store).quarantined == 1
    gone_on = carry_on(two, city, code_of(two, city))
    try:
        tally = sync(gone_on, line(gone_on, city))
        assert (tally.quarantined, tally.waiting, tally.accepted) == (0, 0, tally.made)
        assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[1]) == [("1",)]
        gone_on.do(IssueToPerson(card=CARDS[3], receiver=SELF))
        assert sync(gone_on, line(gone_on, city)).waiting == 0
        sound(gone_on)
        assert told(one, city) == "sync.frozen"
        assert outbox.tally(one.opened.store).quarantined == 1
    finally:
        gone_on.opened.store.close()


def put_back(office: Office, city: City, syncs: int) -> tuple[Office, list[str]]:
    """Work, hand in, and put the database of before in its place; return what it has lost."""
    join(office, city)
    office.do(stock())
    sync(office, line(office, city))
    office.opened.store.close()
    backup = office.folder / "backup.db"
    shutil.copy(office.folder / "sbk.db", backup)
    office = again(office)
    work = (IssueToPerson(card=CARDS[0], receiver=SELF), Enable(card=CARDS[0]), LOST)
    lost = [office.do(operation).op for operation in work]
    for _ in range(syncs):
        sync(office, line(office, city))
    office.opened.store.close()
    for beside in office.folder.glob("sbk.db*"):
        beside.unlink()
    backup.rename(office.folder / "sbk.db")
    return again(office), lost


@pytest.mark.parametrize("fault", [None, "answer_lost", "lost"])
@pytest.mark.parametrize(("syncs", "said"), [(1, "sync.counter_behind"), (2, "sync.frozen")])
def test_a_database_put_back_by_hand_fetches_its_work_and_begins_anew(
    office: Office, city: City, fault: str | None, syncs: int, said: str
) -> None:
    office, lost = put_back(office, city, syncs)
    assert told(office, city) == said
    secret = code_of(office, city)
    if fault:
        city.faults = ["ok", "ok", "ok", fault]  # hello, records, no more; the enrolment
        with pytest.raises(HubUnreachable):
            carry_on(office, city, secret)
    office = carry_on(office, city, secret)
    try:
        tally = sync(office, line(office, city))
        assert (tally.waiting, tally.accepted) == (0, 4)
        with office.opened.store.session() as db:
            here = {op for (op,) in db.execute_sql("SELECT op FROM operation")}
        assert here >= set(lost)
        card = office.lookup.card(CARDS[0])
        assert card is not None
        assert card.state == "2"
        sound(office)
        office.do(IssueToPerson(card=CARDS[1], receiver=SELF))
        assert sync(office, line(office, city)).accepted == 5
    finally:
        office.opened.store.close()


def test_work_on_an_old_database_is_kept_beside_what_the_city_has(
    office: Office, city: City
) -> None:
    office, _lost = put_back(office, city, 1)
    office.do(IssueToPerson(card=CARDS[1], receiver=SELF))
    assert told(office, city) == "sync.frozen"
    office = carry_on(office, city, code_of(office, city))
    try:
        tally = sync(office, line(office, city))
        assert (tally.waiting, tally.quarantined, tally.accepted) == (0, 0, 2)
        card = office.lookup.card(CARDS[0])  # by the city's rows: the log of it is not here
        assert card is not None
        assert card.state == "2"
        sound(office)
    finally:
        office.opened.store.close()


def test_an_old_program_that_shows_no_lease_is_served_until_it_has_shown_one(
    office: Office, city: City
) -> None:
    join(office, city)

    def hello(lease: str) -> wire.Welcome:
        end = wire.Mark(seq=0, hash=b"")
        return line(office, city).hello(
            wire.Hello(
                counter=office.opened.certificate.counter, inc=office.opened.incarnation.inc,
                last=end, version="0", now=office.clock[0], lease=lease,
            )
        )  # fmt: skip

    assert hello("").orders == hello("").orders == ()
    lease = hello("").lease
    assert hello(lease).orders == ()
    assert hello("").orders == (wire.FROZEN,)


def test_a_hub_put_back_from_a_backup_takes_nobody_for_two(
    office: Office, city: City, request: pytest.FixtureRequest
) -> None:
    if "postgres" in request.node.name:
        pytest.skip("the copy is of a file; the rule is the same")
    join(office, city)
    office.do(stock())
    sync(office, line(office, city))
    copy = city.backup()
    for _ in range(3):
        sync(office, line(office, city))
    city.close()
    for beside in city.folder.glob("hub.db*"):
        beside.unlink()
    shutil.copy(copy, city.folder / "hub.db")  # by hand: nobody has begun a new epoch
    city.restart()
    for _ in range(3):
        sync(office, line(office, city))
    assert city.rows("SELECT frozen FROM counter_cert") == [(None,)]
