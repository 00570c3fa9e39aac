"""Bar charts as SVG, drawn by us: no script, no build step, nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_WIDTH, _ROW, _HEIGHT = 640, 22, 140
_LABEL, _COUNT = 180, 60


def columns(values: Mapping[str, int], title: str) -> str:
    """Return one column a key, in the mapping's order; keys are days `YYYY-MM-DD`."""
    step = _WIDTH / max(1, len(values))
    most = max(values.values(), default=0)
    parts = []
    for at, (day, count) in enumerate(values.items()):
        tall = _length(count, most, _HEIGHT - 30)
        parts.append(
            f'<rect class="bar" x="{at * step + 1:.1f}" y="{_HEIGHT - 16 - tall}"'
            f' width="{max(1.0, step - 2):.1f}" height="{tall}">'
            f"<title>{escape(day)}：{count}</title></rect>"
        )
        if at % 7 == 0:
            parts.append(f'<text x="{at * step:.1f}" y="{_HEIGHT - 2}">{escape(day[5:])}</text>')
    parts.append(f'<text x="0" y="12">{most}</text>')
    return _svg(_HEIGHT, title, parts)


def rows(values: Mapping[str, int], title: str) -> str:
    """Return one row a key, in the mapping's order, with its label and its count."""
    most = max(values.values(), default=0)
    room = _WIDTH - _LABEL - _COUNT
    parts = []
    for at, (label, count) in enumerate(values.items()):
        y = at * _ROW
        parts.append(
            f'<text x="0" y="{y + 15}">{escape(label)}</text>'
            f'<rect class="bar" x="{_LABEL}" y="{y + 3}" width="{_length(count, most, room)}"'
            f' height="{_ROW - 8}"/>'
            f'<text x="{_LABEL + _length(count, most, room) + 6}" y="{y + 15}">{count}</text>'
        )
    return _svg(max(1, len(values)) * _ROW, title, parts)


def _length(count: int, most: int, room: int) -> int:
    return max(1, count * room // most) if count else 0


def _svg(height: int, title: str, parts: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )
