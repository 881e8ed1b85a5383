"""What an engine is: something that has several workers do the same work, each a part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tracker.interruption import Interruption


@dataclass(frozen=True)
class Worker:
    """What one worker is given.

    Attributes:
        arguments: What the work is called with; they can be pickled as `multiprocessing` does.
        environment: Variables that it has in the place of those of this process, such as which GPU it sees:
            set before it imports anything, if it is a process.
    """

    arguments: Sequence[Any]
    environment: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Has workers do some work together, and waits until all have ended.

    A worker finds out by itself what is left to do; one that dies leaves its part to the others.
    """

    def __call__(
        self,
        work: Callable[..., None],
        workers: Sequence[Worker],
        *,
        meanwhile: Callable[[], None],
        interruption: Interruption,
    ) -> None:
        """Have the work done.

        Args:
            work: A function of a module, called by each worker.
            workers: What each worker is given.
            meanwhile: To be called about twice a second.
            interruption: To be asked whether to stop; workers are then told by SIGTERM.

        Raises:
            TrackerError: If all of them failed. Where one ended well, nothing was left to do.
            KeyboardInterrupt: Someone asked for an end; all have ended.
        """
