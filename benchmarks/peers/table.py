"""The table that docs/benchmarks.md has."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.measure import Cost
from benchmarks.peers.results import Outcome, equal_within_noise, judged_part
from benchmarks.peers.work import Work

_HEADER = "| work | who | wall, s | CPU, s | memory, MiB | written, MB | loss | accuracy, % |"
_QUANTITIES = ("wall_s", "cpu_s", "memory_mib", "written_mb")


@dataclass(frozen=True)
class Cell:
    """What one contestant needed for one work, and what came of it."""

    costs: Sequence[Cost]
    outcome: Outcome

    def median(self, quantity: str) -> float:
        """Return the median of one of a cost's numbers."""
        return statistics.median(getattr(cost, quantity) for cost in self.costs)


def markdown(cells: Mapping[Work, Mapping[str, Cell]], sizes: Mapping[str, int]) -> str:
    """Return the table: tracker's numbers, and those of the others with their ratio to it.

    Args:
        cells: For each work, the cell of each contestant; tracker's is the first.
        sizes: How many images each part has.
    """
    lines = [_HEADER, "|" + "---|" * (_HEADER.count("|") - 1)]
    for work, row in cells.items():
        ours, images = next(iter(row.values())), sizes[judged_part(work)]
        for name, cell in row.items():
            title = work.name if cell is ours else ""
            lines.append(f"| {title} | {name} | {' | '.join(_numbers(cell, ours, images))} |")
    return "\n".join(lines)


def _numbers(cell: Cell, ours: Cell, images: int) -> Iterator[str]:
    for quantity in _QUANTITIES:
        value, base = cell.median(quantity), ours.median(quantity)
        yield f"{value:.{1 if value < 100 else 0}f}" + (f" ({value / base:.2f})" if cell is not ours else "")
    yield f"{cell.outcome.loss:.3f}"
    same = equal_within_noise(cell.outcome.accuracy, ours.outcome.accuracy, images)
    yield f"{100 * cell.outcome.accuracy:.1f}" + ("" if same else " (differs)")


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between the two comments of a name in a page.

    Args:
        page: A Markdown file with `<!-- NAME -->` and `<!-- end of NAME -->`.
        name: What the comments name.
        text: What is to stand there.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page} must have the lines {begin} and {end}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
