"""The runs of a plan in several processes: who does which is decided here, and all is told as if by one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from tracker.config.recipe import Recipe
from tracker.engines import find_engine
from tracker.engines.engine import Worker
from tracker.interruption import Interruption
from tracker.runs.events import Notifier, Reporter, RunResult
from tracker.runs.plan import Prepared
from tracker.runs.run_worker import DONE, HELLO, NEXT, PUT_OFF, WARNED, PipeEnd, work_at_runs
from tracker.runs.work_list import WorkList

_GONE = "gone"
_JOIN_S = 5.0

_log = logging.getLogger(__name__)


class SideBySide:
    """Has workers do the runs of a plan together.

    A thread for each worker hands runs out. What workers tell waits for the thread that called, so that a
    reporter hears everything there, one thing after another.

    Args:
        prepared: The plan.
        recipes: Its runs.
        reporter: Told how far it is.
        interruption: What asks for an end.
    """

    def __init__(
        self, prepared: Prepared, recipes: Sequence[Recipe], reporter: Reporter, interruption: Interruption
    ) -> None:
        self._prepared = prepared
        self._recipes = recipes
        self._reporter = reporter
        self._notifier = Notifier(reporter)
        self._interruption = interruption
        self._told: SimpleQueue[tuple[int | None, str, Sequence[Any]]] = SimpleQueue()
        self._results: dict[int, RunResult] = {}

    def run(self, work: WorkList, environments: Sequence[Mapping[str, str]]) -> dict[int, RunResult]:
        """Do all runs that are left.

        Args:
            work: Which these are.
            environments: The variables of each worker.

        Returns:
            How each of them ended, by its number, but for those that others are at.

        Raises:
            KeyboardInterrupt: Someone asked for an end; the runs at work are KILLED.
            TrackerError: All workers failed.
        """
        pipes = [Pipe() for _ in environments]
        threads = [Thread(target=self._serve, args=(work, *pipe), daemon=True) for pipe in pipes]
        for thread in threads:
            thread.start()
        workers = [
            Worker((self._prepared, theirs), environment)
            for (_, theirs), environment in zip(pipes, environments, strict=True)
        ]
        engine = find_engine(self._prepared.plan.options.engine)
        try:
            engine(work_at_runs, workers, meanwhile=self._tell, interruption=self._interruption)
        finally:
            for _, theirs in pipes:
                theirs.close()
            for thread in threads:
                thread.join(_JOIN_S)
            self._tell()
        return self._results

    def _serve(self, work: WorkList, ours: PipeEnd, theirs: PipeEnd) -> None:
        """Hand runs to a worker until it ends; what it was at then is left to the others."""
        number: int | None = None
        with ours, suppress(EOFError, OSError):
            while True:
                name, told = ours.recv()
                if name == HELLO:
                    # From now on the worker alone has its end, which closes with it.
                    theirs.close()
                elif name == NEXT:
                    number = work.next()
                    ours.send(number)
                elif name in (DONE, PUT_OFF):
                    number = None
                    (work.done if name == DONE else work.put_off)(*told)
                else:
                    self._told.put((number, name, told))
        if number is not None:
            self._told.put((number, _GONE, ()))
            work.give_back(number)

    def _tell(self) -> None:
        """Pass on what workers told."""
        with suppress(Empty):
            while True:
                number, name, told = self._told.get_nowait()
                self._pass_on(None if number is None else self._recipes[number], name, told)

    def _pass_on(self, recipe: Recipe | None, name: str, told: Sequence[Any]) -> None:
        if name == "progress" and recipe is not None:
            self._reporter.run_progress(recipe, *told)
        elif name == "note":
            self._notifier.notify(*told)
        elif name == WARNED:
            _log.warning("%s", *told)
        elif name == _GONE:
            self._tell_gone(recipe)
        else:
            if name == "run_ended":
                (result,) = told
                self._results[self._recipes.index(result.recipe)] = result
            getattr(self._reporter, name)(*told)

    def _tell_gone(self, recipe: Recipe | None) -> None:
        assert recipe is not None
        self._reporter.run_left(recipe)
        if not self._interruption.asked:
            self._notifier.notify(f"{recipe.in_words}: its process has died; another one goes on with it")
