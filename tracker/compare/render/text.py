"""A table, and the trials behind it, as aligned plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.compare.render.cells import CellText, cell_texts, difference_texts
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.selection import Excluded
from tracker.compare.settings import rounded
from tracker.compare.table import DIFFERENCE, MINUEND, Table
from tracker.compare.trials import TrialsByStudy, TrialSummary

_GAP = "   "
_TRIALS_SHOWN = 5
_DIFFERENCE_LINES = (MINUEND, DIFFERENCE.removeprefix(MINUEND).strip())


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    cells: tuple[CellText, ...]

    def lines(self) -> list[str]:
        """Return header and cells at one width, the means and what follows them under each other."""
        means, rests = (max(map(len, parts)) for parts in zip(*self.cells, strict=True))
        cells = [cell.mean.rjust(means) + cell.rest.ljust(rests) for cell in self.cells]
        width = max(len(self.header), means + rests)
        return [line.rjust(width) for line in (self.header, *cells)]


def render_text(table: Table, *, width: int = 80) -> str:
    """Return the table as text that fits the width; too many models go on in a further block.

    Args:
        table: The comparison.
        width: The widest line, in characters.
    """
    labels = [row.mode for row in table.rows]
    columns = _columns(table)
    blocks = ["\n".join(_block(table, labels, some)) for some in _fitting(labels, columns, width)]
    notes = [_fill(note, width, "  ") for note in footnotes(table)]
    pieces = [caption(table), *blocks, "\n".join(notes), _excluded(table.selection.excluded, width)]
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


def _columns(table: Table) -> list[_Column]:
    rows = cell_texts(table)
    if table.differences:
        rows.append(difference_texts(table))
    return [_Column(model, cells) for model, cells in zip(table.models, zip(*rows, strict=True), strict=True)]


def _fitting(labels: Sequence[str], columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    left = width - _label_width(labels)
    room, block = left, list[_Column]()
    for column in columns:
        needed = len(_GAP) + len(column.lines()[0])
        if block and needed > room:
            yield block
            room, block = left, []
        block.append(column)
        room -= needed
    yield block


def _label_width(labels: Sequence[str]) -> int:
    return max(len(label) for label in (*labels, *_DIFFERENCE_LINES))


def _block(table: Table, labels: Sequence[str], columns: Sequence[_Column]) -> list[str]:
    first = _label_width(labels)
    names = ["", *labels, *(_DIFFERENCE_LINES[1:] if table.differences else ())]
    cells = zip(*(column.lines() for column in columns), strict=True)
    lines = [_GAP.join([name.ljust(first), *row]).rstrip() for name, row in zip(names, cells, strict=True)]
    rule = "─" * (first + sum(len(_GAP) + len(column.lines()[0]) for column in columns))
    head, body, tail = lines[:1], lines[1 : 1 + len(labels)], lines[1 + len(labels) :]
    return [*head, rule, *body, *([rule, _DIFFERENCE_LINES[0], *tail] if tail else []), rule]


def _excluded(excluded: Sequence[Excluded], width: int) -> str:
    if not excluded:
        return ""
    lines = [f"  {entry.name}  {entry.status}  {entry.reason}" for entry in excluded]
    return "\n".join(["Not in the table:", *(_fill(line, width, "    ") for line in lines)])


def _fill(text: str, width: int, indent: str) -> str:
    return textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)


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
