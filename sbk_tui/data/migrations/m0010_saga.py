"""Sagas: work with devices whose every step is on disk before and after it is done.

Two branches of the program brought these tables; the second finds them. Frozen: later changes
are later files.
"""

STATEMENTS = (
    """
    CREATE TABLE IF NOT EXISTS "saga" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "kind" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "clerk" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "at" INTEGER NOT NULL
    )
    """,
    """CREATE INDEX IF NOT EXISTS "saga_subject" ON "saga" ("subject")""",
    """CREATE INDEX IF NOT EXISTS "saga_state" ON "saga" ("state", "at")""",
    """
    CREATE TABLE IF NOT EXISTS "saga_step" (
        "saga" TEXT NOT NULL,
        "n" INTEGER NOT NULL,
        "name" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "device" TEXT NOT NULL,
        "holder" TEXT NOT NULL,
        "baseline" BLOB NOT NULL,
        "sent_at" INTEGER,
        "evidence" BLOB NOT NULL,
        "op" TEXT NOT NULL,
        PRIMARY KEY ("saga", "n")
    )
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
