"""Where journals lie: a home folder, in it one folder a run, and in that the run's journal and files."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import TrackingError
from tracker.io.atomic import write_once, write_whole
from tracker.records import RunState
from tracker.tracking.journal.entries import Creation, Entry, Status
from tracker.tracking.journal.log import JOURNAL, Line, has_writer, read_first, read_journal

_SAFE_UID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one attempt at a run: its journal, and what lies beside it.

    Attributes:
        path: The folder itself; it need not be there.
    """

    path: Path

    @property
    def name(self) -> str:
        """The id of the attempt, as `attempt_uid` gives it."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The run's journal."""
        return self.path / JOURNAL

    @property
    def shipped(self) -> Path:
        """How far the journal was sent."""
        return self.path / "shipped.json"

    @property
    def refused(self) -> Path:
        """What MLflow refused for good, a record a line."""
        return self.path / "refused.jsonl"

    @property
    def delivery_lock(self) -> Path:
        """Held by the one process that sends the journal."""
        return self.path / "delivery.lock"

    @property
    def checkpoints(self) -> Path:
        """The folder of the states that training can go on from."""
        return self.path / "checkpoints"

    def redirection(self) -> str:
        """Read the address that the run was given in the place of its first one; empty: none."""
        try:
            return self._redirection.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def redirect(self, tracking_uri: str) -> None:
        """Have the run be meant for another MLflow store or server from now on.

        Args:
            tracking_uri: Where that is.
        """
        write_whole(self._redirection, tracking_uri.encode())

    @property
    def _redirection(self) -> Path:
        return self.path / "destination"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a folder for what is being sent, gone after the block; what a killed process left goes first.

        Not in the folder of temporary files: in a container that is often a small one, in memory.

        Yields:
            The folder, empty: the delivery lock keeps others from it.
        """
        folder = self.path / "sending"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def beside(self, run_uid: str) -> RunFolder:
        """Return the folder of another run of the same home.

        Args:
            run_uid: The other run's id.
        """
        return RunFolder(self.path.with_name(run_uid))

    def exists(self) -> bool:
        """Say whether the run has a journal."""
        return self.journal.exists()

    def size(self) -> int:
        """Return the length of the journal, bytes."""
        return self.journal.stat().st_size

    def has_writer(self) -> bool:
        """Say whether a living process writes the journal."""
        return has_writer(self.journal)

    def lines(self, offset: int = 0) -> list[Line]:
        """Read all whole lines of the journal from an offset on.

        Args:
            offset: Bytes to leave out: 0, or the end of a line.

        Raises:
            TrackingError: The journal is damaged.
        """
        return read_journal(self.journal, offset)[0]

    def creation(self) -> Creation | None:
        """Read how the run began; None while the first entry is not written."""
        first = read_first(self.journal) if self.exists() else None
        return first if isinstance(first, Creation) else None

    def state(self) -> RunState | None:
        """Read how the run is now; None while the first entry is not written.

        Raises:
            TrackingError: The journal is damaged.
        """
        if self.creation() is None:
            return None
        # Asked before the journal is read: a run that ends in between has ended, and was not interrupted.
        at_work = self.has_writer()
        return state_of((line.entry for line in self.lines()), at_work=at_work)


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


def run_folder(home: Path, run_uid: str, attempt: int = 1) -> RunFolder:
    """Return the folder of one attempt at a run.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
        attempt: From 1.
    """
    return RunFolder(home / "runs" / attempt_uid(run_uid, attempt))


def attempts(home: Path, run_uid: str) -> Iterator[RunFolder]:
    """Yield the folders of all attempts at a run that were begun, in order.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
    """
    attempt = 1
    while (run := run_folder(home, run_uid, attempt)).path.is_dir():
        yield run
        attempt += 1


def run_folders(home: Path) -> list[RunFolder]:
    """List the folders of all runs in a home.

    Args:
        home: The folder that holds all journals; one that is not there, or cannot be read, has none.
    """
    return [RunFolder(journal.parent) for journal in sorted(home.glob(f"runs/*/{JOURNAL}"))]


def require_listed(home: Path) -> None:
    """Refuse a home whose runs cannot be told: nobody knows what it holds.

    Args:
        home: The folder that holds all journals; it need not be there.

    Raises:
        TrackingError: It cannot be read, or something else is in its place.
    """
    # `glob` finds nothing in a folder that it cannot read, and says nothing.
    try:
        with os.scandir(home / "runs"):
            pass
    except FileNotFoundError:
        return
    except OSError as error:
        raise TrackingError(
            f"{home} must be a folder of journals that can be read",
            but=f"{error.filename}: {error.strerror}",
            do="Mend its permissions, or set TRACKER_HOME to the folder that holds the runs.",
        ) from error


def find_run(home: Path, run_uid: str) -> RunFolder | None:
    """Find the latest attempt at a run; None where there is none that has begun.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
    """
    begun = [run for run in attempts(home, run_uid) if run.creation() is not None]
    return begun[-1] if begun else None


def known_uid(home: Path, run_uids: Sequence[str]) -> str:
    """Return the first of several ids under which a run was begun; the first of all where it was not.

    Args:
        home: The folder that holds all journals.
        run_uids: Ids that the run can have; one at least.
    """
    return next((run_uid for run_uid in run_uids if run_folder(home, run_uid).exists()), run_uids[0])


def last_status(entries: Iterable[Entry]) -> RunState:
    """Return the last state that was recorded; RUNNING where none was.

    Args:
        entries: All entries of its journal.
    """
    statuses = [entry.status for entry in entries if isinstance(entry, Status)]
    return statuses[-1] if statuses else RunState.RUNNING


def state_of(entries: Iterable[Entry], *, at_work: bool) -> RunState:
    """Return how a run is now: its last recorded state, or INTERRUPTED.

    Args:
        entries: All entries of its journal.
        at_work: Whether a living process writes it.
    """
    last = last_status(entries)
    return RunState.INTERRUPTED if last is RunState.RUNNING and not at_work else last
