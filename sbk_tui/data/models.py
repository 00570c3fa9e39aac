"""The tables as Peewee knows them: fields and indexes, nothing else.

A projection (person, card, application …) keeps its record whole as MessagePack in `body`, and
beside it only the columns that somebody searches or counts by. Projections can be dropped and
folded again from the log; `operation` and `receipt` cannot and are never altered.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    IntegerField,
    Model,
    TextField,
)


class Base(Model):
    """Bound to no database: a query says which one it asks (`.bind(db)`), counter's or hub's."""

    class Meta:
        legacy_table_names = False


class Operation(Base):
    op = TextField(primary_key=True)
    inc = TextField()
    seq = IntegerField()
    hlc = BigIntegerField(index=True)
    kind = TextField()
    clerk = TextField()
    envelope = BlobField()
    payload = BlobField(null=True)
    salt = BlobField(null=True)
    prev = BlobField()
    hash = BlobField()
    counter_sig = BlobField()
    clerk_sig = BlobField()

    class Meta:
        indexes = ((("inc", "seq"), True),)


class About(Base):
    subject = TextField()
    op = TextField()

    class Meta:
        primary_key = CompositeKey("subject", "op")


class Receipt(Base):
    op = TextField(primary_key=True)
    state = TextField()
    verdict = TextField()
    code = TextField()
    facts = TextField()
    hub_pos = IntegerField(null=True)
    at = BigIntegerField()
    body = BlobField()


class CaseItem(Base):
    id = TextField(primary_key=True)
    op = TextField(index=True)
    severity = TextField()
    code = TextField()
    facts = TextField()
    due = TextField(null=True)
    opened = BigIntegerField()
    closed = BigIntegerField(null=True, index=True)
    closed_by_op = TextField(null=True)
    counter = TextField(default="")
    subject = TextField(default="")
    choices = TextField(default="")
    standard = TextField(default="")
    duty = BooleanField(default=False)
    told = TextField(default="")
    answer = TextField(default="")


class Subject(Base):
    id = TextField(primary_key=True)
    version = IntegerField()
    row_hash = BlobField()


class Incarnation(Base):
    inc = TextField(primary_key=True)
    counter = TextField()
    certificate = BlobField()
    signature = BlobField()
    opened = BigIntegerField()
    closed = BigIntegerField(null=True)


class Peer(Base):
    name = TextField(primary_key=True)
    value = BlobField()


class Secret(Base):
    name = TextField(primary_key=True)
    value = BlobField()


class Clerk(Base):
    id = TextField(primary_key=True)
    name = TextField()
    role = TextField()
    public = BlobField()
    closed = BigIntegerField(null=True)


class Draft(Base):
    id = TextField(primary_key=True)
    clerk = TextField()
    job = TextField()
    body = BlobField()
    at = BigIntegerField()

    class Meta:
        indexes = ((("clerk", "job"), False),)


class Paper(Base):
    id = TextField(primary_key=True)
    op = TextField(index=True)
    layout = TextField()
    record = BlobField()
    state = TextField(index=True)
    copies = IntegerField()
    job = TextField()
    at = BigIntegerField()


class Blob(Base):
    id = TextField(primary_key=True)
    size = IntegerField()
    have = BooleanField()
    sent_to = IntegerField()


class AccessLog(Base):
    id = AutoField()
    at = BigIntegerField()
    clerk = TextField()
    person = TextField(index=True)
    command = TextField()
    purpose = TextField()
    revealed = TextField()
    rows = IntegerField()


class Person(Base):
    id = TextField(primary_key=True)
    number = TextField(unique=True)
    tail = TextField(index=True)
    """The number from its last character to its first: last digits are a prefix of it."""
    name = TextField()
    mobile = TextField(index=True)
    village_code = TextField()
    unit_code = TextField()
    body = BlobField()

    class Meta:
        # With the id behind: whose cards are asked for is answered by the index alone.
        indexes = (
            (("name", "id"), False), (("village_code", "id"), False), (("unit_code", "id"), False),
        )  # fmt: skip


class PersonInitials(Base):
    initials = TextField()
    person = TextField(index=True)

    class Meta:
        primary_key = CompositeKey("initials", "person")


class Card(Base):
    # Beside these the index `card_person_asked` (step 8) holds all that lists of people's cards
    # are sorted and counted by, so that no row is read for it.
    number = TextField(primary_key=True)
    person = TextField()
    state = TextField()
    custody = TextField(index=True)
    batch = TextField(index=True)
    place = TextField()
    bank = TextField()
    bank_card = TextField(index=True)
    collected = TextField(null=True)
    body = BlobField()
    shelf = TextField()
    """The place as it is sorted: numbers of a place 柜-层-盒-位 count as numbers."""
    marks = IntegerField(default=0)
    """How many days it was marked as uncollected (滞留)."""
    known = BigIntegerField(default=0)
    """Unix ms of its list's arrival; a counter's first record of it."""
    receipt = TextField(default="")
    """回执 as `receipt_state` says it (2.3.1)."""

    class Meta:
        indexes = (
            (("custody", "state", "shelf", "number"), False),
            (("custody", "state", "known", "number"), False),
            (("receipt", "person"), False),
        )


class Application(Base):
    id = TextField(primary_key=True)
    person = TextField(index=True)
    state = TextField()
    made = TextField()
    counter = TextField()
    body = BlobField()


class TempCard(Base):
    number = TextField(primary_key=True)
    state = TextField()
    box = TextField()
    custody = TextField()
    person = TextField(index=True)
    valid_to = TextField()
    body = BlobField()

    class Meta:
        indexes = (
            (("state", "valid_to", "number"), False),
            (("custody", "state", "box", "number"), False),
        )


class FormerIdentity(Base):
    id = TextField(primary_key=True)
    person = TextField(index=True)
    number = TextField(index=True)
    tail = TextField(index=True)
    name = TextField(index=True)
    body = BlobField()


class Unit(Base):
    code = TextField(primary_key=True)
    name = TextField()
    initials = TextField()


class Handover(Base):
    id = TextField(primary_key=True)
    batch = TextField(index=True)
    state = TextField(index=True)
    body = BlobField()
    sender = TextField(default="")
    place = TextField(default="")
    """行政区划代码 of the receiving place."""
    made = TextField(default="")
    """When it was asked for, else when its list came; ISO, UTC."""

    class Meta:
        indexes = ((("sender", "made", "id"), False),)


class NumberBatch(Base):
    id = TextField(primary_key=True)
    form = TextField()
    counter = TextField()
    body = BlobField()

    class Meta:
        indexes = ((("form", "counter"), False),)


class SpentNumber(Base):
    id = TextField(primary_key=True)
    """Form and number, as in the subject."""
    batch = TextField()
    state = TextField()
    body = BlobField()

    class Meta:
        indexes = ((("batch", "id"), False),)


class Payment(Base):
    id = TextField(primary_key=True)
    person = TextField(index=True)
    counter = TextField()
    state = TextField()
    made = TextField()
    reference = TextField(index=True)
    notice = TextField()
    note = TextField()
    application = TextField()
    amount_fen = IntegerField()
    body = BlobField()

    class Meta:
        indexes = ((("state", "application", "made", "id"), False),)


class Production(Base):
    application = TextField(primary_key=True)
    person = TextField(index=True)
    counter = TextField()
    state = TextField()
    card = TextField(index=True)
    moved = BigIntegerField()
    body = BlobField()

    class Meta:
        indexes = ((("counter", "state", "moved", "application"), False),)


class Blank(Base):
    serial = TextField(primary_key=True)
    bank = TextField()
    custody = TextField()
    state = TextField()
    application = TextField()
    body = BlobField()

    class Meta:
        indexes = ((("custody", "bank", "state", "serial"), False),)


class Ribbons(Base):
    counter = TextField(primary_key=True)
    body = BlobField()


class Saga(Base):
    id = TextField(primary_key=True)
    kind = TextField()
    subject = TextField(index=True)
    clerk = TextField()
    state = TextField(index=True)
    at = BigIntegerField()


class SagaStep(Base):
    saga = TextField()
    n = IntegerField()
    name = TextField()
    state = TextField()
    device = TextField()
    holder = TextField()
    baseline = BlobField()
    sent_at = BigIntegerField(null=True)
    evidence = BlobField()
    op = TextField()

    class Meta:
        primary_key = CompositeKey("saga", "n")


class HubRow(Base):
    """A record as the city has it; local records are this and our own work on top."""

    subject = TextField(primary_key=True)
    version = IntegerField()
    pos = IntegerField()
    body = BlobField()


class Staged(Base):
    """What was fetched of a new copy of the city's records, until it is whole."""

    key = TextField(primary_key=True)
    type = TextField()
    subject = TextField()
    version = IntegerField()
    pos = IntegerField()
    body = BlobField()


class BlockedCard(Base):
    """A card of the city that is lost or cancelled: number and state only."""

    number = TextField(primary_key=True)
    state = TextField()
    pos = IntegerField()


class FormerReceipt(Base):
    """A receipt that the city gave before it was restored from a backup; kept as proof."""

    op = TextField()
    at = BigIntegerField()
    body = BlobField()

    class Meta:
        primary_key = CompositeKey("op", "at")


PROJECTIONS = (
    Person,
    PersonInitials,
    Card,
    Application,
    TempCard,
    FormerIdentity,
    Handover,
    NumberBatch,
    SpentNumber,
    Payment,
    Production,
    Blank,
    Ribbons,
    Subject,
)
TABLES = (
    Operation,
    About,
    Receipt,
    CaseItem,
    Incarnation,
    Peer,
    Secret,
    Clerk,
    Draft,
    Paper,
    Blob,
    AccessLog,
    Unit,
    HubRow,
    Staged,
    BlockedCard,
    FormerReceipt,
    Saga,
    SagaStep,
    *PROJECTIONS,
)
