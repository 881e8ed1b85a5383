"""A table, and the trials behind it, as aligned plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tracker.compare.render.cells import CellText, cell_texts, difference_texts
from tracker.compare.render.conclusions import verdict_lines
from tracker.compare.render.fill import filled
from tracker.compare.render.interval_cells import arm_intervals, difference_intervals, p_label, p_texts
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.selection import Excluded
from tracker.compare.settings import rounded
from tracker.compare.table import DIFFERENCE, MINUEND, Table
from tracker.compare.trials import TrialsByStudy, TrialSummary

if TYPE_CHECKING:
    from tracker.compare.findings import Findings

_GAP = "   "
_TRIALS_SHOWN = 5
_DIFFERENCE_LINES = (MINUEND, DIFFERENCE.removeprefix(MINUEND).strip())


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a table: its label, and a cell for each model; text is no number, and stands by itself."""

    label: str
    cells: Sequence[CellText | str]


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    cells: tuple[CellText | str, ...]

    def lines(self) -> list[str]:
        """Return header and cells at one width, the means and what follows them under each other."""
        numbers = [cell for cell in self.cells if isinstance(cell, CellText)]
        means, rests = (max(map(len, parts)) for parts in zip(*numbers, strict=True))
        cells = [
            cell.mean.rjust(means) + cell.rest.ljust(rests) if isinstance(cell, CellText) else cell
            for cell in self.cells
        ]
        width = max(map(len, (self.header, *cells)))
        return [line.rjust(width) for line in (self.header, *cells)]


def render_text(table: Table, findings: Findings | None = None, *, width: int = 80) -> str:
    """Return the table as text that fits the width; too many models go on in a further block.

    Args:
        table: The comparison.
        findings: What the answers of its networks say: intervals, tests and the verdict; None: not known.
        width: The widest line, in characters.
    """
    groups = _groups(table, findings)
    verdict = [filled(line, width, "  ") for line in (verdict_lines(table, findings) if findings else [])]
    notes = [filled(note, width, "  ") for note in footnotes(table, findings)]
    pieces = [
        caption(table),
        *_blocks(table, groups, width),
        "\n".join(verdict),
        "\n".join(notes),
        _excluded(table.selection.excluded, width),
    ]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def render_trials(trials: TrialsByStudy, *, width: int = 80) -> str:
    """Return the best trials of each study as text.

    Args:
        trials: As `trials_by_study` returns them.
        width: The widest line, in characters.
    """
    blocks = [line for name, some in trials.items() for line in ("", *_trial_lines(name, some, width))]
    title = "Trials (chosen by validation, none of them has seen the test images):"
    return "\n".join([title, *blocks]) + "\n"


def _groups(table: Table, findings: Findings | None) -> list[list[_Line]]:
    """Return the lines of the modes, and those of their difference, where there is one."""
    nothing = [""] * len(table.models)
    modes = []
    for row, cells in zip(table.rows, cell_texts(table), strict=True):
        modes.append(_Line(row.mode, cells))
        if findings is not None and any(below := arm_intervals(table, findings, row.mode)):
            modes.append(_Line("", below))
    if not table.differences:
        return [modes]
    first, second = _DIFFERENCE_LINES
    difference = [_Line(first, nothing), _Line(second, difference_texts(table))]
    if findings is not None and findings.main:
        if any(below := difference_intervals(table, findings)):
            difference.append(_Line("", below))
        difference.append(_Line(p_label(findings), p_texts(table, findings)))
    return [modes, difference]


def _blocks(table: Table, groups: Sequence[Sequence[_Line]], width: int) -> Iterator[str]:
    lines = [line for group in groups for line in group]
    label_width = max(len(line.label) for line in lines)
    columns = [
        _Column(model, cells)
        for model, cells in zip(table.models, zip(*(line.cells for line in lines), strict=True), strict=True)
    ]
    for some in _fitting(columns, width - label_width):
        yield "\n".join(_block(groups, some, label_width))


def _fitting(columns: Sequence[_Column], left: int) -> Iterator[list[_Column]]:
    room, block = left, list[_Column]()
    for column in columns:
        needed = len(_GAP) + len(column.lines()[0])
        if block and needed > room:
            yield block
            room, block = left, []
        block.append(column)
        room -= needed
    yield block


def _block(groups: Sequence[Sequence[_Line]], columns: Sequence[_Column], label_width: int) -> list[str]:
    labels = ["", *(line.label for group in groups for line in group)]
    cells = zip(*(column.lines() for column in columns), strict=True)
    written = iter(
        _GAP.join([label.ljust(label_width), *row]).rstrip() for label, row in zip(labels, cells, strict=True)
    )
    rule = "─" * (label_width + sum(len(_GAP) + len(column.lines()[0]) for column in columns))
    head = next(written)
    body = [line for group in groups for line in (rule, *islice(written, len(group)))]
    return [head, *body, rule]


def _excluded(excluded: Sequence[Excluded], width: int) -> str:
    if not excluded:
        return ""
    lines = [f"  {entry.name}  {entry.status}  {entry.reason}" for entry in excluded]
    return "\n".join(["Not in the table:", *(filled(line, width, "    ") for line in lines)])


def _trial_lines(name: str, trials: Sequence[TrialSummary], width: int) -> list[str]:
    rows = [("trial", "state", "objective", "settings")]
    rows += [_trial_row(trial) for trial in trials[:_TRIALS_SHOWN]]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"  {number:>{widths[0]}}  {state:{widths[1]}}  {value:>{widths[2]}}  {settings}"
        for number, state, value, settings in rows
    ]
    left = len(trials) - _TRIALS_SHOWN
    more = [f"  and {left} more (--format json has all)"] if left > 0 else []
    return [textwrap.shorten(name, width), *(line[:width].rstrip() for line in lines), *more]


def _trial_row(trial: TrialSummary) -> tuple[str, str, str, str]:
    value = "" if trial.objective is None else f"{trial.objective:.4g}"
    settings = ", ".join(f"{name} {rounded(text)}" for name, text in trial.settings.items())
    return str(trial.number), trial.state, value, settings
