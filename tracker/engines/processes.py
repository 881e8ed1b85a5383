"""Several processes of this machine that do the same work, each a part of it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from tracker.errors import TrackerError
from tracker.interruption import Interruption

_POLL_S = 0.5
INTERRUPTED = 130
"""The exit code of a process that ended because someone asked for an end."""


def work_in_processes(
    work: Callable[..., None],
    arguments: Sequence[Any],
    count: int,
    *,
    meanwhile: Callable[[], None],
    interruption: Interruption,
) -> None:
    """Have processes do some work together, and wait until all have ended.

    A process finds out by itself what is left to do. It is asked for an end by SIGTERM, never by the Ctrl-C
    that a terminal sends to everyone: that one is for this process, which passes it on.

    Args:
        work: A function of a module, called in each process.
        arguments: What it is called with.
        count: How many processes.
        meanwhile: Called twice a second.
        interruption: Asked whether to stop.

    Raises:
        TrackerError: If one of them failed; the others have done what was left, if they could.
        KeyboardInterrupt: Someone asked for an end; all have ended.
    """
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(work, *arguments)) for _ in range(count)]
    try:
        for process in processes:
            process.start()
        with interruption.stopping_gently():
            while _wait_for_some(processes):
                meanwhile()
                interruption.stop_point()
    finally:
        _end_all(processes)
    failed = [process.exitcode for process in processes if process.exitcode]
    if failed:
        raise TrackerError(
            "every process must end well",
            but=f"{len(failed)} of {count} ended with exit code {failed[0]} (see what they printed above)",
            do="Mend the cause, or try --jobs 1; the same command goes on with what is left.",
        )


def _work(work: Callable[..., None], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        work(*arguments)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _wait_for_some(processes: Sequence[SpawnProcess]) -> bool:
    """Wait a moment; say whether some process lives."""
    living = [process.sentinel for process in processes if process.is_alive()]
    wait(living, timeout=_POLL_S)
    return bool(living)


def _end_all(processes: Sequence[SpawnProcess]) -> None:
    """Ask those that live for an end, and wait for it."""
    started = [process for process in processes if process.pid is not None]
    try:
        for process in started:
            process.terminate()
        for process in started:
            process.join()
    except KeyboardInterrupt:
        for process in started:
            process.kill()
        raise
