"""Heartbeats of the trials that a process is at, from a thread of their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

from tracker.search.retry import AWAY
from tracker.search.stored_study import StoredStudy


class Heartbeats:
    """Notes again and again that trials are alive.

    Args:
        stored: The study that they are of.
        interval_s: Seconds between two beats.
    """

    def __init__(self, stored: StoredStudy, interval_s: float) -> None:
        self._stored = stored
        self._interval_s = interval_s
        self._alive: frozenset[int] = frozenset()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeats", daemon=True)

    def add(self, number: int) -> None:
        """Beat for a trial, at once and from now on.

        Args:
            number: The trial's number.
        """
        self._stored.beat(number)
        self._alive |= {number}
        if self._thread.ident is None:
            self._thread.start()

    def keep(self, numbers: Iterable[int]) -> None:
        """Beat for these trials alone.

        Args:
            numbers: Of trials that were added.
        """
        self._alive = frozenset(numbers)

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(self._interval_s):
            for number in self._alive:
                # A database that is away for a moment misses a beat; the next one comes.
                with contextlib.suppress(*AWAY):
                    self._stored.beat(number)
        self._stored.end_session()
