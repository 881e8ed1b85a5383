"""How much of a journal MLflow has said yes to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from tracker.io.atomic import write_whole
from tracker.tracking.journal.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Cursor:
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


def load_cursor(run: RunFolder) -> Cursor:
    """Read how far a run's journal was sent; the start where nothing was.

    Args:
        run: The run's folder.
    """
    try:
        found = Cursor(**json.loads(run.shipped.read_text()))
    except (OSError, ValueError, TypeError):
        # Sending all of it again changes nothing, so an unreadable cursor costs time only.
        return Cursor()
    return found if isinstance(found.offset, int) and isinstance(found.run_id, str) else Cursor()


def save_cursor(run: RunFolder, cursor: Cursor) -> None:
    """Keep how far a run's journal was sent.

    Args:
        run: The run's folder.
        cursor: What MLflow said yes to.
    """
    write_whole(run.shipped, json.dumps(asdict(cursor)).encode())


def save_problem(run: RunFolder, problem: str) -> None:
    """Keep why a run's journal could not be sent.

    Args:
        run: The run's folder.
        problem: One line.
    """
    cursor = load_cursor(run)
    if cursor.problem != problem and run.exists():
        save_cursor(run, replace(cursor, problem=problem))


def rewind(run: RunFolder) -> None:
    """Have a journal sent again from its start, to the same run as long as MLflow has it.

    Args:
        run: The run's folder.
    """
    save_cursor(run, Cursor(run_id=load_cursor(run).run_id))


def forget_cursors(runs: Iterable[RunFolder]) -> None:
    """Have journals sent again from their start, to a store that never had their runs.

    Args:
        runs: Folders of runs.
    """
    for run in runs:
        run.shipped.unlink(missing_ok=True)


def is_sent(run: RunFolder) -> bool:
    """Say whether MLflow has all of a journal.

    Args:
        run: The run's folder.
    """
    cursor = load_cursor(run)
    # A cursor behind the end is none: a power cut can take lines of a journal that MLflow has.
    return cursor.deleted or cursor.offset == run.size()
