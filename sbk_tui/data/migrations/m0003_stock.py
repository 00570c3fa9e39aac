"""Stock by place: cards are listed in the order in which they lie (2.3.3).

Frozen: later changes are later files. `shelf` is `place` with its numbers padded, so that
position 10 comes behind position 9; a place that is no chain of numbers stays as it is.
"""

_PARTS = """json_each('["' || replace("place", '-', '","') || '"]')"""

STATEMENTS = (
    """ALTER TABLE "card" ADD COLUMN "shelf" TEXT NOT NULL DEFAULT ''""",
    """UPDATE "card" SET "shelf" = "place" """,
    f"""
    UPDATE "card" SET "shelf" = (SELECT group_concat(printf('%05d', value), '-') FROM {_PARTS})
    WHERE "place" <> '' AND "place" NOT GLOB '*[^0-9-]*'
    AND (SELECT min(length(value)) BETWEEN 1 AND 5 AND max(length(value)) <= 5 FROM {_PARTS})
    """,  # noqa: S608 -- our own constant
    """
    CREATE INDEX "card_custody_state_shelf_number" ON "card"
    ("custody", "state", "shelf", "number")
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
