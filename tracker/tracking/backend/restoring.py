"""What a user deleted in MLflow, and what to type to have it back; MLflow is not imported."""

from __future__ import annotations

import shlex

from tracker.addresses import shown
from tracker.errors import TrackingError
from tracker.tracking.backend.uri import database_file, describe


def deleted_experiment(name: str, experiment_id: str, uri: str) -> TrackingError:
    """Return what to raise, or to tell, of an experiment that was deleted.

    Args:
        name: The experiment's name.
        experiment_id: MLflow's id of it.
        uri: Where MLflow is, as `resolve_uri` gives it.
    """
    command = restoring("experiments", f"--experiment-id {shlex.quote(experiment_id)}", uri)
    return TrackingError(
        f"experiment {name!r} must not be deleted",
        but=f"somebody deleted it in {describe(uri)}",
        do=f"Bring it back with its runs ({command}), or use another --experiment.",
    )


def restoring(kind: str, which: str, uri: str) -> str:
    """Return the command that brings something back.

    Args:
        kind: `experiments` or `runs`.
        which: The option that names it.
        uri: Where MLflow is, as `resolve_uri` gives it.
    """
    address = uri if database_file(uri) is not None else shown(uri)
    return f"MLFLOW_TRACKING_URI={shlex.quote(address)} mlflow {kind} restore {which}"
