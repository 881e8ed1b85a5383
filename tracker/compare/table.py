"""The table of a comparison: a row a mode, a column a model, and the difference between two modes."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tracker.compare.cell_statistics import statistic_names, statistics_of
from tracker.compare.finding import refuse_other_findings
from tracker.compare.selection import Selection
from tracker.errors import ComparisonError
from tracker.figures.labels import order_models, order_modes
from tracker.records import Arm, EpochKind, RunRecord

MINUEND = "feature-extractor"
SUBTRAHEND = "fine-tuning"
DIFFERENCE = f"{MINUEND} minus {SUBTRAHEND}"
_RERUN = " Runs of an earlier version lack later metrics: tracker run --rerun makes them again."


@dataclass(frozen=True, slots=True)
class Cell:
    """What the runs of one arm measured, in the unit in which it was recorded.

    Attributes:
        values: The value of each run, by seed.
        run_ids: MLflow's id of each run, by seed.
    """

    values: Mapping[str, float]
    run_ids: Mapping[str, str]

    @property
    def n(self) -> int:
        """The number of runs."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """The mean over runs."""
        return fmean(self.values.values())

    @property
    def statistics(self) -> dict[str, float | None]:
        """The statistics beside the mean, by name."""
        return statistics_of(list(self.values.values()))


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two arms of one model.

    Attributes:
        mean: The difference of the means.
        statistics: The statistics of the differences by seed, by name; all None where there are no pairs.
        values: The difference by seed; empty where the two arms do not have the same seeds.
    """

    mean: float
    statistics: Mapping[str, float | None]
    values: Mapping[str, float]

    @property
    def paired(self) -> bool:
        """Whether each run was compared with the run of the same seed."""
        return bool(self.values)


@dataclass(frozen=True, slots=True)
class Row:
    """One mode: a cell for each model of the table, None where no run was made."""

    mode: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A metric by mode and model.

    Attributes:
        metric: The metric without its epoch, such as `test/accuracy`.
        at: The epoch whose network was measured.
        models: The columns.
        rows: The modes, from the most to the least frozen.
        differences: Feature extractor minus fine-tuning, one a model; empty where no model has both.
        selection: The runs behind the table, and those that are not in it.
    """

    metric: str
    at: EpochKind
    models: tuple[str, ...]
    rows: tuple[Row, ...]
    differences: tuple[Difference | None, ...]
    selection: Selection

    @property
    def cells(self) -> list[Cell]:
        """All cells that hold runs."""
        return [cell for _, _, cell in self.by_arm()]

    def by_arm(self) -> Iterator[tuple[str, str, Cell]]:
        """Yield mode, model and cell of each arm that has runs."""
        for row in self.rows:
            for model, cell in zip(self.models, row.cells, strict=True):
                if cell is not None:
                    yield row.mode, model, cell

    def differences_by_model(self) -> Iterator[tuple[str, Difference]]:
        """Yield each model that has a difference, and the difference."""
        for model, found in zip(self.models, self.differences, strict=False):
            if found is not None:
                yield model, found


def build_table(selection: Selection, *, metric: str = "test/accuracy", at: EpochKind = "final") -> Table:
    """Put a metric of the selected runs into a table.

    Args:
        selection: The runs, as `tracker.compare.selection.select_runs` returns them.
        metric: The metric as part and name, such as `test/accuracy` or `val/loss`.
        at: The last epoch (`final`), or the epoch with the lowest validation loss (`best`).

    Raises:
        ComparisonError: No run has the metric, some runs lack it, or it is of one class here and of another
            there.
    """
    _require_metric(selection.runs, f"{at}/{metric}", at)
    refuse_other_findings(selection.runs, metric)
    arms = {arm: _cell(runs, f"{at}/{metric}") for arm, runs in selection.arms().items()}
    models = order_models(arm.model for arm in arms)
    modes = order_modes(arm.mode for arm in arms)
    rows = [Row(mode, tuple(arms.get(Arm(model, mode)) for model in models)) for mode in modes]
    pairs = [(arms.get(Arm(model, MINUEND)), arms.get(Arm(model, SUBTRAHEND))) for model in models]
    differences = tuple(difference(a, b) if a and b else None for a, b in pairs)
    return Table(metric, at, tuple(models), tuple(rows), differences if any(differences) else (), selection)


def difference(minuend: Cell, subtrahend: Cell) -> Difference:
    """Return the difference of two cells: by seed where both have the same seeds, else of the means."""
    if minuend.values.keys() != subtrahend.values.keys():
        return Difference(minuend.mean - subtrahend.mean, dict.fromkeys(statistic_names()), {})
    values = {seed: value - subtrahend.values[seed] for seed, value in minuend.values.items()}
    return Difference(fmean(values.values()), statistics_of(list(values.values())), values)


def _cell(runs: Mapping[str, RunRecord], key: str) -> Cell:
    values = {seed: _restored(run.metrics[key]) for seed, run in runs.items()}
    return Cell(values, {seed: run.run_id for seed, run in runs.items()})


def _restored(value: float) -> float:
    # MLflow stores infinities as the largest finite numbers.
    return math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value


def _require_metric(runs: Sequence[RunRecord], key: str, at: EpochKind) -> None:
    without = [run for run in runs if key not in run.metrics]
    if len(without) == len(runs):
        keys = {name for run in runs for name in run.metrics if name.startswith(f"{at}/")}
        names = sorted(name.removeprefix(f"{at}/") for name in keys)
        near = difflib.get_close_matches(key.removeprefix(f"{at}/"), names, n=1)
        choose = f"Choose with --metric: {', '.join(names)}.{_RERUN}"
        raise ComparisonError(
            "the metric must be one that the runs recorded",
            but=f"none recorded {key}",
            do=f"{f'Did you mean {near[0]}? ' if near else ''}{choose}"
            if names
            else f"They hold no {at}/ metric at all.",
        )
    if without:
        raise ComparisonError(
            "every run of a table must have recorded its metric",
            but=f"{len(without)} of {len(runs)} did not record {key}",
            do=f"Choose another --metric, or leave these runs out with --where.{_RERUN}",
            details=[f"{run.in_words}  {run.run_id}" for run in without],
        )
