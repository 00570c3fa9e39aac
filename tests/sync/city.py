"""A real hub for tests: its application is called in process, over a line that can fail."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx
import msgspec
from peewee import SqliteDatabase
from starlette.applications import Starlette

from sbk_tui.data import outbox
from sbk_tui.data import record as rec
from sbk_tui.data.counter_file import register_clerk
from sbk_tui.data.ids import uuid7
from sbk_tui.data.log import records_of
from sbk_tui.data.outbox import remember_peer
from sbk_tui.data.record import Envelope, Record
from sbk_tui.data.seal import Signer
from sbk_tui.domain.kinds import kind_of
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import HubUnreachable
from sbk_tui.hub import registry
from sbk_tui.hub.app import build_app
from sbk_tui.hub.home import DATABASE, Hub, create, open_hub
from sbk_tui.hub.service import Service
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.client import HubClient, RawAnswer
from sbk_tui.sync.enrol import enrol_with
from sbk_tui.sync.enrolment_code import fingerprint, split_code
from sbk_tui.sync.push import SLOW, Pace
from sbk_tui.sync.run import client_for, contact
from tests.data.conftest import RULES, Office, letters

VERSION = "test"


class City:
    """One hub, of the folder when it is there already, and the counters' way to it."""

    def __init__(
        self, folder: Path, clock: list[int], rules: Rules = RULES, database: str = ""
    ) -> None:
        if not folder.exists():
            folder.mkdir(mode=0o700)
            create(folder, database)
        self.folder, self.clock, self.rules = folder, clock, rules
        self.speaks = protocol.SPOKEN
        """The versions of the protocol that it speaks from its next start."""
        self.faults: list[str] = []
        """What happens to the next requests: ok, lost, answer_lost, twice, restart."""
        self.hub: Hub
        self.service: Service
        self.app: Starlette
        self._open()

    def _open(self) -> None:
        self.hub = open_hub(self.folder)
        self.service = Service(
            self.hub, rules=self.rules, initials=letters, now_ms=lambda: self.clock[0],
            speaks=self.speaks,
        )  # fmt: skip
        self.app = build_app(self.service)

    def restart(self) -> None:
        """Stop the hub and start it again on the same folder."""
        self.close()
        self._open()

    def backup(self) -> Path:
        """Copy the stopped hub's database, and go on."""
        self.close()
        copy = self.folder.with_name("hub-backup.db")
        shutil.copy(self.folder / DATABASE, copy)
        self._open()
        return copy

    def restore(self, copy: Path) -> None:
        """Put a copy in the place of the database, as another life of it."""
        self.close()
        for beside in self.folder.glob(DATABASE + "*"):
            beside.unlink()
        shutil.copy(copy, self.folder / DATABASE)
        self._open()
        remember_peer(self.hub.store, {"epoch": secrets.token_hex(8).encode()})
        self.restart()

    def close(self) -> None:
        self.hub.store.close()

    def code(self, *, level: str = "T", district: str = "410782105", bank: str = "") -> str:
        """Return a fresh enrolment code."""
        grant = registry.Grant("百泉镇", level, district, bank=bank)
        with self.hub.store.write() as db:
            return registry.new_code(db, grant, self.hub.signer.public, self.clock[0])

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        """Answer one request; the line to the hub, as the client knows it."""
        fault = self.faults.pop(0) if self.faults else "ok"
        if fault == "lost":
            raise HubUnreachable("hub.no_line")
        if fault == "restart":
            self.restart()
        answer = asyncio.run(self._call(path, body, headers))
        if fault == "twice":
            asyncio.run(self._call(path, body, headers))
        if fault == "answer_lost":
            raise HubUnreachable("hub.timeout")
        return answer

    async def _call(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            answer = await client.post(path, content=body, headers=dict(headers))
        return RawAnswer(answer.status_code, answer.headers, answer.content)

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return what the hub's tables say."""
        with self.hub.store.session() as db:
            return list(db.execute_sql(sql, values).fetchall())

    def change(self, sql: str, *values: object) -> None:
        """Do something to the hub's tables behind its back."""
        with self.hub.store.session() as db:
            db.execute_sql(sql, values)

    def drop_trigger(self, name: str, table: str) -> None:
        """Take a guard of a table away."""
        self.change(f"DROP TRIGGER {name}{f' ON {table}' if self._on_server else ''}")

    def fill_disk(self) -> None:
        """Let every line of the feed fail as a full disk lets it fail."""
        if not self._on_server:
            self.change(
                "CREATE TRIGGER no_room BEFORE INSERT ON feed"
                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
            return
        self.change(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$"
        )
        self.change(
            "CREATE TRIGGER no_room BEFORE INSERT ON feed FOR EACH ROW EXECUTE FUNCTION no_room()"
        )

    def make_room(self) -> None:
        """End what `fill_disk` began."""
        self.drop_trigger("no_room", "feed")

    @property
    def _on_server(self) -> bool:
        return not isinstance(self.hub.store.db, SqliteDatabase)

    def verdicts(self) -> list[tuple[object, ...]]:
        """Return (seq, state, verdict, code) of everything received."""
        return self.rows("SELECT seq, state, verdict, code FROM inbox ORDER BY counter, inc, seq")


def nonce() -> str:
    """Return a nonce."""
    return secrets.token_hex(16)


def join(office: Office, city: City, speaks: tuple[int, int] = protocol.SPOKEN) -> HubClient:
    """Enrol a counter and return its client."""
    own = office.opened.certificate
    code = city.code(level=own.level, district=own.district, bank=own.bank)
    secret, known = split_code(code)
    stranger = stranger_client(office, city, lambda key: fingerprint(key) == known)
    enrol_with(office.opened, stranger, url="http://127.0.0.1:8470", secret=secret)
    return client_for(
        office.opened, city.post, now_ms=lambda: office.clock[0], new_nonce=nonce, speaks=speaks
    )


def stranger_client(
    office: Office, city: City, trusts: Callable[[bytes], bool] = lambda _key: True
) -> HubClient:
    """Return the client of a counter that is not enrolled."""
    return HubClient(
        city.post,
        counter=office.opened.certificate.counter,
        inc=office.opened.incarnation.inc,
        signer=office.opened.signer,
        trusts=trusts,
        now_ms=lambda: office.clock[0],
        new_nonce=nonce,
    )


def sync(office: Office, client: HubClient, pace: Pace = SLOW) -> outbox.Tally:
    """Make one contact."""
    return contact(
        office.opened, client, version=VERSION, now_ms=lambda: office.clock[0],
        initials=letters, pace=pace,
    )  # fmt: skip


def log_of(office: Office) -> tuple[Record, ...]:
    """Return the counter's records."""
    with office.opened.store.session() as db:
        return tuple(s.record for s in records_of(db, office.opened.incarnation.inc))


def push(office: Office, client: HubClient, first: int, ops: Iterable[Record]) -> wire.Pushed:
    """Send records as they are, whatever they are."""
    return client.push(
        wire.Push(
            counter=office.opened.certificate.counter,
            inc=office.opened.incarnation.inc,
            first=first,
            ops=tuple(ops),
        )
    )


def receipts(pushed: wire.Pushed) -> list[wire.Receipt]:
    """Return what an answer says of each record."""
    return [msgspec.json.decode(sealed.body, type=wire.Receipt) for sealed in pushed.results]


class Forger:
    """An altered program: it holds the counter's and a clerk's key and seals what it likes."""

    def __init__(self, office: Office, clerk: Signer) -> None:
        """Take the counter and the key of its clerk `wang`, whom this registers there."""
        register_clerk(office.opened.store, "wang", "王芳", "clerk", clerk.public)
        newest = outbox.head(office.opened.store, office.opened.incarnation.inc)
        anchor = rec.anchor(office.opened.incarnation.certificate)
        self.office, self.clerk = office, clerk
        self.seq, self.prev = newest or (0, anchor)

    def envelope(self, operation: Operation, payload: bytes, **other: object) -> Envelope:
        """Return the envelope of the next record, with `other` values where given."""
        office, kind = self.office, kind_of(operation)
        office.clock[0] += 1000
        envelope = Envelope(
            op=uuid7(office.clock[0]), suite=1, counter=office.opened.certificate.counter,
            inc=office.opened.incarnation.inc, seq=self.seq + 1, hlc=office.clock[0] << 16,
            off=None, clerk="wang", kind=kind.name, kv=kind.version, nature=kind.nature.value,
            clause=kind.clause, about=(), base={}, seen=0,
            payload_hash=rec.hash_payload(bytes(16), payload),
        )  # fmt: skip
        return msgspec.structs.replace(envelope, **other)

    def make(
        self,
        operation: Operation,
        *,
        payload: bytes | None = None,
        counter: Signer | None = None,
        clerk: Signer | None = None,
        counter_named: str | None = None,
        clerk_named: str = "wang",
        **other: object,
    ) -> Record:
        """Return the next record of the chain, as forged as the arguments say."""
        other |= {"clerk": clerk_named}
        if counter_named:
            other |= {"counter": counter_named}
        content = rec.encode_payload(operation) if payload is None else payload
        sealed = rec.seal(
            self.envelope(operation, content, **other), content, bytes(16), self.prev,
            counter=counter or self.office.opened.signer, clerk=clerk or self.clerk,
        )  # fmt: skip
        self.seq, self.prev = self.seq + 1, sealed.hash
        return sealed
