"""The runs of one experiment, read back: opened, put into a comparison, and the comparison recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tracker.compare.comparison import Comparison
from tracker.compare.elsewhere import Elsewhere, compare_elsewhere, evaluations_of
from tracker.compare.findings import Findings, find, measure_of_metric
from tracker.compare.table import Table, build_table
from tracker.compare.trials import trials_by_study
from tracker.compare.views.asked import Asked
from tracker.config.options import RunOptions
from tracker.figures.curves import CURVE_METRICS
from tracker.records import EpochKind, HeldOut, NotSent, RunRecord
from tracker.tracking.backend.experiments import NoSuchExperiment, the_experiment
from tracker.tracking.backend.held_out import read_held_out
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.backend.stored_networks import stored_networks
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tracking.shipping.flush import sync
from tracker.tracking.shipping.lost import check_not_emptied, lost_runs
from tracker.tracking.shipping.unsent import Unsent, count_unsent
from tracker.ui.example import EXPERIMENT
from tracker.ui.stores import open_store

OnUnsent = Callable[[Unsent], None]
OnLost = Callable[[str], None]


@contextmanager
def open_experiment(
    experiment: str | None,
    tracking_uri: str | None,
    *,
    example: bool = False,
    on_unsent: OnUnsent | None = None,
) -> Iterator[tuple[str, str]]:
    """Have a store to read from, and the experiment that is meant.

    Args:
        experiment: Its name; None: the only one there is.
        tracking_uri: As a user gives it; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        example: The store that comes with tracker.
        on_unsent: Told what earlier runs could not send to it, if anything.

    Yields:
        The store's address, and the experiment's name.

    Raises:
        UsageError: An example of another store is asked for.
        TrackingError: There is no such store, or there are several experiments and none was named.
    """
    with open_store(tracking_uri, example=example, on_unsent=on_unsent) as uri:
        named = experiment or (EXPERIMENT if example else the_experiment(uri))
        if named is None:
            check_not_emptied(tracker_home(), uri)
        yield uri, named or RunOptions.model_fields["dataset"].default


def read_all(
    uri: str, experiment: str, *, metrics: Sequence[str] = (), on_lost: OnLost | None = None
) -> list[RunRecord]:
    """Read the runs of an experiment, and look which were there once.

    Args:
        uri: As `resolve_uri` gives it.
        experiment: The experiment's name.
        metrics: Metrics whose whole history is read.
        on_lost: Told which runs were sent from here and are not there any more, a line each.

    Raises:
        TrackingError: There is no such experiment, or not any more.
    """
    try:
        there = read_runs(uri, experiment, metrics=metrics)
    except NoSuchExperiment:
        check_not_emptied(tracker_home(), uri, experiment)
        raise
    if on_lost is not None:
        for line in lost_runs(tracker_home(), uri, experiment, {run.run_id for run in there}):
            on_lost(line)
    return there


def compare_runs(
    uri: str,
    experiment: str,
    *,
    on_lost: OnLost | None = None,
    metric: str,
    at: EpochKind,
    split: str | None,
    where: Sequence[str],
    curves: bool,
    trials: bool,
    asked: Asked,
) -> Comparison:
    """Compare the runs of an experiment; `tracker.api.compare` says what the arguments are.

    Raises:
        TrackerError: There is no such experiment, or its runs do not belong in one table.
    """
    # Before the runs are read: what is sent meanwhile is rather called missing than taken for being there.
    left = count_unsent(tracker_home(), uri, experiment=experiment)
    unsent = NotSent(left.runs, left.records)
    runs = read_all(uri, experiment, metrics=CURVE_METRICS if curves else (), on_lost=on_lost)
    selections = [replace(one, unsent=unsent) for one in asked.select(runs, split=split, where=where)]
    chosen = [run for selection in selections for run in selection.runs]
    answers = read_held_out(uri, chosen) if measure_of_metric(metric) else None
    tables = [build_table(selection, metric=metric, at=at) for selection in selections]
    found = [(table, find(table, answers) if answers is not None else None) for table in tables]
    known = _elsewhere(uri, runs, found[-1], answers) if asked.external and answers is not None else []
    views = asked.views(found, known, experiment)
    return Comparison(*found[-1], trials_by_study(runs) if trials else None, views)


def _elsewhere(
    uri: str,
    runs: Sequence[RunRecord],
    found: tuple[Table, Findings | None],
    answers: Mapping[str, HeldOut],
) -> list[Elsewhere]:
    """Return what the networks of a table answered to external data sets."""
    table, findings = found
    chosen = table.selection.runs
    evaluations = evaluations_of(runs, chosen)
    if not evaluations:
        return []
    stored = list(stored_networks(uri, chosen))
    known = {**answers, **read_held_out(uri, evaluations)}
    return compare_elsewhere(table, evaluations, known, findings, stored)


def log_comparison(
    comparison: Comparison, *, experiment: str, uri: str, on_unsent: OnUnsent | None = None
) -> None:
    """Record a comparison beside its runs, and send it.

    Args:
        comparison: What was compared.
        experiment: MLflow's experiment.
        uri: As `resolve_uri` gives it.
        on_unsent: Told what could not be sent.
    """
    # What a record says of its origin waits for torch; a table alone does not.
    from tracker.runs.comparison_record import record_comparison

    record_comparison(comparison, experiment=experiment, tracking_uri=uri)
    unsent = sync(tracker_home(), tracking_uri=uri)
    if unsent and on_unsent is not None:
        on_unsent(unsent)
