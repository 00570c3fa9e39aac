"""Temporary cards (6.1–6.3), and who people were before a correction (F2): two projections.

Frozen: later changes are later files.
"""

TABLES = """
CREATE TABLE "temp_card" (
    "number" TEXT NOT NULL PRIMARY KEY,
    "state" TEXT NOT NULL,
    "box" TEXT NOT NULL,
    "custody" TEXT NOT NULL,
    "person" TEXT NOT NULL,
    "valid_to" TEXT NOT NULL,
    "body" BLOB NOT NULL
);
CREATE INDEX "temp_card_person" ON "temp_card" ("person");
CREATE INDEX "temp_card_state_valid_to_number" ON "temp_card" ("state", "valid_to", "number");
CREATE INDEX "temp_card_custody_state_box_number"
    ON "temp_card" ("custody", "state", "box", "number");
CREATE TABLE "former_identity" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "person" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "tail" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "body" BLOB NOT NULL
);
CREATE INDEX "former_identity_person" ON "former_identity" ("person");
CREATE INDEX "former_identity_number" ON "former_identity" ("number");
CREATE INDEX "former_identity_tail" ON "former_identity" ("tail");
CREATE INDEX "former_identity_name" ON "former_identity" ("name");
"""


def statements() -> list[str]:
    """Return the statements of this step, in order."""
    return [part for part in TABLES.split(";\n") if part.strip()]
