"""Which of an arm's networks is handed on: the one that validation chooses, never the test images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.compare.selection import is_ours, select_runs
from tracker.errors import ComparisonError, UsageError, counted
from tracker.figures.labels import order_arms
from tracker.records import Arm, RunRecord

# Of the last epoch, whose network is stored.
_LOSSES = ("final/val/loss", "val/loss")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """A network, and what it was chosen from.

    Attributes:
        run: The run that trained it.
        model_id: MLflow's id of it.
        others: The other runs that it was chosen from.
        without_network: Runs that could not be chosen, as their networks are not stored.
        by_user: Whether a user named the run.
    """

    run: RunRecord
    model_id: str
    others: tuple[RunRecord, ...] = ()
    without_network: tuple[RunRecord, ...] = ()
    by_user: bool = False

    @property
    def in_words(self) -> str:
        """How it was chosen, as a sentence."""
        loss = f"validation loss {_written(self.run)} in the last epoch"
        if self.by_user:
            return f"Named by its run's id ({loss}); nothing was compared."
        if not self.others:
            return f"The arm's only stored network ({loss}). The test images took no part."
        every = sorted((self.run, *self.others), key=validation_loss)
        losses = ", ".join(f"{_written(run)} (seed {run.params['seed']})" for run in every[:_SHOWN])
        return (
            f"Lowest validation loss in the last epoch, whose network is stored, of {len(every)} trainings: "
            f"{losses}. The test images took no part."
        )

    @property
    def note(self) -> str:
        """What is to be known of runs that could not be chosen; empty: nothing."""
        if not self.without_network:
            return ""
        best = min(map(validation_loss, self.without_network))
        better = best < validation_loss(self.run)
        return (
            f"{counted(len(self.without_network), 'run')} of the arm stored no network"
            f"{f', one with a lower validation loss ({best:.4f})' if better else ''}: "
            "tracker run --log-model all stores every one"
        )


def arm_named(arm: str | None, runs: Sequence[RunRecord]) -> Arm:
    """Return the arm that is meant.

    Args:
        arm: MODEL/MODE; None: the only one there is.
        runs: The runs of the experiment.

    Raises:
        UsageError: There are several, or none of that name; each is a choice.
    """
    known = order_arms(run.arm for run in runs if is_ours(run))
    model, _, mode = (arm or "").partition("/")
    if arm is None and len(known) == 1:
        return known[0]
    if Arm(model, mode) in known:
        return Arm(model, mode)
    raise UsageError(
        "--arm must name an arm of the experiment, MODEL/MODE",
        but=f"{arm!r} is none" if arm is not None else f"it has {len(known)}",
        do="Type one of these:" if known else "Train them first: tracker run.",
        choices=[("--arm", f"{one.model}/{one.mode}") for one in known],
    )


def candidates(runs: Sequence[RunRecord], arm: Arm, *, where: Sequence[str] = ()) -> list[RunRecord]:
    """Return the finished runs of an arm whose networks were validated on the same images.

    Args:
        runs: The runs of the experiment.
        arm: The arm.
        where: Conditions on the runs' parameters, as `tracker.compare.filters.filter_runs` takes them.

    Raises:
        UsageError: A condition cannot be read.
        ComparisonError: No run has finished, or they do not belong together.
    """
    of_arm = [run for run in runs if is_ours(run) and run.arm == arm]
    chosen = list(select_runs(of_arm, where=where).runs)
    _refuse_folds(chosen)
    without = [run for run in chosen if not math.isfinite(validation_loss(run))]
    if len(without) == len(chosen):
        raise ComparisonError(
            "a run must have a validation loss to be chosen by",
            but=f"{'the run has' if len(chosen) == 1 else 'the runs have'} none",
            do="Name one by its id: --run.",
            details=[f"{run.run_id}  {run.in_words}" for run in without],
        )
    return chosen


def choose(runs: Sequence[RunRecord], networks: Mapping[str, str], *, by_user: bool = False) -> Choice:
    """Choose the network with the lowest validation loss.

    Args:
        runs: As `candidates` returns them, or the run that a user named.
        networks: MLflow's ids of their networks, by the runs' ids.
        by_user: Whether a user named the run.

    Raises:
        ComparisonError: None of them stored its network.
    """
    stored = sorted((run for run in runs if run.run_id in networks), key=validation_loss)
    if not stored:
        raise ComparisonError(
            "a run must have stored its network to be registered",
            but=f"{runs[0].in_words} did not" if len(runs) == 1 else f"none of {len(runs)} runs did",
            do="Train with --log-model first or all: tracker run --rerun.",
        )
    without = tuple(run for run in runs if run.run_id not in networks)
    best, *others = stored
    return Choice(best, networks[best.run_id], tuple(others), without, by_user)


def validation_loss(run: RunRecord) -> float:
    """Return the loss of the validation images in the last epoch; infinite where it is not known."""
    loss = next((run.metrics[name] for name in _LOSSES if name in run.metrics), math.inf)
    return math.inf if math.isnan(loss) else loss


def _written(run: RunRecord) -> str:
    loss = validation_loss(run)
    return f"{loss:.4f}" if math.isfinite(loss) else "not known"


def _refuse_folds(runs: Sequence[RunRecord]) -> None:
    """Refuse to choose between networks that were validated on different images."""
    with_fold = [run.params for run in runs if "fold" in run.params]
    folds = sorted({(int(params.get("repeat", "0")), int(params["fold"])) for params in with_fold})
    if len(folds) < 2:
        return
    repeated = len({repeat for repeat, _ in folds}) > 1
    raise ComparisonError(
        "networks that validation chooses from must be validated on the same images",
        but=f"those of {len(folds)} folds were not: the lowest loss may be that of the easiest images",
        do="Hand on one that was trained on the whole split (tracker run without --folds), or choose a fold:",
        choices=[
            ["--where", f"fold={fold}", *(["--where", f"repeat={repeat}"] if repeated else [])]
            for repeat, fold in folds
        ],
    )
