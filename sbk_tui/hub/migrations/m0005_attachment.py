"""Blobs that operations have named, and when each became whole.

Frozen: later changes are later files.
"""

TABLES = """
CREATE TABLE "attachment" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "op" TEXT NOT NULL,
    "counter" TEXT NOT NULL,
    "named" BIGINT NOT NULL,
    "complete" BIGINT
);
CREATE INDEX "attachment_missing" ON "attachment" ("named") WHERE "complete" IS NULL;
"""


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [part for part in TABLES.split(";\n") if part.strip()]
