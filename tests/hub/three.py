"""Three counters and one city; each makes records with the view it is given."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sbk_tui.data.cases import CaseItem
from sbk_tui.data.record import Record
from sbk_tui.data.records import Records
from sbk_tui.data.seal import Ed25519Signer, new_private_key
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Person
from sbk_tui.domain.world import Entity, from_ms
from sbk_tui.hub.decisions import Decider
from sbk_tui.sync import wire
from tests.data.conftest import Office, letters, make_office
from tests.data.days import number
from tests.sync.city import City, Forger, join, push, receipts, sync

NAMES = ("A", "B", "C")
BASE = {
    "sealed": CardState.SEALED,
    "active": CardState.ACTIVE,
    "temp_lost": CardState.TEMP_LOST,
    "formal_lost": CardState.FORMAL_LOST,
}


class Three:
    """Counters A, B, C that never hear of each other unless a test says so."""

    def __init__(self, folder: Path) -> None:
        self.offices = {
            name: make_office(folder / name, key=None, counter=f"410782105-{name.lower()}1")
            for name in NAMES
        }
        self.clock = self.offices["A"].clock
        self.city = City(folder / "city", self.clock)
        self.clients = {name: join(self.offices[name], self.city) for name in NAMES}
        self.forgers = {
            name: Forger(self.offices[name], Ed25519Signer(new_private_key())) for name in NAMES
        }
        for name in NAMES:
            self._contact(self.offices[name], name)
        self.decider = Decider(
            hub=self.city.hub.id,
            signer=self.city.hub.signer,
            initials=letters,
            now_ms=lambda: self.clock[0],
        )
        self._cards = 0

    def _contact(self, office: Office, name: str) -> None:
        office.clock[0] = max(office.clock[0], self.clock[0])
        sync(office, self.clients[name])

    def close(self) -> None:
        """Close everything."""
        self.city.close()
        for office in self.offices.values():
            office.opened.store.close()

    def put(self, *entities: Entity) -> None:
        """Put records into the city as everybody has seen them."""
        with self.city.hub.store.write() as db:
            for entity in entities:
                Records(db, letters).put(entity)

    def card(self, base: str = "active", **fields: object) -> str:
        """Return the number of a new card in one of the base states; its holder has it."""
        self._cards += 1
        person = f"{self._cards:032x}"
        holder = Person(
            id=person, number=number(self._cards), name="持卡人甲", district="410782105201"
        )
        given: dict[str, object] = {"collected_at": from_ms(self.clock[0]), **fields}
        card = Card(
            number=f"T{self._cards:08d}",
            person=person,
            state=BASE[base],
            **given,  # type: ignore[arg-type]
        )
        self.put(holder, card)
        return card.number

    def holder(self, card: str) -> str:
        """Return the id of a card's holder."""
        return self.record(card).person

    def record(self, card: str) -> Card:
        """Return a card as the city has it."""
        with self.city.hub.store.session() as db:
            found = Records(db, letters).card(card)
        assert found is not None
        return found

    @property
    def head(self) -> int:
        """The newest position of the feed."""
        with self.city.hub.store.session() as db:
            return int(db.execute_sql("SELECT pos FROM feed_head").fetchone()[0])

    def do(self, name: str, operation: Operation, *, seen: int = 0) -> wire.Receipt:
        """Let a counter do something, having seen the feed up to `seen`, and send it."""
        forger, office = self.forgers[name], self.offices[name]
        office.clock[0] = max(office.clock[0], self.clock[0])
        return self.send(name, forger.make(operation, seen=seen))

    def send(self, name: str, record: Record) -> wire.Receipt:
        """Send one record."""
        office = self.offices[name]
        self.clock[0] = max(office.clock[0], self.clock[0])
        seq = record.read().seq
        (answer,) = receipts(push(office, self.clients[name], seq, [record]))
        return answer

    def cases(self, name: str) -> dict[str, CaseItem]:
        """Return what the feed has told a counter of cases, the newest word on each, by code."""
        rows = self.city.rows(
            "SELECT body FROM feed WHERE type = 'case' AND counter = ? ORDER BY pos",
            f"410782105-{name.lower()}1",
        )
        items = [wire.read_case(bytes(row[0])) for row in rows]  # type: ignore[arg-type]
        return {item.code: item for item in items}

    def city_cases(self) -> list[tuple[object, ...]]:
        """Return (id, code) of the city's own open cases."""
        return self.city.rows(
            "SELECT id, code FROM case_item WHERE closed IS NULL AND counter = '' ORDER BY opened"
        )


def told(receipt: wire.Receipt) -> tuple[str, str, str]:
    """Return what a receipt says in short."""
    return msgspec.to_builtins(receipt.state), receipt.verdict.value, receipt.code
