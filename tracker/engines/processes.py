"""Several processes of this machine that do the same work, each a part of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import Any

from tracker.engines.engine import Engine, Worker
from tracker.errors import TrackerError
from tracker.foreign_text import printable_lines
from tracker.interruption import Interruption

_POLL_S = 0.5
INTERRUPTED = 130
"""The exit code of a process that ended because someone asked for an end."""


def work_in_processes(
    work: Callable[..., None],
    workers: Sequence[Worker],
    *,
    meanwhile: Callable[[], None],
    interruption: Interruption,
) -> None:
    """Have processes do some work together, and wait until all have ended.

    A process finds out by itself what is left to do. It is asked for an end by SIGTERM, never by the Ctrl-C
    that a terminal sends to everyone: that one is for this process, which passes it on.
    """
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(work, *worker.arguments)) for worker in workers]
    try:
        with _deaf_to_ctrl_c(), _without_main():
            for process, worker in zip(processes, workers, strict=True):
                with _variables(worker.environment):
                    process.start()
        with interruption.stopping_gently():
            while _wait_for_some(processes):
                meanwhile()
                interruption.stop_point()
    finally:
        _end_all(processes)
    failed = [process.exitcode for process in processes if process.exitcode]
    if len(failed) == len(processes):
        raise TrackerError(
            "one process at least must end well",
            but=f"all {len(failed)} ended with exit code {failed[0]} (see what they printed above)",
            do="Mend the cause, or try --jobs 1; the same command goes on with what is left.",
        )


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Have processes that are started here not hear a Ctrl-C, from their first instant on."""
    if threading.current_thread() is not threading.main_thread():
        # Python lets no other thread take signals, and a terminal's Ctrl-C is then somebody else's, too.
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _without_main() -> Iterator[None]:
    """Have processes that are started here not import the program that runs now.

    They need nothing of it, and a script without `if __name__ == "__main__"` would begin anew in each.
    """
    before = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


@contextmanager
def _variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Have a process that is started here find variables; libraries read theirs on import."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _work(work: Callable[..., None], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
