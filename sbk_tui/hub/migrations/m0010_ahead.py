"""What is held is found without reading all. Frozen: later changes are later files."""

STATEMENTS = (
    """
    CREATE INDEX "inbox_held" ON "inbox" ("counter", "inc", "seq") WHERE "state" = 'held'
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
