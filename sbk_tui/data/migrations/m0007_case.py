"""A case says what it is about, which answers it has, and whether the holder was told (B16).

Frozen: later changes are later files.
"""

STATEMENTS = (
    """ALTER TABLE "case_item" ADD COLUMN "counter" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "case_item" ADD COLUMN "subject" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "case_item" ADD COLUMN "choices" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "case_item" ADD COLUMN "standard" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "case_item" ADD COLUMN "duty" INTEGER NOT NULL DEFAULT 0""",
    """ALTER TABLE "case_item" ADD COLUMN "told" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "case_item" ADD COLUMN "answer" TEXT NOT NULL DEFAULT ''""",
    """CREATE INDEX "case_item_counter" ON "case_item" ("counter", "closed")""",
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return list(STATEMENTS)
