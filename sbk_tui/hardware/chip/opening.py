"""Which drivers the URLs of 社保卡读写器 and key service mean; `sim://NAME` for training."""

from __future__ import annotations

from collections.abc import Mapping

from sbk_tui.errors import BadUsage
from sbk_tui.hardware.device_url import parse_device_url
from sbk_tui.hardware.ports import KeyService, SocialCardReader


def open_social_card_reader(
    url: str, variables: Mapping[str, str] | None = None
) -> SocialCardReader:
    """Return the reader at `url`; nothing is opened before it is asked.

    Raises:
        BadUsage: as `parse_device_url`; `device.unknown_scheme` for another kind of line.
        DeviceAbsent: `chip.no_twin`.
    """
    place = parse_device_url(url, variables)
    if place.scheme == "sim":
        # Late: no counter of an office loads a virtual card.
        from sbk_tui.hardware.chip.twin_reader import running

        return running(place.place)
    if place.scheme == "bridge":
        from sbk_tui.hardware.bridge import BridgeCardReader

        return BridgeCardReader(place.place, variables or {})
    if place.scheme != "pcsc":
        raise BadUsage("device.unknown_scheme", url=str(place), known="pcsc bridge")
    from sbk_tui.hardware.chip.driver import PcscSocialCardReader

    return PcscSocialCardReader(url, variables)


def open_key_service(url: str, ca_file: str = "", cert_file: str = "") -> KeyService:
    """Return the key service at `url`; nothing is opened before it is asked.

    Raises:
        BadUsage: `chip.service_url`, `chip.service_plain`; DeviceAbsent: `chip.no_twin`.
    """
    scheme, _, name = url.partition("://")
    if scheme == "sim":
        from sbk_tui.hardware.chip.twin_reader import running

        return running(name).keys
    from sbk_tui.hardware.chip.service_http import HttpKeyService

    return HttpKeyService(url, ca_file, cert_file)
