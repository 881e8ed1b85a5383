"""Sends all journals of a home that are meant for one MLflow store or server, and bears its failures.

MLflow takes seconds to import: it is imported when the first journal has something to send.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from tracker.records import ENDED
from tracker.tracking.backend.account import showing_account
from tracker.tracking.backend.client import ask_anything, open_client
from tracker.tracking.backend.moved_store import find_artifacts_again
from tracker.tracking.backend.uri import initialize_embedded, is_there
from tracker.tracking.journal.lifecycle import close_abandoned
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders
from tracker.tracking.shipping.cursor import forget_cursors, is_sent, rewind, save_problem
from tracker.tracking.shipping.destinations import destination, runs_for
from tracker.tracking.shipping.kept_back import keep_back, obstacle_to_sending
from tracker.tracking.shipping.lock import sole_sender
from tracker.tracking.shipping.pauses import Pauses, Row

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient
    from tracker.tracking.backend.failures import Failure
    from tracker.tracking.journal.entries import Creation

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_LONGEST_PAUSE_OF_A_RUN_S = 300.0
# A server that takes its time has many to serve: who asks it less often gets more at once, and sooner.
_PAUSES_A_PASS = 3
_LONGEST_REST_S = 10.0
# A server that answers questions and does nothing else would have every run wait for it.
_MOST_IN_A_ROW, _LONGEST_ROW_S = 3, 10.0
_LAST_TRIES = 3

Outcome: TypeAlias = "Failure | Literal['busy', 'held']"
"""How it went: as a request fails, or

busy   another process is sending some of it
held   something about a run itself cannot be sent now; the others were
"""
_NEWS: tuple[Outcome, ...] = ("busy", "held", "forbidden")
_log = logging.getLogger(__name__)
# Read in the shipper's log; a command tells of it in one line.
_log.addHandler(logging.NullHandler())

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
        self._complete: dict[RunFolder, int] = {}
        self._begun: set[RunFolder] = set()
        self._of_server = Pauses(2 * _PAUSE_S, _LONGEST_PAUSE_S)
        self._of_experiments = Pauses(_LONGEST_PAUSE_S, _LONGEST_PAUSE_S)
        self._of_runs = Pauses(2 * _PAUSE_S, _LONGEST_PAUSE_OF_A_RUN_S)
        self._rest_s = _PAUSE_S

    def follow(self, wait: Wait, *, drain_s: float) -> None:
        """Send again and again until told to end; then go on until all is sent.

        Args:
            wait: Waits between two passes, and says when to end.
            drain_s: How long to go on at most after that, seconds.
        """
        while not wait(self._rest_s):
            self.send_due()
        deadline = time.monotonic() + drain_s
        for tries in count(1):
            self._of_experiments.end()
            self._of_runs.end()
            outcome = self.send()
            again = outcome in ("temporary", "busy") or (outcome == "held" and tries < _LAST_TRIES)
            if not again or time.monotonic() >= deadline:
                return
            time.sleep(_PAUSE_S * random.uniform(0.5, 1.5))

    def send_due(self) -> Outcome | None:
        """Send, unless MLflow failed a short time ago; the wait doubles with each failure.

        Returns:
            As `send`.
        """
        if self._of_server.has(self._uri):
            return "temporary"
        began = time.monotonic()
        outcome = self.send()
        took_s = time.monotonic() - began
        self._rest_s = min(max(_PAUSE_S, _PAUSES_A_PASS * took_s), _LONGEST_REST_S)
        if outcome in ("temporary", "denied"):
            self._of_server.lengthen(self._uri)
        else:
            self._of_server.forget(self._uri)
        return outcome

    def send(self) -> Outcome | None:
        """Send all that there is.

        Returns:
            None where a later attempt has nothing to do; why MLflow failed, `temporary` or `denied`; `busy`
            where another process is sending some of it; `held` where it is a run's own fault that it cannot
            be sent now; or `forbidden` where experiments are closed to us.
        """
        if (obstacle := obstacle_to_sending(self._home, self._uri)) is not None:
            return "temporary" if keep_back(self._due(), self._uri, obstacle) else None
        self._notice_lost_store()
        outcomes: set[Outcome | None] = set()
        row = Row(_MOST_IN_A_ROW, _LONGEST_ROW_S)
        for run in self._due():
            if self._is_left_alone(run):
                continue
            outcome = self._send_one(run)
            of_server = outcome in ("temporary", "denied")
            if of_server and not self._answers(run):
                # The other journals would meet the same, each after a wait.
                return outcome
            outcomes.add(self._noted(run, outcome))
            if row.is_too_long_with(failed=of_server):
                return "temporary"
        return next((one for one in _NEWS if one in outcomes), None)

    def _is_left_alone(self, run: RunFolder) -> bool:
        return self._of_runs.has(run) or self._of_experiments.has(self._beginnings[run].experiment)

    def _noted(self, run: RunFolder, outcome: Outcome | None) -> Outcome | None:
        """Leave a run that failed alone for a while; say what became of it, as its server answers."""
        match outcome:
            case None:
                self._of_runs.forget(run)
            case "forbidden":
                # Other runs of its experiment would meet the same; those of other experiments need not.
                self._of_experiments.lengthen(self._beginnings[run].experiment)
            case "temporary" | "denied" | "refused":
                self._of_runs.lengthen(run)
        return "held" if outcome in ("temporary", "denied") else outcome

    def send_again(self) -> None:
        """Have everything sent again from its start; what another process is sending now, it sends anyway."""
        for run in runs_for(self._home, self._uri):
            with sole_sender(run) as alone:
                if alone:
                    rewind(run)
        self._complete.clear()

    def _send_one(self, run: RunFolder) -> Outcome | None:
        try:
            with sole_sender(run) as alone:
                if not alone:
                    return "busy"
                self._deliver(run)
        except Exception as error:  # noqa: BLE001
            # MLflow's clients and what they bring raise anything; none of it is to end the sending of others.
            return self._failed(run, error)
        return None

    def _deliver(self, run: RunFolder) -> None:
        size = run.size()
        close_abandoned(run)
        if is_sent(run):
            if run.state() in ENDED:
                self._complete[run] = size
            return
        from tracker.tracking.shipping.delivery import deliver

        with self._talking(run) as client:
            deliver(client, run, goes_on=run in self._begun)
            self._begun.add(run)

    @contextmanager
    def _talking(self, run: RunFolder) -> Iterator[MlflowClient]:
        """Give the client that a run is sent by, with the account that is shown for it."""
        initialize_embedded(self._uri)
        recorded = self._beginnings[run].tracking_uri
        with showing_account(self._uri, recorded):
            if self._client is None:
                find_artifacts_again(self._uri)
                self._client = open_client(self._uri, recorded)
            yield self._client

    def _answers(self, run: RunFolder) -> bool:
        """Ask MLflow something harmless: where it answers, a failure was of the run that met it."""
        try:
            with self._talking(run) as client:
                ask_anything(client)
        except Exception:  # noqa: BLE001
            # Whatever it is, it is told as why the run could not be sent.
            return False
        return True

    def _failed(self, run: RunFolder, error: Exception) -> Failure:
        """Keep why a journal could not be sent."""
        from tracker.tracking.shipping.unsendable import is_expected, outcome_of, problem_with

        if not is_expected(error):
            _log.warning("%s cannot be sent", run.path, exc_info=error)
        with suppress(OSError):
            # A disk that is full says enough by itself.
            save_problem(run, problem_with(error, self._uri, self._beginnings[run]))
        return outcome_of(error)

    def _notice_lost_store(self) -> None:
        """Begin again where a user threw the database away: a new one has nothing of what that one had."""
        with suppress(OSError):
            if is_there(self._uri):
                return
            forget_cursors(runs_for(self._home, self._uri))
            self._complete.clear()

    def _due(self) -> Iterator[RunFolder]:
        """Return the runs that may have something to send."""
        return filter(self._may_be_due, run_folders(self._home))

    def _may_be_due(self, run: RunFolder) -> bool:
        try:
            return self._complete.get(run) != run.size() and self._is_ours(run)
        except UNREADABLE:
            # Another user's, a newer version's or just removed: nobody can say where it is to go.
            return False

    def _is_ours(self, run: RunFolder) -> bool:
        if run not in self._beginnings and run not in self._elsewhere:
            creation = run.creation()
            if creation is None:
                return False
            if destination(run, creation) == self._uri:
                self._beginnings[run] = creation
            else:
                self._elsewhere.add(run)
        return run in self._beginnings
