"""What is wrong with the rows of a table: the same thing once, with the lines that have it."""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH = 1000
"""Rows with problems after which no further row is looked at: nobody mends more of them one by one."""

_NAMED = 3


class Problems:
    """Collects what is wrong, by what it is."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}
        self._examples: dict[str, str] = {}
        self._rows: set[int] = set()

    def add(self, line: int, problem: str, example: str = "") -> None:
        """Note a problem of the row in a line, and what it looks like there."""
        self._lines.setdefault(problem, []).append(line)
        self._examples.setdefault(problem, example)
        self._rows.add(line)

    @property
    def rows(self) -> int:
        """How many rows have a problem."""
        return len(self._rows)

    @property
    def enough(self) -> bool:
        """Whether so many rows have a problem that no further one need be looked at."""
        return self.rows >= ENOUGH

    def told(self) -> list[str]:
        """Return a line each, in the order in which they are found in the table."""
        by_line = sorted(self._lines.items(), key=lambda item: item[1][0])
        return [f"{_where(lines)}: {problem}{self._such_as(problem)}" for problem, lines in by_line]

    def _such_as(self, problem: str) -> str:
        return f": {self._examples[problem]}" if self._examples[problem] else ""


def _where(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    more = ", ..." if len(lines) > _NAMED else ""
    return f"{len(lines)} rows (lines {', '.join(map(str, lines[:_NAMED]))}{more})"
