"""Production (5.1.2.4, 5.1.3): cards being made at a counter, blanks by serial, ribbons.

Frozen: later changes are later files.
"""

STATEMENTS = (
    """
    CREATE TABLE "production" (
        "application" TEXT NOT NULL PRIMARY KEY,
        "person" TEXT NOT NULL,
        "counter" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "card" TEXT NOT NULL,
        "moved" BIGINT NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "production_person" ON "production" ("person")""",
    """CREATE INDEX "production_card" ON "production" ("card")""",
    """CREATE INDEX "production_counter_state_moved_application" ON "production"
    ("counter", "state", "moved", "application")""",
    """
    CREATE TABLE "blank" (
        "serial" TEXT NOT NULL PRIMARY KEY,
        "bank" TEXT NOT NULL,
        "custody" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "application" TEXT NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "blank_custody_bank_state_serial" ON "blank"
    ("custody", "bank", "state", "serial")""",
    """
    CREATE TABLE "ribbons" (
        "counter" TEXT NOT NULL PRIMARY KEY,
        "body" BLOB NOT NULL
    )
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
