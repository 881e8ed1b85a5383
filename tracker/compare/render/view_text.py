"""A view as aligned plain text for a terminal: a block a group, at one width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tracker.compare.render.fill import filled
from tracker.compare.view import Column, Group, View

# How wide a title may be, and how wide the gaps are: the first that fits is taken.
_LAYOUTS = ((16, "   "), (16, "  "), (9, "  "))
_NARROWEST_LABEL = 10


def render_view_text(view: View, *, width: int = 80) -> str:
    """Return a view as text that fits the width; long words of its first column of words go on below.

    Args:
        view: The view.
        width: The widest line, in characters.
    """
    pieces = [
        textwrap.fill(view.title, width),
        _table(view, width),
        "\n".join(filled(line, width) for line in view.conclusions),
        "\n".join(filled(line, width) for line in view.notes),
    ]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _table(view: View, width: int) -> str:
    widths, gap = _layout(view, width)
    rule = "─" * _total(widths, gap)
    head = _head(view.columns, widths, gap)
    blocks = [line for group in view.groups for line in _block(group, view.columns, widths, gap, rule)]
    return "\n".join([*head, *blocks, rule])


def _layout(view: View, width: int) -> tuple[list[int], str]:
    """Return the widths of the columns, and the gap between two of them."""
    for widest, gap in _LAYOUTS:
        widths = [_width(view, number, widest) for number in range(len(view.columns))]
        if _total(widths, gap) <= width:
            return widths, gap
    words = next(number for number, column in enumerate(view.columns) if column.align == "left")
    left = widths[words] - (_total(widths, gap) - width)
    widths[words] = max(min(widths[words], _NARROWEST_LABEL), left)
    return widths, gap


def _total(widths: Sequence[int], gap: str) -> int:
    return sum(widths) + len(gap) * (len(widths) - 1)


def _width(view: View, number: int, widest: int) -> int:
    """Return how wide a column is whose title may take several lines, but no cell does."""
    cells = [len(row[number]) for group in view.groups for row in group.rows]
    title = textwrap.wrap(view.columns[number].title, widest, break_long_words=False)
    return max([*cells, *map(len, title)])


def _head(columns: Sequence[Column], widths: Sequence[int], gap: str) -> list[str]:
    titles = [textwrap.wrap(one.title, wide) for one, wide in zip(columns, widths, strict=True)]
    height = max(map(len, titles))
    padded = [[""] * (height - len(lines)) + lines for lines in titles]
    return [_line(cells, columns, widths, gap) for cells in zip(*padded, strict=True)]


def _block(
    group: Group, columns: Sequence[Column], widths: Sequence[int], gap: str, rule: str
) -> Iterator[str]:
    yield rule
    if group.title:
        yield group.title
    for row in group.rows:
        yield from _row(row, columns, widths, gap)


def _row(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int], gap: str) -> Iterator[str]:
    """Yield a row, in several lines where a word is too long."""
    cells = [_wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        yield _line([lines[number] if number < len(lines) else "" for lines in cells], columns, widths, gap)


def _wrapped(cell: str, width: int) -> list[str]:
    """Return the lines of a cell, words broken only where one alone is too long."""
    lines = textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)
    return [piece for line in lines for piece in textwrap.wrap(line, width)] or [""]


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int], gap: str) -> str:
    placed = (
        cell.ljust(wide) if column.align == "left" else cell.rjust(wide)
        for cell, column, wide in zip(cells, columns, widths, strict=True)
    )
    return gap.join(placed).rstrip()
