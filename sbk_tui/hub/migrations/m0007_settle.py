"""Conflicts: what each accepted operation concerns, what is held, what a supervisor decided.

Frozen: later changes are later files. `settled` is the index by which the judge finds what a
counter had not seen; `decision` is append-only, as a verdict is.
"""

STATEMENTS = (
    """
    CREATE TABLE "settled" (
        "subject" TEXT NOT NULL,
        "pos" INTEGER NOT NULL,
        "op" TEXT NOT NULL,
        "counter" TEXT NOT NULL,
        PRIMARY KEY ("subject", "pos")
    )
    """,
    """
    INSERT INTO "settled" ("subject", "pos", "op", "counter")
    SELECT f."subject", i."pos", i."op", i."counter" FROM "feed" f
    JOIN "inbox" i ON i."op" = f."op" WHERE f."type" = 'row' AND i."pos" IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    """
    CREATE TABLE "hold" (
        "case" TEXT NOT NULL PRIMARY KEY,
        "op" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "code" TEXT NOT NULL,
        "before" BLOB,
        "pos" INTEGER NOT NULL,
        "due" TEXT,
        "ended" BIGINT
    )
    """,
    """CREATE INDEX "hold_subject" ON "hold" ("subject") WHERE "ended" IS NULL""",
    """
    CREATE TABLE "decision" (
        "case" TEXT NOT NULL PRIMARY KEY,
        "op" TEXT NOT NULL,
        "answer" TEXT NOT NULL,
        "by" TEXT NOT NULL,
        "reason" TEXT NOT NULL,
        "at" BIGINT NOT NULL,
        "pos" INTEGER,
        "receipt" BLOB
    )
    """,
    """CREATE INDEX "decision_op" ON "decision" ("op")""",
    """
    CREATE TRIGGER decision_is_never_deleted BEFORE DELETE ON decision
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END
    """,
    """
    CREATE TRIGGER decision_is_never_changed BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
