"""What MLflow does not have yet of the runs of a home, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tracker.errors import counted
from tracker.io.short_path import short_path
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders
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

    def because(self, problem: str) -> Unsent:
        """Return the same with one more reason.

        Args:
            problem: One line.
        """
        return replace(self, problems=(*self.problems, problem))

    def lines(self) -> list[str]:
        """Return what a user should know, a line each: how much is left, why, and what MLflow refused."""
        refused = [
            f"{counted(count_dead_letters(run), 'record')} refused by MLflow ({first_reason(run)}), kept in "
            f"{short_path(run.refused)}"
            for run in self.refused_in
        ]
        return [str(self), *(f"  {problem}" for problem in self.problems), *refused]


def count_unsent(home: Path, tracking_uri: str | None = None, *, experiment: str | None = None) -> Unsent:
    """Count what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.
        experiment: Only runs of this MLflow experiment; None: of all.

    Returns:
        Also runs of which nobody can read where they are meant for, unless an experiment is named.
    """
    every = runs_for(home, tracking_uri)
    if experiment is not None:
        every = [run for run in every if _experiment_of(run) == experiment]
    left: list[int] = []
    problems: dict[str, None] = {}
    for run in (*every, *(_of_nobody(home) if experiment is None else ())):
        records, problem = _rest_of(run)
        if records:
            left.append(records)
            problems |= {problem: None} if problem else {}
    refused = tuple(run for run in every if count_dead_letters(run))
    return Unsent(len(left), sum(left), tuple(problems), refused)


def _experiment_of(run: RunFolder) -> str:
    creation = run.creation()
    return creation.experiment if creation is not None else ""


def _of_nobody(home: Path) -> Iterator[RunFolder]:
    """Yield the runs of which not even the first entry can be read."""
    for run in run_folders(home):
        try:
            if run.creation() is None:
                # Not written yet, or damaged.
                run.lines()
        except FileNotFoundError:
            continue
        except UNREADABLE:
            yield run


def _rest_of(run: RunFolder) -> tuple[int, str]:
    """Count the records of a run that are not sent, and say why."""
    cursor = load_cursor(run)
    try:
        return (0, "") if is_sent(run) else (len(run.lines(cursor.offset)), cursor.problem)
    except FileNotFoundError:
        # Someone has just removed it.
        return 0, ""
    except UNREADABLE as error:
        # A damaged journal: nobody can say how much is in it.
        return 1, str(error)
