"""The key service over HTTPS that asks who calls: ours, none, and what cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import config
from sbk_tui.errors import DeviceFault
from sbk_tui.hardware.chip.opening import open_key_service
from sbk_tui.hardware.chip.service_twin import KeyServiceOnHttp
from sbk_tui.hardware.chip.session import KeyJob
from sbk_tui.hardware.ports import KeyOutcome
from sbk_tui.surroundings import CHECKS, Place
from tests.hardware.chip.certificates import Authority
from tests.hardware.chip.test_card import confirmed, sent, virtual
from tests.hardware.chip.test_key_service import FACTOR, REQUEST, SOURCE


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("city"), "city")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def service(city: Authority) -> Iterator[KeyServiceOnHttp]:
    with KeyServiceOnHttp(tls=city.server()) as running:
        yield running


@pytest.mark.clause("4.3", "B11")
def test_a_pin_is_reset_by_a_service_that_knows_this_counter(
    service: KeyServiceOnHttp, city: Authority
) -> None:
    keys = open_key_service(service.url, str(city.file), str(city.issue("410782105")))
    card = virtual("v3")
    card.tries = 0
    talk, seen = confirmed(card)
    talk.reset_pin(bytearray(b"246802"), KeyJob("op-8", seen, keys, threading.Event()))
    assert (card.pin, len(sent(card, 0x24))) == ("246802", 1)
    assert service.callers == ["410782105"] * 2
    assert keys.identify() == service.url


@pytest.mark.clause("B11")
@pytest.mark.parametrize("held", ["none", "a stranger's", "expired"])
def test_a_counter_that_the_service_does_not_know_is_told_so(
    service: KeyServiceOnHttp, city: Authority, stranger: Authority, held: str
) -> None:
    ours = {
        "none": lambda: "",
        "a stranger's": lambda: str(stranger.issue("410782105")),
        "expired": lambda: str(city.issue("410782105", days=-1)),
    }[held]()
    with pytest.raises(DeviceFault) as caught:
        open_key_service(service.url, str(city.file), ours).authenticate(REQUEST, FACTOR, SOURCE)
    assert caught.value.code == "chip.service_denied"
    assert (service.twin.asked, service.callers) == ([], [])


def test_a_file_that_is_no_certificate_is_named_and_no_password_is_asked_for(
    service: KeyServiceOnHttp, city: Authority, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    locked = city.issue("410782105", password=b"secret")
    for file in (tmp_path / "nowhere.pem", empty, city.file, locked):
        with pytest.raises(DeviceFault) as caught:
            open_key_service(service.url, str(city.file), str(file)).identify()
        assert (caught.value.code, caught.value.facts["place"]) == ("chip.service_cert", str(file))
    assert service.callers == []


def test_a_service_of_another_authority_is_not_believed_and_learns_nothing(
    service: KeyServiceOnHttp, city: Authority, stranger: Authority
) -> None:
    ours = str(city.issue("410782105"))
    with pytest.raises(DeviceFault) as caught:
        open_key_service(service.url, str(stranger.file), ours).identify()
    assert caught.value.code == "chip.service_untrusted"
    assert service.callers == []


def test_the_configuration_names_the_certificate(
    service: KeyServiceOnHttp, city: Authority, tmp_path: Path
) -> None:
    ours = city.issue("410782105")
    (tmp_path / config.FILE).write_text(
        f'[devices]\nkey_service = "{service.url}"\nkey_service_ca = "{city.file}"\n'
        f'key_service_cert = "{ours}"\n',
        "utf-8",
    )
    place = Place(tmp_path, config.load(tmp_path), lambda: 0)
    assert dict(CHECKS)["key_service"](place) == service.url


def test_no_certificate_is_needed_on_this_machine_in_the_open(tmp_path: Path) -> None:
    with KeyServiceOnHttp() as plain:
        keys = open_key_service(plain.url, "", str(tmp_path / "nowhere.pem"))
        assert keys.authenticate(REQUEST, FACTOR, SOURCE).outcome is KeyOutcome.DONE
