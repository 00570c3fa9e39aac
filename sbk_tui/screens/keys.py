"""The keys, the same on every screen: one table for bindings, footer, help and manual.

Each function key has a Ctrl twin for terminals that swallow function keys.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

from sbk_tui.texts import word


class Key(NamedTuple):
    """One action and the keys that do it."""

    action: str
    keys: tuple[str, ...]
    shown: str
    """How the footer writes the first key."""


KEYS = (
    Key("help", ("f1", "ctrl+g"), "F1"),
    Key("read_id", ("f2", "ctrl+r"), "F2"),
    Key("read_card", ("f3", "ctrl+t"), "F3"),
    Key("scan", ("f3", "ctrl+t"), "F3"),
    Key("new", ("f4", "ctrl+f"), "F4"),
    Key("next_free", ("f4", "ctrl+f"), "F4"),
    Key("find", ("f5", "ctrl+o"), "F5"),
    Key("reveal", ("f6", "ctrl+y"), "F6"),
    Key("sort", ("f6", "ctrl+y"), "F6"),
    Key("mark_all", ("f7", "ctrl+n"), "F7"),
    Key("portrait", ("f7", "ctrl+n"), "F7"),
    Key("print", ("f8", "ctrl+p"), "F8"),
    Key("confirm", ("f10", "ctrl+s"), "F10"),
    Key("back", ("escape", "ctrl+b"), "Esc"),
)
_BY_ACTION = {key.action: key for key in KEYS}


def bindings(*actions: str) -> list[BindingType]:
    """Return the Textual bindings of `actions`; they work from within a text field, too."""
    return [
        Binding(",".join(_BY_ACTION[action].keys), action, show=False, priority=action != "back")
        for action in actions
    ]


def legend(actions: tuple[str, ...], names: dict[str, str] | None = None) -> str:
    """Return the footer line for `actions`: `F1 帮助  F10 确认 …`; `names` overrides words."""
    words = names or {}
    return "  ".join(
        f"{_BY_ACTION[action].shown} {words.get(action) or word('keys.' + action)}"
        for action in actions
    )
