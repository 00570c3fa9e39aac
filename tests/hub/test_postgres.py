"""Our migrations, written once for SQLite, as PostgreSQL is told them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui.errors import BadUsage, StorageFault
from sbk_tui.hub.home import create
from sbk_tui.hub.postgres import PostgresStore, postgres_of


def test_a_table_keeps_its_shape_and_compares_text_by_bytes() -> None:
    told = postgres_of('CREATE TABLE "a" ("id" TEXT NOT NULL, "n" INTEGER, "b" BLOB)')
    assert told == ('CREATE TABLE "a" ("id" TEXT COLLATE "C" NOT NULL, "n" BIGINT, "b" BYTEA)',)


def test_a_guard_becomes_a_function_and_its_trigger() -> None:
    function, trigger = postgres_of(
        "CREATE TRIGGER kept BEFORE UPDATE OF receipt, op ON inbox\n"
        "WHEN OLD.receipt IS NOT NULL AND NEW.op IS OLD.op\n"
        "BEGIN SELECT RAISE(ABORT, 'a verdict is final'); END;"
    )
    assert function == (
        "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a verdict is final'; END $$"
    )
    assert trigger == (
        "CREATE TRIGGER kept BEFORE UPDATE OF receipt, op ON inbox FOR EACH ROW"
        " WHEN (OLD.receipt IS NOT NULL AND NEW.op IS NOT DISTINCT FROM OLD.op)"
        " EXECUTE FUNCTION kept()"
    )


def test_a_server_that_is_not_there_is_told_as_a_fault_of_storage(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sbk_tui.hub.postgres._PATIENCE_S", 0.3)
    store = PostgresStore(f"postgresql:///nowhere?host={private_folder}")
    with pytest.raises(StorageFault, match=r"hub\.database"), store.session():
        pass
    store.close()


def test_an_address_of_something_else_is_refused(private_folder: Path) -> None:
    with pytest.raises(BadUsage, match=r"hub\.database_url"):
        create(private_folder / "hub", "mysql://here")
