"""Long lists in error messages."""

from __future__ import annotations

from collections.abc import Sequence

LIMIT = 50


def listed(items: Sequence[str], limit: int = LIMIT) -> list[str]:
    """Cut a list that nobody would read to its end.

    Args:
        items: One line an item.
        limit: How many to keep.

    Returns:
        The first items, and a line that says how many more there are.
    """
    if len(items) <= limit:
        return list(items)
    return [*items[:limit], f"... and {len(items) - limit} more"]
