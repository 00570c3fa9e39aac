"""Hand-overs of finished cards (2.1): one row per list that came.

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
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
