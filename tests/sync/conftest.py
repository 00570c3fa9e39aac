"""A township counter and the city, on real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.sync.client import HubClient
from tests import postgres
from tests.data.conftest import Office, make_office
from tests.data.days import stock
from tests.sync.city import City, Forger, join, sync


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = make_office(tmp_path / "counter", key=None)
    yield office
    office.opened.store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def city(tmp_path: Path, office: Office, request: pytest.FixtureRequest) -> Iterator[City]:
    """Give a hub; every test is made with both databases: they give equal answers."""
    database = ""
    if request.param == "postgres":
        database = postgres.new_database(postgres.server())
    city = City(tmp_path / "city", office.clock, database=database)
    yield city
    city.close()


@pytest.fixture
def stranger() -> Ed25519Signer:
    """Give a key that nobody has filed."""
    return Ed25519Signer(new_private_key())


@pytest.fixture
def client(office: Office, city: City) -> HubClient:
    """Give the line of the enrolled counter."""
    return join(office, city)


@pytest.fixture
def forger(office: Office, client: HubClient) -> Forger:
    """Give an altered program at a counter with stock; the city knows its clerks."""
    office.do(stock())
    forger = Forger(office, Ed25519Signer(new_private_key()))
    sync(office, client)
    return forger
