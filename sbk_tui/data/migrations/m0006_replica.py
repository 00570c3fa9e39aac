"""What the city has told: its records, its list of blocked cards, a copy in the making.

Frozen: later changes are later files.
"""

TABLES = """
CREATE TABLE "hub_row" (
    "subject" TEXT NOT NULL PRIMARY KEY,
    "version" INTEGER NOT NULL,
    "pos" INTEGER NOT NULL,
    "body" BLOB NOT NULL
);
CREATE TABLE "staged" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "pos" INTEGER NOT NULL,
    "body" BLOB NOT NULL
);
CREATE TABLE "blocked_card" (
    "number" TEXT NOT NULL PRIMARY KEY,
    "state" TEXT NOT NULL,
    "pos" INTEGER NOT NULL
);
CREATE TABLE "former_receipt" (
    "op" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "body" BLOB NOT NULL, PRIMARY KEY ("op", "at")
);
"""


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [part for part in TABLES.split(";\n") if part.strip()]
