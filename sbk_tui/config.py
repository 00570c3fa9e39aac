"""`config.toml` of a counter: devices, hub, session and the office's rules; all with defaults.

What a counter *is* (level, district, rights) does not stand here but in its signed certificate;
this file can narrow it, never widen it.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from sbk_tui.domain.capability import Capability
from sbk_tui.domain.rules import Settings
from sbk_tui.errors import BadUsage
from sbk_tui.hardware.ports import CardSheet

FILE = "config.toml"
ON_READER = "reader"
"""The place of a PIN pad that is part of the card reader."""


class Devices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Devices by URL; empty: not there."""

    id_card_reader: str = ""
    """`serial:///dev/ttyUSB0?baud=115200`, `socket://127.0.0.1:7001`, `rfc2217://…`."""
    social_card_reader: str = ""
    """`pcsc://NAME`; `pcsc://` for the first one of the card service."""
    key_service: str = ""
    """`https://HOST/PATH` of the service with the card keys (4.2, 4.3); empty: none."""
    key_service_ca: str = ""
    """File with the certificate authority of the key service; empty: the system's."""
    key_service_cert: str = ""
    """File with this counter's certificate and its key, PEM, for a service that asks for one."""
    pin_pad: str = ""
    """密码键盘: `serial:///dev/ttyUSB1`, as the other serial devices; `reader`: the card reader's
    own; empty: none."""
    pin_pad_style: str = "star"
    """The pad's language, a row of the table in `pinpad_codec`."""
    printer: str = ""
    """`lp://QUEUE` or `file:///folder/%Y%m%d-{title}.pdf`; empty: `papers/` of the counter."""
    portrait_folder: str = ""
    """Folder in which the camera's program saves pictures."""
    pos: str = ""
    """刷卡机: `serial:///dev/ttyUSB1?baud=9600`, `socket://…`; empty: paid at the bank only."""
    pos_lists: str = ""
    """Folder into which the terminal's lists of a day are saved; empty: `pos-lists/`."""
    form_printer: str = ""
    """Dot-matrix printer of notices and notes: `lp://QUEUE` or `file:///folder/%Y-{title}.prn`;
    empty: `papers/` of the counter."""
    form_offset_x: float = 0.0
    """How far that printer stands off to the left, in millimetres, steps of 0.5 (test sheet)."""
    form_offset_y: float = 0.0
    """How far it stands off upwards."""
    document_folder: str = ""
    """Folder in which the document camera's (高拍仪) program saves proofs; empty: 未配备."""
    card_printer: str = ""
    """制卡机: `cups://QUEUE`, `file:///FOLDER` of a Windows program, `socket://…`; empty: none."""
    card_dots: tuple[int, int] = CardSheet().dots
    """How large a picture of a card's face the card printer wants, in dots."""
    card_bleed: int = CardSheet().bleed
    """Dots of that picture beyond the card's left and upper edge."""
    card_record_encoding: Literal["gb18030", "utf-8"] = "gb18030"
    """How the Windows program reads the line about a card (`file://`) [A]."""


class Hub(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The city's service."""

    url: str = ""


class Outside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Systems outside that a hub tells (`sbk hub outside`), by URL; empty: not connected."""

    province: str = ""
    """省卡管: `file:///FOLDER` with `outbox/` and `inbox/`."""
    fiscal: str = ""
    """非税系统."""
    banks: dict[str, str] = {}
    """服务银行 → URL."""


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an unattended screen stays open, in minutes [A]."""

    lock_after: int = 5
    sign_out_after: int = 30


class Kiosk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a kiosk (`sbk kiosk`) waits for its visitor, in seconds [A]."""

    pin_seconds: int = 30
    """For the PIN."""
    idle_seconds: int = 60
    """Without a key; then the screen is blank."""


class Backup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Backups that are made by themselves [A]."""

    folder: str = ""
    """On another medium (a USB stick); empty: none are made."""
    every: int = 4
    """Hours between two."""
    keep: int = 14
    """How many of this counter stay in the folder."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    switched_off: tuple[str, ...] = ()
    """Names of capabilities this office does not offer."""
    devices: Devices = Devices()
    hub: Hub = Hub()
    outside: Outside = Outside()
    session: SessionSettings = SessionSettings()
    kiosk: Kiosk = Kiosk()
    backup: Backup = Backup()
    rules: Settings = Settings()
    training: bool = False
    """A training counter: 演练 on screen and paper."""


def load(home: Path) -> Config:
    """Read the counter's configuration; a missing file means all defaults.

    Raises:
        BadUsage: `config.wrong`, naming the field, or `config.capability`.
    """
    path = home / FILE
    if not path.exists():
        return Config()
    try:
        config = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Config)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadUsage("config.wrong", detail=str(error)) from error
    for name in config.switched_off:
        if name not in Capability.__members__:
            raise BadUsage("config.capability", capability=name)
    return config


def home_folder(given: str | None) -> Path:
    """Return the counter's folder: `--home`, else `SBK_HOME`, else the user's data folder."""
    named = given or os.environ.get("SBK_HOME")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("sbk", appauthor=False)
