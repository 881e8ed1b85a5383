"""Runs as MLflow holds them, read back as plain records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.records import NOT_OF_AN_ARM, PREDICTIONS, Point, Prediction, RunRecord
from tracker.tracking.backend.artifacts import artifact_names, fetch_artifact
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.experiments import find_experiment
from tracker.tracking.backend.predictions import parse_predictions
from tracker.tracking.backend.run_pages import PAGE, runs_by_page

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_KIND = "tracker.kind"


def read_runs(
    uri: str, experiment: str, *, metrics: Sequence[str] = (), page_size: int = PAGE
) -> list[RunRecord]:
    """Read all runs of an experiment, the oldest first; deleted ones are left out.

    Args:
        uri: As `resolve_uri` gives it.
        experiment: The experiment's name.
        metrics: Metrics whose whole history is read.
        page_size: Runs a request, 1 to 50,000.

    Raises:
        TrackingError: There is no such store, server or experiment.
    """
    with reading(uri, experiment) as client:
        experiment_id = find_experiment(client, experiment, uri)
        runs = list(runs_by_page(client, [experiment_id], order="ASC", page_size=page_size))
        histories = _histories(client, uri, runs, metrics)
        return [as_record(run, histories.get(run.info.run_id, {})) for run in runs]


def read_predictions(uri: str, run_id: str) -> list[Prediction]:
    """Read the predictions that a run stored.

    Args:
        uri: As `resolve_uri` gives it.
        run_id: MLflow's id of the run.

    Raises:
        TrackingError: The run is not there, or it has no such artifact.
    """
    with reading(uri) as client:
        content = fetch_artifact(client, run_id, PREDICTIONS)
        if content is None:
            raise TrackingError(
                f"run {run_id} must have the artifact {PREDICTIONS}",
                but=f"it has {', '.join(artifact_names(client, run_id)) or 'none'}",
                do="If it was just trained, wait or type: tracker sync. Otherwise run it again.",
            )
        return parse_predictions(content.decode(errors="replace"))


def _histories(
    client: MlflowClient, uri: str, runs: Sequence[Run], metrics: Sequence[str]
) -> dict[str, dict[str, list[Point]]]:
    """Return metrics by epoch, by run and name; studies have hundreds of trials, whose curves none shows."""
    if not metrics:
        return {}
    from tracker.tracking.backend.histories import Histories, Latest

    histories = Histories(client, uri)
    found: dict[str, dict[str, list[Point]]] = {}
    shown = [run for run in runs if run.data.tags.get(_KIND) not in NOT_OF_AN_ARM]
    # Of the latest values, only this tells the steps in public.
    latest = {run.info.run_id: run.data.to_proto().metrics for run in shown}
    for metric in metrics:
        having = {
            run_id: Latest(one.step, one.timestamp)
            for run_id, of_run in latest.items()
            for one in of_run
            if one.key == metric
        }
        for run_id, points in histories.of(having, metric).items():
            found.setdefault(run_id, {})[metric] = points
    return found


def as_record(run: Run, history: Mapping[str, list[Point]] | None = None) -> RunRecord:
    """Return a run of MLflow's client as a plain record.

    Args:
        run: What the client gave.
        history: Points of metrics by name, where they were read.
    """
    return RunRecord(
        run_id=run.info.run_id,
        name=run.info.run_name or run.info.run_id,
        status=run.info.status,
        start_time=run.info.start_time,
        params=dict(run.data.params),
        tags=dict(run.data.tags),
        metrics=dict(run.data.metrics),
        experiment_id=run.info.experiment_id,
        history=dict(history or {}),
    )
