"""Money (5.1.1, 5.1.2.3): batches of pre-printed numbers, numbers spent, payments; persisted sagas.

Frozen: later changes are later files.
"""

STATEMENTS = (
    """
    CREATE TABLE "number_batch" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "form" TEXT NOT NULL,
        "counter" TEXT NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "number_batch_form_counter" ON "number_batch" ("form", "counter")""",
    """
    CREATE TABLE "spent_number" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "batch" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "spent_number_batch_id" ON "spent_number" ("batch", "id")""",
    """
    CREATE TABLE "payment" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "person" TEXT NOT NULL,
        "counter" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "made" TEXT NOT NULL,
        "reference" TEXT NOT NULL,
        "notice" TEXT NOT NULL,
        "note" TEXT NOT NULL,
        "application" TEXT NOT NULL,
        "amount_fen" INTEGER NOT NULL,
        "body" BLOB NOT NULL
    )
    """,
    """CREATE INDEX "payment_person" ON "payment" ("person")""",
    """CREATE INDEX "payment_reference" ON "payment" ("reference")""",
    """CREATE INDEX "payment_state_application_made_id" ON "payment"
    ("state", "application", "made", "id")""",
    """
    CREATE TABLE "saga" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "kind" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "clerk" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "at" INTEGER NOT NULL
    )
    """,
    """CREATE INDEX "saga_subject" ON "saga" ("subject")""",
    """CREATE INDEX "saga_state" ON "saga" ("state", "at")""",
    """
    CREATE TABLE "saga_step" (
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
