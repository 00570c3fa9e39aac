"""The portrait's limits, marks and findings: values without a picture library."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from sbk_tui.errors import Fact


class Grade(StrEnum):
    """How a measured value stands."""

    OK = "ok"
    WARN = "warn"
    """Say so and go on."""
    REFUSE = "refuse"
    """The card maker would send it back."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of `assets/portrait.toml`; a missing limit is no limit."""

    low: int | None = None
    high: int | None = None
    warn_low: int | None = None
    warn_high: int | None = None
    accepts: tuple[str, ...] = ()
    """The values allowed, for a rule that is about a name."""
    clause: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One box of the content checklist (A7.2); its words are `photo_content.<key>`."""

    key: str
    rule: str = ""
    """The rule whose measurement fills the box in beforehand, or empty."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `assets/portrait.toml` holds; sizes in pixels of the finished picture."""

    width: int
    height: int
    dpi: int
    background: tuple[int, int, int]
    background_tolerance: int
    most_bytes: int
    most_pixels: int
    working_side: int
    most_enlargement: int
    head: int
    hair_top: int
    eye_lowest: int
    plain_spread: int
    wall_tolerance: int
    aim_bytes: tuple[int, int]
    qualities: tuple[int, ...]
    raised_qualities: tuple[int, ...]
    rules: Mapping[str, Rule]
    content: tuple[Item, ...]


def limits_from(table: Mapping[str, Any]) -> Limits:
    """Return the limits of a parsed `portrait.toml`.

    Raises:
        msgspec.ValidationError: naming the field that is wrong.
    """
    return msgspec.convert(table, Limits)


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The guide lines on a picture, in its own pixels, y downwards.

    A mark set by the clerk counts in full; one left out is estimated from the silhouette, and
    an estimate only ever warns.
    """

    hair_top: float
    chin: float
    eye_line: float | None = None
    centre: float | None = None
    """The middle between the eyes, from the left edge."""
    face_width: float | None = None
    """Cheek to cheek, where the ears join."""

    def moved(self, left: float, top: float, scale: float) -> Marks:
        """Return the marks after a crop at (`left`, `top`) and an enlargement by `scale`."""
        return Marks(
            hair_top=(self.hair_top - top) * scale,
            chin=(self.chin - top) * scale,
            eye_line=None if self.eye_line is None else (self.eye_line - top) * scale,
            centre=None if self.centre is None else (self.centre - left) * scale,
            face_width=None if self.face_width is None else self.face_width * scale,
        )


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one picture."""

    rule: str
    grade: Grade
    value: Fact
    low: int | None = None
    high: int | None = None
    """The limits that were missed, or the tighter ones when nothing was."""
    by: int = 0
    """How far outside: negative below `low`, positive above `high`, 0 inside."""
    estimated: bool = False
    clause: str | None = None

    @property
    def word(self) -> str:
        """The key of its sentence in `texts`: `photo_finding.<rule>_<low|high|wrong|ok>`."""
        if self.grade is Grade.OK:
            return f"photo_finding.{self.rule}_ok"
        side = "wrong" if isinstance(self.value, str) else "low" if self.by < 0 else "high"
        return f"photo_finding.{self.rule}_{side}"

    def facts(self) -> dict[str, Fact]:
        """Return what the sentence needs; `by` without its sign."""
        facts: dict[str, Fact] = {"value": self.value, "by": abs(self.by)}
        if self.low is not None:
            facts["low"] = self.low
        if self.high is not None:
            facts["high"] = self.high
        return facts


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All findings on one picture, in the order of the rules; every rule has one."""

    findings: tuple[Finding, ...]

    @property
    def grade(self) -> Grade:
        """The worst grade of all."""
        grades = {finding.grade for finding in self.findings}
        for grade in (Grade.REFUSE, Grade.WARN):
            if grade in grades:
                return grade
        return Grade.OK

    def of(self, rule: str) -> Finding | None:
        """Return the finding of `rule`; None when it could not be measured."""
        return next((finding for finding in self.findings if finding.rule == rule), None)

    def refused(self) -> tuple[Finding, ...]:
        """Return what stands in the way."""
        return tuple(finding for finding in self.findings if finding.grade is Grade.REFUSE)


def judge(name: str, rule: Rule, value: Fact, *, estimated: bool = False) -> Finding:
    """Return what `rule` says of `value`; an estimate warns where a measurement refuses."""
    if isinstance(value, str):
        fits = value in rule.accepts
        grade = Grade.OK if fits else Grade.REFUSE
        return Finding(rule=name, grade=grade, value=value, clause=rule.clause)
    warn_low = rule.low if rule.warn_low is None else rule.warn_low
    warn_high = rule.high if rule.warn_high is None else rule.warn_high
    grade, low, high = Grade.OK, warn_low, warn_high
    if _outside(value, rule.low, rule.high):
        grade, low, high = (Grade.WARN if estimated else Grade.REFUSE), rule.low, rule.high
    elif _outside(value, warn_low, warn_high):
        grade = Grade.WARN
    return Finding(
        rule=name,
        grade=grade,
        value=value,
        low=low,
        high=high,
        by=_outside(value, low, high),
        estimated=estimated,
        clause=rule.clause,
    )


def prefilled(items: tuple[Item, ...], verdict: Verdict) -> dict[str, bool]:
    """Return the boxes (A7.2) that a measurement answers; the clerk still ticks each one."""
    answers: dict[str, bool] = {}
    for item in items:
        finding = verdict.of(item.rule) if item.rule else None
        if finding is not None:
            answers[item.key] = finding.grade is Grade.OK
    return answers


def _outside(value: int, low: int | None, high: int | None) -> int:
    """Return how far `value` is below `low` (negative) or above `high` (positive), else 0."""
    if low is not None and value < low:
        return value - low
    if high is not None and value > high:
        return value - high
    return 0
