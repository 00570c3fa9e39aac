"""The database file: encrypted, private, in order, and honest about what it cannot do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sbk_tui.data import models
from sbk_tui.data.migrations import NEWEST, m0001_first, migrate
from sbk_tui.data.store import Store, open_store
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.errors import BadUsage, IntegrityFault, SbkError, StorageFault
from tests.data.conftest import KEY, Office, make_office
from tests.data.days import CARDS, stock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a private folder."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    return place


def opened(path: Path, key: bytes | None) -> Store:
    """Open and migrate."""
    store = open_store(path, key)
    migrate(store)
    return store


def fill(office: Office) -> None:
    """Take in cards for as long as the disk bears it."""
    for n in range(50):
        office.do(stock([f"C{n:07d}{i}" for i in range(9)]))


@pytest.mark.clause("P10")
def test_nothing_of_a_person_stands_readable_in_the_files(office: Office) -> None:
    office.do(stock())
    office.opened.store.close()
    for path in office.folder.iterdir():
        held = path.read_bytes()
        assert "持卡人".encode() not in held, path
        assert b"41078219850314" not in held, path
        assert not held.startswith(b"SQLite format 3"), path
        assert KEY[:8] not in held, path


@pytest.mark.clause("P10")
def test_a_plain_file_in_the_place_of_an_encrypted_one_is_refused(folder: Path) -> None:
    opened(folder / "sbk.db", None).close()
    with pytest.raises(IntegrityFault) as fault:
        open_store(folder / "sbk.db", KEY)
    assert fault.value.code == "store.not_encrypted"


def test_a_wrong_key_opens_nothing_and_says_so_quietly(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened(folder / "sbk.db", KEY).close()
    with pytest.raises(IntegrityFault) as fault:
        open_store(folder / "sbk.db", bytes(32))
    assert fault.value.code == "store.wrong_key"
    assert capfd.readouterr() == ("", "")


def test_a_database_of_a_newer_version_is_not_opened(folder: Path) -> None:
    store = opened(folder / "sbk.db", KEY)
    store.db.execute_sql(f"PRAGMA user_version = {NEWEST + 1}")
    store.close()
    newer = open_store(folder / "sbk.db", KEY)
    try:
        with pytest.raises(IntegrityFault) as fault:
            migrate(newer)
    finally:
        newer.close()
    assert fault.value.code == "store.newer"
    assert fault.value.facts == {"found": NEWEST + 1, "known": NEWEST}


def test_a_folder_that_others_can_read_is_refused(folder: Path) -> None:
    folder.chmod(0o755)
    with pytest.raises(BadUsage) as fault:
        open_store(folder / "sbk.db", KEY)
    assert fault.value.code == "store.too_open"


def test_a_file_is_made_readable_by_its_owner_only(office: Office) -> None:
    assert office.folder.joinpath("sbk.db").stat().st_mode & 0o777 == 0o600


def test_the_rules_of_writing_are_in_force(office: Office) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with office.opened.store.session() as db:
        found = {name: db.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted


@pytest.mark.clause("P1")
@pytest.mark.parametrize("key", [KEY, None], ids=["encrypted", "plain"])
def test_a_full_disk_undoes_the_operation_whole_and_says_what_to_do(
    tmp_path: Path, key: bytes | None
) -> None:
    office = make_office(tmp_path / "counter", key=key)
    try:
        office.do(stock(CARDS[:1]))
        with office.opened.store.session() as db:
            pages = db.execute_sql("PRAGMA page_count").fetchone()[0]
            db.execute_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageFault) as fault:
            fill(office)
        assert fault.value.code == "store.full"
        with office.opened.store.session() as db:
            db.execute_sql("PRAGMA max_page_count = 1000000")
            operations = db.execute_sql("SELECT count(*) FROM operation").fetchone()[0]
            seqs = db.execute_sql("SELECT max(seq) FROM operation").fetchone()[0]
        assert operations == seqs
        with pytest.raises(SbkError, match=r"card\.sealed"):
            office.do(FormalLoss(card=CARDS[0], id_shown=True))
    finally:
        office.opened.store.close()


def test_a_read_only_database_says_so(office: Office) -> None:
    office.do(stock())
    with office.opened.store.session() as db:
        db.execute_sql("PRAGMA query_only = 1")
    with pytest.raises(StorageFault) as fault:
        office.do(stock(["D00000011"]))
    assert fault.value.code == "store.read_only"


def test_the_first_schema_is_what_the_models_say(folder: Path) -> None:
    store = opened(folder / "sbk.db", None)
    try:
        for model in models.TABLES:
            columns = {c.name for c in store.db.get_columns(model._meta.table_name)}
            assert columns == {f.column_name for f in model._meta.sorted_fields}, model
    finally:
        store.close()


def test_the_standard_library_cannot_open_an_encrypted_file(office: Office) -> None:
    office.opened.store.close()
    other = sqlite3.connect(f"file:{office.folder / 'sbk.db'}?mode=ro", uri=True)
    try:
        with pytest.raises(sqlite3.DatabaseError):
            other.execute("SELECT * FROM person")
    finally:
        other.close()


def test_a_database_of_the_first_schema_is_brought_to_the_newest(folder: Path) -> None:
    old = open_store(folder / "sbk.db", KEY)
    with old.write() as db:
        for statement in m0001_first.statements():
            db.execute_sql(statement)
        db.execute_sql("PRAGMA user_version = 1")
        db.execute_sql("INSERT INTO secret (name, value) VALUES ('kept', x'01')")
    assert migrate(old) == NEWEST
    (folder / "new").mkdir(mode=0o700)
    new = opened(folder / "new" / "sbk.db", KEY)
    try:
        schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
        with old.session() as one, new.session() as other:
            assert one.execute_sql(schema).fetchall() == other.execute_sql(schema).fetchall()
            assert one.execute_sql("SELECT name FROM secret").fetchall() == [("kept",)]
    finally:
        old.close()
        new.close()
