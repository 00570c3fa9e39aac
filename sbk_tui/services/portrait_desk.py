"""头像 (A7): pictures from the camera's folder or a file, measured, repaired, shown in cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sbk_tui.errors import Refusal
from sbk_tui.hardware.portrait.values import Grade, Limits, Marks, Verdict, limits_from
from sbk_tui.resources import toml
from sbk_tui.texts import word

__all__ = ["Grade", "Judged", "Line", "PortraitDesk"]
_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}
_MOST_LISTED = 200


class Judged(NamedTuple):
    """A picture that was opened: its bytes, its marks, what the rules say of it."""

    name: str
    content: bytes
    width: int
    height: int
    marks: Marks | None
    verdict: Verdict


class Line(NamedTuple):
    """One rule's verdict in words."""

    text: str
    grade: Grade


class PortraitDesk:
    """Portraits of one counter."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder in which the camera's program saves pictures, if there is one."""
        self._folder = folder

    @property
    def _limits(self) -> Limits:
        return limits_from(toml("portrait.toml"))

    def pictures(self) -> tuple[Path, ...]:
        """Return the pictures in the folder, newest first."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        found = [p for p in self._folder.iterdir() if p.suffix.lower() in _SUFFIXES]
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return tuple(found[:_MOST_LISTED])

    def open(self, path: Path) -> Judged:
        """Read and judge a picture file.

        Raises:
            Refusal: `photo.…`, why it is not a usable picture; `photo.unreadable`.
        """
        try:
            if path.stat().st_size > self._limits.most_bytes:
                megabytes = self._limits.most_bytes // 1_048_576
                raise Refusal("photo.too_large", clause="A7.1", megabytes=megabytes)
            content = path.read_bytes()
        except OSError as error:
            raise Refusal("photo.unreadable", clause="A7.1", file=path.name) from error
        return self.judge(path.name, content, None)

    def judge(self, name: str, content: bytes, marks: Marks | None) -> Judged:
        """Judge a picture by the rules; without marks the guide lines are guessed."""
        from sbk_tui.hardware.portrait.measure import first_guess, measure
        from sbk_tui.hardware.portrait.opening import open_picture

        picture = open_picture(content, self._limits)
        shown = marks or first_guess(picture, self._limits)
        verdict = measure(picture, marks, self._limits)
        return Judged(name, content, picture.image.width, picture.image.height, shown, verdict)

    def repair(self, judged: Judged, *, by_hand: bool) -> tuple[Judged, tuple[str, ...]]:
        """Return the picture as the rules want it, and what was done in words.

        Args:
            by_hand: whether the clerk moved the guide lines; else they are guessed afresh.

        Raises:
            Refusal: `photo.…`, why it cannot be repaired: another shot is needed.
        """
        from sbk_tui.hardware.portrait.opening import open_picture
        from sbk_tui.hardware.portrait.repair import repair

        picture = open_picture(judged.content, self._limits)
        done = repair(picture, judged.marks if by_hand else None, self._limits)
        limits = self._limits
        better = Judged(
            judged.name, done.jpeg, limits.width, limits.height, done.marks, done.verdict
        )
        return better, tuple(word(f"photo_repair.{note}") for note in done.notes)

    def lines(self, verdict: Verdict) -> tuple[Line, ...]:
        """Return the verdict rule by rule, the worst first."""
        order = {Grade.REFUSE: 0, Grade.WARN: 1, Grade.OK: 2}
        found = [Line(word(f.word, **f.facts()), f.grade) for f in verdict.findings]
        return tuple(sorted(found, key=lambda line: order[line.grade]))

    def preview(
        self, judged: Judged, columns: int, rows: int
    ) -> Sequence[Sequence[tuple[str, int, int]]]:
        """Return the picture in half-block cells (character, foreground, background 0–15)."""
        from sbk_tui.hardware.portrait.opening import open_picture
        from sbk_tui.hardware.portrait.preview import half_blocks

        image = open_picture(judged.content, self._limits).image
        return half_blocks(image.convert("RGB"), columns, rows, marks=judged.marks)

    def checklist(self, verdict: Verdict) -> tuple[tuple[str, str, bool], ...]:
        """Return (key, words, measured as fulfilled) of the content boxes (A7.2)."""
        from sbk_tui.hardware.portrait.values import prefilled

        filled = prefilled(self._limits.content, verdict)
        return tuple(
            (item.key, word(f"photo_content.{item.key}"), filled.get(item.key, False))
            for item in self._limits.content
        )
