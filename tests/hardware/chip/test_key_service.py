"""The key service over a real line: done, refused or unknown, and never anything to the card."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault
from sbk_tui.hardware.chip.service_http import HttpKeyService
from sbk_tui.hardware.chip.service_twin import KeyServiceOnHttp
from sbk_tui.hardware.chip.session import KeyJob
from sbk_tui.hardware.ports import KeyOutcome, KeyRequest, SocialCard
from tests.hardware.chip.test_card import confirmed, sent, virtual

CARD = SocialCard(
    identification="41" * 16, historical="00", algorithm="SM4", version="3.0", number=""
)
REQUEST = KeyRequest(op="op-1", card=CARD, address="0090")
FACTOR, SOURCE = bytes.fromhex("E4A30F837E2CAFEC"), bytes.fromhex("1B0D7286F2DC77AF")


@pytest.fixture
def service() -> Iterator[KeyServiceOnHttp]:
    with KeyServiceOnHttp() as running:
        yield running


@pytest.mark.clause("4.2", "4.3")
@pytest.mark.parametrize("name", ["v2", "v3"])
def test_a_blocked_card_is_unlocked_and_reset_over_http(
    service: KeyServiceOnHttp, name: str
) -> None:
    card = virtual(name)
    card.tries = 0
    keys = HttpKeyService(service.url)
    talk, seen = confirmed(card)
    talk.unblock(KeyJob("op-7", seen, keys, threading.Event()))
    assert (card.tries, card.pin) == (6, "123456")
    talk, seen = confirmed(card)
    talk.reset_pin(bytearray(b"246802"), KeyJob("op-8", seen, keys, threading.Event()))
    assert card.pin == "246802"
    assert len(sent(card, 0x24)) == 1
    assert service.twin.asked == ["0090", "0173"] * 2
    assert service.twin.operations == ["op-7"] * 2 + ["op-8"] * 2


def test_the_answer_is_the_vector_of_the_rule(service: KeyServiceOnHttp) -> None:
    given = HttpKeyService(service.url).authenticate(REQUEST, FACTOR, SOURCE)
    assert given.outcome is KeyOutcome.DONE
    assert given.data.hex().upper() == "714A17110D861E9F" + SOURCE.hex().upper()


def test_a_service_that_refuses_says_why_and_the_card_hears_nothing(
    service: KeyServiceOnHttp,
) -> None:
    service.twin.failure = "service_refuses"
    card = virtual()
    talk, seen = confirmed(card)
    with pytest.raises(DeviceFault) as caught:
        talk.unblock(KeyJob("1", seen, HttpKeyService(service.url), threading.Event()))
    assert (caught.value.code, caught.value.facts["text"]) == ("chip.service_refused", "27272")
    assert sent(card, 0x82) + sent(card, 0x24) == []


@pytest.mark.clause("B3")
def test_a_late_answer_is_thrown_away(service: KeyServiceOnHttp) -> None:
    service.trouble = "late"
    card = virtual()
    talk, seen = confirmed(card)
    given = HttpKeyService(service.url).authenticate(
        replace(REQUEST, card=seen, limit_s=0.2), FACTOR, SOURCE
    )
    assert given.outcome is KeyOutcome.UNKNOWN
    service.late_may_answer.set()
    assert service.late_answered.wait(10)
    assert card.heard == []
    assert talk.tries_left() == 6


@pytest.mark.parametrize("trouble", ["cut", "nonsense"])
def test_no_answer_and_no_sense_are_unknown(service: KeyServiceOnHttp, trouble: str) -> None:
    service.trouble = trouble
    given = HttpKeyService(service.url).authenticate(REQUEST, FACTOR, SOURCE)
    assert given.outcome is KeyOutcome.UNKNOWN


def test_one_who_does_not_want_to_wait_any_longer_is_let_go(service: KeyServiceOnHttp) -> None:
    service.trouble = "late"
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        HttpKeyService(service.url).authenticate(replace(REQUEST, cancel=cancel), FACTOR, SOURCE)


def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(DeviceAbsent) as caught:
        HttpKeyService(f"http://127.0.0.1:{port}").authenticate(REQUEST, FACTOR, SOURCE)
    assert caught.value.code == "chip.service_unreachable"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/keys", "chip.service_plain"),
        ("http://keys.example", "chip.service_plain"),
        ("keys.example", "chip.service_url"),
        ("ftp://keys.example", "chip.service_url"),
        ("https://name:word@keys.example", "chip.service_url"),
    ],
)
def test_a_wrong_address_is_refused_before_anything_is_sent(url: str, code: str) -> None:
    with pytest.raises(BadUsage) as caught:
        HttpKeyService(url)
    assert caught.value.code == code


def test_https_and_this_machine_are_taken() -> None:
    for url in (
        "https://keys.example/a",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost",
    ):
        HttpKeyService(url)
