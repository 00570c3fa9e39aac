"""Who asked the city for a person, and why (A5); leases, by which two lives of one
counter show; losses that are read over the telephone (B2).

Frozen: later changes are later files. A question that found nobody has no person: it is counted,
and the number that was asked for is not kept.
"""

STATEMENTS = (
    """
    CREATE TABLE "lookup" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "counter" TEXT NOT NULL,
        "clerk" TEXT NOT NULL,
        "at" BIGINT NOT NULL,
        "purpose" TEXT NOT NULL,
        "clause" TEXT NOT NULL,
        "person" TEXT NOT NULL
    )
    """,
    """ALTER TABLE "counter_cert" ADD COLUMN "lease" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "counter_cert" ADD COLUMN "lease_shown" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "counter_cert" ADD COLUMN "frozen" BIGINT""",
    """ALTER TABLE "counter_cert" ADD COLUMN "former" TEXT NOT NULL DEFAULT ''""",
    """
    CREATE TABLE "spoken_line" (
        "counter" TEXT NOT NULL PRIMARY KEY,
        "no" INTEGER NOT NULL UNIQUE,
        "key" BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE "spoken_loss" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "counter" TEXT NOT NULL,
        "number" INTEGER NOT NULL,
        "action" INTEGER NOT NULL,
        "person" TEXT NOT NULL,
        "card" TEXT NOT NULL,
        "until" TEXT NOT NULL,
        "at" BIGINT NOT NULL,
        "by" TEXT NOT NULL,
        "op" TEXT
    )
    """,
    """CREATE INDEX "spoken_loss_person" ON "spoken_loss" ("counter", "person")""",
    """CREATE TABLE "spoken_wrong" ("counter" TEXT NOT NULL, "at" BIGINT NOT NULL)""",
    """CREATE INDEX "lookup_clerk" ON "lookup" ("counter", "clerk", "at")""",
    """CREATE INDEX "lookup_person" ON "lookup" ("person")""",
    """
    CREATE TRIGGER lookup_is_never_deleted BEFORE DELETE ON lookup
    BEGIN SELECT RAISE(ABORT, 'lookup is append-only'); END
    """,
    """
    CREATE TRIGGER lookup_is_never_changed BEFORE UPDATE ON lookup
    BEGIN SELECT RAISE(ABORT, 'lookup is append-only'); END
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
