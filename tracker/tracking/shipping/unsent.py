"""What MLflow does not have yet of the runs of a home, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracker.errors import TrackingError, counted
from tracker.tracking.backend.uri import short_path
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, load_cursor
from tracker.tracking.shipping.dead_letters import count_dead_letters, first_reason
from tracker.tracking.shipping.destinations import runs_for


@dataclass(frozen=True, slots=True)
class Unsent:
    """What MLflow does not have yet; true where there is something.

    Attributes:
        runs: Runs with entries that are not sent.
        records: Their entries that are not sent.
        problems: Why, one line a reason.
        refused_in: Folders of the runs of which MLflow refused records; no later attempt sends those.
    """

    runs: int
    records: int
    problems: tuple[str, ...] = ()
    refused_in: tuple[RunFolder, ...] = ()

    def __bool__(self) -> bool:
        return self.records > 0

    def __str__(self) -> str:
        if not self:
            return "everything is sent"
        return f"{counted(self.runs, 'run')}, {counted(self.records, 'record')} not sent yet: tracker sync"

    def lines(self) -> list[str]:
        """Return what a user should know, a line each: how much is left, why, and what MLflow refused."""
        refused = [
            f"{counted(count_dead_letters(run), 'record')} refused by MLflow ({first_reason(run)}), kept in "
            f"{short_path(run.refused)}"
            for run in self.refused_in
        ]
        return [str(self), *(f"  {problem}" for problem in self.problems), *refused]


def count_unsent(home: Path, tracking_uri: str | None = None) -> Unsent:
    """Count what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.
    """
    every = runs_for(home, tracking_uri)
    left: list[int] = []
    problems: dict[str, None] = {}
    for run in every:
        records, problem = _rest_of(run)
        if records:
            left.append(records)
            problems |= {problem: None} if problem else {}
    refused = tuple(run for run in every if count_dead_letters(run))
    return Unsent(len(left), sum(left), tuple(problems), refused)


def _rest_of(run: RunFolder) -> tuple[int, str]:
    """Count the records of a run that are not sent, and say why."""
    if is_sent(run):
        return 0, ""
    cursor = load_cursor(run)
    try:
        return len(run.lines(cursor.offset)), cursor.problem
    except TrackingError as error:
        # A damaged journal: nobody can say how much is in it.
        return 1, str(error)
