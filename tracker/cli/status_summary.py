"""What `tracker status` says below its table, or in its place: how many runs, and what to type next."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tracker.cli.one_line import one_line
from tracker.tracking.backend.uri import short_path
from tracker.tracking.shipping.cursor import Unsent
from tracker.tracking.status import Standing, State, begun_again

_STATES: tuple[State, ...] = ("running", "finished", "failed", "killed", "interrupted", "unreadable")
_GOES_ON: tuple[State, ...] = ("killed", "interrupted")


def summary_lines(runs: Sequence[Standing], *, width: int) -> list[str]:
    """Return how many runs there are in each state, and what to type next.

    Args:
        runs: How the runs stand; one at least.
        width: The terminal's, in columns.
    """
    counts = Counter(run.state for run in runs)
    told = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    left = [run.unsent for run in runs if run.unsent]
    lines = [f"{_count(len(runs), 'run')}: {told}"]
    if left or not counts["unreadable"]:
        lines.append(str(Unsent(len(left), sum(left))))
    replaced = begun_again(runs)
    if stopped := sum(run.state in _GOES_ON and run.folder not in replaced for run in runs):
        were, them = ("was", "it") if stopped == 1 else ("were", "them")
        lines.append(f"{_count(stopped, 'run')} {were} interrupted: the same command goes on with {them}")
    return [piece for line in lines for piece in textwrap.wrap(line, width, subsequent_indent="  ")]


def nothing_line(runs: Sequence[Standing], home: Path) -> str:
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
