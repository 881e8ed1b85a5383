"""How far a study is, in whole lines: for a file or a pipe, where nothing can be drawn over."""

from __future__ import annotations

import time
from collections.abc import Callable

from tracker.cli.terminal import duration
from tracker.search.records import StudyProgress

_EVERY_S = 30.0
_WIDTH = 80


class StudyLines:
    """Tells that a study begins, and now and then how far it is.

    Args:
        show: Prints a line.
        every: Seconds between two lines, at least.
    """

    def __init__(self, show: Callable[[str], None], *, every: float = _EVERY_S) -> None:
        self._show = show
        self._every = every
        self._label = ""
        self._begun = self._told = 0.0
        self._progress: StudyProgress | None = None
        self._last = ""

    def begin(self, label: str, trials: int | None) -> None:
        """Tell that a study begins or goes on.

        Args:
            label: Its number and its arm.
            trials: How many an arm has; None where that is not known.
        """
        self._label, self._progress, self._last = label, None, ""
        self._begun = self._told = time.monotonic()
        self._show(f"  {label}  study begins" + (f", {trials} trials" if trials else ""))

    def trials(self, progress: StudyProgress) -> None:
        """Tell how many trials are done, unless something was told a moment ago."""
        self._progress = progress
        if not progress.done:
            self._tell(f"{progress.spent}/{progress.budget} trials")

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """Tell how far a trial is, unless something was told a moment ago."""
        if (progress := self._progress) is not None:
            self._tell(f"{progress.spent}/{progress.budget} trials", f"trial {trial}, epoch {epoch}/{epochs}")

    def _tell(self, *facts: str) -> None:
        now, what = time.monotonic(), "  ".join(facts)
        if now - self._told < self._every or what == self._last:
            return
        self._told, self._last = now, what
        best = self._progress.best if self._progress else None
        found = [f"best {best.value:.3g}"] if best is not None and best.value is not None else []
        rest = "  ".join([what, *found, duration(now - self._begun)])
        line = f"  {self._label}  {rest}"
        self._show(line if len(line) <= _WIDTH else f"  {self._label}\n      {rest}")
