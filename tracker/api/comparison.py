"""Runs of an experiment, read back from MLflow: compared, or as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracker.errors import UsageError
from tracker.io.process_environment import prepare_process
from tracker.records import EpochKind, RunRecord

if TYPE_CHECKING:
    from tracker.compare.comparison import Comparison
    from tracker.tracking.shipping.unsent import Unsent


def compare(
    experiment: str | None = None,
    *,
    metric: str = "test/accuracy",
    at: EpochKind = "final",
    split: str | None = None,
    where: Sequence[str] = (),
    curves: bool = False,
    trials: bool = False,
    paper: bool = False,
    depth: bool = False,
    curve: bool = False,
    external: bool = False,
    tracking_uri: str | None = None,
    example: bool = False,
    log: bool = False,
    on_unsent: Callable[[Unsent], None] | None = None,
    on_lost: Callable[[str], None] | None = None,
) -> Comparison:
    """Pull an experiment's runs back from MLflow and compare modes, model by model.

    Args:
        experiment: MLflow's experiment; None: the only one there is.
        metric: What is compared, such as `test/auroc` or `val/loss`.
        at: The last epoch (`final`), or the one with the lowest validation loss (`best`).
        split: The beginning of the split's digest, where runs have several.
        where: Conditions such as `lr=0.01`; only runs that meet them count.
        curves: Read metrics by epoch, too, for figures.
        trials: List the trials of tuned arms, too.
        paper: Put what the reference study published beside your own numbers, too.
        depth: Show the metric against freeze depth, too.
        curve: Show the metric against the number of training patients, too: runs on several shares of the
            training part; the table itself is of the largest.
        external: Put what the networks reach on external data sets (`tracker.evaluate`) beside it, too.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: Compare the runs that come with tracker.
        log: Record the comparison in MLflow, too, as a run of its experiment.
        on_unsent: Told what earlier runs could not send before they are read, and what of the record could
            not be sent.
        on_lost: Told which runs were sent from here and are not there any more, a line each.

    Raises:
        UsageError: A condition cannot be read, an example of another store, or its record, is asked for, or
            nothing was published of this metric.
        TrackingError: There is no such store, server or experiment, or there are several and none was named.
        ComparisonError: No run has finished, the runs do not belong in one table, or they lack what a view
            needs.
    """
    if example and log:
        raise UsageError(
            "--log records a comparison beside its runs",
            but="--example reads a copy of the example that is gone afterwards",
            do="Leave one of them out.",
        )
    prepare_process()
    from tracker.compare.views.asked import Asked
    from tracker.runs.experiment import compare_runs, log_comparison, open_experiment

    asked = Asked(paper, depth, curve, external)
    asked.check(metric, at)
    with open_experiment(experiment, tracking_uri, example=example, on_unsent=on_unsent) as (uri, named):
        comparison = compare_runs(
            uri,
            named,
            metric=metric,
            at=at,
            split=split,
            where=where,
            curves=curves,
            trials=trials,
            asked=asked,
            on_lost=on_lost,
        )
        if log:
            log_comparison(comparison, experiment=named, uri=uri, on_unsent=on_unsent)
        return comparison


def load_runs(
    experiment: str | None = None,
    *,
    metrics: Sequence[str] = (),
    tracking_uri: str | None = None,
    example: bool = False,
    on_unsent: Callable[[Unsent], None] | None = None,
    on_lost: Callable[[str], None] | None = None,
) -> list[RunRecord]:
    """Read all runs of an experiment, the oldest first: trials and studies, too.

    Args:
        experiment: MLflow's experiment; None: the only one there is.
        metrics: Metrics whose whole history is read.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: Read the runs that come with tracker.
        on_unsent: Told what earlier runs could not send before they are read.
        on_lost: Told which runs were sent from here and are not there any more, a line each.

    Raises:
        UsageError: An example of another store is asked for.
        TrackingError: There is no such store, server or experiment, or there are several and none was named.
    """
    prepare_process()
    from tracker.runs.experiment import open_experiment, read_all

    with open_experiment(experiment, tracking_uri, example=example, on_unsent=on_unsent) as (uri, named):
        return read_all(uri, named, metrics=metrics, on_lost=on_lost)
