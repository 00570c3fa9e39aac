"""Card printers that take a face and no commands: a queue (`cups://`), a folder (`file://`).

Blanks are fed by hand, chips are written in the counter's own reader (`coupler` is empty), and
nobody counts ribbons here.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault, OutcomeUnknown
from sbk_tui.hardware.card_printer_driver import DEVICE
from sbk_tui.hardware.paper_out import LpPrinter
from sbk_tui.hardware.ports import CardPlace, CardRecord, CardSheet, PrinterCounters, PrinterStatus
from sbk_tui.hardware.spooler import ask_queue

CARD_MM = (85.6, 54.0)
"""ID-1, as printers of cards name their page [2+] C2 C7."""
DPI = 300
MEDIA = "Custom.85.6x54mm"
Encoding = Literal["gb18030", "utf-8"]
_JOB = re.compile(r"[0-9A-Za-z-]{1,64}")
_LOG = ".printed"


class _ByHand:
    """Moving cards is the clerk's work: asked for, it is done."""

    def feed(self, job: str, cancel: threading.Event) -> None:
        """Do nothing: the clerk lays the blank in."""

    def coupler(self) -> str:
        """Return the empty text: the chip is written in the counter's own reader."""
        return ""

    def eject(self, job: str, *, spoiled: bool) -> None:
        """Do nothing: the clerk takes the card out."""


class QueueCardPrinter(_ByHand):
    """A card printer that has a CUPS driver (Evolis, HID Fargo): one page, one card.

    The page is 85.6 × 54 mm, never scaled. Once the spooler has a face it prints it; whether it
    came out is the clerk's word. What was handed over is remembered as long as this object lives:
    after a restart it cannot be asked, and the clerk looks.
    """

    def __init__(
        self, queue: str, *, sheet: CardSheet, media: str = MEDIA, limit_s: float = 15.0
    ) -> None:
        """Name the queue; `media` is CUPS' word for the card, `sheet` what the faces are like.

        Raises:
            BadUsage: `print.bad_target`.
        """
        self._queue = queue
        self._spooler = LpPrinter(queue, media=media or MEDIA, limit_s=limit_s)
        self._sheet = sheet
        self._ends: dict[str, str | OutcomeUnknown] = {}

    def status(self) -> PrinterStatus:
        """Return whether the spooler knows the queue; of cards and ribbon it says nothing."""
        try:
            ask_queue(self._queue)
        except DeviceAbsent:
            return PrinterStatus(place=CardPlace.UNKNOWN, panels=None, fault="cardprinter.absent")
        return PrinterStatus(place=CardPlace.UNKNOWN, panels=None)

    def print_face(
        self, face: bytes, job: str, cancel: threading.Event, *, record: CardRecord | None = None
    ) -> str:
        """Hand the face to the spooler, once a job, and return the spooler's name of it."""
        del record
        if job not in self._ends:
            if cancel.is_set():
                raise Cancelled("device.cancelled", device=DEVICE)
            self._ends[job] = self._handed(face, job)
        end = self._ends[job]
        if isinstance(end, OutcomeUnknown):
            raise end
        return end

    def counters(self) -> PrinterCounters:
        """Return that nothing is counted."""
        return PrinterCounters(printed=None, panels=None)

    def identify(self) -> str:
        """Return the queue's name.

        Raises:
            DeviceAbsent: `cardprinter.absent`.
        """
        try:
            ask_queue(self._queue)
        except DeviceAbsent as error:
            raise self._absent() from error
        return self._queue

    def _handed(self, face: bytes, job: str) -> str | OutcomeUnknown:
        try:
            return self._spooler.submit(job, page_of(face, self._sheet))
        except OutcomeUnknown:
            return OutcomeUnknown("cardprinter.no_answer", clause="N2")
        except DeviceAbsent as error:
            raise self._absent() from error
        except DeviceFault as error:
            detail = str(error.facts.get("detail", ""))
            raise DeviceFault("cardprinter.refused", detail=detail) from error

    def _absent(self) -> DeviceAbsent:
        return DeviceAbsent("cardprinter.absent", clause="F6", place=f"cups://{self._queue}")


class FolderCardPrinter(_ByHand):
    """A folder from which the office's Windows program prints: the honest default for a 220e today.

    No driver of this printer for Linux prints; its own program stays on the Windows computer and
    takes two files a card from a shared folder: `JOB.csv`, one heading and one line, then
    `JOB.png`, the face at 300 dpi. The picture comes last: who waits for it finds both whole.
    What was written is noted in the folder, so that a face is given out once also when the
    program takes the files away, and after a restart.
    """

    def __init__(self, folder: Path, *, encoding: Encoding = "gb18030") -> None:
        """Take an absolute folder, and how the Windows program reads Chinese.

        Raises:
            BadUsage: `device.bad_url`.
        """
        if not folder.is_absolute():
            raise BadUsage("device.bad_url", url=f"file://{folder}")
        self._folder = folder
        self._encoding = encoding

    def status(self) -> PrinterStatus:
        """Return whether the folder takes files; of cards and ribbon it says nothing."""
        writable = self._folder.is_dir() and os.access(self._folder, os.W_OK | os.X_OK)
        return PrinterStatus(
            place=CardPlace.UNKNOWN, panels=None, fault="" if writable else "cardprinter.folder"
        )

    def print_face(
        self, face: bytes, job: str, cancel: threading.Event, *, record: CardRecord | None = None
    ) -> str:
        """Write line and face and return the face's file name; on return both are on the disk."""
        if not _JOB.fullmatch(job):
            raise ValueError(job)
        picture = self._folder / f"{job}.png"
        if job in self._noted() or picture.exists():
            return picture.name
        if cancel.is_set():
            raise Cancelled("device.cancelled", device=DEVICE)
        try:
            if record is not None:
                line = line_of(record).encode(self._encoding)
                _write_whole(self._folder / f"{job}.csv", line)
            _write_whole(picture, face)
            self._note(job)
        except OSError as error:
            raise self._unwritable() from error
        return picture.name

    def counters(self) -> PrinterCounters:
        """Return how many faces were given out in this folder."""
        return PrinterCounters(printed=len(self._noted()), panels=None)

    def identify(self) -> str:
        """Return the folder's name.

        Raises:
            DeviceFault: `cardprinter.folder`.
        """
        if not self.status().ready:
            raise self._unwritable()
        return self._folder.name

    def _noted(self) -> Sequence[str]:
        try:
            text = (self._folder / _LOG).read_text("ascii")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unwritable() from error
        return [line for line in text.split("\n") if line]

    def _note(self, job: str) -> None:
        # In lines of their own on both sides: one that a power cut tore spoils no other.
        with (self._folder / _LOG).open("a", encoding="ascii") as log:
            log.write(f"\n{job}\n")
            log.flush()
            os.fsync(log.fileno())

    def _unwritable(self) -> DeviceFault:
        return DeviceFault("cardprinter.folder", folder=self._folder.name)


COLUMNS = (  # [1] K1: the record that goes back to the province, in its order
    ("社保卡号", "card"), ("社会保障号码", "number"), ("姓名", "name"), ("制卡日期", "made"),
    ("有效期至", "valid_to"), ("卡识别码", "identification"), ("卡复位码", "historical"),
    ("个人帐户", "account"), ("银行卡号", "bank_card"), ("金融帐户", "bank_account"),
    ("装箱位置", "place"), ("失败环节", "failed_step"), ("失败原因", "failed_why"),
)  # fmt: skip
_RUNNING = "序号"


def line_of(record: CardRecord) -> str:
    """Return the record as CSV: the heading, then the one line."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow([_RUNNING, *(heading for heading, _ in COLUMNS)])
    rows.writerow(["1", *(getattr(record, field) for _, field in COLUMNS)])
    return text.getvalue()


def page_of(face: bytes, sheet: CardSheet) -> bytes:
    """Return a PDF of one page as large as the card, without what lies beyond it."""
    from PIL import Image  # late: only who prints a card loads it

    wide, high = (round(side / 25.4 * DPI) for side in CARD_MM)
    page = Image.new("RGB", (wide, high), "white")
    with Image.open(io.BytesIO(face), formats=("PNG",)) as picture:
        page.paste(picture.convert("RGB"), (-sheet.bleed, -sheet.bleed))
    file = io.BytesIO()
    # The resolution that makes the page exact: 1011 dots are not quite 85.6 mm.
    dpi = (wide * 25.4 / CARD_MM[0], high * 25.4 / CARD_MM[1])
    page.save(file, "PDF", dpi=dpi, quality=100, subsampling=0)
    return file.getvalue()


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and on the disk on return."""
    handle, half = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
    finally:
        Path(half).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
