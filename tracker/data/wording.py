"""How messages show what a user wrote."""

from __future__ import annotations

_LONGEST = 80


def shown(text: str) -> str:
    """Return a text as a message shows it: printable, and no longer than a line.

    Args:
        text: Any text.
    """
    clean = "".join(
        letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: _LONGEST + 1]
    )
    return clean if len(text) <= _LONGEST else f"{clean[:_LONGEST]}..."
