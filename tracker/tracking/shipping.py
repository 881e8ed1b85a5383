"""Sends all journals of a home that are meant for one MLflow store or server, and bears its failures."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.tracking.abandoned import close_abandoned
from tracker.tracking.client import open_client
from tracker.tracking.delivery import deliver
from tracker.tracking.failures import FAILURES, Failure, failure_of, problem_of
from tracker.tracking.home import creation_of, local_run, run_folders
from tracker.tracking.journal import JOURNAL
from tracker.tracking.position import folders_for, forget_positions, is_sent, load_position, save_problem
from tracker.tracking.store import describe, initialise_embedded, is_there

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0

Wait = Callable[[float], bool]
"""Waits so many seconds; true as soon as the work is to end."""


class Shipping:
    """Sends all journals of a home that are meant for one MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is.
    """

    def __init__(self, home: Path, tracking_uri: str) -> None:
        self._home = home
        self._uri = tracking_uri
        self._client: MlflowClient | None = None
        self._meant_for: dict[Path, str] = {}
        self._complete: dict[Path, int] = {}
        self._refused: dict[Path, int] = {}
        self._pause_s = _PAUSE_S
        self._not_before = 0.0

    def follow(self, wait: Wait, *, drain_s: float) -> None:
        """Send again and again until told to end; then go on until all is sent.

        Args:
            wait: Waits between two passes, and says when to end.
            drain_s: How long to go on at most after that, seconds.
        """
        self._notice_lost_store()
        with suppress(*FAILURES):
            # Before the first run has anything to send; what fails here fails again, and is told, then.
            initialise_embedded(self._uri)
        while not wait(_PAUSE_S):
            self.send_due()
        deadline = time.monotonic() + drain_s
        while self.send() == "temporary" and time.monotonic() < deadline:
            time.sleep(_PAUSE_S * random.uniform(0.5, 1.5))

    def send_due(self) -> None:
        """Send, unless MLflow failed a short time ago; the wait doubles with each failure."""
        if time.monotonic() < self._not_before:
            return
        if self.send() is None:
            self._pause_s = _PAUSE_S
        else:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            self._not_before = time.monotonic() + self._pause_s * random.uniform(0.5, 1.5)

    def send(self) -> Failure | None:
        """Send all that there is.

        Returns:
            None where a later attempt has nothing to do; or why MLflow failed: `temporary` or `denied`.
        """
        self._notice_lost_store()
        for folder in self._due():
            failure = self._send_one(folder)
            if failure in ("temporary", "denied"):
                # The other journals would meet the same, each after a wait.
                return failure
            if failure is not None:
                self._refused[folder] = load_position(folder).offset
        return None

    def _send_one(self, folder: Path) -> Failure | None:
        try:
            initialise_embedded(self._uri)
            self._client = self._client or open_client(self._uri)
            deliver(self._client, folder)
        except TrackingError as error:
            save_problem(folder, str(error))
            return "refused"
        except FAILURES as error:
            save_problem(folder, problem_of(error, describe(self._uri)))
            return failure_of(error)
        return None

    def _notice_lost_store(self) -> None:
        """Begin again where a user threw the database away: a new one has nothing of what that one had."""
        if not is_there(self._uri):
            forget_positions(folders_for(self._home, self._uri))
            self._complete.clear()

    def _due(self) -> Iterator[Path]:
        """Yield the runs that have something to send."""
        for folder in run_folders(self._home):
            size = (folder / JOURNAL).stat().st_size
            if self._complete.get(folder) == size or not self._is_ours(folder):
                continue
            close_abandoned(folder)
            if not is_sent(folder):
                if self._refused.get(folder) != load_position(folder).offset:
                    yield folder
            elif _has_ended(folder):
                self._complete[folder] = size

    def _is_ours(self, folder: Path) -> bool:
        if folder not in self._meant_for:
            creation = creation_of(folder)
            if creation is None:
                return False
            self._meant_for[folder] = creation.tracking_uri
        return self._meant_for[folder] == self._uri


def _has_ended(folder: Path) -> bool:
    run = local_run(folder)
    return run is not None and run.state not in ("RUNNING", "UNFINISHED")
