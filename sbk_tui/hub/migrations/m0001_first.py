"""The hub's first schema: registry, inbox, feed.

Frozen: later changes are later files. What a counter has sent is never altered or deleted.
"""

TABLES = """
CREATE TABLE "enrolment_code" (
    "secret_hash" BLOB NOT NULL PRIMARY KEY,
    "level" TEXT NOT NULL,
    "district" TEXT NOT NULL,
    "office" TEXT NOT NULL,
    "removed" TEXT NOT NULL,
    "made" BIGINT NOT NULL,
    "counter" TEXT,
    "inc" TEXT
);
CREATE TABLE "counter_cert" (
    "counter" TEXT NOT NULL,
    "inc" TEXT NOT NULL,
    "suite" INTEGER NOT NULL,
    "public" BLOB NOT NULL,
    "anchor" BLOB NOT NULL,
    "office" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "district" TEXT NOT NULL,
    "removed" TEXT NOT NULL,
    "certificate" BLOB NOT NULL,
    "signature" BLOB NOT NULL,
    "enrolled" BIGINT NOT NULL,
    "contact" BIGINT NOT NULL,
    "revoked" BIGINT,
    PRIMARY KEY ("counter", "inc")
);
CREATE TABLE "clerk_cert" (
    "counter" TEXT NOT NULL,
    "clerk" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "public" BLOB NOT NULL,
    "filed" BIGINT NOT NULL,
    PRIMARY KEY ("counter", "clerk")
);
CREATE TABLE "nonce" (
    "counter" TEXT NOT NULL,
    "nonce" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    PRIMARY KEY ("counter", "nonce")
);
CREATE INDEX "nonce_at" ON "nonce" ("at");
CREATE TABLE "inbox" (
    "counter" TEXT NOT NULL,
    "inc" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "op" TEXT NOT NULL UNIQUE,
    "hash" BLOB NOT NULL,
    "record" BLOB NOT NULL,
    "received" BIGINT NOT NULL,
    "state" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "pos" INTEGER,
    "receipt" BLOB,
    PRIMARY KEY ("counter", "inc", "seq")
);
CREATE INDEX "inbox_waiting" ON "inbox" ("counter", "inc", "seq") WHERE "state" = 'received';
CREATE INDEX "inbox_pos" ON "inbox" ("pos");
CREATE TABLE "feed" (
    "pos" INTEGER NOT NULL PRIMARY KEY,
    "type" TEXT NOT NULL,
    "op" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "body" BLOB NOT NULL
);
CREATE INDEX "feed_subject" ON "feed" ("subject", "pos");
CREATE TABLE "feed_head" (
    "id" INTEGER NOT NULL PRIMARY KEY CHECK ("id" = 1),
    "pos" INTEGER NOT NULL
);
INSERT INTO "feed_head" ("id", "pos") VALUES (1, 0);
"""

APPEND_ONLY = """
CREATE TRIGGER inbox_is_never_deleted BEFORE DELETE ON inbox
BEGIN SELECT RAISE(ABORT, 'inbox is append-only'); END;
CREATE TRIGGER inbox_record_is_never_changed
BEFORE UPDATE OF counter, inc, seq, op, hash, record, received ON inbox
BEGIN SELECT RAISE(ABORT, 'inbox is append-only'); END;
CREATE TRIGGER inbox_verdict_is_never_changed BEFORE UPDATE OF receipt ON inbox
WHEN OLD.receipt IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a verdict is final'); END;
"""


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    tables = [part for part in TABLES.split(";\n") if part.strip()]
    triggers = [f"CREATE TRIGGER {part}" for part in APPEND_ONLY.split("CREATE TRIGGER ")[1:]]
    return tables + triggers
