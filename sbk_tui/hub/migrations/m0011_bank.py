"""Which bank runs a bank window: granted with its code, judged by with every activation (A3).

Frozen: later changes are later files.
"""

STATEMENTS = (
    """ALTER TABLE "enrolment_code" ADD COLUMN "bank" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "counter_cert" ADD COLUMN "bank" TEXT NOT NULL DEFAULT ''""",
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return list(STATEMENTS)
