"""How a model card writes what others named: as text, whatever Markdown could read in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.foreign_text import for_markdown


def told(text: str) -> str:
    """Return the words of others as Markdown shows them: no markup, no link, no new cell.

    Args:
        text: Any text.
    """
    whole = for_markdown(text.replace("\\", "\\\\"))
    for letter in "_~#$":
        whole = whole.replace(letter, f"\\{letter}")
    # Pages make links of addresses by themselves.
    return whole.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "&#64;")


_ROOM = "&ensp;"
"""MLflow's pages leave no room between two columns."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, its first column to the left and all others to the right.

    Args:
        head: The titles, in Markdown.
        rows: The cells, in Markdown.
    """
    ruler = [":--", *("--:" for _ in head[1:])]
    first, *others = [[cell, *(f"{_ROOM}{one}" for one in rest)] for cell, *rest in (head, *rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (first, ruler, *others))


def section(title: str, *blocks: str) -> str:
    """Return a section; blocks that are empty are left out.

    Args:
        title: Its title.
        blocks: Paragraphs, lists and tables, in Markdown.
    """
    return "\n\n".join([f"## {title}", *(block for block in blocks if block)])
