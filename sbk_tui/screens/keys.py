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
    pad: str = ""
    """The key of the number pad that does it too, where no text is being typed (B22)."""


KEYS = (
    Key("help", ("f1", "ctrl+g"), "F1"),
    Key("read_id", ("f2", "ctrl+r"), "F2"),
    Key("read_card", ("f3", "ctrl+t"), "F3"),
    Key("uncollected", ("f3", "ctrl+t"), "F3"),
    Key("scan", ("f3", "ctrl+t"), "F3"),
    Key("write", ("f3", "ctrl+t"), "F3"),
    Key("answer", ("f4", "ctrl+f"), "F4"),
    Key("new", ("f4", "ctrl+f"), "F4"),
    Key("older", ("f4", "ctrl+f"), "F4"),
    Key("waiting", ("f4", "ctrl+f"), "F4"),
    Key("next_free", ("f4", "ctrl+f"), "F4"),
    Key("find", ("f5", "ctrl+o"), "F5"),
    Key("reveal", ("f6", "ctrl+y"), "F6"),
    Key("sort", ("f6", "ctrl+y"), "F6"),
    Key("undo", ("f6", "ctrl+y"), "F6"),
    Key("more", ("f6", "ctrl+y"), "F6"),
    Key("mark_all", ("f7", "ctrl+n"), "F7"),
    Key("portrait", ("f7", "ctrl+n"), "F7"),
    Key("city", ("f7", "ctrl+n"), "F7"),
    Key("damage", ("f7", "ctrl+n"), "F7"),
    Key("refuse", ("f7", "ctrl+n"), "F7"),
    Key("void", ("f7", "ctrl+n"), "F7"),
    Key("print", ("f8", "ctrl+p"), "F8", "asterisk"),
    Key("confirm", ("f10", "ctrl+s"), "F10", "plus"),
    Key("back", ("escape", "ctrl+b"), "Esc", "full_stop"),
)
_BY_CHARACTER = {"+": "confirm", "*": "print", ".": "back"}
_OF_NUMBERS = frozenset("0123456789.-Xx")
_BY_ACTION = {key.action: key for key in KEYS}


def bindings(*actions: str) -> list[BindingType]:
    """Return the Textual bindings of `actions`; they work from within a text field, too."""
    found: list[BindingType] = []
    for key in (_BY_ACTION[action] for action in actions):
        keys = ",".join(key.keys)
        found.append(Binding(keys, key.action, show=False, priority=key.action != "back"))
        if key.pad:
            found.append(Binding(key.pad, key.action, show=False))
    return found


def pad_action(character: str | None, typed: str, *, dots: bool = True) -> str:
    """Return what a key of the number pad does in a line that holds `typed`, or empty (B22).

    A line of digits takes plus as F10 and asterisk as F8; an empty one takes the dot as Esc. In
    words, dates and dotted clauses they are what they are.

    Args:
        dots: whether a dot may be part of what this line holds; else it is Esc behind digits too.
    """
    if any(char not in _OF_NUMBERS for char in typed) or (character == "." and typed and dots):
        return ""
    return _BY_CHARACTER.get(character or "", "")


def legend(actions: tuple[str, ...], names: dict[str, str] | None = None) -> str:
    """Return the footer line for `actions`: `F1 帮助  F10 确认 …`; `names` overrides words."""
    words = names or {}
    return "  ".join(
        f"{_BY_ACTION[action].shown} {words.get(action) or word('keys.' + action)}"
        for action in actions
    )
