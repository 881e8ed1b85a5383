"""Sends all journals of a home that are meant for one MLflow store or server, and bears its failures."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tracker.errors import TrackingError
from tracker.records import ENDED
from tracker.tracking.backend.account import showing_account
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.denials import denial_of
from tracker.tracking.backend.failures import (
    FAILURES,
    SENDING_FAILURES,
    Failure,
    failure_of,
    problem_of,
    refusal_of,
)
from tracker.tracking.backend.guard import guarded
from tracker.tracking.backend.uri import describe, initialize_embedded, is_there, normalized
from tracker.tracking.journal.lifecycle import close_abandoned
from tracker.tracking.journal.run_folder import RunFolder, run_folders
from tracker.tracking.shipping.cursor import forget_cursors, is_sent, load_cursor, rewind, save_problem
from tracker.tracking.shipping.delivery import deliver
from tracker.tracking.shipping.destinations import runs_for
from tracker.tracking.shipping.kept_back import keep_back, obstacle_to_sending
from tracker.tracking.shipping.lock import sole_sender

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient
    from tracker.tracking.journal.entries import Creation

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
# A server that takes its time has many to serve: who asks it less often gets more at once, and sooner.
_PAUSES_A_PASS = 3
_LONGEST_REST_S = 10.0

Outcome = Failure | Literal["busy"]
_NEWS: tuple[Outcome, ...] = ("busy", "forbidden")
Wait = Callable[[float], bool]
"""Waits so many seconds; true as soon as the work is to end."""


class Sender:
    """Sends all journals of a home that are meant for one MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is.
    """

    def __init__(self, home: Path, tracking_uri: str) -> None:
        self._home = home
        self._uri = tracking_uri
        self._client: MlflowClient | None = None
        self._beginnings: dict[RunFolder, Creation] = {}
        self._elsewhere: set[RunFolder] = set()
        self._closed_until: dict[str, float] = {}
        self._complete: dict[RunFolder, int] = {}
        self._begun: set[RunFolder] = set()
        self._refused: dict[RunFolder, int] = {}
        self._pause_s = _PAUSE_S
        self._not_before = 0.0
        self._rest_s = _PAUSE_S

    def follow(self, wait: Wait, *, drain_s: float) -> None:
        """Send again and again until told to end; then go on until all is sent.

        Args:
            wait: Waits between two passes, and says when to end.
            drain_s: How long to go on at most after that, seconds.
        """
        if obstacle_to_sending(self._uri) is None:
            self._notice_lost_store()
            with suppress(*FAILURES):
                # Before the first run has anything to send; what fails here fails again, and is told, then.
                initialize_embedded(self._uri)
        while not wait(self._rest_s):
            self.send_due()
        self._closed_until.clear()
        deadline = time.monotonic() + drain_s
        while self.send() in ("temporary", "busy") and time.monotonic() < deadline:
            time.sleep(_PAUSE_S * random.uniform(0.5, 1.5))

    def send_due(self) -> Outcome | None:
        """Send, unless MLflow failed a short time ago; the wait doubles with each failure.

        Returns:
            As `send`.
        """
        if time.monotonic() < self._not_before:
            return "temporary"
        began = time.monotonic()
        outcome = self.send()
        took_s = time.monotonic() - began
        self._rest_s = min(max(_PAUSE_S, _PAUSES_A_PASS * took_s), _LONGEST_REST_S)
        if outcome in ("temporary", "denied"):
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            self._not_before = time.monotonic() + self._pause_s * random.uniform(0.5, 1.5)
        else:
            self._pause_s = _PAUSE_S
        return outcome

    def send(self) -> Outcome | None:
        """Send all that there is.

        Returns:
            None where a later attempt has nothing to do; why MLflow failed, `temporary` or `denied`; `busy`
            where another process is sending some of it; or `forbidden` where experiments are closed to us.
        """
        if (obstacle := obstacle_to_sending(self._uri)) is not None:
            return "temporary" if keep_back(self._due(), self._uri, obstacle) else None
        self._notice_lost_store()
        outcomes: set[Outcome | None] = set()
        for run in self._due():
            experiment = self._beginnings[run].experiment
            if self._closed_until.get(experiment, 0.0) > time.monotonic():
                continue
            outcome = self._send_one(run)
            if outcome in ("temporary", "denied"):
                # The other journals would meet the same, each after a wait.
                return outcome
            if outcome == "forbidden":
                # Its other runs would meet the same; those of other experiments need not.
                self._closed_until[experiment] = time.monotonic() + _LONGEST_PAUSE_S
            outcomes.add(outcome)
        return next((one for one in _NEWS if one in outcomes), None)

    def send_again(self) -> None:
        """Have everything sent again from its start; what another process is sending now, it sends anyway."""
        for run in runs_for(self._home, self._uri):
            with sole_sender(run) as alone:
                if alone:
                    rewind(run)
        self._complete.clear()

    def _send_one(self, run: RunFolder) -> Outcome | None:
        with sole_sender(run) as alone:
            if not alone:
                return "busy"
            try:
                with guarded(*SENDING_FAILURES):
                    self._deliver(run)
            except (TrackingError, *SENDING_FAILURES) as error:
                return self._failed(run, error)
        return None

    def _deliver(self, run: RunFolder) -> None:
        size = run.size()
        close_abandoned(run)
        if is_sent(run):
            if run.state() in ENDED:
                self._complete[run] = size
        elif self._refused.get(run) != load_cursor(run).offset:
            initialize_embedded(self._uri)
            recorded = self._beginnings[run].tracking_uri
            with showing_account(self._uri, recorded):
                self._client = self._client or open_client(self._uri, recorded)
                deliver(self._client, run, goes_on=run in self._begun)
                self._begun.add(run)

    def _failed(self, run: RunFolder, error: Exception) -> Failure:
        """Keep why a journal could not be sent."""
        failure = "refused" if isinstance(error, TrackingError) else failure_of(error)
        with suppress(OSError):
            # A disk that is full says enough by itself.
            save_problem(run, self._problem(run, error))
        if failure in ("refused", "missing"):
            self._refused[run] = load_cursor(run).offset
        return failure

    def _problem(self, run: RunFolder, error: Exception) -> str:
        """Say why a journal could not be sent, and what is to be done about it, if anything."""
        if isinstance(error, TrackingError):
            return str(error)
        where, refusal = describe(self._uri), refusal_of(error)
        if refusal is None:
            return problem_of(error, where)
        begun = self._beginnings[run]
        denial = denial_of(
            refusal,
            self._uri,
            experiment=begun.experiment,
            permission="EDIT",
            recorded=begun.tracking_uri,
        )
        return f"{where} {denial.problem}. {denial.advice} Then type tracker sync: nothing is lost."

    def _notice_lost_store(self) -> None:
        """Begin again where a user threw the database away: a new one has nothing of what that one had."""
        if not is_there(self._uri):
            forget_cursors(runs_for(self._home, self._uri))
            self._complete.clear()

    def _due(self) -> Iterator[RunFolder]:
        """Yield the runs that may have something to send."""
        for run in run_folders(self._home):
            size = run.size()
            if self._complete.get(run) != size and self._is_ours(run):
                yield run

    def _is_ours(self, run: RunFolder) -> bool:
        if run not in self._beginnings and run not in self._elsewhere:
            creation = run.creation()
            if creation is None:
                return False
            if normalized(creation.tracking_uri) == self._uri:
                self._beginnings[run] = creation
            else:
                self._elsewhere.add(run)
        return run in self._beginnings
