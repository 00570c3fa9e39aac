"""Device URLs: what is understood, and in which words the rest is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.device_url import DeviceUrl, parse_device_url, parse_serial_url
from sbk_tui.texts import explain


@pytest.mark.parametrize(
    ("text", "url", "opened"),
    [
        (
            "serial:///dev/ttyUSB0?baud=9600",
            DeviceUrl("serial", "/dev/ttyUSB0", 0, {"baud": "9600"}),
            "/dev/ttyUSB0",
        ),
        ("/dev/pts/7", DeviceUrl("serial", "/dev/pts/7"), "/dev/pts/7"),
        (
            "socket://127.0.0.1:7001",
            DeviceUrl("socket", "127.0.0.1", 7001),
            "socket://127.0.0.1:7001",
        ),
        ("Socket://[::1]:7001/", DeviceUrl("socket", "[::1]", 7001), "socket://[::1]:7001"),
        (
            "rfc2217://localhost:${PORT}?baud=57600",
            DeviceUrl("rfc2217", "localhost", 7002, {"baud": "57600"}),
            "rfc2217://localhost:7002",
        ),
        (
            "pcsc://Virtual PCD 00 00",
            DeviceUrl("pcsc", "Virtual PCD 00 00"),
            "pcsc://Virtual PCD 00 00",
        ),
        (
            "file:///tmp/%Y%m%d.pdf?",
            DeviceUrl("file", "/tmp/%Y%m%d.pdf?"),
            "file:///tmp/%Y%m%d.pdf?",
        ),
        ("cups://LQ-630K", DeviceUrl("cups", "LQ-630K"), "cups://LQ-630K"),
        ("sim://", DeviceUrl("sim", ""), "sim://"),
    ],
)
def test_a_device_url_is_taken_apart(text: str, url: DeviceUrl, opened: str) -> None:
    assert parse_device_url(text, {"PORT": "7002"}) == url
    assert str(url) == opened


def test_the_speed_is_115200_unless_said() -> None:
    assert parse_device_url("/dev/ttyS0").baud == 115200
    assert parse_device_url("serial:///dev/ttyS0?baud=19200").baud == 19200


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "device.bad_url"),
        ("ttyUSB0", "device.bad_url"),
        ("serial://", "device.bad_url"),
        ("socket://127.0.0.1", "device.bad_url"),
        ("socket://:7001", "device.bad_url"),
        ("socket://clerk@host:7001", "device.bad_url"),
        ("serial:///dev/tty\x1bUSB0", "device.bad_url"),
        ("usb://0400:c35a", "device.unknown_scheme"),
        ("socket://127.0.0.1:0", "device.bad_port"),
        ("socket://127.0.0.1:65536", "device.bad_port"),
        ("socket://127.0.0.1:" + "9" * 5000, "device.bad_port"),
        ("serial:///dev/ttyUSB0?baud=fast", "device.bad_baud"),
        ("serial:///dev/ttyUSB0?baud=300", "device.bad_baud"),
        ("serial:///dev/ttyUSB0?parity=even", "device.unknown_option"),
        ("socket://127.0.0.1:${SBK_ID_READER_PORT}", "device.unset_variable"),
        ("socket://127.0.0.1:${EMPTY}", "device.unset_variable"),
    ],
)
def test_a_wrong_url_is_refused_in_words(text: str, code: str) -> None:
    with pytest.raises(BadUsage) as caught:
        parse_device_url(text, {"EMPTY": ""})
    assert caught.value.code == code
    words = explain(caught.value)
    assert "{" not in words.remedy
    assert "未登记" not in words.message
    assert words.message.isprintable()


def test_a_serial_device_is_not_on_a_printer_queue() -> None:
    with pytest.raises(BadUsage, match=r"device\.unknown_scheme"):
        parse_serial_url("cups://LQ-630K")


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["", "serial://", "socket://", "rfc2217://", "sim://"]), st.text())
def test_any_text_is_a_url_or_refused(scheme: str, text: str) -> None:
    try:
        url = parse_device_url(scheme + text)
    except BadUsage as refusal:
        assert refusal.code.startswith("device.")  # noqa: PT017 - either outcome is right
    else:
        assert url.baud > 0
