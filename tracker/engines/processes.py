"""Several processes of this machine that do the same work, each a part of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from tracker.engines.engine import Engine
from tracker.errors import TrackerError
from tracker.foreign_text import printable_lines
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
    """
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(work, *arguments)) for _ in range(count)]
    try:
        _start(processes)
        with interruption.stopping_gently():
            while _wait_for_some(processes):
                meanwhile()
                interruption.stop_point()
    finally:
        _end_all(processes)
    failed = [process.exitcode for process in processes if process.exitcode]
    if len(failed) == count:
        raise TrackerError(
            "one process at least must end well",
            but=f"all {count} ended with exit code {failed[0]} (see what they printed above)",
            do="Mend the cause, or try --jobs 1; the same command goes on with what is left.",
        )


def _start(processes: Sequence[SpawnProcess]) -> None:
    """Start processes that do not hear a Ctrl-C, from their first instant on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for process in processes:
            process.start()
    finally:
        signal.signal(signal.SIGINT, before)


def _work(work: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    try:
        work(*arguments)
    except TrackerError as error:
        sys.stderr.write(printable_lines(f"tracker: {error}") + "\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _end_with_the_parent() -> None:
    """End gently when the parent is gone: nobody else would, and the same command again starts more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


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


ENGINE: Engine = work_in_processes
