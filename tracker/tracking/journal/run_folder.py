"""Where journals lie: a home folder with one folder a run."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracker.errors import TrackingError
from tracker.io.atomic import write_once
from tracker.tracking.journal.entries import Creation, Entry, RunStatus, Status
from tracker.tracking.journal.log import JOURNAL, has_writer, read_first, read_journal

State = Literal["RUNNING", "UNFINISHED", "FINISHED", "FAILED", "KILLED"]
"""RUNNING: a living process writes it; UNFINISHED: its process died without saying how the run ended."""

_SAFE_UID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class LocalRun:
    """A run as its journal has it.

    Attributes:
        folder: The run's folder: its journal, artifacts and model.
        creation: How the run began.
        state: How it is now.
    """

    folder: Path
    creation: Creation
    state: State


def tracker_home() -> Path:
    """Return the folder that holds all journals: TRACKER_HOME, or `.tracker` in the current folder."""
    return Path(os.environ.get("TRACKER_HOME") or ".tracker").absolute()


def home_token(home: Path) -> str:
    """Return what tells this home from all others; drawn when it is first asked for.

    Args:
        home: The folder that holds all journals.
    """
    file = home / "token"
    if not file.exists():
        write_once(file, secrets.token_hex(8).encode())
    return file.read_text(encoding="ascii")


def attempt_uid(run_uid: str, attempt: int) -> str:
    """Return the id of one attempt at a run: the run's own for the first, `ID.2` for the second...

    Args:
        run_uid: The run's id.
        attempt: From 1.

    Raises:
        TrackingError: The id cannot name a folder.
    """
    if not _SAFE_UID.fullmatch(run_uid):
        raise TrackingError(
            "a run's id must be 1 to 100 letters, digits, `_` or `-`",
            but=f"it is {run_uid!r}",
            do="Give the recipe's fingerprint.",
        )
    return run_uid if attempt == 1 else f"{run_uid}.{attempt}"


def run_folder(home: Path, run_uid: str, attempt: int) -> Path:
    """Return the folder of one attempt at a run.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
        attempt: From 1.
    """
    return home / "runs" / attempt_uid(run_uid, attempt)


def attempts(home: Path, run_uid: str) -> Iterator[Path]:
    """Yield the folders of all attempts at a run that were begun, in order.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
    """
    attempt = 1
    while (folder := run_folder(home, run_uid, attempt)).is_dir():
        yield folder
        attempt += 1


def run_folders(home: Path) -> list[Path]:
    """List the folders of all runs in a home.

    Args:
        home: The folder that holds all journals; one that is not there has no runs.
    """
    return sorted(path.parent for path in home.glob(f"runs/*/{JOURNAL}"))


def creation_of(folder: Path) -> Creation | None:
    """Read how a run began; None while the first entry is not written.

    Args:
        folder: The run's folder.
    """
    first = read_first(folder / JOURNAL)
    return first if isinstance(first, Creation) else None


def local_run(folder: Path) -> LocalRun | None:
    """Read how a run began and how it is now; None while the first entry is not written.

    Args:
        folder: The run's folder.
    """
    journal = folder / JOURNAL
    creation = creation_of(folder) if journal.exists() else None
    return LocalRun(folder, creation, _state(journal)) if creation is not None else None


def find_run(home: Path, run_uid: str, *, tracking_uri: str | None = None) -> LocalRun | None:
    """Find the latest attempt at a run.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
        tracking_uri: Only attempts that are meant for this MLflow store or server; None: for any.

    Returns:
        The attempt, or None where there is none.
    """
    found = [run for folder in attempts(home, run_uid) if (run := local_run(folder)) is not None]
    meant = [run for run in found if tracking_uri in (None, run.creation.tracking_uri)]
    return meant[-1] if meant else None


def last_status(entries: Iterable[Entry]) -> RunStatus:
    """Return what a run was said to be last; RUNNING, where nothing was said of it.

    Args:
        entries: All entries of its journal.
    """
    statuses = [entry.status for entry in entries if isinstance(entry, Status)]
    return statuses[-1] if statuses else "RUNNING"


def _state(journal: Path) -> State:
    status = last_status(line.entry for line in read_journal(journal)[0])
    if status == "RUNNING":
        return "RUNNING" if has_writer(journal) else "UNFINISHED"
    return status
