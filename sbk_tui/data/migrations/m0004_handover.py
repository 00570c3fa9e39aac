"""Hand-overs of finished cards (2.1): one row per list that came; 滞留 marks; units.

Frozen: later changes are later files.
"""

STATEMENTS = (
    """
    CREATE TABLE "handover" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "batch" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "handover_state" ON "handover" ("state")""",
    """
    CREATE TABLE "unit" (
        "code" TEXT NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "initials" TEXT NOT NULL
    )
    """,
    """ALTER TABLE "card" ADD COLUMN "marks" INTEGER NOT NULL DEFAULT 0""",
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
