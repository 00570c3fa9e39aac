"""The feed by audience: whose region an entry belongs to, or the one counter it is for.

Frozen: later changes are later files. Rows that were decided before go to their people's village.
"""

STATEMENTS = (
    """ALTER TABLE "feed" ADD COLUMN "region" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "feed" ADD COLUMN "counter" TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE "feed" ADD COLUMN "person" TEXT NOT NULL DEFAULT ''""",
    """UPDATE "feed" SET "counter" = substr("subject", 9) WHERE "type" = 'verdict'""",
    """
    UPDATE "feed" SET "person" = coalesce(CASE
        WHEN "subject" LIKE 'person/%' THEN substr("subject", 8)
        WHEN "subject" LIKE 'card/%' THEN
            (SELECT "person" FROM "card" WHERE "number" = substr("feed"."subject", 6))
        WHEN "subject" LIKE 'temp/%' THEN
            (SELECT "person" FROM "temp_card" WHERE "number" = substr("feed"."subject", 6))
        WHEN "subject" LIKE 'former/%' THEN
            (SELECT "person" FROM "former_identity" WHERE "id" = substr("feed"."subject", 8))
        WHEN "subject" LIKE 'application/%' THEN
            (SELECT "person" FROM "application" WHERE "id" = substr("feed"."subject", 13))
    END, '') WHERE "type" = 'row'
    """,
    """
    UPDATE "feed" SET "region" = coalesce(
        (SELECT "village_code" FROM "person" WHERE "id" = "feed"."person"), '')
    WHERE "type" = 'row'
    """,
    """
    CREATE TABLE "interest" (
        "counter" TEXT NOT NULL,
        "person" TEXT NOT NULL,
        "until" BIGINT NOT NULL,
        PRIMARY KEY ("counter", "person")
    )
    """,
    """
    INSERT INTO "interest" ("counter", "person", "until")
    SELECT i."counter", f."person", max(i."received") + 2592000000
    FROM "feed" f JOIN "inbox" i ON i."op" = f."op"
    WHERE f."person" <> '' GROUP BY i."counter", f."person"
    """,
)


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [statement.strip() for statement in STATEMENTS]
