"""Experiments by name, and what to type where there are several or none of that name."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tracker.errors import TrackingError, counted
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.restoring import deleted_experiment
from tracker.tracking.backend.run_pages import runs_by_page
from tracker.tracking.backend.uri import describe

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PAGES = 5
_SHOWN = 10
_RUNS = "tags.`tracker.kind` = 'run'"


class NoSuchExperiment(TrackingError):
    """A store or server has no experiment of a name."""


@dataclass
class _Activity:
    """The runs of an experiment: how many, and when the last of them began or ended."""

    runs: int = 0
    last: int = 0


def the_experiment(uri: str) -> str | None:
    """Return the name of the experiment where there is but one, or one alone has runs of tracker.

    Args:
        uri: As `resolve_uri` gives it.

    Raises:
        TrackingError: There is no such store or server, or it holds several; each is a choice.
    """
    with reading(uri) as client:
        known = _names(client)
        if not known:
            _check_none_is_deleted(client, uri)
        if len(known) < 2:
            return next(iter(known.values()), None)
        active = _activity(client, known)
    if len(active) == 1:
        return next(iter(active))
    raise _several(active or dict.fromkeys(known.values(), _Activity()), uri)


def find_experiment(client: MlflowClient, name: str, uri: str) -> str:
    """Return the id of an experiment.

    Args:
        client: Of the store or server.
        name: The experiment's name.
        uri: The client's address, as `resolve_uri` gives it.

    Raises:
        NoSuchExperiment: There is none of that name; those that are nearest to it are choices.
        TrackingError: A user deleted it.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is not None and experiment.lifecycle_stage == "active":
        return str(experiment.experiment_id)
    if experiment is not None:
        raise deleted_experiment(name, str(experiment.experiment_id), uri)
    known = list(_names(client).values())
    nearest = difflib.get_close_matches(name, known, n=len(known) or 1, cutoff=0.0)[:_SHOWN]
    do = (
        f"Type: --experiment {shlex.quote(known[0])}"
        if len(known) == 1
        else "Name one of them: --experiment."
    )
    raise NoSuchExperiment(
        f"experiment {name!r} must be in {describe(uri)}",
        but=_those_there(nearest, len(known)),
        do=do if known else "Make it: tracker run.",
        choices=[("--experiment", other) for other in nearest],
    )


def deleted_runs(client: MlflowClient, name: str) -> set[str]:
    """Return MLflow's ids of the runs of an experiment that a user deleted; none where it is not there.

    Args:
        client: Of the store or server.
        name: The experiment's name.
    """
    from mlflow.entities import ViewType

    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return set()
    found = runs_by_page(client, [experiment.experiment_id], order="ASC", view=ViewType.DELETED_ONLY)
    return {str(run.info.run_id) for run in found}


def _check_none_is_deleted(client: MlflowClient, uri: str) -> None:
    """Say which experiments a user deleted, where no other is there."""
    from mlflow.entities import ViewType

    found = client.search_experiments(view_type=ViewType.DELETED_ONLY, max_results=_SHOWN)
    deleted = [deleted_experiment(one.name, str(one.experiment_id), uri) for one in found]
    if len(deleted) == 1:
        raise deleted[0]
    if deleted:
        raise TrackingError(
            f"{describe(uri)} must hold an experiment",
            but="all of them were deleted",
            do="Bring one back:",
            details=[str(one) for one in deleted],
        )


def _names(client: MlflowClient) -> dict[str, str]:
    """Return the names of all experiments by their ids."""
    # MLflow makes the first one itself.
    others = [other for other in client.search_experiments() if other.name != "Default"]
    return {str(other.experiment_id): other.name for other in others}


def _activity(client: MlflowClient, names: Mapping[str, str]) -> dict[str, _Activity]:
    """Return what experiments hold by name, the one with the latest run first; nothing of empty ones."""
    found: dict[str, _Activity] = {}
    # Some thousands at most: an answer is waited for.
    latest = runs_by_page(client, list(names), order="DESC", filter_string=_RUNS, most_pages=_PAGES)
    for run in latest:
        activity = found.setdefault(names[str(run.info.experiment_id)], _Activity())
        activity.runs += 1
        activity.last = max(activity.last, run.info.start_time, run.info.end_time or 0)
    return dict(sorted(found.items(), key=lambda item: -item[1].last))


def _several(active: Mapping[str, _Activity], uri: str) -> TrackingError:
    shown = dict(list(active.items())[:_SHOWN])
    width = max(map(len, shown))
    more = [f"... and {len(active) - _SHOWN} more"] if len(active) > _SHOWN else []
    return TrackingError(
        "one experiment must be named",
        but=f"{describe(uri)} has {len(active)}",
        do="Type one of these:",
        details=[*(f"{name:{width}}  {_facts(activity)}" for name, activity in shown.items()), *more],
        choices=[("--experiment", name) for name in shown],
    )


def _facts(activity: _Activity) -> str:
    if not activity.runs:
        return "no runs"
    last = datetime.fromtimestamp(activity.last / 1000, UTC)
    return f"{counted(activity.runs, 'run'):>8}, the last of {last:%Y-%m-%d %H:%M} UTC"


def _those_there(shown: Sequence[str], count: int) -> str:
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return f"those there are {', '.join(shown)}{more}" if shown else "none is there"
