"""The supervisors' page: who may see it, who is signed in, and the day's work counted.

Frozen: later changes are later files.
"""

TABLES = """
CREATE TABLE "supervisor" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password" TEXT NOT NULL,
    "tries" TEXT NOT NULL,
    "made" BIGINT NOT NULL,
    "closed" BIGINT
);
CREATE TABLE "page_session" (
    "token_hash" BLOB NOT NULL PRIMARY KEY,
    "supervisor" TEXT NOT NULL,
    "csrf" TEXT NOT NULL,
    "began" BIGINT NOT NULL,
    "seen" BIGINT NOT NULL
);
CREATE TABLE "work_tally" (
    "day" TEXT NOT NULL,
    "district" TEXT NOT NULL,
    "counter" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "delay_ms" BIGINT NOT NULL,
    PRIMARY KEY ("day", "district", "counter", "kind", "verdict")
);
"""


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [part for part in TABLES.split(";\n") if part.strip()]
