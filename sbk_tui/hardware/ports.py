"""What a counter asks of its devices, in the clerk's terms; drivers and twins are elsewhere.

Every waiting call takes a `cancel` event and looks at it at least five times a second; when it
is set the call raises `Cancelled`. Errors are the typed `DeviceFault`s of `errors.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class IdCard:
    """What an identity document says of its holder (证件信息), as read from its chip."""

    kind: str
    """" " citizen, "J" HK/Macao/Taiwan residence permit, "I"/"Y" foreigner's card 2017/2023."""
    name: str
    name_latin: str = ""
    sex: str
    """GB/T 2261.1: 0, 1, 2 or 9."""
    nation: str = ""
    """GB/T 3304, two digits; empty for documents without it."""
    country: str = "CHN"
    birth: date | None
    address: str = ""
    newest_address: str = ""
    """追加住址; empty when the card has none."""
    number: str
    issuer: str = ""
    valid_from: date | None
    valid_to: date | None
    """None with `long_term` means 长期; None without it: the card does not say."""
    long_term: bool = False
    other_number: str = ""
    """通行证号码 (J) or earlier number (Y)."""
    raw_text: bytes
    """The 256 bytes as read: rare characters may be in private use areas."""
    photo_wlt: bytes
    """The 1,024 bytes of the chip photo, kept, never shown without a licensed decoder."""


class IdCardReader(Protocol):
    """身份证阅读器."""

    def read(self, cancel: threading.Event) -> IdCard:
        """Wait for a card, read it whole (newest address too) and return it.

        Raises:
            DeviceAbsent, DeviceBusy, CardRemoved, Garbled, DeviceFault: see the driver.
            Cancelled: `cancel` was set.
        """

    def identify(self) -> str:
        """Return the reader's own number, for the device log and the morning minute.

        Raises:
            DeviceFault: as `read`; answers within 2 s.
        """


class DocumentPrinter(Protocol):
    """A printer of papers (申领表, 回执单): a queue, or a file."""

    def submit(self, title: str, pdf: bytes) -> str:
        """Hand `pdf` over and return the job's name once the spooler has taken it.

        Raises:
            DeviceAbsent: no such queue, no spooler; DeviceFault: it refused the job.
        """


class FormPrinter(Protocol):
    """A dot-matrix printer with pre-printed forms in it (缴款通知书, 财政票据)."""

    def submit(self, title: str, data: bytes, /) -> str:
        """Hand the printer's own bytes over and return the job's name once they were taken.

        Raises:
            OutcomeUnknown: `print.no_answer`: it may print all the same, look at the paper.
            DeviceAbsent: no such queue, no spooler; DeviceFault: it refused the job.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A picture or scan as it came: the bytes are the original and are kept."""

    data: bytes
    kind: str
    """JPEG, PNG, TIFF or PDF, by its content."""
    origin: str
    """The file's name or the camera's; for the record, never a full path."""


class PictureSource(Protocol):
    """A camera, a document camera (高拍仪), or a folder that another program saves into."""

    def capture(self, cancel: threading.Event) -> Captured:
        """Wait for the next picture and return it.

        Raises:
            DeviceAbsent, DeviceBusy: nobody there, or somebody else holds it.
            DeviceFault: what came cannot be used; it was kept aside.
            Cancelled: `cancel` was set.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PosResult:
    """What a card terminal said of one transaction."""

    approved: bool
    """Whether the card was charged."""
    code: str
    """Its answer, two characters: `00` done, `51` no money, …"""
    nonce: str
    """The number of the request that it answers."""
    amount_fen: int | None = None
    """None: the terminal does not say."""
    reference: str = ""
    """系统参考号."""
    trace: str = ""
    voucher: str = ""
    batch: str = ""
    terminal: str = ""
    merchant: str = ""
    authorisation: str = ""
    month_day: str = ""
    """MMDD by the terminal's clock; it does not tell the year."""
    time: str = ""
    card: str = ""
    """Masked: at most the first six and the last four digits."""
    issuer: str = ""


class PosTerminal(Protocol):
    """刷卡机 (POS) of the bank that collects the fees (5.1.1.1.2)."""

    def charge(self, amount_fen: int, nonce: str, cancel: threading.Event) -> PosResult:
        """Ask the terminal to charge a card, once, and return what it answered.

        `cancel` counts only until the request was sent; after that the holder cancels at the
        terminal.

        Args:
            nonce: four digits, never used by this counter for another request today.

        Raises:
            OutcomeUnknown: the terminal took the request and its answer did not come, or was
                another request's: nobody knows whether the card was charged.
            DeviceFault: nothing was charged; DeviceAbsent, DeviceBusy, Cancelled alike.
        """

    def last(self, nonce: str, cancel: threading.Event) -> PosResult:
        """Ask the terminal for its last transaction (重打); it charges nothing.

        Raises:
            DeviceFault: it does not say; may be asked again.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHolder:
    """What EF06 of the chip says of the holder."""

    number: str
    """社会保障号码; empty on a blank card."""
    name: str
    raw_name: bytes
    """The bytes as read: a name may hold characters that no table knows."""
    sex: str = ""
    nation: str = ""
    birth: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialCard:
    """A social-security card as its chip says it."""

    identification: str
    """卡识别码, 32 hex characters; with `historical` the identity of a blank card."""
    historical: str
    """卡复位信息, 26 hex characters on ordinary cards."""
    algorithm: str
    """SM4, SSF33 or DES."""
    kind: str = ""
    version: str
    """1.0, 2.0 or 3.0."""
    issued: date | None = None
    valid_to: date | None = None
    number: str
    """社保卡号, 9 characters; empty on a blank card."""
    holder: CardHolder | None = None
    """None: the card shows it only to a key (3.0 cards)."""
    bank_number: str = ""
    """Empty: not asked for, or no 金融账户 on the card."""
    notes: tuple[str, ...] = ()
    """Codes of what the clerk should be told; none of them is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOrder:
    """What is to stand on a chip afterwards, by item name; an empty text clears the item."""

    values: Mapping[str, str]
    """Items (`social_number`, `name`, `sex`, `nation`, `birth` …) and their texts."""
    over: frozenset[str] | None = frozenset()
    """Numbers that may stand on the card now, besides none and those of `values`; None: any,
    because the chip itself is known."""


class WriteJournal(Protocol):
    """Where a writing notes each item; what a call has noted is on disk when it returns."""

    def intend(self, item: str, digest: str) -> None:
        """`item` is about to be sent; `digest` is the SHA-256 of its value, in hex."""

    def confirm(self, item: str) -> None:
        """`item` was read back from the chip and is right."""


class SocialCardReader(Protocol):
    """社保卡读写器. Every call powers the card down before it returns.

    Only `read` waits for a card. All others are about a card that was read and refuse when none
    is there (`chip.card_removed`): nothing begins by itself when a card appears.
    """

    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card is put in, or (`present=False`) taken out.

        Raises:
            DeviceAbsent: `chip.no_service`, `chip.no_reader`; Cancelled: `device.cancelled`.
        """

    def read(self, cancel: threading.Event, *, bank: bool = False) -> SocialCard:
        """Return what the chip says without any key, with `bank` its bank card number too.

        Raises:
            DeviceAbsent, DeviceBusy, CardRemoved, Garbled, DeviceFault: `chip.*`.
            Cancelled: `cancel` was set before a card came.
        """

    def tries_left(self, card: SocialCard) -> int | None:
        """Return how often a PIN may still be tried, spending none; None: no PIN is set.

        Raises:
            Refusal: `chip.another_card`, another card lies there than `card`.
            DeviceFault: as `read`.
        """

    def verify(self, card: SocialCard, pin: bytearray) -> None:
        """Check `pin` (ASCII digits, as everywhere here) once; the caller overwrites it.

        Raises:
            DeviceFault: `chip.pin_wrong` (`left`), `chip.pin_blocked`.
            OutcomeUnknown: `chip.outcome_unknown`, sent and no answer: a try may be spent.
            Refusal, DeviceFault: as `tries_left`.
        """

    def change_pin(self, card: SocialCard, old: bytearray, new: bytearray) -> None:
        """Change the PIN, sent exactly once.

        Raises:
            DeviceFault, OutcomeUnknown, Refusal: as `verify`.
        """

    def verify_at_pad(self, card: SocialCard) -> None:
        """Check the PIN that the holder types at the reader's own pad, once.

        It cannot be broken off from here: the holder's cancel key or the reader's limit ends it.

        Raises:
            DeviceAbsent: `pinpad.not_on_reader`; DeviceFault: `pinpad.silent`,
                `pinpad.cancelled`, `pinpad.reader_refused`; Refusal: `pin.length`.
            DeviceFault, OutcomeUnknown, Refusal: as `verify`.
        """

    def change_pin_at_pad(self, card: SocialCard) -> None:
        """Change the PIN at the reader's own pad: old one, new one twice; exactly once.

        Raises:
            Refusal: `pin.not_equal`; and as `verify_at_pad`.
        """

    def pad_on_reader(self) -> bool:
        """Return whether the reader has such a pad; no card is needed.

        Raises:
            DeviceAbsent, DeviceBusy: as `identify` and the line's.
        """

    def unblock(
        self, cancel: threading.Event, card: SocialCard, service: KeyService, *, op: str
    ) -> None:
        """Give the blocked PIN its tries back, sent exactly once; the PIN stays as it was.

        Args:
            op: the operation's id, told to the key service.

        Raises:
            DeviceFault: `chip.key_refused`, `chip.key_locked`, `chip.mac_wrong`,
                `chip.random_stale`; and what the key service says.
            OutcomeUnknown, Refusal: as `verify`.
        """

    def reset_pin(
        self,
        cancel: threading.Event,
        card: SocialCard,
        new: bytearray,
        service: KeyService,
        *,
        op: str,
    ) -> None:
        """Set a new PIN without the old one, sent exactly once.

        Raises:
            DeviceFault, OutcomeUnknown, Refusal: as `unblock`.
        """

    def write(
        self,
        cancel: threading.Event,
        card: SocialCard,
        order: WriteOrder,
        service: KeyService,
        journal: WriteJournal,
        *,
        op: str,
    ) -> tuple[str, ...]:
        """Write what differs from `order`, item by item, and return the names of these items.

        Called again after any interruption it asks the chip and goes on at the first item that
        differs; nothing that stands there is written twice.

        Args:
            op: the operation's id, told to the key service.

        Raises:
            Refusal: `chip.another_card`, `chip.used_card` (somebody else's numbers are on it):
                no key was used; `chip.name_too_long`.
            OutcomeUnknown: `chip.write_unfinished` (`chip_item`), the card went or fell silent.
            DeviceFault: `chip.not_written` (`chip_item`), the chip refused or keeps another value;
                and as `unblock`.
        """

    def identify(self) -> str:
        """Return the reader's name, for the morning minute; no card is needed.

        Raises:
            DeviceAbsent: `chip.no_service`, `chip.no_reader`.
        """


class Prompt(Enum):
    """Which PIN the holder is asked for."""

    OLD = "old"
    NEW = "new"
    AGAIN = "again"
    """The new one a second time."""
    CHECK_NEW = "check_new"
    """The new one, to find out whether the card took it."""
    CHECK_OLD = "check_old"


class PinPad(Protocol):
    """密码键盘, or the sealed screen that stands in for one."""

    def enter(self, cancel: threading.Event, prompt: Prompt) -> bytearray:
        """Return what the holder typed, ASCII digits; whoever asked overwrites it.

        Raises:
            DeviceFault: `pinpad.silent`, `pinpad.too_long`, `pinpad.cancelled`; as the line's.
            Cancelled: `cancel` was set; what was typed is overwritten.
        """


class KeyOutcome(Enum):
    """What came of asking the key service."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Asked, and no answer within the time limit, or none that could be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAnswer:
    """The outcome, with the bytes for the card (done) or the service's own words (refused)."""

    outcome: KeyOutcome
    data: bytes = b""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """For which operation, card and key the service is asked, and how long one waits."""

    op: str
    """The operation's id: both requests of one PIN job bear it."""
    card: SocialCard
    address: str
    """The key's logical address, e.g. "0090"."""
    limit_s: float = 15.0
    """Seconds [A]; an answer that comes later is thrown away."""
    cancel: threading.Event = field(default_factory=threading.Event)


class KeyService(Protocol):
    """The city's or the province's service that holds the card keys (加密机).

    A random of the card is good once: after anything but "done" the caller takes new ones, and
    never repeats what it has sent to the card.
    """

    def authenticate(self, request: KeyRequest, factor: bytes, source: bytes) -> KeyAnswer:
        """Return the 16 bytes that the card takes at EXTERNAL AUTHENTICATION.

        Raises:
            DeviceAbsent: `chip.service_unreachable`, nothing was sent.
            DeviceFault: `chip.service_untrusted`, its certificate is not to be believed.
            Cancelled: `device.cancelled`.
        """

    def secure_message(
        self, request: KeyRequest, random: bytes, head: bytes, plain: bytes | bytearray
    ) -> KeyAnswer:
        """Return the data field (or the whole command, services differ) for `head`.

        Raises:
            As `authenticate`.
        """

    def identify(self) -> str:
        """Return where it is, for the morning minute, once it has answered anything at all.

        Raises:
            DeviceFault: as `authenticate`; `chip.service_silent` after 2 s.
        """


class CardSheet(NamedTuple):
    """The picture that a card printer wants: more than the card, so that colours reach its edge."""

    dots: tuple[int, int] = (1016, 648)
    """Wide and high at 300 dpi [A]; what a printer of another make takes [1] C3."""
    bleed: int = 4
    """Dots of it beyond the card's left and upper edge [A]."""


class CardPlace(Enum):
    """Where the card is that the printer works on."""

    NONE = "none"
    """Nowhere: the hopper is empty."""
    HOPPER = "hopper"
    """Still in the hopper; the next `feed` takes it."""
    CHIP_UNIT = "chip_unit"
    UNKNOWN = "unknown"
    """Jammed, or the printer does not say (`cups://`, `file://`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterStatus:
    """How it stands with a card printer now."""

    place: CardPlace
    panels: int | None
    """Cards that the ribbon can still print; None: the printer does not say."""
    fault: str = ""
    """What is wrong, a code of `cardprinter.*`; empty: nothing."""
    detail: str = ""
    """The printer's own word for it, a fact of `cardprinter.refused`."""

    @property
    def ready(self) -> bool:
        """Whether the next command can be done."""
        return not self.fault


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterCounters:
    """What the printer has counted: kept before a print, and asked for when its answer is lost."""

    printed: int | None
    """Faces printed in the printer's life; None: it does not say, somebody has to look."""
    panels: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """The line about one card that a program beside the printer reads; see `domain.md` 4.4."""

    card: str
    """社保卡号."""
    number: str
    """社会保障号码."""
    name: str
    made: str
    """制卡日期, YYYYMMDD."""
    valid_to: str = ""
    identification: str = ""
    """卡识别码."""
    historical: str = ""
    """卡复位码."""
    account: str = ""
    """个人帐户."""
    bank_card: str = ""
    bank_account: str = ""
    """金融帐户."""
    place: str = ""
    """装箱位置."""
    failed_step: str = ""
    failed_why: str = ""


class CardPrinter(Protocol):
    """制卡机: a hopper of blanks, a chip unit inside, a ribbon, a bin for cards and one for waste.

    A `job` is one card's way through the printer, up to 64 letters, digits and hyphens; another
    blank is another job. `feed`, `print_face` and `eject` are each done once a job: called again
    with the same job they do nothing and give the first answer. `cancel` counts until the command
    was sent. All may raise the faults of the printer as it stands, after which nothing changed:

        DeviceAbsent: `cardprinter.absent` (F6).
        DeviceFault: `cardprinter.ribbon_chip` (F7), `cardprinter.ribbon_out`,
            `cardprinter.cover_open`, `cardprinter.hopper_empty`, `cardprinter.refused`.

    After these the card is where `status` says: `cardprinter.jam` (where nobody can reach it, and
    what is on it counts as waste), `cardprinter.chip_unit` (F5: in the chip unit, no power-up).
    After OutcomeUnknown `cardprinter.no_answer` ask `status` and `counters`, never guess.
    """

    def status(self) -> PrinterStatus:
        """Return how it stands; a printer that can be asked and has a fault does not raise it.

        Raises:
            DeviceAbsent: `cardprinter.absent`; answers within 5 s.
        """

    def feed(self, job: str, cancel: threading.Event) -> None:
        """Bring a blank from the hopper to the chip unit (进卡).

        Raises:
            DeviceFault: `cardprinter.occupied`, another job's card is still inside.
            OutcomeUnknown, Cancelled, and the faults above.
        """

    def coupler(self) -> str:
        """Return the URL of the chip unit, for `open_social_card_reader`.

        Empty: there is none, the blank is put by hand into the counter's own reader.
        """

    def print_face(
        self, face: bytes, job: str, cancel: threading.Event, *, record: CardRecord | None = None
    ) -> str:
        """Print a face on the card of `job` and return the printer's own name of the print.

        Args:
            face: a PNG at 300 dpi, as `printing.card_face` makes it.
            record: for a program that stands between us and the printer (`file://`).

        Raises:
            DeviceFault: `cardprinter.no_card`, the card of this job is not inside.
            OutcomeUnknown, Cancelled, and the faults above.
        """

    def eject(self, job: str, *, spoiled: bool) -> None:
        """Put the card of `job` out: into the bin of cards, or of waste (`spoiled`).

        Raises:
            DeviceFault: `cardprinter.no_card`; OutcomeUnknown, and the faults above.
        """

    def counters(self) -> PrinterCounters:
        """Return what it has counted; as `status`."""

    def identify(self) -> str:
        """Return its make and number, for the morning minute; as `status`."""
