"""Who asked the city for a person, and why (A5); leases, by which two lives of one counter show.

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
