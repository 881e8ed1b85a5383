"""One of several workers at a plan: it is handed its runs, and tells of them, through a pipe."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any, TypeAlias

from tracker.config.recipe import Recipe
from tracker.interruption import Interruption
from tracker.runs.events import Reporter, RunResult
from tracker.runs.plan import Prepared
from tracker.runs.plan_executor import PlanExecutor

PipeEnd: TypeAlias = "Connection[Any, Any]"

HELLO, NEXT, DONE, PUT_OFF, WARNED = "hello", "next", "done", "put_off", "warned"
"""What a worker says beside what a `Reporter` is told."""


def work_at_runs(prepared: Prepared, end: PipeEnd) -> None:
    """Do runs as long as some are handed out.

    Args:
        prepared: The plan.
        end: Where they are, and where what happens is told.
    """
    interruption = Interruption(silent=True)
    with interruption.taking_terminations(), Connection(os.dup(end.fileno())) as own:
        told = _Told(own)
        told(HELLO)
        with _warnings_told(told):
            PlanExecutor(prepared, _Telling(told), interruption).run(_HandedOut(own, told))


class _Told:
    """Says something to the process that started this one; several threads may."""

    def __init__(self, end: PipeEnd) -> None:
        self._end = end
        self._lock = Lock()

    def __call__(self, name: str, *told: object) -> None:
        # Where it is gone, nobody listens, and this process is asked for its end at once.
        with self._lock, suppress(OSError):
            self._end.send((name, told))


class _HandedOut:
    """The runs that this worker gets, one by one."""

    def __init__(self, end: PipeEnd, told: _Told) -> None:
        self._end = end
        self._told = told

    def next(self) -> int | None:
        self._told(NEXT)
        try:
            number: int | None = self._end.recv()
        except (EOFError, OSError):
            return None
        return number

    def done(self, number: int) -> None:
        self._told(DONE, number)

    def put_off(self, number: int, result: RunResult) -> None:
        self._told(PUT_OFF, number, result)


class _Telling(Reporter):
    """Passes everything on."""

    def __init__(self, told: _Told) -> None:
        self._told = told

    def progress(self, done: int, total: int, what: str) -> None:
        self._told("progress", done, total, what)

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        self._told("run_started", recipe, number, total)

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        self._told("resumed", recipe, epoch)

    def repeats(self, recipe: Recipe, first: int, last: int) -> None:
        self._told("repeats", recipe, first, last)

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        self._told("epoch", recipe, epoch, dict(values))

    def note(self, text: str) -> None:
        self._told("note", text)

    def run_left(self, recipe: Recipe) -> None:
        self._told("run_left", recipe)

    def run_ended(self, result: RunResult) -> None:
        self._told("run_ended", result)


class _Warnings(logging.Handler):
    def __init__(self, told: _Told) -> None:
        super().__init__(logging.WARNING)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info:
            self._told(WARNED, record.getMessage())


@contextmanager
def _warnings_told(told: _Told) -> Iterator[None]:
    """Pass on what rooms below tell in passing, so that it comes out where the other process says."""
    handler, logger = _Warnings(told), logging.getLogger("tracker")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
