"""How much of a journal MLflow has said yes to, and what is left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tracker.errors import TrackingError
from tracker.io.atomic import write_whole
from tracker.tracking.backend.uri import short_path
from tracker.tracking.journal.log import JOURNAL, read_journal
from tracker.tracking.journal.run_folder import creation_of, run_folders
from tracker.tracking.shipping.dead_letters import REFUSED, reason_of, refused_of

POSITION = "shipped.json"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a journal was sent.

    Attributes:
        run_id: MLflow's id of the run, empty while it is not created.
        offset: Bytes of the journal that MLflow has.
        problem: Why the last attempt to send did not succeed, in one line; empty after a success.
        deleted: A user deleted the run in MLflow; nothing more is sent.
    """

    run_id: str = ""
    offset: int = 0
    problem: str = ""
    deleted: bool = False


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
    refused_in: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return self.records > 0

    def __str__(self) -> str:
        if not self:
            return "everything is sent"
        return f"{_count(self.runs, 'run')}, {_count(self.records, 'record')} not sent yet: tracker sync"

    def lines(self) -> list[str]:
        """Return what a user should know, a line each: how much is left, why, and what MLflow refused."""
        refused = [
            f"{_count(refused_of(folder), 'record')} refused by MLflow ({reason_of(folder)}), kept in "
            f"{short_path(folder / REFUSED)}"
            for folder in self.refused_in
        ]
        return [str(self), *(f"  {problem}" for problem in self.problems), *refused]


def load_position(folder: Path) -> Position:
    """Read how far a run's journal was sent; the start where nothing was.

    Args:
        folder: The run's folder.
    """
    try:
        return Position(**json.loads((folder / POSITION).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        # Sending all of it again changes nothing, so an unreadable position costs time only.
        return Position()


def save_position(folder: Path, position: Position) -> None:
    """Keep how far a run's journal was sent.

    Args:
        folder: The run's folder.
        position: What MLflow said yes to.
    """
    write_whole(folder / POSITION, json.dumps(asdict(position)).encode())


def save_problem(folder: Path, problem: str) -> None:
    """Keep why a run's journal could not be sent.

    Args:
        folder: The run's folder.
        problem: One line.
    """
    position = load_position(folder)
    if position.problem != problem and (folder / JOURNAL).exists():
        save_position(folder, replace(position, problem=problem))


def rewind(folder: Path) -> None:
    """Have a journal sent again from its start, to the same run as long as MLflow has it.

    Args:
        folder: The run's folder.
    """
    save_position(folder, Position(run_id=load_position(folder).run_id))


def forget_positions(folders: Iterable[Path]) -> None:
    """Have journals sent again from their start, to a store that never had their runs.

    Args:
        folders: Folders of runs.
    """
    for folder in folders:
        (folder / POSITION).unlink(missing_ok=True)


def is_sent(folder: Path) -> bool:
    """Say whether MLflow has all of a journal.

    Args:
        folder: The run's folder.
    """
    position = load_position(folder)
    # A position behind the end is none: a power cut can take lines of a journal that MLflow has.
    return position.deleted or position.offset == (folder / JOURNAL).stat().st_size


def folders_for(home: Path, tracking_uri: str | None) -> list[Path]:
    """List the folders of the runs that are meant for an MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is; None: anywhere.
    """
    return [
        folder
        for folder in run_folders(home)
        if (creation := creation_of(folder)) is not None and tracking_uri in (None, creation.tracking_uri)
    ]


def count_unsent(home: Path, tracking_uri: str | None = None) -> Unsent:
    """Count what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.
    """
    return unsent_of(folders_for(home, tracking_uri))


def unsent_of(folders: Iterable[Path]) -> Unsent:
    """Count what MLflow does not have yet of some runs.

    Args:
        folders: Folders of runs.
    """
    every = list(folders)
    left: list[int] = []
    problems: dict[str, None] = {}
    for folder in every:
        records, problem = _rest_of(folder)
        if records:
            left.append(records)
            problems |= {problem: None} if problem else {}
    refused = tuple(folder for folder in every if refused_of(folder))
    return Unsent(len(left), sum(left), tuple(problems), refused)


def _rest_of(folder: Path) -> tuple[int, str]:
    """Count the records of a run that are not sent, and say why."""
    if is_sent(folder):
        return 0, ""
    position = load_position(folder)
    try:
        return len(read_journal(folder / JOURNAL, position.offset)[0]), position.problem
    except TrackingError as error:
        # A damaged journal: nobody can say how much is in it.
        return 1, str(error)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
