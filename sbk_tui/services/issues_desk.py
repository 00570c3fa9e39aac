"""发卡记录查询 (2.4.1): what was typed becomes a question; pages, counts and exports answer it.

Masked unless the clerk gives a purpose; every export is noted with its purpose and rows first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sbk_tui import divisions
from sbk_tui.data.access import AccessLog
from sbk_tui.data.issues import STATES, Issue, Issues, Totals, Wanted
from sbk_tui.domain import mask
from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.domain.text import clean
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.exports import write_table
from sbk_tui.services.forms import Field, Values, parse_date
from sbk_tui.texts import name_of, word

__all__ = ["FIELDS", "Issue", "IssuesDesk", "Totals", "Wanted"]
CLAUSE = "2.4.1"
_CARD_LENGTH, _UNIT_LENGTH = 9, 20
STATE_OF = {str(code): state for code, state in enumerate(STATES, 1)}
"""Code of the table `issue_state` → state."""
PURPOSES = ("service", "verify", "inspection", "other")
"""Why somebody may want to see full numbers (words `purpose.…`)."""
_HEADINGS = (
    "name", "number", "card", "state", "issued", "receiver", "clerk", "phone", "bank",
    "bank_card", "unit", "village", "batch", "place",
)  # fmt: skip

FIELDS = (
    Field("issue_place"),
    Field("issue_state", "choice", table="issue_state"),
    Field("since", "date"),
    Field("until", "date"),
)


class IssuesDesk:
    """The issuing records, for the clerk who is signed in."""

    def __init__(
        self,
        issues: Issues,
        access: AccessLog,
        *,
        clerk: str,
        office: str,
        district: str,
        now_ms: Callable[[], int],
        folder: Path,
    ) -> None:
        """Take the records and whose they are.

        Args:
            clerk: name and id, for the last row of an export.
            folder: where exports go that are given no place.
        """
        self._issues = issues
        self._access = access
        self._clerk = clerk
        self._office = office
        self._district = district
        self._now_ms = now_ms
        self._folder = folder

    def wanted(self, values: Values) -> Wanted:
        """Return the question that the fields ask.

        Raises:
            Refusal: `issues.place`, `issues.state`, `field.date`, `issues.dates`.
        """
        since, until = (
            parse_date(values[name]) if values.get(name) else None for name in ("since", "until")
        )
        if since and until and until < since:
            raise Refusal("issues.dates", clause=CLAUSE)
        state = values.get("issue_state", "").strip()
        if state and state not in STATE_OF:
            raise Refusal("issues.state", clause=CLAUSE)
        return Wanted(
            **_place(clean(values.get("issue_place", "")).strip()),
            state=STATE_OF.get(state, ""),
            since=since,
            until=until,
        )

    def regions(self, typed: str) -> tuple[tuple[str, str], ...]:
        """Return (code, name) of places of this counter's district that `typed` may mean."""
        own = divisions.today_code(self._district)
        place = divisions.division(own)
        within = place.parent if place and place.level != "city" else divisions.CITY
        found = divisions.search(typed, within)
        return tuple((place.code, place.name) for place in found if place.code.startswith(own))

    def page(self, wanted: Wanted, after: str, limit: int) -> tuple[Issue, ...]:
        """Return the records behind the card number `after`."""
        return self._issues.page(wanted, after, limit)

    def totals(self, wanted: Wanted) -> Totals:
        """Return the counts by state."""
        return self._issues.totals(wanted)

    def file_for(self, kind: str) -> Path:
        """Return a place for a new export in the counter's own folder; `kind` is csv or xlsx."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        stamp = words.moment(self._now_ms()).replace("-", "").replace(":", "").replace(" ", "-")
        stem = f"{word('issues.file')}-{stamp}"
        path, again = self._folder / f"{stem}.{kind}", 1
        while path.exists():
            again += 1
            path = self._folder / f"{stem}-{again}.{kind}"
        return path

    def export(self, wanted: Wanted, path: Path, purpose: str = "") -> int:
        """Write every record that `wanted` finds; return how many.

        Args:
            purpose: why full numbers are needed; empty: they are masked.

        Raises:
            BadUsage, StorageFault: as `write_table`; no file is left.
        """

        def note(rows: int) -> None:
            self._access.note(
                at_ms=self._now_ms(), person="export/issues", command=CLAUSE, purpose=purpose,
                revealed="number,phone,bank_card" if purpose else "", rows=rows - 2,
            )  # fmt: skip

        return write_table(path, self._table(wanted, purpose), note) - 2

    def _table(self, wanted: Wanted, purpose: str) -> Iterator[tuple[str, ...]]:
        """Yield heading, records, and the row that says who took them away and when."""
        yield tuple(word(f"issues.{name}") for name in _HEADINGS)
        count = 0
        for issue in self._issues.all(wanted):
            count += 1
            yield cells(issue, masked=not purpose)
        hidden = word(f"purpose.{purpose}") if purpose else word("issues.masked")
        yield (
            word(
                "issues.watermark",
                clerk=self._clerk,
                office=self._office,
                time=words.moment(self._now_ms()),
                count=count,
                hidden=hidden,
            ),
        )


def _place(text: str) -> dict[str, str]:
    """Return what one field means: a number of a person or card, a place, a unit."""
    if not text:
        return {}
    if text.isascii():
        try:
            return {"number": str(SocialNumber.parse(text))}
        except Refusal:
            pass
        if text.isdigit() and divisions.division(text) is not None:
            return {"region": divisions.today_code(text)}
        if len(text) == _CARD_LENGTH and not text.isdigit():
            return {"card": str(CardNumber.parse(text))}
        if len(text) <= _UNIT_LENGTH:
            return {"unit": text}
    raise Refusal("issues.place", clause=CLAUSE)


def cells(issue: Issue, *, masked: bool) -> tuple[str, ...]:
    """Return a record as the cells of an export, in the order of its headings."""
    person, card = issue.person, issue.card

    def hide(function: Callable[[str], str], text: str) -> str:
        return function(text) if masked and text else text

    receiver = card.receiver
    return (
        person.name,
        hide(mask.number, person.number),
        card.number,
        words.card_state(card),
        words.moment(card.collected_at),
        words.receiver(card, person.name),
        card.issuing.clerk if card.issuing else "",
        hide(mask.phone, (receiver.phone if receiver else "") or person.mobile),
        name_of("bank", card.bank),
        hide(mask.bank_card, card.bank_card),
        " ".join(filter(None, (person.unit_code, person.unit_name))),
        " ".join(filter(None, (person.village_code, person.village_name))),
        card.batch,
        card.place,
    )


def totals_of(totals: Totals) -> Mapping[str, int]:
    """Return the counts by the names of the states, and their sum."""
    found = {name: getattr(totals, name) for name in totals.__struct_fields__}
    return {**found, "all": totals.all}
