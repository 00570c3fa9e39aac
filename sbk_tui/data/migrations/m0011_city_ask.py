"""What clerks ask the city of people who are not known here (A5).

Frozen: later changes are later files.
"""

STATEMENTS = (
    """
    CREATE TABLE "city_ask" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "clerk" TEXT NOT NULL,
        "purpose" TEXT NOT NULL,
        "clause" TEXT NOT NULL,
        "asked" BIGINT NOT NULL,
        "body" BLOB NOT NULL,
        "signature" BLOB NOT NULL,
        "answered" BIGINT,
        "person" TEXT NOT NULL DEFAULT '',
        "code" TEXT NOT NULL DEFAULT ''
    )
    """,
    """CREATE INDEX "city_ask_open" ON "city_ask" ("asked") WHERE "answered" IS NULL""",
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
