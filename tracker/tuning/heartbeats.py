"""The beats of the trials that this process is at, from a thread of their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

from optuna.storages import RDBStorage

from tracker.tuning.patience import AWAY


class Heartbeats:
    """Tells the storage again and again that trials are alive; ask and tell alone does not.

    Args:
        storage: Where the trials are.
        interval: Seconds between two beats.
    """

    def __init__(self, storage: RDBStorage, interval: float) -> None:
        self._storage = storage
        self._interval = interval
        self._alive: frozenset[int] = frozenset()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeats", daemon=True)

    def add(self, trial_id: int) -> None:
        """Beat for a trial, at once and from now on.

        Args:
            trial_id: The trial's id in the storage.
        """
        self._storage.record_heartbeat(trial_id)
        self._alive |= {trial_id}
        if self._thread.ident is None:
            self._thread.start()

    def keep(self, trial_ids: Iterable[int]) -> None:
        """Beat for these trials alone.

        Args:
            trial_ids: Ids of trials that were added.
        """
        self._alive = frozenset(trial_ids)

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(self._interval):
            for trial_id in self._alive:
                # A database that is away for a moment misses a beat; the next one comes.
                with contextlib.suppress(*AWAY):
                    self._storage.record_heartbeat(trial_id)
        self._storage.remove_session()
