"""What an office may set, and the code tables it uses: values that rules take as an argument.

Everything here that no official text fixes is an assumption `[A]` with a default; the office's
`config.toml` overrides it, and no rule knows a number of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sbk_tui.domain.conflicts import Conflicts
from sbk_tui.domain.fees import Fee
from sbk_tui.errors import Fact


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a code table."""

    name: str
    offered: bool = True
    """False: understood when it arrives, not offered in a form."""
    mark: str = ""
    """How sure the row is: [O], [2+], [1] or [A]; inherited from its table when empty."""


class CodeTable(msgspec.Struct, frozen=True, kw_only=True):
    """A code table of `assets/codes/`, in the order in which it is offered."""

    title: str
    source: str
    rows: Mapping[str, Code]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The office's own rules, `[A]` unless said otherwise (`config.toml`, section `rules`)."""

    minor_age: int = 16
    minor_reference: Literal["year_end", "today"] = "year_end"  # [2+] W3, W2
    proxy_require_own_id: bool = True
    proxy_require_letter: bool = False
    temp_loss_days: int = 7
    temp_loss_unit: Literal["calendar", "working"] = "calendar"
    formal_loss_releasable: bool = True
    temp_card_days: int = 60
    temp_card_max_days: int = 180
    temp_card_require_return: bool = False
    """Whether a new card is enabled only once the temporary card is back."""
    temp_require_unit_for_all: bool = False
    correct_four_eyes: bool = True
    """Whether a changed name or number wants a second clerk (F2)."""
    issue_enable_at_once: bool = True
    rollback_days: int = 7
    cancel_four_eyes: bool = True
    handover_four_eyes: bool = False
    """Whether who asked for a hand-over may not be who approves it (2.1.2)."""
    retention_days: int = 180
    overdue_days: int = 365
    box_slots: int = 100
    """Positions of a box of cards (2.3.3)."""
    warranty_days: int = 365
    replacement_days: int = 15  # [1], domain facts 4.4
    """Working days within which a replacement that is not made at a counter can be fetched."""
    production_lease_minutes: int = 30
    """How long a marked card waits for its counter before another one may make it (5.1.2.4)."""
    instant_card_series: str = "J"
    """First letter of the numbers of cards made at a counter; the hub's and the counters' alike."""
    card_years: int = 10  # [2+] W2, K1
    """How long a card is valid from the day it is made."""
    mask_number_on_face: bool = False
    """Whether the face shows only part of the 社会保障号码, for test prints."""
    failures_in_a_row: int = 3
    """Failed productions after which the machine is looked at first (5.1.3)."""
    numbers_warn_left: int = 20
    """Pre-printed numbers left from which the screen warns before the end (F11)."""
    notice_days: int = 7
    """Days after which a notice that nobody has paid stands among the unfinished work (0.12)."""
    leash_warn_hours: int = 24
    leash_remind_days: int = 3
    leash_short_days: int = 7
    leash_loss_only_days: int = 15
    leash_extend_days: int = 7
    """The leash (B21): time without the city after which each step begins, and its extension."""
    pin_presence: Literal["reader", "seen"] = "reader"
    """How the holder's presence is proven for PIN work and 金融账户激活: by the ID reader, or the
    clerk's eyes."""
    pin_unlock_by_proxy: bool = False  # [1] W12: one city allows it
    pin_on_screen: bool = True
    """Whether a PIN may be typed at this keyboard where there is no PIN pad (B11)."""
    lookups_per_hour: int = 30
    """How many people outside the district a clerk may ask the city for in an hour (A5)."""
    household_reform_codes: bool = False
    """Offer 51/52 (居民户口) instead of the farm/non-farm pair."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Settings and code tables together: the one argument that rules take beside their facts."""

    settings: Settings
    codes: Mapping[str, CodeTable]
    fees: tuple[Fee, ...] = ()
    """What services cost, by date."""
    conflicts: Conflicts = Conflicts()
    """What the city does with what an operation had not seen; a counter needs none."""

    def knows(self, table: str, code: str) -> bool:
        """Return whether `code` is a row of `table`, offered or not."""
        return code in self.codes[table].rows


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with one field of a form; a form returns all of them, not the first."""

    field: str
    code: str
    facts: Mapping[str, Fact] = {}
    clause: str | None = None
    warning: bool = False
    """True: say so and go on; False: the form cannot be handed in."""
