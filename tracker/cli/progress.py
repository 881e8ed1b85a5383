"""Live progress in a terminal, plain lines everywhere else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tracker.api import Observer
from tracker.cli.run_text import found_by, found_lines, left_out_lines, plan_lines
from tracker.cli.runs_at_work import BAR_WIDTH, RunsAtWork, items, row
from tracker.cli.study_lines import StudyLines
from tracker.cli.terminal import duration
from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned, values_text
from tracker.foreign_text import printable
from tracker.io.progress import EVERY_S, Seldom
from tracker.records import StudyKey
from tracker.runs.events import RunResult
from tracker.runs.plan import Plan, Prepared
from tracker.search.records import StudyProgress
from tracker.tracking.shipping.unsent import Unsent


class LiveObserver(Observer):
    """Shows how far a study is: a line a run that has ended, and below them the runs at work.

    Args:
        console: Where; None: the standard output.
        stages_every_s: Where nothing can be drawn over, seconds between two lines of a long stage.
    """

    def __init__(self, console: Console | None = None, *, stages_every_s: float = EVERY_S) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True, emoji=False)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self.plan: Plan | None = None
        self._started = 0.0
        self._resumed = 0
        self._label = ""
        self._study: StudyProgress | None = None
        self._study_began = 0.0
        self._lines = StudyLines(lambda line: self.show([line]))
        self._stages = Seldom(lambda *stage: self.show([f"  {items(*stage)}"]), every_s=stages_every_s)
        self._runs = RunsAtWork(
            self._print, is_terminal=self._console.is_terminal, stages_every_s=stages_every_s
        )
        self._at = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, lines: Sequence[str]) -> None:
        """Print lines that stay."""
        self._clear()
        for line in lines:
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(printable(line), markup=False)

    def planned(self, plan: Plan) -> None:
        """Print the plan."""
        self.plan = plan
        self._runs.expect(plan.recipes)
        self.show(plan_lines(plan))

    def prepared(self, prepared: Prepared) -> None:
        """Print which images were left out; the plan is one without them from now on."""
        self.plan = replace(prepared.plan, images=prepared.images)
        self.show(left_out_lines(self.plan))

    def tuned(self, tuned: Mapping[StudyKey, Tuned], *, earlier: bool) -> None:
        """Print what earlier studies found; those made now are printed already."""
        self.show([*(found_lines(tuned) if earlier else []), ""])

    def sending(self) -> None:
        """Show what is being waited for."""
        self._draw(Text("sending the last records ..."))

    def sent(self, unsent: Unsent) -> None:
        """Print what could not be sent, and what MLflow refused."""
        self.show(unsent.lines() if unsent or unsent.problems or unsent.refused_in else [])

    def progress(self, done: int, total: int, what: str) -> None:
        """Show how many items of a stage are done."""
        if (recipe := self._runs.alone) is not None:
            self.run_progress(recipe, done, total, what)
        elif self._console.is_terminal:
            self._draw(self._labeled(row(done, total, items(done, total, what))))
        else:
            self._stages(done, total, what)

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        """Show that a run begins."""
        self._runs.begin(recipe, number, total)
        self._draw(self._runs.picture())

    def run_progress(self, recipe: Recipe, done: int, total: int, what: str) -> None:
        """Show how many items of a stage of a run are done."""
        self._runs.progress(recipe, done, total, what)
        self._draw(self._runs.picture())

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        """Show that a run goes on after so many whole epochs."""
        self._runs.resumed(recipe, epoch)

    def repeats(self, recipe: Recipe, first: int, last: int) -> None:
        """Show that epochs are trained again."""
        epochs = f"epoch {first} is" if first == last else f"epochs {first} to {last} are"
        self._print(f"  {recipe.in_words}  {epochs} recorded already, and trained again")

    def note(self, text: str) -> None:
        """Print what a user should know while the work goes on."""
        self._print(f"  note: {text}")

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        """Show what an epoch measured; where there is no terminal, a line an epoch."""
        self._runs.epoch(recipe, epoch, values)
        self._draw(self._runs.picture())

    def run_left(self, recipe: Recipe) -> None:
        """Show a run no more: nobody here is at it."""
        self._runs.leave(recipe)
        self._draw(self._runs.picture())

    def run_ended(self, result: RunResult) -> None:
        """Print how a run ended."""
        self._clear()
        self._runs.end(result)
        self._draw(self._runs.picture())

    def study_started(self, arm: StudyKey, number: int, total: int) -> None:
        """Show that a study begins."""
        self._label = f"{number}/{total} {arm.in_words}"
        self._started, self._study, self._at = time.monotonic(), None, ""
        self._study_began = self._started
        self._draw(Text(printable(self._label)))
        if not self._console.is_terminal:
            self._lines.begin(self._label, self.plan.options.tune if self.plan is not None else None)

    def trials(self, progress: StudyProgress) -> None:
        """Show how many trials are done, the best of them, and how long the others take."""
        if self._study is None:
            self._started, self._resumed = time.monotonic(), progress.spent
        self._study, self._at = progress, ""
        self._draw_study()
        if not self._console.is_terminal:
            self._lines.trials(progress)

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """Show how far the trial at work is."""
        self._at = f"  trial {trial}, epoch {epoch}/{epochs}"
        self._draw_study()
        if not self._console.is_terminal:
            self._lines.trial_epoch(trial, epoch, epochs)

    def study_ended(self, arm: StudyKey, tuned: Tuned) -> None:
        """Print what a study found."""
        took = duration(time.monotonic() - self._study_began)
        self.show(found_by(f"✓ {self._label}", tuned, spent=[f"{tuned.trials} trials", took]))
        self._label = ""

    def _draw_study(self) -> None:
        progress = self._study
        if progress is None:
            return
        done, best = progress.spent - self._resumed, progress.best
        took = (time.monotonic() - self._started) / done if done else 0.0
        left = f"  {duration(took * (progress.budget - progress.spent))} left" if done else ""
        found = ""
        if best is not None and best.value is not None:
            found = f"  best {best.value:.3g} ({values_text(best.params)})"
        text = f"{progress.spent}/{progress.budget} trials{left}{found}"
        bar = row(progress.spent, progress.budget, text, bar_width=BAR_WIDTH // 2)
        self._draw(self._labeled(bar, self._at))

    def _labeled(self, bar: Table, at: str = "") -> Table:
        """Put the name of the run at work, if there is one, above what it is doing."""
        grid = Table.grid()
        if self._label:
            grid.add_row(Text(printable(self._label + at)))
        grid.add_row(bar)
        return grid

    def _draw(self, picture: Text | Table) -> None:
        if self._console.is_terminal:
            self._live.update(picture, refresh=True)

    def _clear(self) -> None:
        self._draw(Text(""))
