"""Which bank runs a bank window (A3); what systems outside were told, and what they said (ADR 25).

Frozen: later changes are later files. A message names an operation and what it is about; the file
is kept until its answer is there, and with it the numbers of the people in it.
"""

STATEMENTS = (
    """ALTER TABLE "enrolment_code" ADD COLUMN "bank" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "counter_cert" ADD COLUMN "bank" TEXT NOT NULL DEFAULT ''""",
    """
    CREATE TABLE "outside_system" (
        "system" TEXT NOT NULL PRIMARY KEY,
        "cursor" BIGINT NOT NULL,
        "files" BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE "outside_file" (
        "system" TEXT NOT NULL,
        "name" TEXT NOT NULL,
        "layout" TEXT NOT NULL,
        "body" BLOB NOT NULL,
        "made" BIGINT NOT NULL,
        "written" BIGINT,
        "answered" BIGINT,
        "answer" TEXT NOT NULL DEFAULT '',
        PRIMARY KEY ("system", "name")
    )
    """,
    """
    CREATE TABLE "outside_message" (
        "system" TEXT NOT NULL,
        "op" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "counter" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "number" TEXT NOT NULL,
        "bank" TEXT NOT NULL,
        "file" TEXT NOT NULL,
        "line" BIGINT NOT NULL,
        "social_number" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "code" TEXT NOT NULL,
        "said" TEXT NOT NULL,
        "at" BIGINT NOT NULL,
        PRIMARY KEY ("system", "op", "subject")
    )
    """,
    """CREATE INDEX "outside_message_file" ON "outside_message" ("system", "file", "line")""",
    """CREATE INDEX "outside_message_state" ON "outside_message" ("system", "state")""",
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
