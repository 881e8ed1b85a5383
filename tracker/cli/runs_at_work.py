"""What is shown of runs: those at work drawn over again in a terminal, lines that stay everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tracker.cli.terminal import duration
from tracker.config.recipe import Recipe
from tracker.foreign_text import printable
from tracker.io.progress import Seldom
from tracker.records import RunState
from tracker.runs.events import RunResult

BAR_WIDTH = 20
_NAME_WIDTH, _LONGEST_NAME = 47, 64
_MARKS = {RunState.FINISHED: "✓", RunState.SKIPPED: "=", RunState.TAKEN: "~", RunState.FAILED: "✗"}


@dataclass
class _Run:
    """A run at work: its name, what it is doing, and since when its epochs are timed."""

    name: str
    stages: Seldom
    started: float = field(default_factory=time.monotonic)
    resumed: int = 0
    row: Table | None = None


class RunsAtWork:
    """Knows the runs of a plan that are at work.

    Args:
        tell: Prints a line that stays.
        is_terminal: Whether what is at work can be drawn: else it is told in lines.
        stages_every_s: Without a terminal, seconds between two lines of a long stage.
    """

    def __init__(self, tell: Callable[[str], None], *, is_terminal: bool, stages_every_s: float) -> None:
        self._tell = tell
        self._is_terminal = is_terminal
        self._stages_every_s = stages_every_s
        self._names: dict[Recipe, str] = {}
        self._runs: dict[Recipe, _Run] = {}
        self._width = _NAME_WIDTH

    def expect(self, recipes: Sequence[Recipe]) -> None:
        """Make room for the names of the runs of a plan."""
        number = len(f"{len(recipes)}/{len(recipes)} ")
        longest = max((number + len(recipe.in_words) for recipe in recipes), default=0)
        self._width = max(_NAME_WIDTH, min(longest, _LONGEST_NAME))

    @property
    def alone(self) -> Recipe | None:
        """The only run at work; None where there are several, or none."""
        return next(iter(self._runs)) if len(self._runs) == 1 else None

    def picture(self) -> Table:
        """Return the name of each run, and below it what it is doing."""
        grid = Table.grid()
        for run in self._runs.values():
            grid.add_row(Text(printable(run.name)))
            if run.row is not None:
                grid.add_row(run.row)
        return grid

    def begin(self, recipe: Recipe, number: int, total: int) -> None:
        """Take in a run that begins."""
        self._names[recipe] = f"{number}/{total} {recipe.in_words}"
        stages = Seldom(lambda *stage: self._tell(f"  {items(*stage)}"), every_s=self._stages_every_s)
        self._runs[recipe] = _Run(self._names[recipe], stages)

    def progress(self, recipe: Recipe, done: int, total: int, what: str) -> None:
        """Take in how many items of a stage are done; the clock of the epochs starts after it."""
        run = self._runs[recipe]
        run.started = time.monotonic()
        run.row = row(done, total, items(done, total, what))
        if not self._is_terminal:
            run.stages(done, total, what if self.alone else f"{what} ({recipe.in_words})")

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        """Take in that a run goes on after so many whole epochs."""
        self._runs[recipe].resumed = epoch
        if not self._is_terminal:
            where = f"after epoch {epoch}" if epoch else "in epoch 1"
            self._tell(f"  {recipe.in_words}  goes on {where}")

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        """Take in what an epoch measured; where there is no terminal, it is a line."""
        run, measured = self._runs[recipe], _measured(values)
        if not self._is_terminal:
            width = len(str(recipe.epochs))
            self._tell(f"  {recipe.in_words}  epoch {epoch:{width}}/{recipe.epochs}  {measured}")
            return
        took = (time.monotonic() - run.started) / (epoch - run.resumed)
        left = took * (recipe.epochs - epoch)
        text = f"epoch {epoch}/{recipe.epochs}  {measured}  {duration(left)} left"
        run.row = row(epoch, recipe.epochs, text, bar_width=BAR_WIDTH // 2)

    def leave(self, recipe: Recipe) -> None:
        """Forget a run that nobody here is at."""
        self._runs.pop(recipe, None)

    def end(self, result: RunResult) -> None:
        """Tell how a run ended."""
        self.leave(result.recipe)
        self._tell(f"{_MARKS[result.state]} {self._names[result.recipe]:{self._width}} {_ending(result)}")


def items(done: int, total: int, what: str) -> str:
    """Say how many items of a stage are done."""
    return f"{done}/{total} {what}" if total else f"{done} {what}"


def row(done: int, total: int, text: str, bar_width: int = BAR_WIDTH) -> Table:
    """Draw a bar, and beside it as much of a text as there is room for."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        ProgressBar(total=total or None, completed=done, width=bar_width, pulse=not total),
        Text(printable(text), no_wrap=True, overflow="ellipsis"),
    )
    return grid


def _measured(values: Mapping[str, float]) -> str:
    loss, validation, test = values["train/loss"], values["val/accuracy"], values["test/accuracy"]
    shown = f"{loss:.3f}" if loss < 1000 else f"{loss:.1e}"
    return f"loss {shown}  val {100 * validation:.1f} %  test {100 * test:.1f} %"


def _ending(result: RunResult) -> str:
    if result.state is not RunState.FINISHED:
        return result.reason
    resumed = f"  from epoch {result.resumed} on" if result.resumed else ""
    return f"test {100 * result.metrics['test/accuracy']:5.1f} %  {duration(result.seconds)}{resumed}"
