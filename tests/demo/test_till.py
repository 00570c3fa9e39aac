"""Money at a training counter: the whole chain of a fee without a device, faults on the tray."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.app import SbkApp
from sbk_tui.demo import office
from sbk_tui.demo.people import FEWEST
from sbk_tui.demo.till import FAULTS
from sbk_tui.demo.twins import situation_of, training_devices
from sbk_tui.domain.operations.refund import GiveBack
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaymentState
from sbk_tui.errors import OutcomeUnknown
from sbk_tui.resources import toml
from sbk_tui.services.query_desk import Dossier
from sbk_tui.services.training import CardTerminal, Tray
from sbk_tui.wiring import Counter
from tests.demo.conftest import make
from tests.demo.test_machine import go_to

NEVER = threading.Event()
P = PaymentState


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counter, office.Made]]:
    """Give a county's training counter, which takes money."""
    home = tmp_path_factory.mktemp("county") / "training"
    make(home, "county", people=2 * FEWEST)
    counter, made = office.open_again(home)
    yield counter, made
    counter.close()


def terminal_of(tray: Tray) -> CardTerminal:
    assert tray.terminal is not None
    return tray.terminal


def losers(counter: Counter, made: office.Made) -> Iterator[Dossier]:
    """Yield who has lost a card and has paid nothing yet."""
    for resident in made.residents():
        dossier = counter.lookup.dossier(resident.person.number)
        if situation_of(dossier) == "lost" and dossier is not None:
            seen = counter.desks.query.dossier(dossier.person.id)
            if counter.desks.fees.standing(seen.person.id).payment is None:
                yield seen


def charge(counter: Counter, seen: Dossier) -> None:
    counter.desks.fees.charge(seen, seen.person.name, "51", NEVER, op=counter.new_id())


@pytest.mark.clause("B14", "5.1.1.1.2", "5.1.1.2", "B6")
def test_the_whole_chain_of_a_fee_runs_without_a_device(
    county: tuple[Counter, office.Made],
) -> None:
    counter, made = county
    fees, matches = counter.desks.fees, counter.desks.matches
    references = []
    for _ in range(2):  # two sittings: no reference is given twice, no list is lost
        with training_devices(counter, made.residents()) as tray:
            seen = next(losers(counter, made))
            terminal_of(tray).fault("other_request")
            with pytest.raises(OutcomeUnknown):
                charge(counter, seen)
            payment = fees.standing(seen.person.id).payment
            assert payment is not None
            slip = fees.slip_of(fees.query(payment.id, NEVER))
            fees.settle_paid(payment.id, slip, "query", op=counter.new_id())
            references.append(slip.reference)
            payment = fees.standing(seen.person.id).payment
            assert payment is not None
            assert (payment.state, payment.doubt) == (P.PAID, "")
            tail = counter.desks.forms.top(FormKind.NOTE).next
            counter.desks.forms.give_note(payment, tail, op=counter.new_id())
            counter.desks.forms.print_paper(payment.id, FormKind.NOTE)
            assert list((counter.home / "papers").glob(f"*{tail}.prn"))
            assert terminal_of(tray).taken_fen == 2500
    assert len(set(references)) == 2
    match = matches.compare(matches.today())
    assert (match.fits, match.sales) == (True, 2)


@pytest.mark.clause("B14", "P6")
def test_a_charge_is_void_at_the_terminal_and_given_back_in_the_records(
    county: tuple[Counter, office.Made],
) -> None:
    counter, made = county
    with training_devices(counter, made.residents()) as tray:
        seen = next(losers(counter, made))
        charge(counter, seen)
        payment = counter.desks.fees.to_give_back(seen.person.id).payment
        assert payment is not None
        assert payment.slip is not None
        assert terminal_of(tray).void_last()
        assert not terminal_of(tray).void_last()
        back = GiveBack(
            payment=payment.id, of=payment.slip.reference, reference="T1", way="1", reason="2"
        )
        counter.desks.fees.give_back(back, op=counter.new_id())
        terminal_of(tray).export()
    assert counter.desks.matches.compare(counter.desks.matches.today()).fits


def test_a_township_takes_no_money_and_has_no_terminal(tmp_path: Path) -> None:
    home = tmp_path / "township"
    make(home, people=FEWEST)
    counter, made = office.open_again(home)
    try:
        assert counter.config.devices.pos == ""
        with training_devices(counter, made.residents()) as tray:
            assert tray.terminal is None
    finally:
        counter.close()


def test_every_fault_has_its_word() -> None:
    assert set(toml("texts/words/till.toml")["demo_pos_fault"]) == set(FAULTS)


@pytest.mark.clause("B14")
async def test_the_tray_breaks_the_terminal_and_saves_its_list_by_keys(
    county: tuple[Counter, office.Made],
) -> None:
    counter, made = county
    with training_devices(counter, made.residents()) as tray:
        app = SbkApp(opened=counter, tray=tray)
        async with app.run_test(size=(80, 24)) as pilot:
            await go_to(pilot, "答的是另一笔")
            await pilot.press("enter")
            await pilot.pause()
            with pytest.raises(OutcomeUnknown):
                charge(counter, next(losers(counter, made)))
            before = set((counter.home / "pos-lists").glob("*.csv"))
            await go_to(pilot, "日终对账用")
            await pilot.press("enter")
            await pilot.pause()
            assert set((counter.home / "pos-lists").glob("*.csv")) - before
