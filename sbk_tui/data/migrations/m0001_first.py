"""The first schema: log, receipts, cases, keys, drafts, papers, and the projections.

Frozen: later changes are later files. Only projections may ever be altered or dropped.
"""

TABLES = """
CREATE TABLE "operation" (
    "op" TEXT NOT NULL PRIMARY KEY,
    "inc" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "hlc" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "clerk" TEXT NOT NULL,
    "envelope" BLOB NOT NULL,
    "payload" BLOB,
    "salt" BLOB,
    "prev" BLOB NOT NULL,
    "hash" BLOB NOT NULL,
    "counter_sig" BLOB NOT NULL,
    "clerk_sig" BLOB NOT NULL
);
CREATE INDEX "operation_hlc" ON "operation" ("hlc");
CREATE UNIQUE INDEX "operation_inc_seq" ON "operation" ("inc", "seq");
CREATE TABLE "about" (
    "subject" TEXT NOT NULL,
    "op" TEXT NOT NULL, PRIMARY KEY ("subject", "op")
);
CREATE TABLE "receipt" (
    "op" TEXT NOT NULL PRIMARY KEY,
    "state" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "hub_pos" INTEGER,
    "at" BIGINT NOT NULL,
    "body" BLOB NOT NULL
);
CREATE TABLE "case_item" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "op" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "due" TEXT,
    "opened" BIGINT NOT NULL,
    "closed" BIGINT,
    "closed_by_op" TEXT
);
CREATE INDEX "case_item_op" ON "case_item" ("op");
CREATE INDEX "case_item_closed" ON "case_item" ("closed");
CREATE TABLE "incarnation" (
    "inc" TEXT NOT NULL PRIMARY KEY,
    "counter" TEXT NOT NULL,
    "certificate" BLOB NOT NULL,
    "signature" BLOB NOT NULL,
    "opened" BIGINT NOT NULL,
    "closed" BIGINT
);
CREATE TABLE "peer" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" BLOB NOT NULL
);
CREATE TABLE "secret" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" BLOB NOT NULL
);
CREATE TABLE "clerk" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "public" BLOB NOT NULL,
    "closed" BIGINT
);
CREATE TABLE "draft" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "clerk" TEXT NOT NULL,
    "job" TEXT NOT NULL,
    "body" BLOB NOT NULL,
    "at" BIGINT NOT NULL
);
CREATE INDEX "draft_clerk_job" ON "draft" ("clerk", "job");
CREATE TABLE "paper" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "op" TEXT NOT NULL,
    "layout" TEXT NOT NULL,
    "record" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "copies" INTEGER NOT NULL,
    "job" TEXT NOT NULL,
    "at" BIGINT NOT NULL
);
CREATE INDEX "paper_op" ON "paper" ("op");
CREATE INDEX "paper_state" ON "paper" ("state");
CREATE TABLE "blob" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "size" INTEGER NOT NULL,
    "have" INTEGER NOT NULL,
    "sent_to" INTEGER NOT NULL
);
CREATE TABLE "access_log" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "at" BIGINT NOT NULL,
    "clerk" TEXT NOT NULL,
    "person" TEXT NOT NULL,
    "command" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "revealed" TEXT NOT NULL,
    "rows" INTEGER NOT NULL
);
CREATE INDEX "access_log_person" ON "access_log" ("person");
CREATE TABLE "person" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "number" TEXT NOT NULL,
    "tail" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mobile" TEXT NOT NULL,
    "village_code" TEXT NOT NULL,
    "unit_code" TEXT NOT NULL,
    "body" BLOB NOT NULL
);
CREATE UNIQUE INDEX "person_number" ON "person" ("number");
CREATE INDEX "person_tail" ON "person" ("tail");
CREATE INDEX "person_name" ON "person" ("name");
CREATE INDEX "person_mobile" ON "person" ("mobile");
CREATE INDEX "person_village_code" ON "person" ("village_code");
CREATE INDEX "person_unit_code" ON "person" ("unit_code");
CREATE TABLE "person_initials" (
    "initials" TEXT NOT NULL,
    "person" TEXT NOT NULL, PRIMARY KEY ("initials", "person")
);
CREATE INDEX "person_initials_person" ON "person_initials" ("person");
CREATE TABLE "card" (
    "number" TEXT NOT NULL PRIMARY KEY,
    "person" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "custody" TEXT NOT NULL,
    "batch" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "bank" TEXT NOT NULL,
    "bank_card" TEXT NOT NULL,
    "collected" TEXT,
    "body" BLOB NOT NULL
);
CREATE INDEX "card_person" ON "card" ("person");
CREATE INDEX "card_custody" ON "card" ("custody");
CREATE INDEX "card_batch" ON "card" ("batch");
CREATE INDEX "card_bank_card" ON "card" ("bank_card");
CREATE TABLE "application" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "person" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "made" TEXT NOT NULL,
    "counter" TEXT NOT NULL,
    "body" BLOB NOT NULL
);
CREATE INDEX "application_person" ON "application" ("person");
CREATE TABLE "subject" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "version" INTEGER NOT NULL,
    "row_hash" BLOB NOT NULL
);
"""

APPEND_ONLY = """
CREATE TRIGGER operation_is_never_deleted BEFORE DELETE ON operation
BEGIN SELECT RAISE(ABORT, 'operation is append-only'); END;
CREATE TRIGGER operation_is_never_changed BEFORE UPDATE ON operation
WHEN NOT (
    NEW.payload IS NULL AND NEW.salt IS NULL
    AND NEW.op IS OLD.op AND NEW.inc IS OLD.inc AND NEW.seq IS OLD.seq AND NEW.hlc IS OLD.hlc
    AND NEW.kind IS OLD.kind AND NEW.clerk IS OLD.clerk AND NEW.envelope IS OLD.envelope
    AND NEW.prev IS OLD.prev AND NEW.hash IS OLD.hash
    AND NEW.counter_sig IS OLD.counter_sig AND NEW.clerk_sig IS OLD.clerk_sig
)
BEGIN SELECT RAISE(ABORT, 'operation is append-only'); END;
"""
"""Retention may erase payload and salt together (§ retention); nothing else ever changes."""


def statements() -> list[str]:
    """Return the statements of this step, one transaction's worth, in order."""
    tables = [part for part in TABLES.split(";\n") if part.strip()]
    triggers = [f"CREATE TRIGGER {part}" for part in APPEND_ONLY.split("CREATE TRIGGER ")[1:]]
    return tables + triggers
