"""密码修改, 解锁, 重置 (4.1–4.3): the chip does it once, then it is recorded as a fact.

Before the chip is touched a draft says so, in the database; it goes in the transaction that
records the fact. What is found of it later is work whose outcome is not known (B3): it is settled
by asking the card, never by doing it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import msgspec

from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.ledger import Ledger
from sbk_tui.data.lookup import Dossier, Lookup
from sbk_tui.domain.card import Card, move
from sbk_tui.domain.operations.pin import ChangePin, ResetPin, UnlockPin
from sbk_tui.domain.pin import LAST_TRY, LENGTH, Presence, presence_of, refuse_weak, wipe
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import DeviceAbsent, DeviceFault, OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.ports import KeyService, PinPad, Prompt, SocialCard
from sbk_tui.services.chip_desk import ChipDesk, refuse_another
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.pin_begun import BegunWork, Pending
from sbk_tui.services.pin_work import JOBS, AtReader, Entry, Handled, PinJob, Work, verify
from sbk_tui.services.slips import Desk, slip_record

__all__ = [
    "JOBS", "AtReader", "Entry", "Handled", "Pending", "PinDesk", "PinPad", "Presence", "Prompt",
    "Work", "verify",
]  # fmt: skip


class PinDesk:
    """PIN work for the clerk who is signed in."""

    def __init__(
        self,
        *,
        chips: ChipDesk,
        keys: Callable[[], KeyService] | None,
        pad: Callable[[], PinPad] | None,
        ledger: Ledger,
        lookup: Lookup,
        drafts: DraftDesk,
        rules: Rules,
        desk: Desk,
        has_id_reader: bool,
        over_ssh: bool,
        today: Callable[[], date],
        new_id: Callable[[], str],
        pad_on_reader: bool = False,
        owes_paper: bool = True,
    ) -> None:
        self._pad_on_reader = pad_on_reader
        self._owes_paper = owes_paper  # a kiosk has no printer
        self._chips = chips
        self._keys = keys
        self._pad = pad
        self._ledger = ledger
        self._begun = BegunWork(drafts, lookup)
        self._rules = rules
        self._desk = desk
        self._has_id_reader = has_id_reader
        self.over_ssh = over_ssh
        """Whether what is typed here goes over a remote line first (B11)."""
        self._today = today
        self._new_id = new_id

    # ------------------------------------------------------------------ before

    def pad(self, *, digits_needed: bool = False) -> Entry | None:
        """Return where the holder types; None: at the sealed screen.

        Args:
            digits_needed: the key service encrypts the PIN (4.3), so the reader alone cannot.

        Raises:
            Refusal: `pin.forbidden`, no pad, and the office wants no PIN at this keyboard;
                `pin.reader_cannot`, a reset where the reader's pad is the only one.
        """
        if self._pad_on_reader and not digits_needed:
            return AtReader.PAD
        if self._pad is not None:
            return self._pad()
        if not self._rules.settings.pin_on_screen:
            code = "pin.reader_cannot" if self._pad_on_reader else "pin.forbidden"
            raise Refusal(code, clause="B11")
        return None

    @property
    def by_reader(self) -> bool:
        """Whether the holder's presence is proven by the ID reader."""
        return self._has_id_reader and self._rules.settings.pin_presence == "reader"

    def presence(self, job: PinJob, seen: Dossier, shown: str) -> Presence:
        """Return who stands there, by the number of the document that was read."""
        return presence_of(seen.person, shown, job.kind, self._today(), self._rules.settings)

    def choose(self, job: PinJob, seen: Dossier, number: str) -> Card:
        """Return the person's card to work on: the one read, else the one in use.

        Args:
            number: of the card in the reader; empty while none was read. One that is not the
                person's is refused by `tries`.

        Raises:
            Refusal: `card.no_such_move`, `pin.no_card`.
        """
        wanted = [c for c in seen.cards if c.number == number] or list(seen.cards)
        refusal = Refusal("pin.no_card", clause=job.clause, name=seen.person.name)
        for card in wanted:
            try:
                move(card.state, job.kind)
            except Refusal as error:
                refusal = error
            else:
                return card
        raise refusal

    def tries(self, job: PinJob, seen: Dossier, card: Card, chip: SocialCard) -> int | None:
        """Compare the card in the reader, and return the tries left, spending none.

        Raises:
            Refusal: as `refuse_another`; `pin.not_blocked`, `pin.none_set`.
            DeviceFault: `chip.pin_blocked` for a change; as the reader's.
        """
        refuse_another(seen, card, chip)
        left = self._chips.driver().tries_left(chip)
        if job.needs_keys and self._keys is None:
            raise DeviceAbsent("chip.service_none", clause=job.clause)
        if job.payload is UnlockPin and left != 0:
            if left is None:
                raise Refusal("pin.none_set", clause=job.clause)
            raise Refusal("pin.not_blocked", clause=job.clause, left=left)
        if job.needs_old and left is None:
            raise Refusal("pin.none_set", clause=job.clause)
        if job.needs_old and left == 0:
            raise DeviceFault("chip.pin_blocked", clause=job.clause)
        return left

    # ------------------------------------------------------------------ the work

    def carry_out(self, work: Work, pad: Entry, cancel: threading.Event) -> Handled:
        """Have the PIN typed, have the chip do it once, record it; on return it is on disk.

        Typed at the reader a PIN is seen by nobody here: a weak one cannot be refused.

        Raises:
            Refusal: the card in the reader is another, the PIN is weak, `pin.last_try`.
            DeviceFault: the chip, the pad or the key service says no; the chip is unchanged.
            OutcomeUnknown: `chip.outcome_unknown`; `pending` finds the work until it is settled.
        """
        move(work.card.state, work.job.kind)
        if self.pending(work.job.clause) is not None:
            raise Refusal("pin.unresolved", clause=work.job.clause)
        other = self._begun.with_card(work.card.number)
        if other is not None:
            raise other.refusal()
        left = self.tries(work.job, work.seen, work.card, work.chip)
        if work.job.needs_old and left == LAST_TRY and not work.last_try_agreed:
            raise Refusal("pin.last_try", clause=work.job.clause)
        try:
            if isinstance(pad, AtReader):
                self._have_it_done_there(work, left)
            else:
                self._ask_and_do(work, left, pad, cancel)
        except OutcomeUnknown:
            raise  # the draft stays, and says so; so it does after anything unforeseen
        except SbkError:
            self._begun.drop(work)
            raise
        return self._record(work, confirmed=True)

    def _have_it_done_there(self, work: Work, left: int | None) -> None:
        if work.job.payload is not ChangePin:
            raise Refusal("pin.reader_cannot", clause="B11")
        self._begun.note(work, left)
        self._chips.driver().change_pin_at_pad(work.chip)

    def _ask_and_do(
        self, work: Work, left: int | None, pad: PinPad, cancel: threading.Event
    ) -> None:
        """The one place where a PIN is: three arrays, overwritten on every way out."""
        old, new, again = bytearray(), bytearray(), bytearray()
        try:
            if work.job.needs_old:
                old = pad.enter(cancel, Prompt.OLD)
                if len(old) != LENGTH:
                    raise Refusal("pin.length", clause=work.job.clause, length=LENGTH)
            if work.job.needs_new:
                new = pad.enter(cancel, Prompt.NEW)
                refuse_weak(new, work.seen.person.number)
                if new == old:
                    raise Refusal("pin.same", clause=work.job.clause)
                again = pad.enter(cancel, Prompt.AGAIN)
                if new != again:
                    raise Refusal("pin.not_equal", clause=work.job.clause)
            self._begun.note(work, left)
            reader, chip = self._chips.driver(), work.chip
            if work.job.payload is ChangePin:
                reader.change_pin(chip, old, new)
            elif work.job.payload is ResetPin:
                reader.reset_pin(cancel, chip, new, self._service(), op=work.op)
            else:
                reader.unblock(cancel, chip, self._service(), op=work.op)
        finally:
            for pin in (old, new, again):
                wipe(pin)

    def _service(self) -> KeyService:
        if self._keys is None:
            raise DeviceAbsent("chip.service_none")
        return self._keys()

    def _record(self, work: Work, *, confirmed: bool) -> Handled:
        operation = work.job.payload(
            card=work.card.number, presence=work.presence.value, confirmed=confirmed
        )
        # No base: what the chip did is recorded, whoever changed the card's record meanwhile.
        intent = self._ledger.intend(operation, op=work.op)
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            return msgspec.msgpack.encode(
                slip_record(operation, done, work.seen.person, work.card, self._desk)
            )

        beside: list[Beside] = [DroppedDraft(work.draft)]
        if self._owes_paper:
            beside.append(OwedPaper(paper, "pin_slip", record))
        done = self._ledger.perform(intent, (), beside)
        changed = next((e for e in done.changed if isinstance(e, Card)), work.card)
        return Handled(done, changed, paper)

    # ------------------------------------------------------------------ outcome unknown

    def pending(self, clause: str) -> Pending | None:
        """Return the clerk's own work of a job whose outcome is not known, if there is any."""
        return self._begun.own(clause)

    def left_by_others(self, clause: str) -> tuple[Pending, ...]:
        """Return what other clerks of this counter have left unsettled of a job."""
        return tuple(p for p in self._begun.all() if not p.own and p.work.job.clause == clause)

    def begun_with(self, job: PinJob, card: Card) -> Pending | None:
        """Return the work of `job` that anybody here has left unsettled with this card.

        Raises:
            Refusal: `pin.begun_by`, it is of another job and is settled there.
        """
        found = self._begun.with_card(card.number)
        if found is not None and found.work.job is not job:
            raise found.refusal()
        return found

    def look(self, pending: Pending) -> Handled | int | None:
        """Ask the card, without a PIN, what it did.

        Returns:
            What was recorded when the card has done it; else the tries left (0: not done, for
            an unlock), None: it has no PIN.

        Raises:
            Refusal: `chip.another_card`, `pin.settled_meanwhile`; DeviceFault: as the reader's.
        """
        self._begun.refuse_settled(pending)
        work = pending.work
        left = self._chips.driver().tries_left(work.chip)
        if pending.tries_before == 0 and left:
            return self._record(work, confirmed=True)
        if work.job.payload is UnlockPin:
            self._begun.drop(work)
        return left

    def check(
        self, pending: Pending, prompt: Prompt, pad: Entry, cancel: threading.Event
    ) -> Handled | None:
        """Try the new or the old PIN at the card once; None: the old one holds, nothing was done.

        Raises:
            DeviceFault: `chip.pin_wrong`, `chip.pin_blocked`: it stays unknown; the reader's.
            Refusal: `chip.another_card`, `pin.settled_meanwhile`.
        """
        self._begun.refuse_settled(pending)
        verify(self._chips.driver(), pending.work.chip, pad, prompt, cancel)
        if prompt is Prompt.CHECK_NEW:
            return self._record(pending.work, confirmed=True)
        self._begun.drop(pending.work)
        return None

    def give_up(self, pending: Pending) -> Handled:
        """Record that it was tried and nobody can say what the card did.

        Raises:
            Refusal: `pin.settled_meanwhile`.
        """
        self._begun.refuse_settled(pending)
        return self._record(pending.work, confirmed=False)
