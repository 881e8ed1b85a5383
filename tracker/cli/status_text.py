"""`tracker status` as text that fits the terminal: a table an experiment, and a summary below."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.cli.terminal import one_line, shortened
from tracker.errors import counted
from tracker.io.short_path import short_path
from tracker.records import RunState
from tracker.tracking.shipping.unsent import Unsent
from tracker.tracking.status import RunSummary, begun_again

_GAP, _INDENT = "  ", " " * 4
_HEADER = ("seed", "try", "epoch", "state", "sent", "run")
_TRY, _STATE, _RUN = map(_HEADER.index, ("try", "state", "run"))
_USUAL_WIDTH = 80
_LETTERS = 8  # of a run's id: `--model` offers those that begin so
_LEFT_TO_DO = (RunState.KILLED, RunState.INTERRUPTED)


def table_lines(runs: Sequence[RunSummary], *, width: int) -> list[str]:
    """Return the list of runs, an experiment of a store after the other.

    Args:
        runs: How the runs stand; one at least.
        width: The terminal's, in columns.
    """
    groups: dict[str, list[RunSummary]] = {}
    for run in runs:
        groups.setdefault(_headline(run), []).append(run)
    return [line for name, group in groups.items() for line in [*_block(name, group, width), ""]]


def summary_lines(runs: Sequence[RunSummary], *, width: int) -> list[str]:
    """Return how many runs there are in each state, and what to type next.

    Args:
        runs: How the runs stand; one at least.
        width: The terminal's, in columns.
    """
    counts = Counter(run.state for run in runs)
    told = ", ".join(f"{counts[state]} {state.lower()}" for state in RunState if counts[state])
    left = [run.unsent for run in runs if run.unsent]
    lines = [f"{counted(len(runs), 'run')}: {told}"]
    if left or not counts[RunState.UNREADABLE]:
        lines.append(str(Unsent(len(left), sum(left))))
    replaced = begun_again(runs)
    if stopped := sum(run.state in _LEFT_TO_DO and run.folder not in replaced for run in runs):
        were, them = ("was", "it") if stopped == 1 else ("were", "them")
        lines.append(f"{counted(stopped, 'run')} {were} interrupted: the same command goes on with {them}")
    return [piece for line in lines for piece in textwrap.wrap(line, width, subsequent_indent="  ")]


def nothing_line(runs: Sequence[RunSummary], home: Path) -> str:
    """Return what to type where no run is to be listed.

    Args:
        runs: All runs of the home, of which none was asked for.
        home: The folder that holds all journals.
    """
    if not runs:
        return f"no runs in {short_path(home)}; make some: tracker run --dataset folder --data YOUR_IMAGES"
    others = ", ".join(dict.fromkeys(one_line(run.experiment) for run in runs))
    return f"no such runs in {short_path(home)}, but some of {others}: tracker status"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a block stand.

    Attributes:
        width: The terminal's.
        arm: The first column, model and mode.
        cells: The columns after it; 0 for one that is left out.
    """

    width: int
    arm: int
    cells: tuple[int, ...]

    @classmethod
    def of(cls, runs: Sequence[RunSummary], width: int) -> _Layout:
        rows = [_HEADER, *(_cells(run) for run in runs)]
        cells = [max(map(len, column)) for column in zip(*rows, strict=True)]
        if all(run.attempt == 1 for run in runs):
            cells[_TRY] = 0
        if width < _USUAL_WIDTH or not any(run.cursor.run_id for run in runs):
            cells[_RUN] = 0
        room = width - sum(len(_GAP) + cell for cell in cells if cell)
        return cls(width, min(room, max(len(_arm(run)) for run in runs)), tuple(cells))

    def lines(self, arm: str, cells: Sequence[str]) -> list[str]:
        """Return a row; an arm that is too long for its column has a line of its own above."""
        above, first = ([shortened(arm, self.width)], "") if len(arm) > self.arm else ([], arm)
        shown = [
            cell.ljust(size) if number == _STATE else cell.rjust(size)
            for number, (cell, size) in enumerate(zip(cells, self.cells, strict=True))
            if size
        ]
        return [*above, _GAP.join([first.ljust(self.arm), *shown]).rstrip()]


def _headline(run: RunSummary) -> str:
    if run.creation is None:
        return "experiment unknown"
    return one_line(f"{run.experiment}, tracked in {run.server}")


def _block(headline: str, runs: Sequence[RunSummary], width: int) -> Iterator[str]:
    layout = _Layout.of(runs, width)
    yield shortened(headline, width)
    yield from layout.lines("arm", _HEADER)
    problem = refusal = ""
    for run in runs:
        yield from layout.lines(_arm(run), _cells(run))
        yield from (_INDENT + note for note in _notes(run, width - len(_INDENT)))
        # What a server lacks, or that it is away, is the same line for every run.
        if run.refusal not in ("", refusal):
            refusal = run.refusal
            yield from (_INDENT + line for line in _wrapped(f"refused: {refusal}", width - len(_INDENT)))
        if run.cursor.problem not in ("", problem):
            problem = run.cursor.problem
            yield _INDENT + shortened(f"not sent: {problem}", width - len(_INDENT))


def _arm(run: RunSummary) -> str:
    if run.trials:
        return f"{run.of('model')} · {run.of('mode')} · study"
    if run.of("model"):
        return f"{run.of('model')} · {run.of('mode')}"
    return one_line(run.creation.run_name) if run.creation else run.folder.name


def _cells(run: RunSummary) -> tuple[str, ...]:
    if run.state is RunState.UNREADABLE:
        return (_seed(run), str(run.attempt), "", run.state.lower(), "", "")
    return (
        _seed(run),
        str(run.attempt),
        _progress(run),
        run.state.lower(),
        f"{run.sent}/{run.records}",
        run.cursor.run_id[:_LETTERS],
    )


def _seed(run: RunSummary) -> str:
    """Return the seed, and behind it the fold and the share of the training part, where it has one."""
    fold, share = run.of("fold"), run.of("train_fraction")
    repeat = run.of("repeat") if run.of("repeat") != "0" else ""
    of = f"{f'r{repeat}' if repeat else ''}f{fold}" if fold else ""
    return " ".join(filter(None, [run.of("seed"), of, share]))


def _progress(run: RunSummary) -> str:
    epochs = run.of("epochs")
    if run.trials:
        return f"{run.trials} trials"
    return f"{run.epoch}/{epochs}" if epochs else str(run.epoch)


def _notes(run: RunSummary, width: int) -> Iterator[str]:
    """Yield what a user should know of a run beside its row."""
    if run.state is RunState.UNREADABLE:
        # In full: no page of MLflow has it, and it says what to do.
        reason = one_line(run.reason).replace(str(run.folder.path), short_path(run.folder.path))
        yield from _wrapped(reason, width)
    elif run.state is RunState.FAILED:
        yield shortened(run.reason, width)
    if run.cursor.deleted:
        yield shortened("deleted in MLflow: nothing more is sent", width)
    if run.refused:
        yield shortened(f"{run.refused} refused: {short_path(run.folder.refused)}", width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(one_line(text), width, break_long_words=False, break_on_hyphens=False)
