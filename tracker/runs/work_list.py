"""Which run of a plan is next: each is handed out once, to one worker or to several."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Protocol

from tracker.runs.events import RunResult


class Order(Protocol):
    """Says what is next, and hears what came of it."""

    def next(self) -> int | None:
        """Return the number of a run to do, from 0; None: nothing is left to do."""

    def done(self, number: int) -> None:
        """Hear that a run has ended, one way or the other."""

    def put_off(self, number: int, result: RunResult) -> None:
        """Hear that another command is at a run."""


class WorkList:
    """The runs that are left, in order; any number of threads may ask for them.

    Runs that were put off are looked at again at the end, as long as others ended in the meantime: theirs may
    have ended by then, too, one way or the other.

    Args:
        numbers: The runs, by their numbers.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self.taken: dict[int, RunResult] = {}
        self._left = deque(numbers)
        self._at_work = 0
        self._some_ended = False
        self._changed = Condition()

    def next(self) -> int | None:
        """Wait for a run that is to be done, as long as one at work may come back; None: nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._left or not self._at_work)
            if not self._left and self._some_ended:
                self._left.extend(sorted(self.taken))
                self._some_ended = False
                self.taken.clear()
            if not self._left:
                return None
            self._at_work += 1
            return self._left.popleft()

    def done(self, number: int) -> None:
        """Hear that a run has ended, one way or the other."""
        with self._one_less():
            self._some_ended = True

    def put_off(self, number: int, result: RunResult) -> None:
        """Hear that another command is at a run."""
        with self._one_less():
            self.taken[number] = result

    def give_back(self, number: int) -> None:
        """Take a run back whose worker is gone: it is the next one."""
        with self._one_less():
            self._left.appendleft(number)

    @contextmanager
    def _one_less(self) -> Iterator[None]:
        with self._changed:
            yield
            self._at_work -= 1
            self._changed.notify_all()
