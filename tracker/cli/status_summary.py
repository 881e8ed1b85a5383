"""What `tracker status` says below its table, or in its place: how many runs, and what to type next."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tracker.cli.one_line import one_line
from tracker.records import RunState
from tracker.tracking.backend.uri import short_path
from tracker.tracking.shipping.unsent import Unsent
from tracker.tracking.status import RunSummary, begun_again

_LEFT_TO_DO = (RunState.KILLED, RunState.INTERRUPTED)


def summary_lines(runs: Sequence[RunSummary], *, width: int) -> list[str]:
    """Return how many runs there are in each state, and what to type next.

    Args:
        runs: How the runs stand; one at least.
        width: The terminal's, in columns.
    """
    counts = Counter(run.state for run in runs)
    told = ", ".join(f"{counts[state]} {state.lower()}" for state in RunState if counts[state])
    left = [run.unsent for run in runs if run.unsent]
    lines = [f"{_count(len(runs), 'run')}: {told}"]
    if left or not counts[RunState.UNREADABLE]:
        lines.append(str(Unsent(len(left), sum(left))))
    replaced = begun_again(runs)
    if stopped := sum(run.state in _LEFT_TO_DO and run.folder not in replaced for run in runs):
        were, them = ("was", "it") if stopped == 1 else ("were", "them")
        lines.append(f"{_count(stopped, 'run')} {were} interrupted: the same command goes on with {them}")
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
